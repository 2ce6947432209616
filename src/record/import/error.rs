//! Defines the errors of importing predictions.

use std::path::PathBuf;

use crate::data::dataset;
use crate::metric;
use crate::record;
use crate::support::{Classify, ErrorClass, fs};

/// Result of this module.
pub type Result<T> = std::result::Result<T, Error>;

/// A file of predictions that cannot be joined with the data.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    #[error("cannot read {}: {reason}", path.display())]
    Io {
        path: PathBuf,
        reason: std::io::Error,
    },
    #[error(
        "{file}: expected the columns id, rate (or condition), seed and prediction, found {found}; complete samples are rate 0; \
         optional are model, mask_protocol and mask_seed; --column ROLE=NAME takes others{hint}"
    )]
    Columns {
        file: String,
        found: String,
        hint: &'static str,
    },
    #[error("{file}: there is no column `{name}` for --column {role}={name}; found {found}")]
    NoSuchColumn {
        file: String,
        role: &'static str,
        name: String,
        found: String,
    },
    #[error(
        "{file}: {candidates} could each be the {role}; choose one, as by --column {role}={example}"
    )]
    Ambiguous {
        file: String,
        role: &'static str,
        candidates: String,
        example: String,
    },
    #[error(
        "{file}: {count} columns are called `{name}`; rename or remove all but one, or stack them where a pivot wrote \
         headings of several lines (d.stack(future_stack=True) in pandas)"
    )]
    SameHeadings {
        file: String,
        name: String,
        count: usize,
    },
    #[error(
        "{file}, row {row}: {first} and {second}; choose one of both columns by --column {role}=NAME"
    )]
    TwoConditions {
        file: String,
        row: u64,
        first: String,
        second: String,
        role: &'static str,
    },
    #[error("{file}: column {column} holds {found}, expected one of: {taken}")]
    Type {
        file: String,
        column: String,
        found: String,
        taken: &'static str,
    },
    #[error(
        "{file} has no ids, and {rows} rows for {what} where the test split has {samples} samples; add a \
         column id with the ids of the prepared file"
    )]
    NoIds {
        file: String,
        what: String,
        rows: usize,
        samples: usize,
    },
    #[error(
        "{file}: column {column} contradicts the labels of the data for {count} of {total} rows: \
         {examples}{reason}; --column truth= leaves the column out"
    )]
    Truth {
        file: String,
        column: String,
        count: usize,
        total: usize,
        examples: String,
        reason: String,
    },
    #[error(
        "{file}, row {row}: column {column} is `{found}`, but the data are {dataset}; score the rows of \
         each data set with its own --data, {remedy}"
    )]
    OtherDataset {
        file: String,
        row: u64,
        column: String,
        found: String,
        dataset: String,
        /// What leaves the column out.
        remedy: &'static str,
    },
    #[error(
        "{file}: column {column} contradicts the ids for {count} of {total} rows: {examples}; ids or predictions were \
         taken in another order than the column: correct it, or rename or remove the column if it means something else"
    )]
    OtherSample {
        file: String,
        column: String,
        count: usize,
        total: usize,
        examples: String,
    },
    #[error(
        "{file}: column {column} places {count} of {total} rows in another split, but the data have their \
         samples in test: {examples}; score predictions for the test split, or leave the column out by \
         --column split="
    )]
    OtherSplit {
        file: String,
        column: String,
        count: usize,
        total: usize,
        examples: String,
    },
    #[error(
        "{file}, row {row}: column {column} is {rate}, but the condition is {condition}; one of both is wrong: \
         correct it, or remove the column"
    )]
    OtherRate {
        file: String,
        row: u64,
        column: String,
        rate: String,
        condition: String,
    },
    #[error(
        "{file}: conditions {near} and {got} differ by less than {apart}: rates closer than that are one; write \
         one of them in every row",
        apart = crate::mask::rates::APART
    )]
    NearConditions {
        file: String,
        near: String,
        got: String,
    },
    #[error("{file}: {text}; --allow {check} takes them all the same")]
    Implausible {
        file: String,
        text: String,
        check: String,
    },
    #[error("{file}: expected a CSV or Parquet table, found {found}; {remedy}")]
    Kind {
        file: String,
        found: &'static str,
        remedy: String,
    },
    #[error("{file}: {reason}")]
    Format { file: String, reason: String },
    #[error("{file}, row {row}: expected {expected} in column {column}, found `{found}`{hint}")]
    Cell {
        file: String,
        row: u64,
        column: String,
        expected: &'static str,
        found: String,
        hint: String,
    },
    #[error(
        "{file}, row {row}: mask protocol `{mask_protocol}` has no masks at condition {condition}; \
         expected {expected}"
    )]
    Condition {
        file: String,
        row: u64,
        mask_protocol: String,
        condition: String,
        expected: String,
    },
    #[error("{file} holds no predictions")]
    Empty { file: String },
    #[error(
        "{file}, row {row}: sample `{id}` is not in the test split of {dataset}{hint}; {total} such \
         rows in all"
    )]
    UnknownSample {
        file: String,
        row: u64,
        id: String,
        dataset: String,
        hint: String,
        total: usize,
    },
    #[error(
        "{file}, row {row}: {what} has a prediction for sample `{id}` already, on row {first}{hint}"
    )]
    Duplicate {
        file: String,
        row: u64,
        first: u64,
        what: String,
        id: String,
        hint: String,
    },
    #[error(
        "{file}: {what} has no prediction for {missing} of {samples} test samples: {names}; a score \
         needs every sample"
    )]
    Missing {
        file: String,
        what: String,
        missing: usize,
        samples: usize,
        names: String,
    },
    #[error(
        "{file}, row {row}: the prediction for sample `{id}` is {found}, expected a finite number; \
         {total} such rows in all"
    )]
    NotFinite {
        file: String,
        row: u64,
        id: String,
        found: f32,
        total: usize,
    },
    #[error(
        "{file}: {what} lacks condition {condition} of mask seed {seed}, which other masks of it have; \
         every mask seed needs the same conditions"
    )]
    Ragged {
        file: String,
        what: String,
        condition: String,
        seed: u64,
    },
    #[error(
        "{file}: there is no prediction for {what}, which seed {other} has; every seed of a model \
         needs the same masks and conditions"
    )]
    Uneven {
        file: String,
        what: String,
        other: u64,
    },
    #[error(
        "`{name}` cannot name a model: expected letters, digits, `-`, `_` and `.`, and neither \
         `constant` nor `best_constant`, the baselines of every table; choose another with --model or in the file"
    )]
    ModelName { name: String },
    #[error(
        "{file}: {flags} describes one model, but the file holds {count} ({models}): score each \
         from a file of its own, or leave {flags} out"
    )]
    SeveralModels {
        file: String,
        flags: String,
        count: usize,
        models: String,
    },
    #[error(
        "these predictions were scored before with {stored} for {flag}, now {given} is given; to change \
         it, remove {folders} and score again, or leave {flag} out"
    )]
    OtherDescription {
        flag: &'static str,
        stored: String,
        given: String,
        /// The runs that hold the stored value, separated by blanks.
        folders: String,
    },
    #[error(
        "{file}: row {row}: expected mask_hash {expected}, that {of} at condition {condition}, found {found}; \
         predict under these masks, or leave the column out with --column mask_hash="
    )]
    MaskHash {
        file: String,
        row: u64,
        condition: String,
        expected: String,
        found: String,
        of: &'static str,
    },
    #[error(
        "{file}: the column mask_hash has hashes of `{mask_protocol}`, a mask protocol that this program does \
         not draw; leave the column out with --column mask_hash="
    )]
    UnverifiedMasks { file: String, mask_protocol: String },
    #[error(transparent)]
    Mask(#[from] crate::mask::Error),
    #[error(transparent)]
    Dataset(#[from] dataset::Error),
    #[error(transparent)]
    Protocol(#[from] metric::UnknownProtocol),
    #[error(transparent)]
    Record(#[from] record::Error),
    #[error(transparent)]
    Write(#[from] fs::Error),
}

impl Classify for Error {
    fn class(&self) -> ErrorClass {
        match self {
            Self::Io { .. } => ErrorClass::Io,
            Self::ModelName { .. } | Self::SeveralModels { .. } => ErrorClass::Usage,
            Self::Mask(_) => ErrorClass::BadData,
            Self::Dataset(error) => error.class(),
            Self::Protocol(error) => error.class(),
            Self::Record(error) => error.class(),
            Self::Write(error) => error.class(),
            Self::NoSuchColumn { .. } | Self::Ambiguous { .. } => ErrorClass::Usage,
            Self::Columns { .. }
            | Self::SameHeadings { .. }
            | Self::TwoConditions { .. }
            | Self::Type { .. }
            | Self::NoIds { .. }
            | Self::Truth { .. }
            | Self::OtherDataset { .. }
            | Self::OtherSample { .. }
            | Self::OtherSplit { .. }
            | Self::OtherRate { .. }
            | Self::NearConditions { .. }
            | Self::Implausible { .. }
            | Self::Kind { .. }
            | Self::Format { .. }
            | Self::Cell { .. }
            | Self::Empty { .. }
            | Self::UnknownSample { .. }
            | Self::Duplicate { .. }
            | Self::Missing { .. }
            | Self::NotFinite { .. }
            | Self::Ragged { .. }
            | Self::Uneven { .. }
            | Self::Condition { .. }
            | Self::MaskHash { .. }
            | Self::UnverifiedMasks { .. }
            | Self::OtherDescription { .. } => ErrorClass::BadData,
        }
    }
}
