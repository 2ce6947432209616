//! A file that appears under its name whole or not at all.
//!
//! Everything goes to a hidden file in the same folder, `.NAME.PID-HOST-RANDOM.partial`, which is synced
//! and then renamed. A process that is killed leaves the hidden file behind; the next one of its machine
//! that writes to the folder removes it. Processes of other machines cannot be seen, nor their locks on
//! every network file system: what they left goes a day after its last change.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::{NamedTempFile, TempPath};

use super::error::{Error, Result};
use crate::support::host;

const SUFFIX: &str = ".partial";

/// An unfinished file; dropped before [`Self::publish`] it leaves nothing.
#[derive(Debug)]
pub struct Partial {
    temp: TempPath,
    path: PathBuf,
    /// Locked, against removal by a process on another machine that shares the folder.
    file: File,
}

impl Partial {
    /// Starts a file that will be called `path`, in a folder that is made if need be, and removes
    /// what killed processes left there.
    ///
    /// # Errors
    /// [`Error::Io`] when the folder cannot be written.
    pub fn create(path: &Path) -> Result<Self> {
        let folder = folder_of(path);
        fs::create_dir_all(folder).map_err(|e| Error::io(folder, "make the folder", e))?;
        remove_leftovers(folder);
        let temp = temporary(path).map_err(|e| Error::io(path, "create it", e))?;
        let (file, temp) = temp.into_parts();
        if !hdf5_locks() {
            // Without effect where the file system has no locks: the process id in the name
            // protects on this machine.
            let _ = file.try_lock();
        }
        let path = path.to_owned();
        Ok(Self { temp, path, file })
    }

    /// The hidden file.
    pub fn temp(&self) -> &Path {
        &self.temp
    }

    /// Opens the hidden file for writing.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn open(&self) -> Result<File> {
        OpenOptions::new()
            .write(true)
            .open(&self.temp)
            .map_err(|e| Error::io(&self.path, "open it", e))
    }

    /// Makes the hidden file an empty HDF5 file, to be closed before [`Self::publish`].
    ///
    /// libhdf5 does not lock it: that lock would outlive its closing in every process started in
    /// the meantime, which inherits the handle, and readers would be turned away.
    ///
    /// # Errors
    /// [`Error::Hdf5`].
    pub fn hdf5(&self) -> Result<hdf5::File> {
        hdf5::File::with_options()
            .with_fapl(|access| access.file_locking(false))
            .create(&self.temp)
            .map_err(|e| Error::hdf5(&self.path, "create it", &e))
    }

    /// Syncs the hidden file, gives it its name and syncs the folder: after this the old file or
    /// the new one is there, whole. Without `replace` a file that has the name already stays.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::DiskFull`], [`Error::InTheWay`]; the name is then untouched.
    pub fn publish(self, replace: bool) -> Result<()> {
        let Self { temp, path, file } = self;
        let fail = |action| {
            let path = path.clone();
            move |e: io::Error| Error::io(&path, action, e)
        };
        file.sync_all().map_err(fail("sync it"))?;
        // A reader must not meet the lock under the final name. Nothing is lost where there is none.
        let _ = file.unlock();
        let renamed = if replace {
            temp.persist(&path)
        } else {
            temp.persist_noclobber(&path).or_else(|failure| {
                // Some file systems cannot rename without replacing; then looking must do.
                if path.exists() {
                    Err(failure)
                } else {
                    failure.path.persist(&path)
                }
            })
        };
        renamed.map_err(|failure| {
            if !replace && path.exists() {
                Error::InTheWay { path: path.clone() }
            } else {
                Error::io(&path, "give it its name", failure.error)
            }
        })?;
        File::open(folder_of(&path))
            .and_then(|folder| folder.sync_all())
            .map_err(fail("sync its folder"))
    }

    /// Empties the hidden file, to make room on a full disk.
    pub(super) fn empty(&self) {
        // Without effect on the outcome: the file is removed next.
        let _ = OpenOptions::new()
            .write(true)
            .open(&self.temp)
            .and_then(|file| file.set_len(0));
    }
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// An empty file beside `path`, removed when dropped, with the permissions of a new file.
fn temporary(path: &Path) -> io::Result<NamedTempFile> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let (process, host) = (std::process::id(), host::plain_name());
    let prefix = format!(".{name}.{process}-{host}-");
    let mut builder = tempfile::Builder::new();
    builder.prefix(&prefix).suffix(SUFFIX);
    #[cfg(unix)]
    builder.permissions(<Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o666));
    builder.tempfile_in(folder_of(path))
}

