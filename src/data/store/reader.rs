//! Opens and reads prepared files.

use std::path::{Path, PathBuf};

use hdf5::types::VarLenUnicode;

use super::checked::Checked;
use super::error::{Error, Result};
use super::schema::{
    ATTR_COMPLETE, ATTR_CONTENT, ATTR_VERSION, FORMAT_VERSION, Number, Provenance, chunk_rows,
    kind_of,
};
use super::slab::row_slab;

/// A complete prepared file of a known version, open for reading.
pub struct Reader {
    pub(super) file: hdf5::File,
    pub(super) checked: Checked,
    path: PathBuf,
}

/// Opens an HDF5 file for reading, without a lock: files of this program are replaced and never
/// changed, and some network file systems have no locks.
///
/// # Errors
/// Those of libhdf5.
pub fn read_only(path: &Path) -> hdf5::Result<hdf5::File> {
    hdf5::File::with_options()
        .with_fapl(|access| access.file_locking(false))
        .open(path)
}

impl Reader {
    /// Opens a file and checks that it is complete and of a known version. Checksums are compared
    /// as columns are read.
    ///
    /// # Errors
    /// [`Error::Io`] for a missing file, [`Error::NotPrepared`], [`Error::Incomplete`],
    /// [`Error::Version`].
    pub fn open(path: &Path) -> Result<Self> {
        let found = |found: &str| Error::NotPrepared {
            path: path.to_owned(),
            found: found.into(),
        };
        let metadata = std::fs::metadata(path).map_err(|e| Error::io(path, "open it", e))?;
        if metadata.is_dir() {
            return Err(found("a folder"));
        }
        let file = read_only(path).map_err(|e| {
            if e.contains_minor(NOT_HDF5) {
                found("a file that is not HDF5")
            } else {
                Error::hdf5(path, "open it", &e)
            }
        })?;
        let reader = Self {
            file,
            checked: Checked::default(),
            path: path.to_owned(),
        };
        match reader.number(ATTR_VERSION) {
            None => return Err(reader.of_another_kind()),
            Some(FORMAT_VERSION) => {}
            Some(found) => {
                let (path, expected) = (path.to_owned(), FORMAT_VERSION);
                return Err(Error::Version {
                    path,
                    found,
                    expected,
                });
            }
        }
        match reader.number(ATTR_COMPLETE) {
            Some(1) => Ok(reader),
            _ => Err(Error::Incomplete {
                path: path.to_owned(),
            }),
        }
    }

    /// What a file is that has no version of prepared data: this program's masks, one whose attributes a crash left
    /// unreadable, or anything.
    fn of_another_kind(&self) -> Error {
        if self.file.attr_names().is_err() {
            let damaged = "its attributes cannot be read, as after a crash or a copy that stopped";
            return Error::Damaged {
                path: self.path.clone(),
                damaged: vec![damaged.to_owned()],
            };
        }
        let names = |name| self.file.attr(name).is_ok();
        let found = match self.attribute("dataset") {
            Ok(dataset) if names("format") && names("content_hash") => format!(
                "the masks of {dataset}, which this program keeps beside its data; give the file of the data, as {}",
                self.path
                    .to_str()
                    .and_then(|path| path.strip_suffix(".masks.h5"))
                    .map_or_else(|| "NAME.h5".to_string(), |stem| format!("{stem}.h5"))
            ),
            _ => "an HDF5 file of another program".to_string(),
        };
        Error::NotPrepared {
            path: self.path.clone(),
            found,
        }
    }

