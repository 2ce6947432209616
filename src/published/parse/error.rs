//! Defines the errors of parsing a table.

use std::path::PathBuf;

/// Result of this room.
pub type Result<T> = std::result::Result<T, Error>;

/// A file that cannot be read as a table of scores.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    #[error("cannot read {}: {source}", path.display())]
    Io {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{table}: {reason}")]
    Csv { table: String, reason: String },
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
    #[error("{table}, line 1: {reason}")]
    Header { table: String, reason: String },
    #[error(
        "{table}, line {line}: {what} is there twice (first on line {first}); a table has one \
         number for a data set, method, condition and metric"
    )]
    Twice {
        table: String,
        line: u64,
        first: u64,
        what: String,
    },
}
