//! A file under its hidden name until it is finished.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempPath;

use super::error::{Error, Result};
use super::{folder_of, remove_leftovers, sync_folder, temporary};

/// An unfinished file; dropped before [`Self::publish`] it leaves nothing.
#[derive(Debug)]
pub struct Partial {
    temp: TempPath,
    path: PathBuf,
    file: File,
}

impl Partial {
    /// Starts a file that will be called `path`, and removes what killed processes left in its folder.
    ///
    /// # Errors
    /// If the folder is not there or cannot be written to.
    pub fn create(path: &Path) -> Result<Self> {
        remove_leftovers(folder_of(path));
        let created = temporary::create(path).map_err(Error::at(path))?;
        let (file, temp) = created.into_parts();
        let path = path.to_owned();
        Ok(Self { temp, path, file })
    }

    /// The hidden file, open for writing.
    pub fn file(&mut self) -> &mut File {
        &mut self.file
    }

    /// The path of the hidden file.
    pub fn temp(&self) -> &Path {
        &self.temp
    }

    /// Locks the hidden file until it is published or dropped, for files that take long to write: a process
    /// that cannot see this one, in another container on this machine, then leaves it alone. Without effect
    /// where the file system has no locks.
    pub fn lock(&self) {
        let _ = self.file.try_lock();
    }

    /// Syncs the hidden file, gives it its name and syncs the folder. A file that has the name already is
    /// replaced.
    ///
    /// # Errors
    /// If a step fails; the name is then untouched.
    pub fn publish(self) -> Result<()> {
        let Self { temp, path, file } = self;
        finish(&file).map_err(Error::at(&path))?;
        temp.persist(&path).map_err(|e| Error::at(&path)(e.error))?;
        sync_folder(folder_of(&path))
    }

    /// [`Self::publish`] unless a file has the name already: that one stays. Returns whether this one got
    /// the name.
    ///
    /// # Errors
    /// As [`Self::publish`].
    pub fn publish_new(self) -> Result<bool> {
        let Self { temp, path, file } = self;
        finish(&file).map_err(Error::at(&path))?;
        if let Err(failure) = temp.persist_noclobber(&path) {
            if path.exists() {
                return Ok(false);
            }
            // Some file systems cannot rename without replacing.
            let renamed = failure.path.persist(&path);
            renamed.map_err(|e| Error::at(&path)(e.error))?;
        }
        sync_folder(folder_of(&path)).map(|()| true)
    }
}

/// Syncs the file and takes the lock away, which a reader must not meet under the final name.
fn finish(file: &File) -> io::Result<()> {
    file.sync_all()?;
    // Fails where nothing was locked.
    let _ = file.unlock();
    Ok(())
}
