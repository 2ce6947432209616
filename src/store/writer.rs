//! Writing a file that appears whole or not at all.
//!
//! Everything goes to a temporary file in the same folder. [`Writer::finish`] marks it complete,
//! syncs it, renames it and syncs the folder; a writer that is dropped before leaves nothing.

use std::fs::{self, OpenOptions, Permissions};
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use hdf5::types::VarLenUnicode;
use tempfile::TempPath;

use super::checksum::{ColumnDigest, ColumnHasher, content_hash};
use super::error::{Error, Result};
use super::schema::{
    ATTR_CHECKSUM, ATTR_COMPLETE, ATTR_CONTENT, ATTR_VERSION, FORMAT_VERSION, Provenance,
};

/// An unfinished prepared file.
pub struct Writer {
    file: Option<hdf5::File>,
    temp: TempPath,
    path: PathBuf,
    digests: Vec<ColumnDigest>,
}

impl Writer {
    /// Starts a file that will be called `path`, in a folder that is made if need be.
    ///
    /// # Errors
    /// [`Error::Io`] or [`Error::Hdf5`] when the folder cannot be written.
    pub fn create(path: &Path) -> Result<Self> {
        let folder = folder_of(path);
        fs::create_dir_all(folder).map_err(|e| Error::io(folder, "make the folder", e))?;
        let temp = temporary(path).map_err(|e| Error::io(path, "create it", e))?;
        let file = hdf5::File::create(&temp).map_err(|e| Error::hdf5(path, "create it", &e))?;
        Ok(Self {
            file: Some(file),
            temp,
            path: path.to_owned(),
            digests: Vec::new(),
        })
    }

    /// Writes a column of texts.
    ///
    /// # Errors
    /// As [`Self::column`]; [`Error::Nul`] for a text with a NUL inside.
    pub fn texts(&mut self, name: &str, texts: &[String]) -> Result<()> {
        let mut hasher = ColumnHasher::default();
        let mut stored = Vec::with_capacity(texts.len());
        for (index, text) in texts.iter().enumerate() {
            hasher.text(text);
            stored.push(VarLenUnicode::from_str(text).map_err(|_| Error::Nul {
                path: self.path.clone(),
                column: name.to_owned(),
                index,
            })?);
        }
        let fail = |e: hdf5::Error| Error::hdf5(&self.path, "write a column of texts", &e);
        let builder = self.file()?.new_dataset_builder();
        let dataset = builder.with_data(&stored).create(name).map_err(fail)?;
        self.register(&dataset, name, "text", vec![texts.len()], hasher.finish())
    }

    /// Stores a column's hash beside it and remembers it for the content hash.
    pub(super) fn register(
        &mut self,
        dataset: &hdf5::Dataset,
        name: &str,
        kind: &'static str,
        shape: Vec<usize>,
        hash: blake3::Hash,
    ) -> Result<()> {
        set_text(dataset, ATTR_CHECKSUM, &hash.to_hex())
            .map_err(|e| Error::hdf5(&self.path, "write a checksum", &e))?;
        self.digests.push(ColumnDigest {
            name: name.to_owned(),
            kind,
            shape,
            hash,
        });
        Ok(())
    }

    /// Completes the file under its final name and gives the content hash.
    ///
    /// # Errors
    /// [`Error::DiskFull`], [`Error::Io`] or [`Error::Hdf5`]; the final name is then untouched.
    pub fn finish(mut self, provenance: &Provenance) -> Result<String> {
        let content = content_hash(&self.digests);
        let path = self.path.clone();
        let fail = |e: hdf5::Error| Error::hdf5(&path, "finish it", &e);
        let file = self.file()?.clone();
        attributes(&file, provenance, &content).map_err(fail)?;
        file.flush().map_err(fail)?;
        // Last, so that its presence says that all before it was written.
        file.new_attr::<u32>()
            .create(ATTR_COMPLETE)
            .and_then(|attr| attr.write_scalar(&1u32))
            .map_err(fail)?;
        file.flush().map_err(fail)?;
        drop(self.file.take());
        file.close().map_err(fail)?;
        self.publish()?;
        Ok(content)
    }

    /// Syncs, renames, syncs the folder. After this the old file or the new one is there, whole.
    fn publish(&self) -> Result<()> {
        let fail = |action| move |e: io::Error| Error::io(&self.path, action, e);
        let file = OpenOptions::new()
            .write(true)
            .open(&self.temp)
            .map_err(fail("open it"))?;
        file.sync_all().map_err(fail("sync it"))?;
        fs::rename(&self.temp, &self.path).map_err(fail("give it its name"))?;
        fs::File::open(folder_of(&self.path))
            .and_then(|folder| folder.sync_all())
            .map_err(fail("sync its folder"))
    }

    pub(super) fn file(&self) -> Result<&hdf5::File> {
        self.file.as_ref().ok_or_else(|| Error::Incomplete {
            path: self.path.clone(),
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Writer {
    /// Makes room before the file is closed: on a full disk libhdf5 could not even write the little
    /// it has left to say, and would keep the file open.
    fn drop(&mut self) {
        if self.file.is_some() {
            // Without effect on the outcome: the file is removed next.
            let _ = OpenOptions::new()
                .write(true)
                .open(&self.temp)
                .and_then(|f| f.set_len(0));
            self.file = None;
        }
    }
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// An empty file beside `path`, removed when dropped, with the permissions of a new file.
fn temporary(path: &Path) -> io::Result<TempPath> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let mut builder = tempfile::Builder::new();
    let prefix = format!(".{name}.");
    builder.prefix(&prefix).suffix(".partial");
    #[cfg(unix)]
    builder.permissions(<Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o666));
    builder
        .tempfile_in(folder_of(path))
        .map(tempfile::NamedTempFile::into_temp_path)
}

fn attributes(file: &hdf5::File, provenance: &Provenance, content: &str) -> hdf5::Result<()> {
    file.new_attr::<u32>()
        .create(ATTR_VERSION)?
        .write_scalar(&FORMAT_VERSION)?;
    file.new_attr::<u64>()
        .create("source_bytes")?
        .write_scalar(&provenance.source_bytes)?;
    let non_finite = serde_json::json!(provenance.non_finite).to_string();
    for (name, value) in [
        ("dataset", provenance.dataset.as_str()),
        ("layout", &provenance.layout),
        ("source_name", &provenance.source_name),
        ("source_sha256", &provenance.source_sha256),
        ("tool_version", &provenance.tool_version),
        ("options", &provenance.options),
        ("non_finite", &non_finite),
        (ATTR_CONTENT, content),
    ] {
        set_text(file, name, value)?;
    }
    Ok(())
}

fn set_text(location: &hdf5::Location, name: &str, value: &str) -> hdf5::Result<()> {
    let text = VarLenUnicode::from_str(value).map_err(|e| hdf5::Error::from(e.to_string()))?;
    location
        .new_attr::<VarLenUnicode>()
        .create(name)?
        .write_scalar(&text)
}
