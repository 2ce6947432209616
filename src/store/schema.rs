//! Names and types of the format.

use std::collections::BTreeMap;

/// Version of the format. Raise it when a reader of today could misread a file of tomorrow.
pub const FORMAT_VERSION: u32 = 1;

/// A chunk holds whole clips and about this many bytes: the size of libhdf5's chunk cache.
pub(crate) const CHUNK_BYTES: usize = 1 << 20;

pub(crate) const ATTR_VERSION: &str = "format_version";
pub(crate) const ATTR_COMPLETE: &str = "complete";
pub(crate) const ATTR_CONTENT: &str = "content_hash";
pub(crate) const ATTR_CHECKSUM: &str = "blake3";

/// A number type columns are made of.
pub trait Number: hdf5::H5Type + Copy {
    /// Name in hashes.
    const NAME: &'static str;

    /// Little-endian bytes.
    fn bytes(self) -> [u8; 4];
}

impl Number for f32 {
    const NAME: &'static str = "f32";

    fn bytes(self) -> [u8; 4] {
        self.to_le_bytes()
    }
}

impl Number for i32 {
    const NAME: &'static str = "i32";

    fn bytes(self) -> [u8; 4] {
        self.to_le_bytes()
    }
}

/// Where the data of a file came from and what was done to it: the root's attributes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Provenance {
    /// Name in `datasets.toml`.
    pub dataset: String,
    /// `aligned` or `unaligned`.
    pub layout: String,
    /// File name of the source, no folder.
    pub source_name: String,
    pub source_bytes: u64,
    /// Hexadecimal.
    pub source_sha256: String,
    /// Version of the program that wrote the file.
    pub tool_version: String,
    /// Options of the conversion, as JSON.
    pub options: String,
    /// Values replaced by zero because they were infinite or no number, per column
    /// (`train/audio`).
    pub non_finite: BTreeMap<String, u64>,
}

/// Rows of a chunk for rows of `row` values: whole rows, near [`CHUNK_BYTES`], at most `rows`.
pub(crate) fn chunk_rows(rows: usize, row: usize) -> usize {
    (CHUNK_BYTES / (row * 4).max(1)).clamp(1, rows.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_hold_whole_clips_near_a_mebibyte() {
        assert_eq!(chunk_rows(1284, 500 * 20), 26);
        assert_eq!(chunk_rows(1284, 50 * 768), 6);
        assert_eq!(chunk_rows(10, 1_000_000), 1);
        assert_eq!(chunk_rows(10, 1), 10);
    }
}
