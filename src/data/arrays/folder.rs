//! Opens folders of npy files: `train/audio.npy`, or `audio.npy` with `split.npy`.

use std::path::{Path, PathBuf};

use super::entry::Member;
use super::{npz, tree};
use crate::data::pickle::{Pickle, Result};

/// Folders below the folder.
const DEPTH: usize = 2;

/// Whether a folder holds npy files, itself or in its folders.
pub fn is_folder(path: &Path) -> bool {
    path.is_dir() && files(path).is_ok_and(|files| !files.is_empty())
}

/// The npy files of a folder and its folders, in the order of their names, without the `._` files of macOS, which hold attributes.
///
/// # Errors
/// [`std::io::Error`].
pub fn files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    collect(folder, DEPTH, &mut found)?;
    found.sort();
    Ok(found)
}

fn collect(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for item in folder.read_dir()? {
        let path = item?.path();
        if path.is_dir() {
            if depth > 1 {
                collect(&path, depth - 1, found)?;
            }
        } else if path.extension().is_some_and(|end| end == "npy")
            && !is_attributes(&name_in(folder, &path))
        {
            found.push(path);
        }
    }
    Ok(())
}

/// Whether macOS made a file of this name to keep the attributes of another one (AppleDouble).
pub fn is_attributes(name: &str) -> bool {
    name.rsplit('/')
        .next()
        .is_some_and(|last| last.starts_with("._"))
}

/// The name of a file below a folder, with `/` between its parts.
pub fn name_in(folder: &Path, path: &Path) -> String {
    let below = path.strip_prefix(folder).unwrap_or(path).components();
    let parts: Vec<_> = below
        .map(|part| part.as_os_str().to_string_lossy())
        .collect();
    parts.join("/")
}

/// The arrays of a folder, as splits and columns.
///
/// # Errors
/// [`Error::Entry`](crate::data::pickle::Error::Entry) for files that hold no arrays of numbers or texts.
pub fn open(folder: &Path) -> Result<Pickle> {
    let mut entries = Vec::new();
    for path in files(folder)? {
        let name = name_in(folder, &path);
        let name = name.trim_end_matches(".npy").to_owned();
        let len = path.metadata()?.len();
        let member = Member {
            path,
            start: 0,
            stored: len,
            len,
            compressed: false,
            checksum: None,
        };
        let array = npz::array(&name, member)?;
        entries.push((name, array));
    }
    tree::build(entries)
}
