//! Opens a file of any source, prepared files included.

use std::path::{Path, PathBuf};

use crate::data::arrays;
use crate::data::dataset::error::{Error, Result};
use crate::data::dataset::source;
use crate::data::dataset::standardize::Moments;
use crate::data::pickle::Pickle;
use crate::data::store::{Number, Reader};
use crate::support::FileKind;

/// An open file whose samples are to be predicted.
pub struct Input {
    pub(super) path: PathBuf,
    /// Name of the kind of source.
    pub kind: &'static str,
    pub(super) values: Pickle,
    /// The prepared file, if it is one.
    pub(super) prepared: Option<Reader>,
}

impl Input {
    /// Opens a pickle, an archive, a folder of arrays, an HDF5 file of arrays or a prepared file.
    ///
    /// # Errors
    /// [`Error::Pickle`], with the reason why it cannot be read.
    pub fn open(path: &Path) -> Result<Self> {
        let fail = |reason| Error::Pickle {
            path: path.to_owned(),
            reason,
        };
        let is_hdf5 = FileKind::of(path).is_ok_and(|kind| kind == FileKind::Hdf5);
        if is_hdf5 && let Ok(reader) = Reader::open(path) {
            return Ok(Self {
                path: path.to_owned(),
                kind: "prepared file",
                values: arrays::open_hdf5_columns(path).map_err(fail)?,
                prepared: Some(reader),
            });
        }
        let (kind, values) = source::open(path).map_err(fail)?;
        Ok(Self {
            path: path.to_owned(),
            kind,
            values,
            prepared: None,
        })
    }

    /// File name without its folder.
    pub fn name(&self) -> String {
        let name = self.path.file_name().unwrap_or(self.path.as_os_str());
        name.to_string_lossy().into_owned()
    }

    /// Compares the columns of a split of a prepared file with their checksums.
    pub(super) fn verify(&self, split: &str) -> Result<()> {
        let Some(reader) = &self.prepared else {
            return Ok(());
        };
        let prefix = format!("{split}/");
        for column in reader.columns()? {
            if column.starts_with(&prefix) {
                match reader.kind(&column)? {
                    "float32" => read_through::<f32>(reader, &column)?,
                    "int32" => read_through::<i32>(reader, &column)?,
                    _ => drop(reader.texts(&column)?),
                }
            }
        }
        Ok(())
    }

    /// The statistics by which `prepare` standardized a column of this file.
    pub(super) fn moments(&self, column: &str) -> Result<Option<Moments>> {
        match &self.prepared {
            Some(reader) => Moments::stored(reader, column),
            None => Ok(None),
        }
    }
}

fn read_through<T: Number>(reader: &Reader, column: &str) -> Result<()> {
    Ok(reader.for_each_block::<T>(column, |_| ())?)
}
