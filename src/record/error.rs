//! Defines the errors of run directories.

use std::io;
use std::path::{Path, PathBuf};

use super::masks::MaskGrid;
use crate::support::{Classify, ErrorClass, fs};

/// Result of this module.
pub type Result<T> = std::result::Result<T, Error>;

/// A run directory that cannot be written, read or trusted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    #[error(transparent)]
    Write(#[from] fs::Error),
    #[error("cannot {action} {}{}", path.display(), fs::remedy(source))]
    Io {
        action: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    #[error(
        "cannot read {} as predictions: expected a Parquet file with the columns {columns}; \
         write it again or take it from a backup", path.display()
    )]
    Parquet {
        path: PathBuf,
        columns: String,
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Columns that polars refused to put together or take apart.
    #[error("cannot {action} predictions")]
    Frame {
        action: &'static str,
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error(
        "condition `{text}` contradicts its rates: expected the condition of rate_text {}, \
         rate_audio {} and rate_vision {}", rates[0], rates[1], rates[2]
    )]
    Condition { text: String, rates: [f64; 3] },
    #[error("column `{column}` has {nulls} empty values, expected none")]
    Nulls { column: &'static str, nulls: usize },
    #[error(
        "a block of predictions needs columns of one length, got {ids} ids, {truth} truths \
         and {prediction} predictions"
    )]
    Ragged {
        ids: usize,
        truth: usize,
        prediction: usize,
    },
    #[error("{} is taken by other processes again and again; run the same command again", path.display())]
    Contended { path: PathBuf },
    #[error("`{id}` cannot name a run: expected letters, digits, `-`, `_` and `.` only")]
    BadId { id: String },
    #[error("the manifest of run {found} was given to the run directory of {expected}")]
    WrongId { expected: String, found: String },
    #[error(
        "{} holds predictions of run {found}, in the folder of run {expected}; move it back", path.display()
    )]
    OtherRun {
        path: PathBuf,
        expected: String,
        found: String,
    },
    #[error("cannot read {} as a run's manifest; run it again", path.display())]
    Manifest {
        path: PathBuf,
        source: serde_json::Error,
    },
    #[error(
        "{} is written in format {found}, this build reads format {expected}; \
         use the version of lnln-bench that wrote it", path.display()
    )]
    Format {
        path: PathBuf,
        expected: u32,
        found: u32,
    },
    #[error("{}: expected the folder of a run, found {found}; {hint}", path.display())]
    NoRun {
        path: PathBuf,
        found: String,
        hint: String,
    },
    #[error(
        "{} is unfinished: it has no DONE; run the sweep again to finish it, score the predictions again, or copy it again \
         where it was copied in part", path.display()
    )]
    Unfinished { path: PathBuf },
    #[error(
        "{} was not evaluated under {}; run the sweep again, which evaluates its stored weights",
        path.display(), masks.iter().map(MaskGrid::to_string).collect::<Vec<_>>().join("; ")
    )]
    NotEvaluated { path: PathBuf, masks: Vec<MaskGrid> },
    #[error(
        "{} is damaged: expected lines of a blake3 hash and a file name, found {found:?}; \
         copy it again, or remove the file and run again", path.display()
    )]
    Seal { path: PathBuf, found: String },
    #[error("{} is {kind}; {remedy}", path.display())]
    Absent {
        path: PathBuf,
        kind: &'static str,
        remedy: String,
    },
    #[error(
        "{} changed after the run was finished: blake3 {found}, DONE has {expected}; {remedy}", path.display()
    )]
    Changed {
        path: PathBuf,
        expected: String,
        found: String,
        remedy: &'static str,
    },
    #[error("cannot read {} as a sweep's manifest; run the suite again", path.display())]
    SweepManifest {
        path: PathBuf,
        source: serde_json::Error,
    },
    #[error("{} holds no sweep: expected the manifest of one", path.display())]
    NoSweep { path: PathBuf },
    #[error(
        "{} holds another sweep: content {found}, expected {expected}; \
         give the suite another name or --runs another folder", path.display()
    )]
    OtherSweep {
        path: PathBuf,
        expected: String,
        found: String,
    },
    #[error(
        "{} holds no run: expected a run directory or a folder of them{}",
        path.display(),
        meant(below)
    )]
    NoRuns {
        path: PathBuf,
        /// Folders in it that hold runs.
        below: Vec<PathBuf>,
    },
    #[error(
        "{} holds no finished run, only {unfinished} unfinished; run the sweep again to finish \
         them, score the predictions again, or copy them again where they were copied in part", path.display()
    )]
    NoneFinished { path: PathBuf, unfinished: usize },
}

/// For `map_err`: names the path that the system's message leaves out.
pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_path_buf();
    move |source| Error::Io {
        action,
        path,
        source,
    }
}

/// A question for folders that may be meant, nothing for none.
fn meant(folders: &[PathBuf]) -> String {
    const NAMED: usize = 3;
    let named = folders.iter().take(NAMED);
    let named: Vec<String> = named.map(|path| path.display().to_string()).collect();
    if named.is_empty() {
        String::new()
    } else {
        format!("; did you mean {}?", named.join(" or "))
    }
}

/// For `map_err` on polars, whose error type stays out of this module's.
pub(crate) fn frame(action: &'static str) -> impl FnOnce(polars::prelude::PolarsError) -> Error {
    move |source| Error::Frame {
        action,
        source: Box::new(source),
    }
}

impl Classify for Error {
    fn class(&self) -> ErrorClass {
        match self {
            Self::Write(error) => error.class(),
            Self::Io { .. } => ErrorClass::Io,
            Self::Parquet { .. }
            | Self::Frame { .. }
            | Self::Condition { .. }
            | Self::Nulls { .. }
            | Self::Ragged { .. }
            | Self::Contended { .. }
            | Self::BadId { .. }
            | Self::WrongId { .. }
            | Self::OtherRun { .. }
            | Self::Manifest { .. }
            | Self::Format { .. }
            | Self::NoRun { .. }
            | Self::Unfinished { .. }
            | Self::NotEvaluated { .. }
            | Self::Seal { .. }
            | Self::Changed { .. }
            | Self::Absent { .. }
            | Self::SweepManifest { .. }
            | Self::NoSweep { .. }
            | Self::OtherSweep { .. }
            | Self::NoRuns { .. }
            | Self::NoneFinished { .. } => ErrorClass::BadData,
        }
    }
}
