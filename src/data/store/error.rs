//! Errors of prepared files.

use std::io;
use std::path::{Path, PathBuf};

use crate::support::{Classify, ErrorClass, fs};

/// Result of this module.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Reason why a prepared file could not be written, opened or verified.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "no space left on the device while writing {path}: free some space or choose another \
         folder; nothing was left behind"
    )]
    DiskFull { path: PathBuf },
    #[error("{path}: cannot {action}: {reason}")]
    Io {
        path: PathBuf,
        action: &'static str,
        reason: io::Error,
    },
    #[error("{path}: cannot {action}: {message}")]
    Hdf5 {
        path: PathBuf,
        action: &'static str,
        message: String,
    },
    #[error("{path} exists already; give --force to replace it, or write somewhere else")]
    InTheWay { path: PathBuf },
    #[error("{path}: expected a file made by prepare, found {found}")]
    NotPrepared { path: PathBuf, found: String },
    #[error("{path} was not finished; prepare it again")]
    Incomplete { path: PathBuf },
    #[error("{path} has format version {found}, this program reads {expected}; prepare it again")]
    Version {
        path: PathBuf,
        found: u32,
        expected: u32,
    },
    #[error("{path}: no {item} inside; it holds {found}")]
    Missing {
        path: PathBuf,
        item: String,
        found: String,
    },
    #[error("{path}: {column} got {found} values, expected {expected}")]
    Count {
        path: PathBuf,
        column: String,
        expected: usize,
        found: usize,
    },
    #[error("{path}: {column}: text {index} holds a NUL character, which HDF5 cannot store")]
    Nul {
        path: PathBuf,
        column: String,
        index: usize,
    },
    #[error(
        "{path} is damaged: {}; copy it again or prepare it again from its source",
        .damaged.join(", ")
    )]
    Damaged { path: PathBuf, damaged: Vec<String> },
    #[error(
        "{path} was changed or damaged after prepare: {column} has {found}, stored is {expected}; copy the \
         file again, or write it again from its source with `lnln-bench prepare --force`; \
         `lnln-bench verify` names every column that differs"
    )]
    Changed {
        path: PathBuf,
        column: String,
        expected: String,
        found: String,
    },
}

impl Error {
    /// A failed file operation; a full disk gets its own kind.
    pub(crate) fn io(path: &Path, action: &'static str, reason: io::Error) -> Self {
        let path = path.to_owned();
        match reason.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull { path },
            _ => Self::Io {
                path,
                action,
                reason,
            },
        }
    }

    /// A failed call of libhdf5. The operating system's reason is in its innermost frames, as text.
    pub(crate) fn hdf5(path: &Path, action: &'static str, error: &hdf5::Error) -> Self {
        let path = path.to_owned();
        let details: Vec<String> = match error.stack() {
            Some(stack) => stack.iter().map(|frame| frame.desc().to_owned()).collect(),
            None => vec![error.to_string()],
        };
        // ENOSPC and EDQUOT.
        let full = |text: &String| text.contains("errno = 28,") || text.contains("errno = 122,");
        if details.iter().any(full) {
            return Self::DiskFull { path };
        }
        if details.iter().any(|text| text.contains("truncated file")) {
            let damaged = vec!["it was cut off while it was copied or written".to_owned()];
            return Self::Damaged { path, damaged };
        }
        // EFBIG, where the signal that comes with it is ignored.
        if details.iter().any(|text| text.contains("errno = 27,")) {
            let message = "file too large; raise the limit on file sizes (ulimit -f)";
            return Self::Io {
                path,
                action,
                reason: io::Error::new(io::ErrorKind::FileTooLarge, message),
            };
        }
        Self::Hdf5 {
            path,
            action,
            message: reason(&details),
        }
    }
}

/// The innermost frame with the operating system's reason, or the outermost frame.
fn reason(details: &[String]) -> String {
    let system = details
        .iter()
        .rev()
        .find(|text| text.contains("error message = '"));
    let message = match system.and_then(|text| text.split("error message = '").nth(1)) {
        Some(text) => text.split('\'').next().unwrap_or(text).to_owned(),
        None => details
            .last()
            .cloned()
            .unwrap_or_else(|| "unknown reason".into()),
    };
    if details.iter().any(|text| text.contains("lock file")) {
        return format!(
            "{message} (if its file system has no locks, set HDF5_USE_FILE_LOCKING=FALSE)"
        );
    }
    message
}

impl From<fs::Error> for Error {
    fn from(error: fs::Error) -> Self {
        Self::io(&error.path, "write it", error.source)
    }
}

impl Classify for Error {
    fn class(&self) -> ErrorClass {
        match self {
            Self::DiskFull { .. } | Self::Io { .. } => ErrorClass::Io,
            Self::Hdf5 { .. }
            | Self::InTheWay { .. }
            | Self::NotPrepared { .. }
            | Self::Incomplete { .. }
            | Self::Version { .. }
            | Self::Missing { .. }
            | Self::Count { .. }
            | Self::Nul { .. }
            | Self::Damaged { .. }
            | Self::Changed { .. } => ErrorClass::BadData,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_systems_own_words_are_found() {
        let frames = [
            "can't write data".to_owned(),
            "file write failed: errno = 27, error message = 'File too large', buf = 0x1".to_owned(),
        ];
        assert_eq!(reason(&frames), "File too large");
        assert!(reason(&["unable to lock file".to_owned()]).contains("HDF5_USE_FILE_LOCKING"));
    }
}
