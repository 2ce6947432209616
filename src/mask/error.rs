//! Errors of drawing, storing and exporting masks.

use std::path::PathBuf;

use super::{Condition, rates};
use crate::support::nearest::hint;
use crate::support::{Classify, ErrorClass};

/// Error of this module.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Rates(#[from] rates::Error),
    #[error(
        "unknown mask protocol `{asked}`{}: expected one of {known}",
        hint(asked, known)
    )]
    UnknownMaskProtocol { asked: String, known: String },
    #[error(
        "mask protocol `reference` draws from NumPy's legacy generator, which takes seeds from 0 to \
         4294967295; got seed {seed}"
    )]
    SeedTooLarge { seed: u64 },
    #[error(
        "mask protocol `reference-tfr` takes a seed from 0 to 4294967295 for all modalities, or three \
         below a million written as one number, like 111001111011111 for 111 (text, not 0), 1111 and \
         11111; got seed {seed}"
    )]
    ThreeSeeds { seed: u64 },
    #[error(
        "seed {seed} of mask protocol `reference-tfr` is the same seed three times; write {text}"
    )]
    EqualSeeds { seed: u64, text: u32 },
    #[error(
        "MMSA trains under mask protocol `{mask_protocol}` at one missing rate for all samples, not with half \
         of them complete; give that rate (--noise fixed --noise-rate 0.5), or use noise `reference`"
    )]
    OneRate { mask_protocol: &'static str },
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
    #[error("no masks at condition {asked}: there are masks at {known}")]
    NoCondition { asked: Condition, known: String },
    #[error(
        "{conditions}: expected conditions of modalities that the data have, but {dataset} has no {absent}: it is \
         missing at every condition"
    )]
    AbsentModality {
        conditions: String,
        dataset: String,
        absent: String,
    },
    #[error(
        "mask protocol `{mask_protocol}`: expected {expected} among the conditions, found {found}; add one \
         of these, or name another mask protocol"
    )]
    NoConditions {
        mask_protocol: &'static str,
        expected: String,
        found: String,
    },
    #[error(
        "none of the mask protocols {mask_protocols} takes condition {condition}; add one of {takers}, or omit \
         the condition"
    )]
    IdleCondition {
        condition: Condition,
        mask_protocols: String,
        takers: String,
    },
    #[error("expected 1 to 255 missing rates in strictly ascending order, got {got}")]
    RateList { got: String },
    #[error(
        "training noise `{noise}` is the published one under `{own}` masks, got `{asked}`; use \
         noise `fixed` with `{asked}`, or omit the masks"
    )]
    NoiseProtocol {
        noise: String,
        own: &'static str,
        asked: String,
    },
    #[error(
        "training noise `{noise}` is the published one, half of the samples complete in each \
         modality, got rate {condition}; use noise `fixed`, or omit the rate"
    )]
    NoiseRate { noise: String, condition: Condition },
    #[error(
        "at condition {condition} mask protocol `{mask_protocol}` masks the same positions in every epoch, so \
         training noise `{noise}` would be one copy; use --noise fixed, or masks that are drawn anew \
         (--noise-masks random)"
    )]
    OneCopy {
        noise: String,
        mask_protocol: &'static str,
        condition: Condition,
    },
    #[error("no masks of split `{split}` of `{dataset}`")]
    NoSplit {
        dataset: String,
        split: &'static str,
    },
    #[error("{path}: {action}: {reason}")]
    Hdf5 {
        path: PathBuf,
        action: String,
        reason: hdf5::Error,
    },
    #[error("{path}: expected a name that ends in .npz, .h5 or .pkl")]
    ExportForm { path: PathBuf },
    #[error(
        "{path}: a pickle holds the data at one condition; name a file that ends in .npz or .h5, or give \
         one condition (--rate)"
    )]
    ExportSeveral { path: PathBuf },
    #[error(
        "training noise `{noise}` depends on the order of an epoch's batches, which no file of masks holds; \
         expected `fixed`, `cycle:K`, `fresh`, `reference` or `reference-refresh`. The Python \
         package draws it for your batches: noisy(seed, epoch, noise=\"{noise}\", order=..., batch_size=...)"
    )]
    NoiseOrder { noise: String },
    #[error(
        "training noise `clean` has no masks; expected `fixed`, `cycle:K`, `fresh`, `reference` or `reference-refresh`"
    )]
    NoNoise,
    #[error("no sample `{sample}` in {dataset}; sample ids look like `{first}`")]
    NoSample {
        dataset: String,
        sample: String,
        first: String,
    },
    #[error("{path} does not match {masks}; write both again with `prepare`")]
    Manifest { path: PathBuf, masks: PathBuf },
    #[error("{path}: cannot read the manifest of the masks: {reason}")]
    Read {
        path: PathBuf,
        reason: std::io::Error,
    },
    #[error("{path}: cannot write the masks: {reason}")]
    Write {
        path: PathBuf,
        reason: std::io::Error,
    },
    #[error(transparent)]
    Store(#[from] crate::data::store::Error),
    #[error(transparent)]
    Dataset(#[from] crate::data::dataset::Error),
    #[error(
        "{path}: not a mask file of this tool: {reason}; remove it, `prepare` writes a new one"
    )]
    Foreign { path: PathBuf, reason: String },
    #[error(
        "{path}: holds masks of the mask protocol `{mask_protocol}`, which this build cannot draw again: \
         expected one of {known}"
    )]
    UnknownStored {
        path: PathBuf,
        mask_protocol: String,
        known: String,
    },
    #[error(
        "{path}: masks of format {found}, this build reads format {expected}; write them again \
         with `prepare`"
    )]
    Format {
        path: PathBuf,
        found: u32,
        expected: u32,
    },
    #[error(
        "{path}: the {mask_protocol} masks of seed {seed} are of version {found}, this build draws \
         version {expected}: runs under both are not comparable; draw them again with `prepare`, \
         or use the build that wrote them"
    )]
    OtherVersion {
        path: PathBuf,
        mask_protocol: String,
        seed: u64,
        found: u32,
        expected: u32,
    },
    #[error(
        "{path}: masks belong to data set `{found}`, not to `{expected}`; remove or rename the file, `prepare` \
         writes a new one"
    )]
    OtherDataset {
        path: PathBuf,
        expected: String,
        found: String,
    },
    #[error(
        "{path}: the masks were drawn for data {found}, not for {expected}; draw them again with \
         `prepare`"
    )]
    OtherContent {
        path: PathBuf,
        expected: String,
        found: String,
    },
    #[error("{path}: {group}: {what}; the file is damaged: remove it, `prepare` writes a new one")]
    Damaged {
        path: PathBuf,
        group: String,
        what: String,
    },
    #[error(
        "{path}: the stored masks {masks} have hash {stored}, this build draws {drawn}: runs under both \
         are not comparable; remove the file and write it again with `prepare`, or use the build \
         that wrote it"
    )]
    Differ {
        path: PathBuf,
        masks: String,
        stored: String,
        drawn: String,
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

impl Classify for Error {
    fn class(&self) -> ErrorClass {
        match self {
            Self::Rates(error) => error.class(),
            Self::Store(error) => error.class(),
            Self::Dataset(error) => error.class(),
            Self::Read { .. } | Self::Write { .. } => ErrorClass::Io,
            // A file is at fault, not a flag.
            Self::Shape { .. }
            | Self::Length { .. }
            | Self::Hdf5 { .. }
            | Self::Manifest { .. }
            | Self::Foreign { .. }
            | Self::Format { .. }
            | Self::OtherVersion { .. }
            | Self::OtherDataset { .. }
            | Self::OtherContent { .. }
            | Self::Damaged { .. }
            | Self::Differ { .. }
            | Self::UnknownStored { .. } => ErrorClass::BadData,
            Self::UnknownMaskProtocol { .. }
            | Self::SeedTooLarge { .. }
            | Self::ThreeSeeds { .. }
            | Self::EqualSeeds { .. }
            | Self::OneRate { .. }
            | Self::Rate { .. }
            | Self::NoCondition { .. }
            | Self::AbsentModality { .. }
            | Self::NoConditions { .. }
            | Self::IdleCondition { .. }
            | Self::RateList { .. }
            | Self::NoiseProtocol { .. }
            | Self::NoiseRate { .. }
            | Self::OneCopy { .. }
            | Self::NoSplit { .. }
            | Self::ExportForm { .. }
            | Self::ExportSeveral { .. }
            | Self::NoiseOrder { .. }
            | Self::NoNoise
            | Self::NoSample { .. } => ErrorClass::Usage,
        }
    }
}
