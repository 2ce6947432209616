//! A failed file operation with the path that the system's message leaves out.

use std::io;
use std::path::{Path, PathBuf};

use crate::support::{Classify, ErrorClass};

/// Result of this module.
pub type Result<T> = std::result::Result<T, Error>;

/// A file that cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}{}", path.display(), remedy(source))]
pub struct Error {
    pub path: PathBuf,
    pub source: io::Error,
}

impl Error {
    /// For `map_err`.
    pub(crate) fn at(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self { path, source }
    }
}

impl Classify for Error {
    fn class(&self) -> ErrorClass {
        ErrorClass::Io
    }
}

/// What to do about the commonest refusals of a file system.
pub(crate) fn remedy(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            ": the disk is full; make room and run again, finished runs are safe"
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            ": not permitted; choose a folder that you may write to"
        }
        io::ErrorKind::NotFound => ": there is nothing at this path",
        io::ErrorKind::FileTooLarge => {
            ": larger than the limit on file sizes; raise it (ulimit -f) and run again"
        }
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_named_with_path_and_remedy() {
        let full = io::Error::from(io::ErrorKind::StorageFull);
        let error = Error::at(Path::new("runs/a/log"))(full);
        assert_eq!(
            error.to_string(),
            "cannot write runs/a/log: the disk is full; make room and run again, finished runs \
             are safe"
        );
    }
}
