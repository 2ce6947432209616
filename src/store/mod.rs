//! Prepared data sets on disk: the HDF5 schema, its atomic writer, its reader and checksums.
//!
//! Format version 1. Groups `train`, `valid`, `test`, each with one dataset per column; the first
//! axis of every column counts clips.
//!
//! | column | type | shape |
//! |---|---|---|
//! | `audio`, `vision`, `text` | float32 | (N, T, d) |
//! | `text_bert` | int32 | (N, 3, T): token ids, attention mask, segment ids |
//! | `audio_lengths`, `vision_lengths`, `text_lengths` | int32 | (N) |
//! | `id`, `raw_text`, `annotations` | UTF-8 of variable length | (N) |
//! | `regression_labels`, `..._T`, `..._A`, `..._V`, `classification_labels` | float32 | (N) |
//!
//! Which columns a file has depends on its source. Every column carries a `blake3` attribute over
//! its values; the root carries where the data came from, a `content_hash` over names, shapes and
//! values, and `complete`, written last. Files open in h5py as they are: no compression, chunks of
//! whole clips near 1 MiB.

mod checksum;
mod column;
mod error;
mod partial;
mod reader;
mod schema;
mod verify;
mod writer;

pub use checksum::content_hash;
pub use column::ColumnWriter;
pub use error::{Error, Result};
pub use partial::Partial;
pub use reader::Reader;
pub use schema::{Compression, FORMAT_VERSION, Number, Provenance};
pub use verify::{Verified, verify};
pub use writer::Writer;

#[cfg(test)]
mod tests;