/// Whether the environment makes libhdf5 lock what it opens, which a lock of ours would prevent.
fn hdf5_locks() -> bool {
    let setting = std::env::var("HDF5_USE_FILE_LOCKING");
    setting.is_ok_and(|value| ["TRUE", "1", "BEST_EFFORT"].contains(&value.as_str()))
}

/// What another machine has not changed for so long is nobody's any more.
const OLD: Duration = Duration::from_secs(24 * 3600);

/// Removes the hidden files of processes that are gone. What cannot be removed stays: it harms
/// nobody.
fn remove_leftovers(folder: &Path) {
    let here = host::plain_name();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let dead = match owner(&name.to_string_lossy()) {
            None => false,
            Some((process, Some(host))) if host == here => {
                !is_alive(process) && is_unlocked(&entry.path())
            }
            Some(_) => is_old(&entry.path()),
        };
        if dead {
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn is_old(path: &Path) -> bool {
    let changed = fs::metadata(path).and_then(|facts| facts.modified());
    changed.is_ok_and(|then| then.elapsed().is_ok_and(|age| age > OLD))
}

/// The process that started a hidden file of this name, if it is one of ours, and its machine; names
/// of older versions have none.
fn owner(name: &str) -> Option<(u32, Option<&str>)> {
    let (_, tail) = name
        .strip_prefix('.')?
        .strip_suffix(SUFFIX)?
        .rsplit_once('.')?;
    let (process, rest) = tail.split_once('-')?;
    // The random part has no `-`, a machine's name may.
    let host = rest.rsplit_once('-').map(|(host, _)| host);
    Some((process.parse().ok()?, host))
}

/// Whether a process of this machine has the number; no on systems that do not tell, where the
/// lock alone decides.
fn is_alive(process: u32) -> bool {
    process == std::process::id() || Path::new("/proc").join(process.to_string()).exists()
}

/// Whether no process, of this machine or another that shares the folder, is writing to it.
fn is_unlocked(path: &Path) -> bool {
    OpenOptions::new()
        .write(true)
        .open(path)
        .is_ok_and(|file| !matches!(file.try_lock(), Err(fs::TryLockError::WouldBlock)))
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> = entries
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_name_is_given_once_unless_replacing_is_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.h5");
        let write = |text: &str, replace| {
            let partial = Partial::create(&path).unwrap();
            fs::write(partial.temp(), text).unwrap();
            partial.publish(replace)
        };
        write("one", false).unwrap();
        let error = write("two", false).unwrap_err().to_string();
        assert!(error.contains("--force"), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "one");
        write("two", true).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "two");
        assert_eq!(names(folder.path()), ["a.h5"]);
    }

    #[test]
    fn what_the_dead_left_is_removed_and_what_the_living_write_is_not() {
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

    /// Their processes cannot be seen from here, and their locks may not be.
    #[test]
    fn what_another_machine_writes_goes_a_day_after_its_last_change() {
        let folder = tempfile::tempdir().unwrap();
        let here = host::plain_name();
        let foreign = ".a.h5.4294967295-other-node-abc.partial";
        let older_version = ".a.h5.4294967295-abc.partial";
        assert_ne!(here, "other-node");
        for name in [foreign, older_version] {
            fs::write(folder.path().join(name), "half").unwrap();
        }
        let next = || drop(Partial::create(&folder.path().join("a.h5")).unwrap());
        next();
        let mut both = [foreign, older_version];
        both.sort_unstable();
        assert_eq!(names(folder.path()), both);
        let mut options = File::options();
        let file = options
            .append(true)
            .open(folder.path().join(foreign))
            .unwrap();
        file.set_modified(SystemTime::now() - OLD - Duration::from_secs(60))
            .unwrap();
        next();
        assert_eq!(names(folder.path()), [older_version]);
    }
}
