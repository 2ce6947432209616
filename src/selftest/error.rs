//! Errors that keep a case from being compared.

use std::path::PathBuf;

use crate::mask;
use crate::metric;
use crate::support::{Classify, ErrorClass};

/// The golden set is unusable, or this program refused its input.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{path}: reading: {reason}")]
    Io {
        path: PathBuf,
        reason: std::io::Error,
    },
    #[error("{path}: expected at least one case like {expected}; is this a golden set?")]
    NoCase {
        path: PathBuf,
        expected: &'static str,
    },
    #[error("{path}: unknown kind of case: expected a name like {expected}")]
    UnknownCase {
        path: PathBuf,
        expected: &'static str,
    },
    #[error("{path}: not a safetensors file: {reason}")]
    Safetensors {
        path: PathBuf,
        reason: safetensors::SafeTensorError,
    },
    #[error("{path}: tensor `{name}`: expected {expected}, found {found}")]
    Tensor {
        path: PathBuf,
        name: String,
        expected: String,
        found: String,
    },
    #[error("{path}: not a metrics case: {reason}")]
    Json {
        path: PathBuf,
        reason: serde_json::Error,
    },
    #[error("{path}: {reason}")]
    Case { path: PathBuf, reason: String },
    #[cfg(feature = "torch")]
    #[error(transparent)]
    Model(#[from] super::case::CaseError),
    #[error(transparent)]
    Mask(#[from] mask::Error),
    #[error(transparent)]
    Protocol(#[from] metric::UnknownProtocol),
}

impl Classify for Error {
    fn class(&self) -> ErrorClass {
        match self {
            Self::Io { .. } => ErrorClass::Io,
            Self::NoCase { .. }
            | Self::UnknownCase { .. }
            | Self::Safetensors { .. }
            | Self::Tensor { .. }
            | Self::Json { .. }
            | Self::Case { .. } => ErrorClass::Unexpected,
            #[cfg(feature = "torch")]
            Self::Model(error) => error.class(),
            Self::Mask(error) => error.class(),
            Self::Protocol(error) => error.class(),
        }
    }
}