    /// The file's path, as opened.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn number(&self, name: &str) -> Option<u32> {
        self.file
            .attr(name)
            .and_then(|attr| attr.read_scalar())
            .ok()
    }

    /// A text attribute of the root.
    ///
    /// # Errors
    /// [`Error::Missing`].
    pub fn attribute(&self, name: &str) -> Result<String> {
        self.file
            .attr(name)
            .and_then(|attr| attr.read_scalar::<VarLenUnicode>())
            .map(|text| text.as_str().to_owned())
            .map_err(|_| self.missing(format!("attribute {name}")))
    }

    /// Hash over names, shapes and values of all columns, as stored.
    ///
    /// # Errors
    /// [`Error::Missing`].
    pub fn content_hash(&self) -> Result<String> {
        self.attribute(ATTR_CONTENT)
    }

    /// The root's attributes.
    ///
    /// # Errors
    /// [`Error::Missing`].
    pub fn provenance(&self) -> Result<Provenance> {
        let bytes = self
            .file
            .attr("source_bytes")
            .and_then(|attr| attr.read_scalar());
        Ok(Provenance {
            dataset: self.attribute("dataset")?,
            layout: self.attribute("layout")?,
            source_name: self.attribute("source_name")?,
            source_bytes: bytes.map_err(|_| self.missing("attribute source_bytes".into()))?,
            source_sha256: self.attribute("source_sha256")?,
            tool_version: self.attribute("tool_version")?,
            options: self.attribute("options")?,
            label_range: self.label_range(),
            samples: self.json("samples")?,
            non_finite: self.json("non_finite")?,
            overflow: self.json("overflow")?,
            warnings: self.json("warnings")?,
            table: self.attribute("dataset_table").unwrap_or_default(),
            note: self.attribute("note").unwrap_or_default(),
        })
    }

    /// An attribute that holds JSON; nothing where an earlier program did not write it.
    fn json<T: Default + serde::de::DeserializeOwned>(&self, name: &str) -> Result<T> {
        match self.attribute(name) {
            Err(_) => Ok(T::default()),
            Ok(text) => serde_json::from_str(&text)
                .map_err(|_| self.missing(format!("readable attribute {name}"))),
        }
    }

    /// Zeros where an earlier program did not write it.
    fn label_range(&self) -> [f32; 2] {
        let range = self.file.attr("label_range");
        let range = range.and_then(|attr| attr.read_raw::<f32>());
        range
            .ok()
            .and_then(|v| v.try_into().ok())
            .unwrap_or_default()
    }

    /// Names of the groups: splits, and `standardization` where the features were standardized.
    ///
    /// # Errors
    /// [`Error::Hdf5`].
    pub fn groups(&self) -> Result<Vec<String>> {
        let fail = |e: hdf5::Error| Error::hdf5(&self.path, "list its groups", &e);
        let groups = self.file.groups().map_err(fail)?;
        let name = |group: hdf5::Group| group.name().trim_start_matches('/').to_owned();
        Ok(groups.into_iter().map(name).collect())
    }

    /// Names of all columns, `train/audio`, sorted.
    ///
    /// # Errors
    /// [`Error::Hdf5`].
    pub fn columns(&self) -> Result<Vec<String>> {
        let fail = |e: hdf5::Error| Error::hdf5(&self.path, "list its columns", &e);
        let mut names = Vec::new();
        for group in self.file.groups().map_err(fail)? {
            let split = group.name().trim_start_matches('/').to_owned();
            let members = group.member_names().map_err(fail)?;
            names.extend(
                members
                    .into_iter()
                    .map(|member| format!("{split}/{member}")),
            );
        }
        names.sort();
        Ok(names)
    }

    /// Whether the column exists.
    pub fn has(&self, column: &str) -> bool {
        self.file.link_exists(column)
    }

    /// Shape of a column.
    ///
    /// # Errors
    /// [`Error::Missing`].
    pub fn shape(&self, column: &str) -> Result<Vec<usize>> {
        Ok(self.dataset(column)?.shape())
    }

    /// Type of a column's values: `float32`, `int32` or `text`.
    ///
    /// # Errors
    /// [`Error::Missing`].
    pub fn kind(&self, column: &str) -> Result<&'static str> {
        Ok(match kind_of(&self.dataset(column)?) {
            f32::NAME => "float32",
            i32::NAME => "int32",
            _ => "text",
        })
    }

    /// All values of a column in row-major order.
    ///
    /// # Errors
    /// [`Error::Missing`]; [`Error::Hdf5`] where it cannot be read; [`Error::Changed`] where it does not
    /// match its checksum or does not hold `T`.
    pub fn numbers<T: Number>(&self, column: &str) -> Result<Vec<T>> {
        let dataset = self.dataset(column)?;
        let mut hasher = self.hasher::<T>(column)?;
        let values: Vec<T> = dataset
            .read_raw()
            .map_err(|e| Error::hdf5(&self.path, "read a column", &e))?;
        if let Some(hasher) = &mut hasher {
            hasher.numbers(&values);
        }
        self.compare(column, hasher)?;
        Ok(values)
    }

    /// Calls `f` with a column in blocks of complete rows, near 1 MiB each.
    ///
    /// # Errors
    /// As [`Self::numbers`]; [`Error::Changed`] comes after the last block.
    pub fn for_each_block<T: Number>(&self, column: &str, mut f: impl FnMut(&[T])) -> Result<()> {
        self.try_for_each_block(column, |block| {
            f(block);
            Ok(())
        })
    }

    /// As [`Self::for_each_block`], until `f` fails.
    ///
    /// # Errors
    /// As [`Self::numbers`]; the errors of `f`.
    pub fn try_for_each_block<T: Number, E: From<Error>>(
        &self,
        column: &str,
        mut f: impl FnMut(&[T]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut hasher = self.hasher::<T>(column)?;
        self.read_blocks(column, |block| {
            if let Some(hasher) = &mut hasher {
                hasher.numbers(block);
            }
            f(block)
        })?;
        Ok(self.compare(column, hasher)?)
    }

    /// Reads a column in blocks and compares nothing.
    pub(super) fn read_blocks<T: Number, E: From<Error>>(
        &self,
        column: &str,
        mut f: impl FnMut(&[T]) -> Result<(), E>,
    ) -> Result<(), E> {
        let dataset = self.dataset(column)?;
        let shape = dataset.shape();
        let rows = shape.first().copied().unwrap_or(1);
        let step = chunk_rows(rows, shape.iter().skip(1).product());
        for start in (0..rows).step_by(step) {
            let slab = row_slab(&shape, start, step.min(rows - start));
            let block = dataset
                .read_slice::<T, _, ndarray::IxDyn>(slab)
                .map_err(|e| Error::hdf5(&self.path, "read a column", &e))?;
            f(block.as_slice().unwrap_or_default())?;
        }
        Ok(())
    }

    /// All texts of a column.
    ///
    /// # Errors
    /// As [`Self::numbers`].
    pub fn texts(&self, column: &str) -> Result<Vec<String>> {
        let texts = self.read_texts(column)?;
        self.compare_texts(column, &texts)?;
        Ok(texts.iter().map(|text| text.as_str().to_owned()).collect())
    }

    /// Reads a column of texts and compares nothing.
    pub(super) fn read_texts(&self, column: &str) -> Result<Vec<VarLenUnicode>> {
        let texts = self.dataset(column)?.read_raw::<VarLenUnicode>();
        texts.map_err(|e| Error::hdf5(&self.path, "read a column of texts", &e))
    }

    pub(super) fn dataset(&self, column: &str) -> Result<hdf5::Dataset> {
        self.file
            .dataset(column)
            .map_err(|_| self.missing(format!("column {column}")))
    }

    fn missing(&self, item: String) -> Error {
        let found = self
            .columns()
            .map_or_else(|_| "nothing readable".into(), |c| c.join(", "));
        Error::Missing {
            path: self.path.clone(),
            item,
            found,
        }
    }
}

/// libhdf5's error code for a file that is not HDF5.
const NOT_HDF5: hdf5::MinorErrorCode = hdf5::MinorErrorCode::NotHdf5;
