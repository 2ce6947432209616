//! Errors of parsing published tables.

use std::path::PathBuf;

use crate::support::{Classify, ErrorClass};

/// Result of this module.
pub type Result<T> = std::result::Result<T, Error>;

/// A file that cannot be read as a table of scores.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    #[error("cannot read {}: {reason}", path.display())]
    Io {
        path: PathBuf,
        reason: std::io::Error,
    },
    #[error("{table}: {reason}")]
    Csv { table: String, reason: String },
    #[error("{table} is {kind}, not a table in text; {help}")]
    Kind {
        table: String,
        kind: String,
        help: String,
    },
    #[error(
        "{table}, line {line}, column {column} (`{header}`): expected {expected}, found `{found}`"
    )]
    Cell {
        table: String,
        line: u64,
        column: usize,
        header: String,
        expected: &'static str,
        found: String,
    },
    #[error("{table}, line {line}: {reason}")]
    Header {
        table: String,
        line: u64,
        reason: String,
    },
    #[error("{table}, line {line}: {reason}")]
    Rates {
        table: String,
        line: u64,
        reason: String,
    },
    #[error(
        "{table}, line {line}: {what} is there twice (first on line {first}); a table has one \
         number for a data set, method, condition and metric{hint}"
    )]
    Twice {
        table: String,
        line: u64,
        first: u64,
        what: String,
        /// What may set the two apart.
        hint: String,
    },
}

impl Classify for Error {
    fn class(&self) -> ErrorClass {
        match self {
            Self::Io { .. } => ErrorClass::Io,
            Self::Csv { .. }
            | Self::Kind { .. }
            | Self::Cell { .. }
            | Self::Header { .. }
            | Self::Rates { .. }
            | Self::Twice { .. } => ErrorClass::BadData,
        }
    }
}
