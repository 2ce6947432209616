//! What can go wrong between prepared data and predictions.

use std::path::{Path, PathBuf};

/// Errors of training and evaluation.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("expected a device like auto, cpu, cuda or cuda:1, found `{found}`")]
    DeviceName { found: String },
    #[error("CUDA was asked for but cannot be used: {reason}; `--device cpu` runs without it")]
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
    #[error("expected a schedule like cosine, reference or constant, found `{found}`")]
    ScheduleName { found: String },
    #[error("expected validation or last, found `{found}`")]
    SelectionName { found: String },
    #[error("`{path}` is no usable checkpoint: {reason}; remove it to start the run again")]
    Checkpoint { path: PathBuf, reason: String },
    #[error("cannot read or write `{path}`: {source}")]
    Io {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error(
        "{term} became {value} in epoch {epoch}, step {step}, at clips {clips}; \
         a lower learning rate or standardised features may help"
    )]
    NotFinite {
        term: String,
        value: f64,
        epoch: u32,
        step: usize,
        clips: String,
    },
    #[error("the {split} split of {dataset} is empty; expected at least one clip")]
    EmptySplit {
        split: &'static str,
        dataset: String,
    },
    #[error("interrupted after epoch {epoch}; the same command goes on from there")]
    Interrupted { epoch: u32 },
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
    Dataset(#[from] crate::dataset::Error),
    #[error("{0}")]
    Store(#[from] crate::store::Error),
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
