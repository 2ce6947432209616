//! A prepared file under its hidden name until it is finished, see [`crate::support::fs`].

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use super::error::{Error, Result};
use crate::support::fs as files;

/// An unfinished file; dropped before [`Self::publish`] it leaves nothing.
#[derive(Debug)]
pub struct Partial {
    file: files::Partial,
    path: PathBuf,
}

impl Partial {
    /// Starts a file that will be called `path`, in a folder that is created if need be, and removes
    /// what killed processes left there.
    ///
    /// # Errors
    /// [`Error::Io`] when the folder cannot be written.
    pub fn create(path: &Path) -> Result<Self> {
        if let Some(folder) = path.parent() {
            let reason = |error| lost_target(folder).unwrap_or(error);
            fs::create_dir_all(folder)
                .map_err(|e| Error::io(folder, "create the folder", reason(e)))?;
        }
        let file = files::Partial::create(path)?;
        if !hdf5_locks() {
            file.lock();
        }
        let path = path.to_owned();
        Ok(Self { file, path })
    }

    /// The path of the hidden file.
    pub fn temp(&self) -> &Path {
        self.file.temp()
    }

    /// Opens the hidden file for writing.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn open(&self) -> Result<File> {
        OpenOptions::new()
            .write(true)
            .open(self.temp())
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
            .create(self.temp())
            .map_err(|e| Error::hdf5(&self.path, "create it", &e))
    }

    /// Syncs the hidden file, gives it its name and syncs the folder: after this the old file or
    /// the new one is there, whole. Without `replace` a file that has the name already stays.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::DiskFull`], [`Error::InTheWay`]; the name is then untouched.
    pub fn publish(self, replace: bool) -> Result<()> {
        if replace {
            Ok(self.file.publish()?)
        } else if self.file.publish_new()? {
            Ok(())
        } else {
            Err(Error::InTheWay { path: self.path })
        }
    }

    /// Empties the hidden file, to make room on a full disk.
    pub(super) fn empty(&self) {
        // Without effect on the outcome: the file is removed next.
        let _ = self.open().and_then(|file| {
            file.set_len(0)
                .map_err(|e| Error::io(&self.path, "empty it", e))
        });
    }
}

/// Whether the environment makes libhdf5 lock what it opens, which our lock would prevent.
fn hdf5_locks() -> bool {
    let setting = std::env::var("HDF5_USE_FILE_LOCKING");
    setting.is_ok_and(|value| ["TRUE", "1", "BEST_EFFORT"].contains(&value.as_str()))
}

/// Why a folder cannot be created that is a link to nothing.
fn lost_target(folder: &Path) -> Option<io::Error> {
    let target = fs::read_link(folder).ok().filter(|_| !folder.exists())?;
    let target = target.display();
    let problem =
        format!("it is a link to {target}, which is not there; mount its disk, or remove the link");
    Some(io::Error::new(io::ErrorKind::NotFound, problem))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_existing_file_is_replaced_only_on_request() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/a.h5");
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
        let names = fs::read_dir(path.parent().unwrap()).unwrap();
        assert_eq!(names.count(), 1);
    }
}
