//! A strict, bounded reader of numpy pickles over a memory map, and a small writer of the same.
//!
//! A pickle is a program for a stack machine that may call any Python function. This reader runs
//! the machine and calls nothing: it knows the handful of numpy constructors in [`global`], turns
//! their calls into descriptions of arrays, and refuses every other name. Array payloads stay
//! where they are in the file; [`ArrayRef::for_each_block`] converts them piece by piece. Values
//! live in one arena and refer to each other by number, so that no nesting, however deep, recurses.
//!
//! Protocols 0 to 5, both module prefixes of numpy (`numpy.core`, `numpy._core`) and both array
//! constructors (`_reconstruct`, `_frombuffer`) are read. `docs/pickle.md` says what else.

mod allow_list;
mod array;
mod array_ref;
mod atoms;
mod blocks;
mod build;
mod coding;
mod containers;
mod cursor;
mod decode;
mod dtype;
mod element;
mod error;
mod foreign;
mod gather;
pub mod global;
mod key;
mod limits;
mod machine;
mod names;
mod number;
mod opcode;
mod payload;
mod plain;
mod reader;
mod reduce;
mod source;
mod summary;
mod text;
mod unit;
mod value;
mod walk;
mod writer;

pub use allow_list::AllowList;
pub use array::Array;
pub use array_ref::ArrayRef;
pub use dtype::{DType, Kind};
pub use element::Element;
pub use error::{Error, Result};
pub use limits::Limits;
pub use reader::{Pickle, Value, protocol};
pub use summary::{Shared, Stats, sha256};
pub use unit::Unit;
pub use walk::{Leaf, Walk};
pub use writer::Writer;

#[cfg(test)]
mod tests;
