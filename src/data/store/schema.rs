//! Defines the names, types and units of the format.

use std::collections::BTreeMap;

use hdf5::{DatasetBuilderEmptyShape, H5Type};

/// Version of the format. Raise it whenever a current reader could misread the file.
pub const FORMAT_VERSION: u32 = 1;

/// Bytes of a chunk, which holds complete samples: the size of libhdf5's chunk cache.
pub(crate) const CHUNK_BYTES: usize = 1 << 20;

pub(crate) const ATTR_VERSION: &str = "format_version";
pub(crate) const ATTR_COMPLETE: &str = "complete";
pub(crate) const ATTR_CONTENT: &str = "content_hash";
pub(crate) const ATTR_HASHES: &str = "attribute_hashes";
pub(crate) const ATTR_CHECKSUM: &str = "blake3";

/// A number type of columns.
pub trait Number: H5Type + Copy {
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

/// Type of a column's values by its name in hashes: `f32`, `i32` or `text`; `other` for what is not part of
/// the format.
pub(super) fn kind_of(dataset: &hdf5::Dataset) -> &'static str {
    use hdf5::types::TypeDescriptor;
    match dataset.dtype().and_then(|dtype| dtype.to_descriptor()) {
        Ok(descriptor) if descriptor == f32::type_descriptor() => f32::NAME,
        Ok(descriptor) if descriptor == i32::type_descriptor() => i32::NAME,
        Ok(TypeDescriptor::VarLenUnicode) => "text",
        _ => "other",
    }
}

/// Blosc's medium level, nearly as fast as no compression.
const LEVEL: u8 = 5;

/// Compression of large columns of numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compression {
    #[default]
    None,
    /// Blosc with LZ4 and byte shuffle: about a fifth smaller, readable in Python with hdf5plugin.
    BloscLz4,
}

impl Compression {
    pub const ALL: [Self; 2] = [Self::None, Self::BloscLz4];

    /// Name in flags and provenance.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::BloscLz4 => "blosc-lz4",
        }
    }

    pub(super) fn apply(self, builder: DatasetBuilderEmptyShape) -> DatasetBuilderEmptyShape {
        match self {
            Self::None => builder,
            Self::BloscLz4 => builder.blosc_lz4(LEVEL, true),
        }
    }
}

impl std::str::FromStr for Compression {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|known| known.as_str() == text);
        known.ok_or_else(|| {
            let names = Self::ALL.map(Self::as_str).join(" or ");
            format!("expected {names}, found {text:?}")
        })
    }
}

/// Description of a column, stored with it.
pub(super) struct Description {
    pub axes: &'static [&'static str],
    pub units: &'static str,
    pub meaning: &'static str,
}

/// Describes a column by the last part of its name, `train/audio`; `None` for columns that are not
/// part of the format. The unit of `standardized` audio and vision is their deviation.
pub(super) fn description(column: &str, standardized: bool) -> Option<Description> {
    const FRAMES: &[&str] = &["sample", "step", "feature"];
    const SAMPLES: &[&str] = &["sample"];
    let name = column.rsplit('/').next().unwrap_or(column);
    let (axes, units, meaning) = match name {
        "audio" | "vision" => (
            FRAMES,
            if standardized {
                "standard deviations"
            } else {
                "as in the source"
            },
            "features per frame, 0 past the length",
        ),
        "text" => (
            FRAMES,
            "as in the source",
            "the source's own features per token",
        ),
        "text_bert" => (
            &["sample", "part", "token"][..],
            "token id; 0 or 1; segment id",
            "token ids, attention mask, segment ids",
        ),
        "text_lengths" => (SAMPLES, "tokens", "valid tokens, CLS and SEP included"),
        "audio_lengths" | "vision_lengths" => (SAMPLES, "frames", "valid frames"),
        "id" => (SAMPLES, "text", "name of the sample"),
        "raw_text" => (SAMPLES, "text", "transcript"),
        "annotations" => (SAMPLES, "text", "sign of the sentiment in words"),
        "mask" => (SAMPLES, "0 or 1", "1 where the sample is labelled"),
        "audio_mean" | "vision_mean" => (&["feature"][..], "as in the source", "subtracted"),
        "audio_deviation" | "vision_deviation" => {
            (&["feature"][..], "as in the source", "divided by")
        }
        _ if name.starts_with("regression_labels") => (
            SAMPLES,
            "sentiment, within label_range of the file",
            "label",
        ),
        _ if name.starts_with("classification_labels") => (SAMPLES, "class", "class of the label"),
        _ => return None,
    };
    Some(Description {
        axes,
        units,
        meaning,
    })
}

/// Origin and processing of the data of a file: the root's attributes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Provenance {
    /// Name in `datasets.toml`.
    pub dataset: String,
    /// `aligned` or `unaligned`.
    pub layout: String,
    /// File name of the source, without folder.
    pub source_name: String,
    pub source_bytes: u64,
    /// Hexadecimal.
    pub source_sha256: String,
    /// Version of the program that wrote the file.
    pub tool_version: String,
    /// Options of the conversion, as JSON.
    pub options: String,
    /// Smallest and largest label of the data set.
    pub label_range: [f32; 2],
    /// Samples per split.
    pub samples: BTreeMap<String, u64>,
    /// Infinite and NaN values, replaced by zero, per column (`train/audio`).
    pub non_finite: BTreeMap<String, u64>,
    /// Finite values beyond float32, replaced by zero, per column.
    pub overflow: BTreeMap<String, u64>,
    /// The warnings of the checks.
    pub warnings: Vec<String>,
    /// The table of the data set as JSON, so that the file can be used where no `datasets.toml` has it.
    pub table: String,
    /// What a reader of results must know of these data.
    pub note: String,
}

/// Rows of a chunk for rows of `row` values: complete rows, near [`CHUNK_BYTES`], at most `rows`.
pub(crate) fn chunk_rows(rows: usize, row: usize) -> usize {
    (CHUNK_BYTES / (row * 4).max(1)).clamp(1, rows.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_hold_whole_samples_near_a_mebibyte() {
        assert_eq!(chunk_rows(1284, 500 * 20), 26);
        assert_eq!(chunk_rows(1284, 50 * 768), 6);
        assert_eq!(chunk_rows(10, 1_000_000), 1);
        assert_eq!(chunk_rows(10, 1), 10);
    }
}
