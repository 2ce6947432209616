//! Errors of training and evaluation.

use std::path::{Path, PathBuf};

use crate::support::nearest::hint;
use crate::support::{Classify, ErrorClass, fs};

/// A training or an evaluation that cannot start or continue.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "expected a device like auto, cpu, cuda or cuda:1, found `{found}`{}",
        hint(found, "auto, cpu, cuda")
    )]
    DeviceName { found: String },
    #[error("CUDA cannot be used: {reason}; `--device cpu` runs without it")]
    NoCuda { reason: String },
    #[error(
        "expected a text encoder like auto, tiny, features, bert:DIR or frozen:DIR, found `{found}`{}",
        hint(found.split(':').next().unwrap_or_default(), "auto, tiny, features, bert, frozen")
    )]
    EncoderName { found: String },
    #[error("encoder `{encoder}` needs {needs}, which {dataset} does not hold; {hint}")]
    EncoderInput {
        encoder: String,
        needs: &'static str,
        dataset: String,
        hint: &'static str,
    },
    #[error(
        "models trained on {trained_on} cannot predict {dataset}: {trained_on} has {expected}, {dataset} has \
         {found}; drop it from --test-on, or prepare it with the same shapes"
    )]
    OtherShape {
        dataset: String,
        trained_on: String,
        expected: String,
        found: String,
    },
    #[error("expected a number from 1 on, published or none, found `{found}`")]
    OptionName { found: String },
    #[error(
        "expected a schedule like cosine, reference or constant, found `{found}`{}",
        hint(found, "cosine, reference, constant")
    )]
    ScheduleName { found: String },
    #[error(
        "expected a selection like valid, valid:METRIC, last or paper, or several with commas between, found `{found}`"
    )]
    SelectionName { found: String },
    #[error("no metric `{found}` to select by: protocol {protocol} has {known}")]
    SelectionMetric {
        found: String,
        protocol: &'static str,
        known: String,
    },
    #[error("expected a micro-batch like auto or 16, found `{found}`")]
    MicroBatchName { found: String },
    #[error("expected bytes like 12GiB or 800MiB, found `{found}`")]
    BytesName { found: String },
    #[error(
        "a batch of {model} cannot be computed in parts, since its samples share statistics: \
         lower --batch-size in place of --micro-batch"
    )]
    NotDivisible { model: &'static str },
    #[error("{model} has no text encoder that could be computed twice; drop --recompute-encoder")]
    NoRecompute { model: &'static str },
    #[error("{model} needs {needs} of memory, {budget} are allowed; {advice}")]
    DoesNotFit {
        model: &'static str,
        needs: String,
        budget: String,
        advice: String,
    },
    #[error(
        "memory ran out in {model} at {samples} samples per pass ({reason}); a smaller --batch-size, \
         --recompute-encoder or --encoder frozen:DIR needs less"
    )]
    OutOfMemory {
        model: &'static str,
        samples: usize,
        reason: String,
    },
    #[error(
        "{dataset} has features up to {largest:.1e}, of which bfloat16 keeps 8 bits; prepare it \
         with --standardize, or use --precision fp32"
    )]
    PrecisionTooLow { dataset: String, largest: f64 },
    #[error("`{path}` is not a usable checkpoint: {reason}; remove it to start the run again")]
    Checkpoint { path: PathBuf, reason: String },
    #[error("cannot read or write `{path}`: {reason}")]
    Io {
        path: PathBuf,
        reason: std::io::Error,
    },
    #[error(
        "{term} became {value} in epoch {epoch}, step {step}; first not finite: {first}; \
         samples {samples}; a lower learning rate or standardized features may help"
    )]
    NotFinite {
        term: String,
        value: f64,
        epoch: u32,
        step: usize,
        samples: String,
        /// The first tensor that is not finite, in the order of computation.
        first: String,
    },
    #[error(
        "the gradient of {parameter} is not finite in epoch {epoch}, step {step}, whose losses were; \
         samples {samples}; the weights are those of the step before; a lower learning rate or \
         standardized features may help"
    )]
    NotFiniteGradient {
        parameter: String,
        epoch: u32,
        step: usize,
        samples: String,
    },
    #[error(
        "parameter {parameter} is not finite after epoch {epoch}, which is not stored; a lower \
         learning rate may help"
    )]
    NotFiniteWeights { parameter: String, epoch: u32 },
    #[error(
        "the predictions for {samples} are not finite at condition {condition}, with finite weights; expected \
         numbers; --precision fp32 or standardized features may help"
    )]
    NotFinitePredictions { samples: String, condition: String },
    #[error("the {split} split of {dataset} is empty; expected at least one sample")]
    EmptySplit {
        split: &'static str,
        dataset: String,
    },
    #[error("the {split} split of {dataset}: {reason}")]
    Tokens {
        dataset: String,
        split: &'static str,
        reason: Box<crate::model::ModelError>,
    },
    #[error(
        "{file}: sample {sample} has the token id {id}, and the run's text encoder knows 0 to {}: the tokens were \
         made with another vocabulary than those of the training", vocabulary - 1
    )]
    TokenId {
        file: String,
        sample: String,
        id: i32,
        vocabulary: i64,
    },
    #[error(
        "{} is not a description of inputs that this build reads: found {found}; it reads format 1, written by \
         `run`", path.display()
    )]
    Inputs { path: PathBuf, found: String },
    #[error(
        "{} is not the vocabulary that the token ids of {dataset} were made with: {found} of {tokens} tokens \
         are in their transcripts; decoded are {examples}. Give the BERT whose tokenizer made text_bert \
         (its language, cased or uncased), or --any-vocabulary to train all the same",
        file.display()
    )]
    Vocabulary {
        file: PathBuf,
        dataset: String,
        found: usize,
        tokens: usize,
        examples: String,
    },
    #[error(
        "interrupted: stored after epoch {epoch}{}; the same command continues", steps(*step)
    )]
    Interrupted { epoch: u32, step: usize },
    #[error("interrupted: encoding of the text is not stored; the same command repeats it")]
    InterruptedEncoding,
    #[error("interrupted: finished epochs are stored; the same command continues")]
    InterruptedEvaluation,
    #[error("{0}")]
    Unexpected(String),
    #[error("libtorch: {0}")]
    Libtorch(String),
    #[error("libtorch: {0}")]
    Torch(tch::TchError),
    /// A model that cannot read a data set or the states of an encoder.
    #[error("{dataset}: {reason}")]
    Refused {
        dataset: String,
        reason: Box<crate::model::ModelError>,
    },
    #[error(transparent)]
    Model(#[from] crate::model::ModelError),
    #[error(transparent)]
    Optimizer(#[from] super::optimizer::OptimizerError),
    #[error(transparent)]
    Mask(#[from] crate::mask::Error),
    #[error(transparent)]
    Dataset(#[from] crate::data::dataset::Error),
    #[error(transparent)]
    Store(#[from] crate::data::store::Error),
    #[error(transparent)]
    Record(#[from] crate::record::Error),
    #[error(transparent)]
    Write(#[from] fs::Error),
}

impl Error {
    /// An input or output error with its path.
    pub fn io(path: &Path, reason: std::io::Error) -> Self {
        Self::Io {
            path: path.to_owned(),
            reason,
        }
    }
}

/// ` and 2 steps`, for messages.
fn steps(count: usize) -> String {
    match count {
        0 => String::new(),
        1 => " and 1 step of the next".to_owned(),
        _ => format!(" and {count} steps of the next"),
    }
}

impl From<tch::TchError> for Error {
    fn from(error: tch::TchError) -> Self {
        Self::Torch(error)
    }
}

impl Classify for Error {
    fn class(&self) -> ErrorClass {
        match self {
            Self::DeviceName { .. }
            | Self::EncoderName { .. }
            | Self::EncoderInput { .. }
            | Self::OptionName { .. }
            | Self::ScheduleName { .. }
            | Self::SelectionName { .. }
            | Self::SelectionMetric { .. }
            | Self::MicroBatchName { .. }
            | Self::BytesName { .. }
            | Self::NotDivisible { .. }
            | Self::NoRecompute { .. }
            | Self::OtherShape { .. }
            | Self::PrecisionTooLow { .. } => ErrorClass::Usage,
            Self::Checkpoint { .. }
            | Self::EmptySplit { .. }
            | Self::TokenId { .. }
            | Self::Inputs { .. } => ErrorClass::BadData,
            Self::NotFinite { .. }
            | Self::NotFiniteGradient { .. }
            | Self::NotFiniteWeights { .. }
            | Self::NotFinitePredictions { .. } => ErrorClass::RunsFailed,
            Self::NoCuda { .. } | Self::DoesNotFit { .. } | Self::OutOfMemory { .. } => {
                ErrorClass::Unavailable
            }
            Self::Io { .. } => ErrorClass::Io,
            Self::Interrupted { .. } | Self::InterruptedEncoding | Self::InterruptedEvaluation => {
                ErrorClass::Interrupted
            }
            Self::Unexpected(_) | Self::Libtorch(_) | Self::Torch(_) | Self::Optimizer(_) => {
                ErrorClass::Unexpected
            }
            Self::Tokens { reason, .. } | Self::Refused { reason, .. } => reason.class(),
            Self::Vocabulary { .. } => ErrorClass::Unavailable,
            Self::Model(error) => error.class(),
            Self::Mask(error) => error.class(),
            Self::Dataset(error) => error.class(),
            Self::Store(error) => error.class(),
            Self::Record(error) => error.class(),
            Self::Write(error) => error.class(),
        }
    }
}
