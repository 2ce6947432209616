//! Errors of reading pickles.

use std::io;

use super::refused::remedy;
use crate::support::{Classify, ErrorClass};

/// Result of this module.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Reason why a file is not a pickle that this reader accepts. Offsets are bytes from the start of the file.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("expected a pickle, found {found}; {hint}")]
    NotAPickle { found: &'static str, hint: String },
    #[error(
        "byte {offset}: pickle protocol {found} is not supported, expected 0 to 5; \
         write the file again with pickle.dump(..., protocol=4)"
    )]
    Protocol { offset: u64, found: u8 },
    #[error(
        "the file ends after {} of at least {} bytes, within {what}: it was cut off, download or copy it again",
        offset.saturating_add(*left), offset.saturating_add(*needed)
    )]
    Truncated {
        offset: u64,
        what: &'static str,
        needed: u64,
        left: u64,
    },
    #[error(
        "byte {offset}: refused to use {name}: it is not one of the constructors that arrays and \
         plain data need, and a pickle can run any program; nothing was executed; {}",
        remedy(name)
    )]
    ForbiddenGlobal { name: String, offset: u64 },
    #[error("byte {offset}: expected {expected}, found {found}")]
    Malformed {
        offset: u64,
        expected: String,
        found: String,
    },
    #[error("byte {offset}: more than {limit} {what}, the limit for array files")]
    Limit {
        offset: u64,
        what: &'static str,
        limit: usize,
    },
    #[error(
        "byte {offset}: the arrays of this stream share their bytes so often that reading them \
         would take {needed} bytes from a file of {size}"
    )]
    Work { offset: u64, needed: u64, size: u64 },
    /// An entry of an archive or folder of arrays.
    #[error("{entry}: expected {expected}, found {found}")]
    Entry {
        entry: String,
        expected: String,
        found: String,
    },
    #[error("cannot read the file: {0}")]
    Io(io::Error),
}

impl Error {
    /// An entry of an archive of arrays that is of another form.
    pub(crate) fn entry(
        entry: impl Into<String>,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Self {
        Self::Entry {
            entry: entry.into(),
            expected: expected.into(),
            found: found.into(),
        }
    }

    /// A value of the wrong kind at `offset`.
    pub(crate) fn malformed(
        offset: u64,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Self {
        Self::Malformed {
            offset,
            expected: expected.into(),
            found: found.into(),
        }
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl Classify for Error {
    fn class(&self) -> ErrorClass {
        match self {
            Self::Io(_) => ErrorClass::Io,
            Self::NotAPickle { .. }
            | Self::Protocol { .. }
            | Self::Truncated { .. }
            | Self::ForbiddenGlobal { .. }
            | Self::Malformed { .. }
            | Self::Limit { .. }
            | Self::Work { .. }
            | Self::Entry { .. } => ErrorClass::BadData,
        }
    }
}
