//! Files that appear whole or not at all.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::error::{Result, io};

/// Writes `bytes` to `path` so that a reader sees the old file or the new one, never a part, also
/// after a crash: temporary file in the same folder, sync, rename, sync of the folder.
///
/// # Errors
/// If the folder cannot be written to or the disk is full; then `path` is as it was.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<()> {
    write_atomic_with(path, |out| out.write_all(bytes))
}

/// [`write_atomic`] of what `fill` writes, for files that need not be in memory as a whole.
///
/// # Errors
/// As [`write_atomic`], and those of `fill`.
pub fn write_atomic_with(
    path: &Path,
    fill: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
) -> Result<()> {
    let folder = folder(path);
    let mut file = temporary(folder).map_err(io("write", path))?;
    fill(&mut file).map_err(io("write", path))?;
    file.as_file().sync_all().map_err(io("sync", path))?;
    file.persist(path).map_err(|e| io("write", path)(e.error))?;
    sync_folder(folder).map_err(io("sync", folder))
}

/// Writes files as [`write_atomic`] does, waiting for the disk once for many rather than for each:
/// none of a batch appears before all of it is on the disk, then they appear in their order.
///
/// # Errors
/// As [`write_atomic`]; files that have not appeared by then are as they were.
pub fn write_all_atomic(files: &[(PathBuf, &[u8])]) -> Result<()> {
    files.chunks(BATCH).try_for_each(batch)
}

/// Writes `bytes` to `path` unless it is there already, as [`write_atomic`] does; of several writers
/// at once, on one machine or many, one succeeds. Whether this one did.
///
/// # Errors
/// If the folder cannot be written to or the disk is full.
pub fn write_once(path: &Path, bytes: &[u8]) -> Result<bool> {
    let folder = folder(path);
    let mut file = temporary(folder).map_err(io("write", path))?;
    file.write_all(bytes).map_err(io("write", path))?;
    file.as_file().sync_all().map_err(io("sync", path))?;
    match file.persist_noclobber(path) {
        Ok(_) => sync_folder(folder)
            .map_err(io("sync", folder))
            .map(|()| true),
        Err(_) if path.exists() => Ok(false),
        Err(e) => Err(io("write", path)(e.error)),
    }
}

/// Files that are open at a time.
const BATCH: usize = 128;

fn batch(files: &[(PathBuf, &[u8])]) -> Result<()> {
    let write = |(path, bytes): &(PathBuf, &[u8])| {
        let mut file = temporary(folder(path)).map_err(io("write", path))?;
        file.write_all(bytes).map_err(io("write", path))?;
        Ok(file)
    };
    let written = files.par_iter().map(write).collect::<Result<Vec<_>>>()?;
    let pairs = written.par_iter().zip(files);
    pairs.try_for_each(|(file, (path, _))| file.as_file().sync_all().map_err(io("sync", path)))?;
    for (file, (path, _)) in written.into_iter().zip(files) {
        file.persist(path).map_err(|e| io("write", path)(e.error))?;
    }
    let folders: BTreeSet<&Path> = files.iter().map(|(path, _)| folder(path)).collect();
    let mut folders = folders.into_iter();
    folders.try_for_each(|folder| sync_folder(folder).map_err(io("sync", folder)))
}

/// The folder that a file is in.
fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// How the names of files under way begin and end.
const UNDER_WAY: [&str; 2] = [".writing-", ".tmp"];

/// Whether a file of this name is one under way, or left behind by a writer that was killed.
pub fn is_temporary(name: &str) -> bool {
    let [prefix, suffix] = UNDER_WAY;
    name.starts_with(prefix) && name.ends_with(suffix)
}

/// A hidden file in `folder` that vanishes unless it is persisted.
fn temporary(folder: &Path) -> std::io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    let [prefix, suffix] = UNDER_WAY;
    builder.prefix(prefix).suffix(suffix);
    // The default is 0600, which would keep a group from reading each other's results.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder)
}

/// Makes the rename itself durable.
#[cfg(unix)]
pub(super) fn sync_folder(folder: &Path) -> std::io::Result<()> {
    fs::File::open(folder)?.sync_all()
}

/// Elsewhere a folder cannot be opened for syncing; the rename is as durable as it gets.
#[cfg(not(unix))]
pub(super) fn sync_folder(folder: &Path) -> std::io::Result<()> {
    fs::metadata(folder).map(drop)
}

#[cfg(test)]
mod tests {
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
    fn an_unwritable_place_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("none/a");
        let message = write_atomic(&path, b"x").unwrap_err().to_string();
        assert!(message.starts_with(&format!("cannot write {}", path.display())));
    }

    #[cfg(unix)]
    #[test]
    fn others_may_read_as_the_umask_allows() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let (ours, plain) = (dir.path().join("a"), dir.path().join("b"));
        write_atomic(&ours, b"x").unwrap();
        fs::write(&plain, b"x").unwrap();
        let mode = |p: &Path| fs::metadata(p).unwrap().permissions().mode();
        assert_eq!(mode(&ours), mode(&plain));
    }
}
