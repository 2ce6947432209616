//! Finds the case files of a folder.

use std::path::{Path, PathBuf};

use super::Error;

/// Files of `folder` with the given extension, in name order.
///
/// # Errors
/// [`Error::Io`] where the folder cannot be read, [`Error::NoCase`] where it holds no such file:
/// a check that finds nothing to check must not pass.
pub(super) fn cases(
    folder: &Path,
    extension: &str,
    expected: &'static str,
) -> Result<Vec<PathBuf>, Error> {
    let io = |reason| Error::Io {
        path: folder.to_owned(),
        reason,
    };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(io)? {
        let path = entry.map_err(io)?.path();
        if path.extension().is_some_and(|known| known == extension) {
            found.push(path);
        }
    }
    if found.is_empty() {
        return Err(Error::NoCase {
            path: folder.to_owned(),
            expected,
        });
    }
    found.sort();
    Ok(found)
}

/// File name without its extension.
pub(super) fn stem(path: &Path) -> String {
    path.file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}
