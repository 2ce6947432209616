//! Writes prepared files, completely or not at all.
//!
//! Everything goes to a temporary file in the same folder. [`Writer::finish`] marks it complete,
//! syncs it, renames it and syncs the folder; a writer that is dropped before leaves nothing.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use hdf5::types::VarLenUnicode;

use super::attributes;
use super::checksum::{ColumnDigest, ColumnHasher, content_hash};
use super::error::{Error, Result};
use super::partial::Partial;
use super::schema::{
    ATTR_CHECKSUM, ATTR_COMPLETE, ATTR_HASHES, ATTR_VERSION, Compression, FORMAT_VERSION,
    Provenance, description,
};

/// An unfinished prepared file.
pub struct Writer {
    /// Both `None` in a rehearsal.
    file: Option<hdf5::File>,
    partial: Option<Partial>,
    path: PathBuf,
    pub(super) compression: Compression,
    replace: bool,
    standardized: bool,
    digests: Vec<ColumnDigest>,
}

impl Writer {
    /// Starts a file that will be called `path`, and creates its folder. An existing file will be
    /// replaced.
    ///
    /// # Errors
    /// [`Error::Io`] or [`Error::Hdf5`] when the folder cannot be written.
    pub fn create(path: &Path) -> Result<Self> {
        let partial = Partial::create(path)?;
        let file = partial.hdf5()?;
        let mut writer = Self::rehearse(path);
        (writer.file, writer.partial) = (Some(file), Some(partial));
        Ok(writer)
    }

    /// Does everything except writing `path`, including hashes.
    pub fn rehearse(path: &Path) -> Self {
        Self {
            file: None,
            partial: None,
            path: path.to_owned(),
            compression: Compression::None,
            replace: true,
            standardized: false,
            digests: Vec::new(),
        }
    }

    /// Keeps an existing file; [`Self::finish`] then fails.
    pub fn keep_existing(mut self) -> Self {
        self.replace = false;
        self
    }

    /// Sets the compression of large columns of numbers.
    pub fn compress(mut self, compression: Compression) -> Self {
        self.compression = compression;
        self
    }

    /// Declares that audio and vision are in standard deviations.
    pub fn standardized(mut self, standardized: bool) -> Self {
        self.standardized = standardized;
        self
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
        let write = |file: &hdf5::File| {
            let builder = file.new_dataset_builder().with_data(&stored);
            builder.create(name).map_err(fail)
        };
        let dataset = self.file.as_ref().map(write).transpose()?;
        let (shape, hash) = (vec![texts.len()], hasher.finish());
        self.register(dataset.as_ref(), name, "text", shape, hash)
    }

    /// Describes a column, stores its hash with it and adds it to the content hash.
    pub(super) fn register(
        &mut self,
        dataset: Option<&hdf5::Dataset>,
        name: &str,
        kind: &'static str,
        shape: Vec<usize>,
        hash: blake3::Hash,
    ) -> Result<()> {
        if let Some(dataset) = dataset {
            describe(dataset, name, self.standardized)
                .and_then(|()| set_text(dataset, ATTR_CHECKSUM, &hash.to_hex()))
                .map_err(|e| Error::hdf5(&self.path, "describe a column", &e))?;
        }
        self.digests.push(ColumnDigest {
            name: name.to_owned(),
            kind,
            shape,
            hash,
        });
        Ok(())
    }

    /// Completes the file under its final name and returns the content hash.
    ///
    /// # Errors
    /// [`Error::DiskFull`], [`Error::Io`], [`Error::Hdf5`] or [`Error::InTheWay`]; the final name
    /// is then untouched.
    pub fn finish(mut self, provenance: &Provenance) -> Result<String> {
        let content = content_hash(&self.digests);
        let path = self.path.clone();
        let fail = |e: hdf5::Error| Error::hdf5(&path, "finish it", &e);
        if let Some(file) = self.file.clone() {
            set_attributes(&file, provenance, &content).map_err(fail)?;
            file.flush().map_err(fail)?;
            // Last, so that its presence shows that everything else was written.
            file.new_attr::<u32>()
                .create(ATTR_COMPLETE)
                .and_then(|attr| attr.write_scalar(&1u32))
                .map_err(fail)?;
            file.flush().map_err(fail)?;
            drop(self.file.take());
            file.close().map_err(fail)?;
        }
        match self.partial.take() {
            Some(partial) => partial.publish(self.replace).map(|()| content),
            None => Ok(content),
        }
    }

    /// `None` in a rehearsal.
    pub(super) fn file(&self) -> Option<&hdf5::File> {
        self.file.as_ref()
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Writer {
    /// Frees space before the file is closed: on a full disk libhdf5 could not write its last bytes and
    /// would keep the file open.
    fn drop(&mut self) {
        if let (Some(_), Some(partial)) = (&self.file, &self.partial) {
            partial.empty();
            self.file = None;
        }
    }
}

fn set_attributes(file: &hdf5::File, provenance: &Provenance, content: &str) -> hdf5::Result<()> {
    file.new_attr::<u32>()
        .create(ATTR_VERSION)?
        .write_scalar(&FORMAT_VERSION)?;
    file.new_attr::<u64>()
        .create("source_bytes")?
        .write_scalar(&provenance.source_bytes)?;
    file.new_attr_builder()
        .with_data(&provenance.label_range)
        .create("label_range")?;
    for (name, value) in attributes::texts(provenance, content) {
        if !attributes::NUMBERS.contains(&name) {
            set_text(file, name, &value)?;
        }
    }
    set_text(file, ATTR_HASHES, &attributes::hashes(provenance, content))
}

/// Writes names of axes (for h5py's `dims`), unit and meaning.
fn describe(dataset: &hdf5::Dataset, name: &str, standardized: bool) -> hdf5::Result<()> {
    let Some(column) = description(name, standardized) else {
        return Ok(());
    };
    if dataset.ndim() == column.axes.len() {
        let labels: Vec<VarLenUnicode> = column
            .axes
            .iter()
            .map(|axis| unicode(axis))
            .collect::<hdf5::Result<_>>()?;
        dataset
            .new_attr_builder()
            .with_data(&labels)
            .create("DIMENSION_LABELS")?;
    }
    set_text(dataset, "units", column.units)?;
    set_text(dataset, "description", column.meaning)
}

fn unicode(text: &str) -> hdf5::Result<VarLenUnicode> {
    VarLenUnicode::from_str(text).map_err(|e| hdf5::Error::from(e.to_string()))
}

fn set_text(location: &hdf5::Location, name: &str, value: &str) -> hdf5::Result<()> {
    location
        .new_attr::<VarLenUnicode>()
        .create(name)?
        .write_scalar(&unicode(value)?)
}
