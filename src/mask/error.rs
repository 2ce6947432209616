//! What can go wrong between a key and a mask.

use std::path::PathBuf;

use super::rates;

/// Error of the mask room.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0}")]
    Rates(#[from] rates::Error),
    #[error("unknown mask family `{asked}`: expected one of {known}")]
    UnknownFamily { asked: String, known: String },
    #[error(
        "mask family `reference` draws from NumPy's legacy generator, which takes seeds from 0 to \
         4294967295; got seed {seed}"
    )]
    SeedTooLarge { seed: u64 },
    #[error("expected {expected} {what}, found {found}")]
    Shape {
        what: &'static str,
        expected: usize,
        found: usize,
    },
    #[error("{modality} of sample {row} is {length} steps long, but the data hold {steps}")]
    Length {
        modality: &'static str,
        row: usize,
        length: u32,
        steps: usize,
    },
    #[error("expected a missing rate from 0 to 1 for sample {row}, got {rate}")]
    Rate { row: usize, rate: f64 },
    #[error("no mask variant at rate {asked}: the stored rates are {known}")]
    NoRate { asked: f64, known: String },
    #[error("expected 1 to 255 missing rates in strictly ascending order, got {got}")]
    RateList { got: String },
    #[error("no mask variants of split `{split}` of `{dataset}`")]
    NoSplit {
        dataset: String,
        split: &'static str,
    },
    #[error("{path}: {action}: {source}")]
    Hdf5 {
        path: PathBuf,
        action: String,
        source: hdf5::Error,
    },
    #[error("{path}: {action}: {source}")]
    Io {
        path: PathBuf,
        action: &'static str,
        source: std::io::Error,
    },
    #[error("{path}: not a mask file of this tool: {reason}; write it again with `prepare`")]
    Foreign { path: PathBuf, reason: String },
    #[error("{path}: masks belong to data set `{found}`, not to `{expected}`; name another file")]
    OtherDataset {
        path: PathBuf,
        expected: String,
        found: String,
    },
    #[error(
        "{path}: {group}: the masks do not match their checksum (stored {stored}, computed \
         {computed}); the file is damaged, write it again with `prepare`"
    )]
    Damaged {
        path: PathBuf,
        group: String,
        stored: String,
        computed: String,
    },
}

impl Error {
    /// Checks that `found` equals `expected`.
    pub(super) fn shape(what: &'static str, expected: usize, found: usize) -> Result<(), Self> {
        if expected == found {
            Ok(())
        } else {
            Err(Self::Shape {
                what,
                expected,
                found,
            })
        }
    }
}
