//! Defines the errors between prepared data and predictions.

use std::path::{Path, PathBuf};

/// Errors of training and evaluation.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("expected a device like auto, cpu, cuda or cuda:1, found `{found}`")]
    DeviceName { found: String },
    #[error("CUDA cannot be used: {reason}; `--device cpu` runs without it")]
    NoCuda { reason: String },
    #[error(
        "expected a text encoder like auto, tiny, features, bert:DIR or frozen:DIR, found `{found}`"
    )]
    EncoderName { found: String },
    #[error("encoder `{encoder}` needs {needs}, which {dataset} does not hold; {hint}")]
    EncoderInput {
        encoder: String,
        needs: &'static str,
        dataset: String,
        hint: &'static str,
    },
    #[error("expected a number from 1 on, published or none, found `{found}`")]
    HabitName { found: String },
    #[error("expected a schedule like cosine, reference or constant, found `{found}`")]
    ScheduleName { found: String },
    #[error("expected a selection like valid, valid:METRIC, last or paper, found `{found}`")]
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
    #[error("`{path}` is no usable checkpoint: {reason}; remove it to start the run again")]
    Checkpoint { path: PathBuf, reason: String },
    #[error("cannot read or write `{path}`: {source}")]
    Io {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error(
        "{term} became {value} in epoch {epoch}, step {step}; first not finite: {first}; \
         samples {samples}; a lower learning rate or standardised features may help"
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
         standardised features may help"
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
         numbers; --precision fp32 or standardised features may help"
    )]
    NotFinitePredictions { samples: String, condition: String },
    #[error("the {split} split of {dataset} is empty; expected at least one sample")]
    EmptySplit {
        split: &'static str,
        dataset: String,
    },
    #[error("the {split} split of {dataset}: {source}")]
    Tokens {
        dataset: String,
        split: &'static str,
        source: Box<crate::model::ModelError>,
    },
    #[error(
        "interrupted after epoch {epoch} and {step} steps of the next; everything is stored, and \
         the same command resumes there"
    )]
    Interrupted { epoch: u32, step: usize },
    #[error("interrupted while text was encoded; the same command encodes it again")]
    InterruptedEncoding,
    #[error("interrupted in the evaluation of a trained model; the same command repeats it")]
    InterruptedEvaluation,
    #[error("{0}")]
    Unexpected(String),
    #[error("libtorch: {0}")]
    Libtorch(String),
    #[error("libtorch: {0}")]
    Torch(#[from] tch::TchError),
    #[error("{0}")]
    Model(#[from] crate::model::ModelError),
    #[error("{0}")]
    Optimizer(#[from] super::optimizer::OptimizerError),
    #[error("{0}")]
    Mask(#[from] crate::mask::Error),
    #[error("{0}")]
    Dataset(#[from] crate::data::dataset::Error),
    #[error("{0}")]
    Store(#[from] crate::data::store::Error),
    #[error("{0}")]
    Record(#[from] crate::record::Error),
}

impl Error {
    /// An input or output error with the path it happened at.
    pub fn io(path: &Path, source: std::io::Error) -> Self {
        Self::Io {
            path: path.to_owned(),
            source,
        }
    }
}
