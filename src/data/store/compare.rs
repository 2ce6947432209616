//! Compares columns with their stored checksums as they are read.
//!
//! A file that another program has changed keeps its content hash, and results would be stored under the
//! hash of other data. Every column is therefore hashed when its values are first read, each once per
//! open file, and the list of columns is compared with the content hash when a data set is opened.

use std::collections::BTreeMap;

use hdf5::types::VarLenUnicode;

use super::attributes::by_name;
use super::checksum::{ColumnDigest, ColumnHasher, content_hash};
use super::error::{Error, Result};
use super::reader::Reader;
use super::schema::{ATTR_CHECKSUM, ATTR_HASHES, Number, kind_of};

impl Reader {
    /// A hasher for the values of a column; `None` where they have been compared before.
    pub(super) fn hasher<T: Number>(&self, column: &str) -> Result<Option<ColumnHasher>> {
        if self.checked.has(column) {
            return Ok(None);
        }
        let kind = kind_of(&self.dataset(column)?);
        if kind == T::NAME {
            Ok(Some(ColumnHasher::default()))
        } else {
            let found = format!("values of type {kind}, expected {}", T::NAME);
            Err(self.changed(column, found))
        }
    }

    /// Compares the hash of a column's values with the stored one.
    ///
    /// # Errors
    /// [`Error::Changed`].
    pub(super) fn compare(&self, column: &str, hasher: Option<ColumnHasher>) -> Result<()> {
        let Some(hasher) = hasher else {
            return Ok(());
        };
        let found = hasher.finish().to_hex().to_string();
        if self.stored_hash(column) == Some(found.clone()) {
            self.checked.add(column);
            Ok(())
        } else {
            Err(self.changed(column, format!("checksum {found}")))
        }
    }

    /// Compares texts that were read with their stored hash, the first time.
    pub(super) fn compare_texts(&self, column: &str, texts: &[VarLenUnicode]) -> Result<()> {
        if self.checked.has(column) {
            return Ok(());
        }
        let mut hasher = ColumnHasher::default();
        texts.iter().for_each(|text| hasher.text(text.as_str()));
        self.compare(column, Some(hasher))
    }

    /// Compares names, types, shapes and stored checksums of all columns with the content hash. Reads no
    /// values: those are compared as they are read.
    ///
    /// # Errors
    /// [`Error::Changed`] where a column was added, removed or made anew.
    pub fn check_columns(&self) -> Result<()> {
        let expected = self.content_hash()?;
        let columns = self.columns()?;
        let mut digests = Vec::with_capacity(columns.len());
        for column in &columns {
            let hash = self.stored_hash(column);
            let hash = hash.and_then(|hex| blake3::Hash::from_hex(hex).ok());
            let (Some(hash), Ok(dataset)) = (hash, self.dataset(column)) else {
                let found = "no checksum: prepare did not write it".to_owned();
                return Err(self.changed_to(column, format!("content hash {expected}"), found));
            };
            digests.push(ColumnDigest {
                name: column.clone(),
                kind: kind_of(&dataset),
                shape: dataset.shape(),
                hash,
            });
        }
        let found = content_hash(&digests);
        if found == expected {
            return Ok(());
        }
        Err(self.changed_to(
            &format!("the set of its {} columns", columns.len()),
            format!("content hash {expected}"),
            format!("content hash {found}"),
        ))
    }

    /// The checksum that is stored with a column.
    pub(super) fn stored_hash(&self, column: &str) -> Option<String> {
        let attr = self.file.dataset(column).ok()?.attr(ATTR_CHECKSUM).ok()?;
        let text = attr.read_scalar::<VarLenUnicode>().ok()?;
        Some(text.as_str().to_owned())
    }

    fn changed(&self, column: &str, found: String) -> Error {
        let stored = self.stored_hash(column);
        let expected = stored.map_or("no checksum".to_owned(), |hash| format!("checksum {hash}"));
        self.changed_to(column, expected, found)
    }

    fn changed_to(&self, column: &str, expected: String, found: String) -> Error {
        Error::Changed {
            path: self.path().to_owned(),
            column: column.to_owned(),
            expected,
            found,
        }
    }
}

impl Reader {
    /// Compares the attributes of the root with their stored hashes. False where an earlier program stored
    /// none.
    ///
    /// # Errors
    /// [`Error::Changed`] names the attributes that differ.
    pub fn check_attributes(&self) -> Result<bool> {
        let Ok(stored) = self.attribute(ATTR_HASHES) else {
            return Ok(false);
        };
        let stored: BTreeMap<String, String> = serde_json::from_str(&stored).unwrap_or_default();
        let found = by_name(&self.provenance()?, &self.content_hash()?);
        let names = found.keys().chain(stored.keys());
        let mut changed: Vec<&str> = names
            .filter(|name| stored.get(*name) != found.get(*name))
            .map(String::as_str)
            .collect();
        changed.sort_unstable();
        changed.dedup();
        let Some(first) = changed.first() else {
            return Ok(true);
        };
        let hash = |hashes: &BTreeMap<String, String>| match hashes.get(*first) {
            Some(hash) => format!("hash {hash}"),
            None => "no hash".to_owned(),
        };
        Err(Error::Changed {
            path: self.path().to_owned(),
            column: format!("attribute {}", changed.join(", ")),
            expected: hash(&stored),
            found: hash(&found),
        })
    }
}
