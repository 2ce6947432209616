//! Defines the errors that keep a case from being compared.

use std::path::PathBuf;

use crate::mask;
use crate::metric;

/// Error of the parity room: the golden set is unusable, or our side refused its input.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{path}: reading: {source}")]
    Io {
        path: PathBuf,
        source: std::io::Error,
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
    #[error("{path}: not a safetensors file: {source}")]
    Safetensors {
        path: PathBuf,
        source: safetensors::SafeTensorError,
    },
    #[error("{path}: tensor `{name}`: expected {expected}, found {found}")]
    Tensor {
        path: PathBuf,
        name: String,
        expected: String,
        found: String,
    },
    #[error("{path}: not a metrics case: {source}")]
    Json {
        path: PathBuf,
        source: serde_json::Error,
    },
    #[error("{path}: {reason}")]
    Case { path: PathBuf, reason: String },
    #[cfg(feature = "torch")]
    #[error("{0}")]
    Model(#[from] super::case::CaseError),
    #[error("{0}")]
    Mask(#[from] mask::Error),
    #[error("{0}")]
    Protocol(#[from] metric::UnknownProtocol),
}
