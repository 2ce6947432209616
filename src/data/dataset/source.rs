//! Lists the kinds of files and folders that data sets are imported from.

use std::io;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use super::digest;
use crate::data::arrays;
use crate::data::pickle::{self, Pickle};
use crate::support::FileKind;

/// Name of the kind of MMSA's files.
pub const PICKLE: &str = "pickle";

/// A kind of file or folder that data sets are imported from.
pub trait Source: Sync {
    /// Name in messages.
    fn name(&self) -> &'static str;

    /// Whether this is of the kind; `kind` is what the content shows.
    fn is(&self, path: &Path, kind: FileKind) -> bool;

    /// A dict of splits, each a dict of columns with one entry per sample. Elements of arrays are read later, in
    /// blocks.
    ///
    /// # Errors
    /// [`pickle::Error`], without the path.
    fn open(&self, path: &Path) -> pickle::Result<Pickle>;
}

/// Every kind; the last one takes all that is left, and describes what it cannot read.
pub static SOURCES: &[&dyn Source] = &[&NumpyArchive, &NumpyFolder, &Hdf5Arrays, &MmsaPickle];

struct NumpyArchive;

impl Source for NumpyArchive {
    fn name(&self) -> &'static str {
        "NumPy archive"
    }

    fn is(&self, _: &Path, kind: FileKind) -> bool {
        kind == FileKind::Npz
    }

    fn open(&self, path: &Path) -> pickle::Result<Pickle> {
        arrays::open_npz(path)
    }
}

struct NumpyFolder;

impl Source for NumpyFolder {
    fn name(&self) -> &'static str {
        "folder of npy files"
    }

    fn is(&self, path: &Path, kind: FileKind) -> bool {
        kind == FileKind::Folder && arrays::is_folder(path)
    }

    fn open(&self, path: &Path) -> pickle::Result<Pickle> {
        arrays::open_folder(path)
    }
}

struct Hdf5Arrays;

impl Source for Hdf5Arrays {
    fn name(&self) -> &'static str {
        "HDF5 file"
    }

    fn is(&self, _: &Path, kind: FileKind) -> bool {
        kind == FileKind::Hdf5
    }

    fn open(&self, path: &Path) -> pickle::Result<Pickle> {
        arrays::open_hdf5(path)
    }
}

struct MmsaPickle;

impl Source for MmsaPickle {
    fn name(&self) -> &'static str {
        PICKLE
    }

    fn is(&self, _: &Path, _: FileKind) -> bool {
        true
    }

    fn open(&self, path: &Path) -> pickle::Result<Pickle> {
        Pickle::open(path)
    }
}

/// Opens a file or folder as the first kind that it is; the name of the kind, and the values.
///
/// # Errors
/// As [`Source::open`].
pub fn open(path: &Path) -> pickle::Result<(&'static str, Pickle)> {
    let kind = FileKind::of(path)?;
    let source = SOURCES.iter().find(|source| source.is(path, kind));
    // The last kind takes all.
    let source = source.unwrap_or(&SOURCES[SOURCES.len() - 1]);
    Ok((source.name(), source.open(path)?))
}

/// Bytes of a file, or of the npy files of a folder.
///
/// # Errors
/// [`io::Error`].
pub fn bytes(path: &Path) -> io::Result<u64> {
    if !path.is_dir() {
        return Ok(path.metadata()?.len());
    }
    let sizes = arrays::files(path)?
        .into_iter()
        .map(|file| Ok(file.metadata()?.len()));
    sizes.sum()
}

/// Hexadecimal SHA-256 of a file; of a folder that of the lines `HASH  NAME`, which `sha256sum` prints for its
/// npy files in the order of their names. `None` when `stop` was set before the end.
///
/// # Errors
/// [`io::Error`].
pub fn sha256(path: &Path, stop: &AtomicBool) -> io::Result<Option<String>> {
    if !path.is_dir() {
        return digest::sha256(path, stop);
    }
    let mut lines = String::new();
    for file in arrays::files(path)? {
        let Some(hash) = digest::sha256(&file, stop)? else {
            return Ok(None);
        };
        lines += &format!("{hash}  {}\n", arrays::name_in(path, &file));
    }
    Ok(Some(digest::of_bytes(lines.as_bytes())))
}
