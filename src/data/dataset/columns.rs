//! Reads the columns of one split of an MMSA pickle, from arrays or lists.

use std::path::Path;

use super::error::{Error, Result};
use crate::data::pickle::{ArrayRef, Value};

/// One split's dict, with its name for messages.
#[derive(Clone, Copy)]
pub struct Columns<'a> {
    path: &'a Path,
    pub split: &'a str,
    dict: Value<'a>,
}

impl<'a> Columns<'a> {
    /// The split's dict of an MMSA pickle.
    ///
    /// # Errors
    /// [`Error::Layout`] where the root is not a dict or lacks the split.
    pub fn of(path: &'a Path, root: Value<'a>, split: &'a str) -> Result<Self> {
        let place = || path.display().to_string();
        let expected = "a dict with keys train, valid and test";
        if !root.is_dict() {
            let (place, found) = (place(), root.kind().to_owned());
            return Err(Error::Layout {
                place,
                expected: expected.into(),
                found,
            });
        }
        let dict = root.get(split).ok_or_else(|| Error::Layout {
            place: place(),
            expected: expected.into(),
            found: format!("keys {}", keys(root)),
        })?;
        let columns = Self { path, split, dict };
        if dict.is_dict() {
            Ok(columns)
        } else {
            Err(columns.layout("", "a dict of columns", dict.kind()))
        }
    }

    /// `mosi.pkl: train` or `mosi.pkl: train/audio`.
    pub fn place(&self, column: &str) -> String {
        let slash = if column.is_empty() { "" } else { "/" };
        format!("{}: {}{slash}{column}", self.path.display(), self.split)
    }

    /// An error about the layout of a column.
    pub fn layout(
        &self,
        column: &str,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Error {
        Error::Layout {
            place: self.place(column),
            expected: expected.into(),
            found: found.into(),
        }
    }

    /// A column, if it exists.
    pub fn get(&self, column: &str) -> Option<Value<'a>> {
        self.dict.get(column)
    }

    /// A column.
    ///
    /// # Errors
    /// [`Error::MissingColumn`], which lists the existing ones.
    pub fn need(&self, column: &str) -> Result<Value<'a>> {
        self.get(column)
            .ok_or_else(|| self.missing(format!("column {column}")))
    }

    /// Names and values of all columns, each name once.
    pub fn entries(&self) -> impl Iterator<Item = (&'a str, Value<'a>)> {
        let dict = self.dict;
        let mut seen = std::collections::HashSet::new();
        let names = dict.entries().filter_map(|(key, _)| key.as_str());
        names
            .filter(move |name| seen.insert(*name))
            .filter_map(move |name| dict.get(name).map(|value| (name, value)))
    }

    /// An error that lists the existing columns.
    pub fn missing(&self, expected: String) -> Error {
        Error::MissingColumn {
            place: self.place(""),
            expected,
            found: keys(self.dict),
        }
    }

    /// A column of features, (N, T, d) with d and T above zero.
    ///
    /// # Errors
    /// [`Error::MissingColumn`], [`Error::Layout`].
    pub fn features(&self, column: &str) -> Result<ArrayRef<'a>> {
        const EXPECTED: &str = "an array of numbers of shape (samples, steps, features)";
        let value = self.need(column)?;
        let array = value
            .array()
            .ok_or_else(|| self.layout(column, EXPECTED, value.kind()))?;
        let shape = array.shape();
        if shape.len() != 3 || shape[1] == 0 || shape[2] == 0 {
            return Err(self.layout(column, EXPECTED, format!("shape {shape:?}")));
        }
        if array.dtype().is_number() {
            Ok(array)
        } else {
            Err(self.layout(column, EXPECTED, format!("dtype {}", array.dtype())))
        }
    }

    /// Sample ids. The files of MulT and MultiBench hold several texts per sample (video, start, end).
    ///
    /// # Errors
    /// As [`Self::texts`].
    pub fn ids(&self, value: Value<'a>) -> Result<Vec<String>> {
        let texts = self.texts("id", value)?;
        let parts = value
            .array()
            .map_or(1, |ids| ids.shape()[1..].iter().product());
        match parts {
            0 | 1 => Ok(texts),
            parts => Ok(texts.chunks_exact(parts).map(|id| id.join("$_$")).collect()),
        }
    }

    /// A column of texts: an array or a list of strings.
    ///
    /// # Errors
    /// [`Error::Layout`], [`Error::Array`].
    pub fn texts(&self, column: &str, value: Value<'a>) -> Result<Vec<String>> {
        if let Some(array) = value.array() {
            return array.to_strings().map_err(|e| self.array(column, e));
        }
        let items = value
            .items()
            .ok_or_else(|| self.layout(column, "a list or array of strings", value.kind()))?;
        items
            .map(|item| {
                let text = item.as_str().map(str::to_owned);
                text.ok_or_else(|| self.layout(column, "strings", item.kind()))
            })
            .collect()
    }

    /// A column of one number per sample: an array of shape (N) or (N, 1), or a list.
    ///
    /// # Errors
    /// [`Error::Layout`], [`Error::Array`].
    pub fn numbers(&self, column: &str, value: Value<'a>) -> Result<Vec<f64>> {
        const EXPECTED: &str = "one number per sample";
        if let Some(array) = value.array() {
            if array.shape().iter().skip(1).any(|n| *n != 1) {
                return Err(self.layout(column, EXPECTED, format!("shape {:?}", array.shape())));
            }
            return array.to_vec().map_err(|e| self.array(column, e));
        }
        let items = value
            .items()
            .ok_or_else(|| self.layout(column, EXPECTED, value.kind()))?;
        items
            .map(|item| {
                item.as_f64()
                    .ok_or_else(|| self.layout(column, EXPECTED, item.kind()))
            })
            .collect()
    }

    /// An error about an array that could not be read.
    pub fn array(&self, column: &str, source: crate::data::pickle::Error) -> Error {
        Error::Array {
            place: self.place(column),
            source,
        }
    }
}

fn keys(dict: Value<'_>) -> String {
    let keys: Vec<&str> = dict.entries().filter_map(|(key, _)| key.as_str()).collect();
    if keys.is_empty() {
        "nothing".into()
    } else {
        keys.join(", ")
    }
}
