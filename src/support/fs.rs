//! Writes files whole or not at all: a hidden temporary file in the same folder, sync, rename, sync of the
//! folder. A reader sees the old file or the new one, never a part, also after a crash.

mod error;
mod partial;
mod temporary;

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use rayon::prelude::*;

pub(crate) use error::remedy;
pub use error::{Error, Result};
pub use partial::Partial;
pub(crate) use temporary::prefix as temporary_prefix;
pub use temporary::{is_leftover, is_temporary, remove_leftovers};

/// Writes `bytes` to `path`, over what it held before.
///
/// # Errors
/// If the folder is not there or cannot be written to, or the disk is full; then `path` is as it was.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<()> {
    write_atomic_with(path, |out| out.write_all(bytes))
}

/// [`write_atomic`] of what `fill` writes, for files that need not be in memory as a whole.
///
/// # Errors
/// As [`write_atomic`], and those of `fill`.
pub fn write_atomic_with(
    path: &Path,
    fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<()> {
    let mut partial = Partial::create(path)?;
    fill(partial.file()).map_err(Error::at(path))?;
    partial.publish()
}

/// Writes `bytes` to `path` unless it exists already; of several writers at once, on one machine or many,
/// one succeeds. Returns whether this one did.
///
/// # Errors
/// As [`write_atomic`].
pub fn write_once(path: &Path, bytes: &[u8]) -> Result<bool> {
    let mut partial = Partial::create(path)?;
    partial.file().write_all(bytes).map_err(Error::at(path))?;
    partial.publish_new()
}

/// Writes files as [`write_atomic`] does, waiting for the disk once for many rather than for each:
/// none of a batch appears before all of it is on the disk, then they appear in their order.
///
/// # Errors
/// As [`write_atomic`]; files that have not appeared by then are as they were.
pub fn write_all_atomic(files: &[(PathBuf, &[u8])]) -> Result<()> {
    folders_of(files).into_iter().for_each(remove_leftovers);
    files.chunks(BATCH).try_for_each(write_batch)
}

/// Files that are open at a time.
const BATCH: usize = 128;

fn write_batch(files: &[(PathBuf, &[u8])]) -> Result<()> {
    let write = |(path, bytes): &(PathBuf, &[u8])| {
        let mut file = temporary::create(path).map_err(Error::at(path))?;
        file.write_all(bytes).map_err(Error::at(path))?;
        Ok(file)
    };
    let written = files.par_iter().map(write).collect::<Result<Vec<_>>>()?;
    let pairs = written.par_iter().zip(files);
    pairs.try_for_each(|(file, (path, _))| file.as_file().sync_all().map_err(Error::at(path)))?;
    for (file, (path, _)) in written.into_iter().zip(files) {
        file.persist(path).map_err(|e| Error::at(path)(e.error))?;
    }
    folders_of(files).into_iter().try_for_each(sync_folder)
}

fn folders_of<'a>(files: &'a [(PathBuf, &[u8])]) -> BTreeSet<&'a Path> {
    files.iter().map(|(path, _)| folder_of(path)).collect()
}

/// The folder that a file is in.
fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Makes renames within a folder durable.
///
/// # Errors
/// If the folder cannot be opened or synced.
pub fn sync_folder(folder: &Path) -> Result<()> {
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(Error::at(folder))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn replaces_whole_and_leaves_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        write_atomic(&path, b"one").unwrap();
        write_atomic(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn the_first_of_many_writers_wins() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        let written: Vec<bool> = (0..64u8)
            .into_par_iter()
            .map(|i| write_once(&path, &[i; 9]).unwrap())
            .collect();
        let first: Vec<usize> = (0..64).filter(|i| written[*i]).collect();
        assert_eq!(first.len(), 1);
        assert_eq!(fs::read(&path).unwrap(), [first[0] as u8; 9]);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn many_appear_whole_and_none_where_one_cannot() {
        let dir = tempfile::tempdir().unwrap();
        let paths: Vec<PathBuf> = (0..300).map(|i| dir.path().join(i.to_string())).collect();
        let files: Vec<(PathBuf, &[u8])> = paths.iter().map(|p| (p.clone(), &b"x"[..])).collect();
        write_all_atomic(&files).unwrap();
        assert!(paths.iter().all(|p| fs::read(p).unwrap() == b"x"));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 300);
        let lost = [
            (dir.path().join("new"), &b"y"[..]),
            (dir.path().join("none/a"), b"y"),
        ];
        let message = write_all_atomic(&lost).unwrap_err().to_string();
        assert!(message.contains("none/a"), "{message}");
        assert!(!dir.path().join("new").exists());
    }

    #[test]
    fn a_missing_folder_is_not_created_and_the_path_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("none/a");
        let message = write_atomic(&path, b"x").unwrap_err().to_string();
        assert!(message.starts_with(&format!("cannot write {}", path.display())));
        assert!(!dir.path().join("none").exists());
    }

    #[test]
    fn permissions_are_those_of_any_new_file() {
        let dir = tempfile::tempdir().unwrap();
        let (ours, plain) = (dir.path().join("a"), dir.path().join("b"));
        write_atomic(&ours, b"x").unwrap();
        fs::write(&plain, b"x").unwrap();
        let mode = |p: &Path| fs::metadata(p).unwrap().permissions().mode();
        assert_eq!(mode(&ours), mode(&plain));
    }
}
