//! Errors of planning and running a suite.

use std::path::{Path, PathBuf};

use crate::support::nearest::hint;
use crate::support::{Classify, ErrorClass, fs};

/// Errors of planning and running a suite.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "data set {name} is not prepared: expected `{path}`; run `lnln-bench prepare FILE.pkl` first, \
         or point --data at the folder that holds it"
    )]
    NotPrepared { name: String, path: PathBuf },
    #[error(
        "data set {name}: {} holds {holds}; give it the name {holds}.h5, or prepare {name} into this folder",
        path.display()
    )]
    OtherName {
        name: String,
        path: PathBuf,
        holds: String,
    },
    #[error("{} of {total} data sets cannot be used, and nothing was started:\n  {}", errors.len(), errors.join("\n  "))]
    SeveralDatasets { total: usize, errors: Vec<String> },
    #[error("{} of {total} pairs of data set and model cannot be run, and nothing was started:\n  {}", errors.len(), errors.join("\n  "))]
    SeveralModels {
        class: ErrorClass,
        total: usize,
        errors: Vec<String>,
    },
    #[error("`{path}` is not a suite: {reason}")]
    Suite { path: PathBuf, reason: String },
    #[error(
        "suite `{path}` extends `{base}`, which cannot be read: {reason}; the path is relative to the \
         folder of the suite that extends"
    )]
    Extended {
        path: PathBuf,
        base: PathBuf,
        reason: std::io::Error,
    },
    #[error("suite `{path}` extends `{base}`, which already extends `{path}`: expected no circle")]
    ExtendsCircle { path: PathBuf, base: PathBuf },
    #[error(
        "expected --split train, valid or test, found `{found}`; another split of a file is predicted with --input"
    )]
    SplitName { found: String },
    #[error("expected a protocol like own or paper, found `{found}`")]
    ProtocolName { found: String },
    #[error(
        "expected a training protocol like mixed, clean, tested-rate or rate:0.3, found `{found}`"
    )]
    TrainOnName { found: String },
    #[error(
        "train_on = \"{train_on}\" contradicts {key} = \"{found}\": expected {expected}, or no train_on"
    )]
    TrainOn {
        train_on: super::TrainOn,
        key: &'static str,
        found: String,
        expected: &'static str,
    },
    #[error("the suite overrides model {name}, which it does not run")]
    UnusedOverride { name: String },
    #[error("nothing to run: expected at least one {what}")]
    NothingToDo { what: &'static str },
    #[error(
        "the run was trained on {dataset} with content hash {expected}, this file's is {found}: \
         point --data at the folder of the file it was trained on"
    )]
    OtherData {
        dataset: String,
        expected: String,
        found: String,
    },
    #[error("the run was trained with encoder {expected}, not {found}: give it with --encoder")]
    OtherEncoder { expected: String, found: String },
    #[error(
        "the run was trained on text states of the frozen BERT with hash {hash}, which is no part of it: give its \
         folder with --encoder frozen:DIR, or $LNLN_BENCH_BERT"
    )]
    FrozenEncoder { hash: String },
    #[error(
        "{} has no inputs.json, which tells what its model reads: it was trained by an earlier build; remove the \
         folder and train the run again", run.display()
    )]
    NoInputs { run: PathBuf },
    #[error(
        "run {run} holds external predictions (`lnln-bench score`): it has no weights to predict with"
    )]
    NoWeights { run: String },
    #[error(
        "{} has no {file}: its weights are needed to predict under further masks; put the file back, or \
         remove the folder to train the run again", run.display()
    )]
    WeightsGone { run: PathBuf, file: String },
    #[error(
        "{} changed after the training: blake3 {found}, the manifest has {expected}; put the file back, or \
         remove the run's folder to train it again", path.display()
    )]
    WeightsChanged {
        path: PathBuf,
        expected: String,
        found: String,
    },
    #[error("no sample `{sample}` in the {split} split; its ids look like `{example}`")]
    NoSample {
        sample: String,
        split: &'static str,
        example: String,
    },
    #[error(
        "no weights of this run were chosen by metric `{found}`{}: expected --metric with one of {known}",
        hint(found, known)
    )]
    NoMetric { found: String, known: String },
    #[error("the sweep has no run {index}: expected an index from 0 to {}", count.saturating_sub(1))]
    NoRun { index: usize, count: usize },
    #[error(
        "entry {index} of the sweep is no longer run {expected}: its data set, its encoder or this program changed \
         since the sweep was planned; plan it again with `lnln-bench run`"
    )]
    OtherRun { index: usize, expected: String },
    #[error(
        "a search needs at least 2 trials, the published settings and one other: found {found}"
    )]
    SearchTrials { found: u32 },
    #[error(
        "a search does not touch the test split, and {model} is to select epochs on it: give --select valid:METRIC or \
         last, without paper"
    )]
    SearchOnTest { model: String },
    #[error(
        "a search gives every model the same number of epochs, and on {dataset} they differ: {found}; give --epochs"
    )]
    SearchEpochs { dataset: String, found: String },
    #[error(
        "the search of {search} found no settings to train with: no trial has a score on the validation split"
    )]
    SearchDiverged { search: String },
    #[error("{failed} of {total} runs failed; the others are done and are not repeated")]
    RunsFailed { failed: usize, total: usize },
    #[error("cannot read or write `{path}`: {reason}")]
    Io {
        path: PathBuf,
        reason: std::io::Error,
    },
    #[error("{0}")]
    Unexpected(String),
    #[error(transparent)]
    Train(#[from] crate::train::Error),
    #[error(transparent)]
    Model(#[from] crate::model::ModelError),
    #[error(transparent)]
    Mask(#[from] crate::mask::Error),
    #[error(transparent)]
    Rates(#[from] crate::mask::rates::Error),
    #[error(transparent)]
    Noise(#[from] crate::mask::ParseNoiseError),
    #[error(transparent)]
    Metric(#[from] crate::metric::UnknownProtocol),
    #[error(transparent)]
    Dataset(#[from] crate::data::dataset::Error),
    #[error(transparent)]
    Record(#[from] crate::record::Error),
    #[error(transparent)]
    Write(#[from] fs::Error),
}

impl Error {
    /// Whether a signal ended the work, with everything stored.
    pub fn is_stop(&self) -> bool {
        self.class() == ErrorClass::Interrupted
    }

    /// Whether a training ended since its numbers were not finite, as it would each time.
    pub fn is_divergence(&self) -> bool {
        use crate::train::Error as E;
        matches!(
            self,
            Self::Train(
                E::NotFinite { .. }
                    | E::NotFiniteGradient { .. }
                    | E::NotFiniteWeights { .. }
                    | E::NotFinitePredictions { .. }
            )
        )
    }

    /// An input or output error with its path.
    pub fn io(path: &Path, reason: std::io::Error) -> Self {
        Self::Io {
            path: path.to_owned(),
            reason,
        }
    }
}

impl Classify for Error {
    fn class(&self) -> ErrorClass {
        match self {
            Self::NotPrepared { .. }
            | Self::Suite { .. }
            | Self::Extended { .. }
            | Self::ExtendsCircle { .. }
            | Self::SplitName { .. }
            | Self::ProtocolName { .. }
            | Self::TrainOnName { .. }
            | Self::TrainOn { .. }
            | Self::UnusedOverride { .. }
            | Self::NoWeights { .. }
            | Self::NothingToDo { .. }
            | Self::NoSample { .. }
            | Self::NoMetric { .. }
            | Self::NoInputs { .. }
            | Self::SearchTrials { .. }
            | Self::SearchOnTest { .. }
            | Self::SearchEpochs { .. }
            | Self::NoRun { .. } => ErrorClass::Usage,
            Self::OtherData { .. }
            | Self::OtherRun { .. }
            | Self::OtherName { .. }
            | Self::WeightsGone { .. }
            | Self::WeightsChanged { .. }
            | Self::SeveralDatasets { .. } => ErrorClass::BadData,
            Self::OtherEncoder { .. } | Self::FrozenEncoder { .. } => ErrorClass::Unavailable,
            Self::RunsFailed { .. } | Self::SearchDiverged { .. } => ErrorClass::RunsFailed,
            Self::SeveralModels { class, .. } => *class,
            Self::Io { .. } => ErrorClass::Io,
            Self::Unexpected(_) => ErrorClass::Unexpected,
            Self::Train(error) => error.class(),
            Self::Model(error) => error.class(),
            Self::Mask(error) => error.class(),
            Self::Rates(error) => error.class(),
            Self::Noise(error) => error.class(),
            Self::Metric(error) => error.class(),
            Self::Dataset(error) => error.class(),
            Self::Record(error) => error.class(),
            Self::Write(error) => error.class(),
        }
    }
}
