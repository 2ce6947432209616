//! Stores prepared data sets in HDF5: schema, atomic writer, reader and checksums.
//!
//! Columns are compared with their checksums as they are read, see `compare`.
//!
//! Format version 1, specified in `docs/hdf5.md`: groups `train`, `valid`, `test`, each with one
//! dataset per column; the first axis of every column counts samples. `schema` defines the meaning,
//! axes and unit of each column. Every column has a `blake3` attribute over its values; the root has
//! the origin of the data, a `content_hash` over names, shapes and values, the hashes of its attributes,
//! and `complete`, written last.

mod attributes;
mod checked;
mod checksum;
mod column;
mod compare;
mod error;
mod partial;
mod reader;
mod schema;
mod slab;
mod verify;
mod writer;

pub use checksum::content_hash;
pub use column::ColumnWriter;
pub use error::{Error, Result};
pub use partial::Partial;
pub use reader::{Reader, read_only};
pub(crate) use schema::ATTR_VERSION;
pub use schema::{Compression, FORMAT_VERSION, Number, Provenance};
pub(crate) use slab::row_slab;
pub use verify::{Verified, verify};
pub use writer::Writer;

#[cfg(test)]
mod tests;
