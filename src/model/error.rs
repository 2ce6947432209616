//! Defines the errors of models, text encoders and weight files.

use std::path::PathBuf;

use tch::TchError;

use crate::model::weights::torch_file;
use crate::support::nearest::hint;
use crate::support::{Classify, ErrorClass};

/// A model, a text encoder or a weight file that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// No model of this name in the registry.
    #[error("unknown model `{name}`{}: expected one of {known}", hint(name, known))]
    UnknownModel { name: String, known: String },

    /// A variant or hyper-parameter the model does not have.
    #[error(
        "{model}: no variant or hyper-parameter `{found}`{}: expected a variant ({variants}) or \
         NAME=VALUE with a name of {keys}",
        hint(found.split('=').next().unwrap_or_default(), &format!("{variants}, {keys}"))
    )]
    UnknownChange {
        model: &'static str,
        found: String,
        variants: String,
        keys: String,
    },

    /// A hyper-parameter of another type.
    #[error("{model}: {key}: expected a value like the published {published}, got `{found}`")]
    ChangeValue {
        model: &'static str,
        key: String,
        published: String,
        found: String,
    },

    /// A batch of another shape than the model expects.
    #[error("{model}: expected {what} of shape {expected}, got {got}")]
    Input {
        model: &'static str,
        what: &'static str,
        expected: String,
        got: String,
    },

    /// Hyper-parameters that contradict each other or the data.
    #[error("{model}: {what}: expected {expected}, got {got}")]
    Config {
        model: &'static str,
        what: &'static str,
        expected: String,
        got: String,
    },

    /// A text encoder that names no folder.
    #[error("{}: no folder of a Hugging Face BERT, found {found}; {hint}", dir.display())]
    NoFolder {
        dir: PathBuf,
        found: &'static str,
        hint: String,
    },

    /// A Hugging Face folder without one of its files.
    #[error(
        "{}: no {missing}{found}: a Hugging Face BERT folder holds config.json, vocab.txt and \
         model.safetensors or pytorch_model.bin, or one of them in several files with an index",
        dir.display()
    )]
    IncompleteFolder {
        dir: PathBuf,
        missing: &'static str,
        /// What is there in its place.
        found: String,
    },

    /// A file of a folder that holds something else by its content.
    #[error("{}: found {found}, expected {expected}; {remedy}", path.display())]
    OtherFile {
        path: PathBuf,
        found: String,
        expected: &'static str,
        remedy: String,
    },

    /// A weight that is infinite or NaN.
    #[error(
        "{}: parameter `{name}` holds infinite values or NaN: the file is damaged; copy or download it again",
        path.display()
    )]
    NotFiniteWeight { path: PathBuf, name: String },

    /// A `config.json` that does not describe a BERT this crate can run.
    #[error("{}: {what}", path.display())]
    BertConfig { path: PathBuf, what: String },

    /// A parameter the weight file does not hold.
    #[error("{}: no parameter `{name}` (shape {expected}); nearest names: {nearest}", path.display())]
    MissingWeight {
        path: PathBuf,
        name: String,
        expected: String,
        nearest: String,
    },

    /// A parameter of another shape than `config.json` gives.
    #[error(
        "{}: parameter `{name}`: expected shape {expected} by config.json, got {got}",
        path.display()
    )]
    WeightShape {
        path: PathBuf,
        name: String,
        expected: String,
        got: String,
    },

    /// Ids or positions outside the encoder's tables.
    #[error("text encoder: expected {what} in 0..{limit}, got {got}: {hint}")]
    Tokens {
        what: &'static str,
        limit: i64,
        got: i64,
        hint: &'static str,
    },

    /// Reading a file failed.
    #[error("{}: cannot read", path.display())]
    Read {
        path: PathBuf,
        source: std::io::Error,
    },

    /// A `pytorch_model.bin` that cannot be read.
    #[error("{}: {reason}", path.display())]
    TorchFile {
        path: PathBuf,
        reason: torch_file::Error,
    },

    /// An index of weights in several files that cannot be used.
    #[error("{}: {what}", path.display())]
    WeightIndex { path: PathBuf, what: String },

    /// A failed call of libtorch.
    #[error("libtorch failed while {doing}")]
    Torch { doing: String, source: TchError },
}

/// Results of models and their files.
pub type Result<T> = std::result::Result<T, ModelError>;

/// `(3, 50, 768)`, for messages.
pub(crate) fn shape(size: &[i64]) -> String {
    let parts: Vec<String> = size.iter().map(i64::to_string).collect();
    format!("({})", parts.join(", "))
}

impl Classify for ModelError {
    fn class(&self) -> ErrorClass {
        match self {
            Self::UnknownModel { .. } => ErrorClass::Usage,
            Self::Read { .. } => ErrorClass::Io,
            Self::UnknownChange { .. }
            | Self::ChangeValue { .. }
            | Self::Input { .. }
            | Self::Config { .. }
            | Self::NoFolder { .. }
            | Self::IncompleteFolder { .. }
            | Self::OtherFile { .. }
            | Self::NotFiniteWeight { .. }
            | Self::BertConfig { .. }
            | Self::MissingWeight { .. }
            | Self::WeightShape { .. }
            | Self::Tokens { .. }
            | Self::TorchFile { .. }
            | Self::WeightIndex { .. }
            | Self::Torch { .. } => ErrorClass::Unavailable,
        }
    }
}
