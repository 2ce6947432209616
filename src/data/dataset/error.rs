//! Errors of data sets.

use std::path::PathBuf;

use crate::data::pickle;
use crate::data::store;
use crate::support::nearest::hint;
use crate::support::{Classify, ErrorClass};

/// Result of this module.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Reason why a data set could not be imported or opened. `place` names file, split and column.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "unknown data set {name:?}{}, expected one of: {known}{advice}",
        hint(name, known)
    )]
    UnknownDataset {
        name: String,
        known: String,
        /// Where no table but those built in was found.
        advice: &'static str,
    },
    #[error(
        "--version {version:?} of {dataset}: expected letters, digits, - and _, and the version that \
         --dataset names, if it names one"
    )]
    Version { version: String, dataset: String },
    #[error(
        "{}: no fold of {name} is prepared here; give each file to prepare with --dataset {name}:fold=1 and so \
         on", folder.display()
    )]
    NoFolds { name: String, folder: PathBuf },
    /// A table of `datasets.toml`; `place` names file, line and key.
    #[error("{place}: {problem}")]
    Table { place: String, problem: String },
    #[error("{path}: {reason}")]
    Pickle {
        path: PathBuf,
        reason: pickle::Error,
    },
    #[error("{place}: {reason}")]
    Array {
        place: String,
        reason: pickle::Error,
    },
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error("{path}: cannot {action}: {reason}")]
    Io {
        path: PathBuf,
        action: &'static str,
        reason: std::io::Error,
    },
    #[error(
        "{path}: cannot detect the data set ({shapes}{near}); give --dataset NAME, one of: {known}, or a data set with a table in \
         datasets.toml (docs/own-data.md)"
    )]
    Undetected {
        path: PathBuf,
        /// Widths of audio and vision, samples per split.
        shapes: String,
        near: String,
        known: String,
    },
    #[error("{place}: expected {expected}, found {found}")]
    Layout {
        place: String,
        expected: String,
        found: String,
    },
    #[error("{place}: {expected} is missing; the split holds: {found}")]
    MissingColumn {
        place: String,
        expected: String,
        found: String,
    },
    #[error(
        "{place}: columns {column} and {other} disagree: {rows} and {other_rows} samples; \
         the file is damaged or was assembled incorrectly"
    )]
    Rows {
        place: String,
        column: String,
        rows: usize,
        other: String,
        other_rows: usize,
    },
    #[error("{place}: sample {sample}: {problem}")]
    Sample {
        place: String,
        sample: String,
        problem: String,
    },
    /// A contradiction that no single sample shows.
    #[error("{place}: {problem}")]
    Contradiction { place: String, problem: String },
    #[error(
        "unknown check {name:?} to accept{}, expected one of: {known}",
        hint(name, known)
    )]
    UnknownCheck { name: String, known: String },
    #[error(
        "{place}: sample {sample}: {problem}; the labels of this split run from {lowest} to \
         {highest}; {advice}"
    )]
    LabelRange {
        place: String,
        sample: String,
        /// The label and the range that it is outside of.
        problem: String,
        /// Labels of the source.
        lowest: f64,
        highest: f64,
        advice: &'static str,
    },
    #[error(
        "{place}: {samples} of the first {seen} samples are padded at the {end}{}{}; give --padding {found}{}",
        .first.as_ref().map_or(String::new(), |sample| format!(" (first: {sample})")),
        .stated.map_or(String::new(), |stated| format!(", against --padding {stated}")),
        .stated.filter(|stated| *stated == "right").map_or("", |_| {
            ", or, if their zero frames are no padding, lengths that count them"
        })
    )]
    Padding {
        place: String,
        samples: usize,
        seen: usize,
        first: Option<String>,
        found: &'static str,
        end: &'static str,
        /// The end that the user named.
        stated: Option<&'static str>,
    },
    #[error(
        "{path} has the name of {named} and holds {holds}: give it the name {holds}.h5, or prepare {named} \
         into this folder"
    )]
    OtherName {
        path: PathBuf,
        named: String,
        holds: String,
    },
    #[error(
        "{path} exists already and holds {holds}; give --force to replace it, or another --data folder"
    )]
    Exists { path: PathBuf, holds: String },
    #[error(
        "{} holds an older table of {dataset} ({} differ); --force writes the new one", path.display(),
        keys.join(", ")
    )]
    OlderTable {
        path: PathBuf,
        dataset: String,
        keys: Vec<String>,
    },
}

impl Classify for Error {
    fn class(&self) -> ErrorClass {
        match self {
            Self::UnknownDataset { .. }
            | Self::UnknownCheck { .. }
            | Self::Version { .. }
            | Self::NoFolds { .. }
            | Self::Table { .. } => ErrorClass::Usage,
            Self::Pickle { reason, .. } | Self::Array { reason, .. } => reason.class(),
            Self::Store(error) => error.class(),
            Self::Io { .. } => ErrorClass::Io,
            Self::Undetected { .. }
            | Self::Layout { .. }
            | Self::MissingColumn { .. }
            | Self::Rows { .. }
            | Self::Sample { .. }
            | Self::Contradiction { .. }
            | Self::LabelRange { .. }
            | Self::Padding { .. }
            | Self::OtherName { .. }
            | Self::OlderTable { .. }
            | Self::Exists { .. } => ErrorClass::BadData,
        }
    }
}
