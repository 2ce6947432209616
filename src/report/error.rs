//! Errors of reports.

use std::path::PathBuf;

use crate::record;
use crate::support::nearest::hint;
use crate::support::{Classify, ErrorClass, fs};

/// Result of this module.
pub type Result<T> = std::result::Result<T, Error>;

/// Runs that cannot be put into one report, or a report that cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    #[error(transparent)]
    Record(#[from] record::Error),
    #[error(transparent)]
    Write(#[from] fs::Error),
    #[error("run {run} names a metric protocol that this build does not have: {reason}")]
    Protocol { run: String, reason: String },
    #[error(
        "run {run} is finished and has no evaluation: expected a folder in its `evaluations`, as folders lack that were copied in \
         part; copy it again, or run the sweep (or score the predictions) again"
    )]
    NoEvaluation { run: String },
    #[error(
        "run {run}: expected predictions {expected}, found {found}; remove the run and repeat it"
    )]
    Predictions {
        run: String,
        expected: String,
        found: String,
    },
    #[error(
        "runs trained at one rate each: expected predictions for the same {expected} samples with the \
         same labels, found {found} others; leave one of the runs out"
    )]
    OtherSamples { expected: usize, found: usize },
    #[error(
        "runs {first} and {second} are both {row} with seed {seed}, and differ only in {differ}; \
         a row holds a seed once, so leave one of them out"
    )]
    Twice {
        first: String,
        second: String,
        row: String,
        seed: u64,
        differ: String,
    },
    #[error(
        "{dataset}: {row}, seed {seed}: fold {} is missing, of folds {}; a score over folds needs all of them: \
         finish the sweep (of external predictions, `score` those of this fold with its data), or leave the other folds of this \
         seed out",
        words(missing),
        words(folds)
    )]
    MissingFolds {
        dataset: String,
        row: String,
        seed: u64,
        missing: Vec<u32>,
        folds: Vec<u32>,
    },
    #[error(
        "{dataset}: sample {sample} is tested in folds {} and {}; folds that are pooled test every sample \
         once: prepare them again from one partition", folds[0], folds[1]
    )]
    TestedTwice {
        dataset: String,
        sample: String,
        folds: [u32; 2],
    },
    #[error(
        "runs {first} and {second} were tested under different masks that are both called {masks}: \
         their hashes are {} and {}; report them apart, or run one of them again with this build",
        hashes[0], hashes[1]
    )]
    OtherMasks {
        first: String,
        second: String,
        masks: String,
        hashes: [String; 2],
    },
    #[error(
        "{} holds no report of this version: expected its manifest.json; make it again",
        path.display()
    )]
    NoReport { path: PathBuf },
    #[error(
        "{count} {} between {} and what its runs give; make the report again if the runs are right",
        if *count == 1 { "difference" } else { "differences" }, path.display()
    )]
    Differs { path: PathBuf, count: usize },
    #[error("--data: no words from {}: {reason}", path.display())]
    Words { path: PathBuf, reason: String },
    #[error("--metrics {name}{}: expected one of {known}", hint(name, known))]
    UnknownMetric { name: String, known: String },
    #[error("primary metric {name}{}: expected one of {known}", hint(name, known))]
    UnknownPrimary { name: String, known: String },
    #[error(
        "--reference {name}{}: expected one of {known}, the models of the section `{section}`; a reference is a model of every \
         section of a report",
        hint(name, known)
    )]
    UnknownReference {
        name: String,
        section: String,
        known: String,
    },
    #[error("--matrix-rates {condition}: expected one of {known}, the conditions of these runs")]
    UnknownCondition { condition: String, known: String },
    #[error(
        "--models {name}{}: expected one of {known}, the models of these runs",
        hint(name, known)
    )]
    UnknownModel { name: String, known: String },
    #[error(
        "the sweeps name different metrics for their primary tests: {names}; choose one with --primary"
    )]
    PrimariesDiffer { names: String },
    #[error(
        "{paths}: expected external predictions (of `score`) to go along with --sweep, found other runs \
         alone; leave --sweep out to take all runs of a folder"
    )]
    NoExternal { paths: String },
    #[error(
        "{paths}: expected runs with predictions of the test split, found only trials of a search; give the same \
         `lnln-bench run --search` again to finish it"
    )]
    OnlyTrials { paths: String },
    #[error(
        "{} is in the way: expected an empty folder or an earlier report; \
         choose another --out", path.display()
    )]
    InTheWay { path: PathBuf },
    #[error(
        "{} is a link whose target is missing: expected a folder to write to; create what it points to (readlink {}), \
         remove the link, or choose another --out", path.display(), path.display()
    )]
    DanglingLink { path: PathBuf },
    #[error("cannot render {file}")]
    Render {
        file: &'static str,
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// Numbers of folds, as text.
fn words(folds: &[u32]) -> String {
    let numbers: Vec<String> = folds.iter().map(u32::to_string).collect();
    numbers.join(", ")
}

/// For `map_err` on the libraries that render a file.
pub(crate) fn render<E>(file: &'static str) -> impl FnOnce(E) -> Error
where
    E: std::error::Error + Send + Sync + 'static,
{
    move |source| Error::Render {
        file,
        source: Box::new(source),
    }
}

impl Classify for Error {
    fn class(&self) -> ErrorClass {
        match self {
            Self::Record(error) => error.class(),
            Self::Write(error) => error.class(),
            Self::UnknownMetric { .. }
            | Self::UnknownReference { .. }
            | Self::UnknownCondition { .. }
            | Self::UnknownModel { .. }
            | Self::UnknownPrimary { .. }
            | Self::PrimariesDiffer { .. }
            | Self::NoExternal { .. }
            | Self::OnlyTrials { .. }
            | Self::DanglingLink { .. }
            | Self::InTheWay { .. } => ErrorClass::Usage,
            Self::Protocol { .. }
            | Self::Predictions { .. }
            | Self::NoEvaluation { .. }
            | Self::OtherSamples { .. }
            | Self::MissingFolds { .. }
            | Self::TestedTwice { .. }
            | Self::Twice { .. }
            | Self::OtherMasks { .. }
            | Self::NoReport { .. }
            | Self::Differs { .. }
            | Self::Words { .. }
            | Self::Render { .. } => ErrorClass::BadData,
        }
    }
}
