//! A strict, bounded reader of numpy pickles over a memory map, and a small writer of the same.
//!
//! A pickle is a program for a stack machine that may call any Python function. This reader runs
//! the machine and calls nothing: it knows the handful of numpy constructors in [`global`], turns
//! their calls into descriptions of arrays, and refuses every other name. Array payloads stay
//! where they are in the file; [`ArrayRef::for_each_block`] converts them piece by piece. Values
//! live in one arena and refer to each other by number, so that no nesting, however deep, recurses.
//!
//! Protocols 2 to 5, both module prefixes of numpy (`numpy.core`, `numpy._core`) and both array
//! constructors (`_reconstruct`, `_frombuffer`) are read.

mod array;
mod array_ref;
mod blocks;
mod build;
mod cursor;
mod dtype;
mod element;
mod error;
pub mod global;
mod limits;
mod machine;
mod opcode;
mod payload;
mod reader;
mod reduce;
mod source;
mod summary;
mod value;
mod walk;
mod writer;

pub use array::Array;
pub use array_ref::ArrayRef;
pub use dtype::{DType, Kind};
pub use element::Element;
pub use error::{Error, Result};
pub use limits::Limits;
pub use reader::{Pickle, Value};
pub use summary::{Stats, sha256};
pub use walk::{Leaf, Walk};
pub use writer::Writer;

#[cfg(test)]
mod tests;
