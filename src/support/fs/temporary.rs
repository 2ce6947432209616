//! Names and removal of temporary files: `.NAME.PID-HOST-RANDOM.partial`.
//!
//! A killed process leaves its temporary file behind. One of this machine is removed by the next process
//! that writes to the folder. Processes of other machines cannot be seen, nor their locks on every network
//! file system: their files are removed a day after the last change.

use std::fs::{self, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use tempfile::NamedTempFile;

use super::folder_of;
use crate::support::host;

const SUFFIX: &str = ".partial";

/// Age at which a file of another machine counts as left behind.
const OLD: Duration = Duration::from_secs(24 * 3600);

/// An empty temporary file in the folder of `path`, removed when dropped, with the permissions of a new file:
/// the default of 0600 would keep a group from reading each other's results.
pub(super) fn create(path: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    let prefix = prefix(path);
    builder.prefix(&prefix).suffix(SUFFIX);
    builder.permissions(Permissions::from_mode(0o666));
    builder.tempfile_in(folder_of(path))
}

/// The start of a temporary name for `path`, which tells whose it is.
pub(crate) fn prefix(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let (pid, host) = (std::process::id(), host::plain_name());
    format!(".{name}.{pid}-{host}-")
}

/// Whether a file of this name is temporary: being written, or left by a killed writer.
pub fn is_temporary(name: &str) -> bool {
    writer(name).is_some()
}

/// Whether the file at `path` is temporary and its writer is gone.
pub fn is_leftover(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    match writer(&name) {
        Some((pid, host)) if host == host::plain_name() => {
            !host::has_process(pid) && is_unlocked(path)
        }
        Some(_) => is_old(path),
        None => false,
    }
}

/// Removes the temporary files of processes that are gone. One that cannot be removed only costs space.
pub fn remove_leftovers(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if is_leftover(&entry.path()) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Process number and machine in a temporary name.
fn writer(name: &str) -> Option<(u32, &str)> {
    let hidden = name.strip_prefix('.')?.strip_suffix(SUFFIX)?;
    let (_, tail) = hidden.rsplit_once('.')?;
    let (pid, rest) = tail.split_once('-')?;
    // The random part has no `-`, a machine's name may.
    let (host, _) = rest.rsplit_once('-')?;
    Some((pid.parse().ok()?, host))
}

fn is_old(path: &Path) -> bool {
    let changed = fs::metadata(path).and_then(|metadata| metadata.modified());
    changed.is_ok_and(|then| then.elapsed().is_ok_and(|age| age > OLD))
}

/// Whether no process holds the lock of [`super::Partial::lock`].
fn is_unlocked(path: &Path) -> bool {
    OpenOptions::new()
        .write(true)
        .open(path)
        .is_ok_and(|file| !matches!(file.try_lock(), Err(fs::TryLockError::WouldBlock)))
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::time::SystemTime;

    use super::*;
    use crate::support::fs::Partial;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> = entries
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn temporary_names_are_told_from_others() {
        assert!(is_temporary(".a.h5.12-n1-abc.partial"));
        assert!(is_temporary(".a.12-gpu-node-3-abc.partial"));
        for other in [
            "a.h5",
            ".b.partial",
            ".a.h5.x",
            ".a.h5.12-abc.partial",
            "a.12-n1-x.partial",
        ] {
            assert!(!is_temporary(other), "{other}");
        }
    }

    #[test]
    fn files_of_dead_processes_are_removed_and_those_being_written_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let here = host::plain_name();
        // Beyond the largest process number of any system.
        let (dead, held) = (u32::MAX, u32::MAX - 1);
        let names_of = [
            format!(".a.h5.{dead}-{here}-abc.partial"),
            ".b.partial".to_owned(),
            ".a.h5.x".to_owned(),
        ];
        for name in &names_of {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let held = format!(".c.h5.{held}-{here}-abc.partial");
        let file = File::create(folder.path().join(&held)).unwrap();
        file.lock().unwrap();
        let first = Partial::create(&folder.path().join("a.h5")).unwrap();
        let second = Partial::create(&folder.path().join("a.h5")).unwrap();
        assert!(first.temp().exists() && second.temp().exists());
        drop((first, second));
        assert_eq!(names(folder.path()), [".a.h5.x", ".b.partial", &held]);
    }

    #[test]
    fn files_of_another_machine_are_removed_a_day_after_their_last_change() {
        let folder = tempfile::tempdir().unwrap();
        let other = ".a.h5.4294967295-other-node-abc.partial";
        assert_ne!(host::plain_name(), "other-node");
        let path = folder.path().join(other);
        fs::write(&path, "half").unwrap();
        let next = || drop(Partial::create(&folder.path().join("a.h5")).unwrap());
        next();
        assert_eq!(names(folder.path()), [other]);
        let file = File::options().append(true).open(&path).unwrap();
        file.set_modified(SystemTime::now() - OLD - Duration::from_secs(60))
            .unwrap();
        next();
        assert!(names(folder.path()).is_empty());
    }
}
