//! Reads numpy pickles from a memory map with strict bounds, and writes them.
//!
//! A pickle is a program for a stack machine that may call any Python function. This reader runs the
//! machine and calls nothing: it turns the calls of the numpy constructors in [`global`] into
//! descriptions of arrays, and refuses every other name. Array payloads are not copied;
//! [`ArrayRef::for_each_block`] converts them block by block. Values are in one arena and refer to
//! each other by index, so that deep nesting does not recurse.
//!
//! Protocols 0 to 5, both module prefixes of numpy (`numpy.core`, `numpy._core`) and both array
//! constructors (`_reconstruct`, `_frombuffer`) are read. `docs/pickle.md` has the rest.

mod allow_list;
mod array;
mod array_ref;
mod atoms;
mod blocks;
mod build;
mod containers;
mod cursor;
mod decode;
mod dtype;
mod element;
mod error;
mod external;
mod external_elements;
mod gather;
pub mod global;
mod key;
mod limits;
mod machine;
mod names;
mod number;
mod opcode;
mod other_format;
mod payload;
mod plain;
mod reader;
mod reduce;
mod refused;
mod source;
mod summary;
mod text;
mod type_name;
mod value;
mod walk;
mod writer;

pub use allow_list::AllowList;
pub use array::Array;
pub use array_ref::ArrayRef;
pub use dtype::{DType, ElementKind, Unit};
pub use element::Element;
pub use error::{Error, Result};
pub use external::{Builder, External, Made};
pub use external_elements::Elements;
pub use limits::Limits;
pub use other_format::not_a_pickle;
pub use reader::{Pickle, Value, protocol};
pub use summary::{ArrayStats, Shared, sha256};
pub use walk::{Leaf, Walk};
pub use writer::Writer;

#[cfg(test)]
mod tests;
