//! Reads the columns of one split of an MMSA pickle, from arrays or lists.

use std::borrow::Cow;
use std::path::Path;

use super::known_columns::{LABELS, is_known};
use super::layouts;
use crate::data::arrays;
use crate::data::dataset::error::{Error, Result};
use crate::data::pickle::Value;
use crate::support::nearest::nearest;

/// Names that labels may have, none of which is read.
const LIKELY: [&str; 6] = ["label", "Label", "Labels", "sentiment", "score", "y"];

/// One split's dict, with its name for messages.
#[derive(Clone, Copy)]
pub struct Columns<'a> {
    path: &'a Path,
    pub split: &'a str,
    dict: Value<'a>,
    /// Whether messages name columns as archives of arrays do.
    is_arrays: bool,
}

impl<'a> Columns<'a> {
    /// The dict that the root of an MMSA pickle holds under `key`, as the split of the name `split`.
    ///
    /// # Errors
    /// [`Error::Layout`] where the root is not a dict or lacks the key.
    pub fn of(path: &'a Path, root: Value<'a>, split: &'a str, key: &str) -> Result<Self> {
        let place = path.display().to_string();
        let expected = "a dict with keys train, valid and test".to_owned();
        if !root.is_dict() {
            return Err(Error::Layout {
                place,
                expected,
                found: layouts::describe_root(root),
            });
        }
        let dict = root.get(key).ok_or_else(|| Error::Layout {
            place,
            expected,
            found: layouts::describe_root(root),
        })?;
        let columns = Self::new(path, split, dict);
        if dict.is_dict() {
            Ok(columns)
        } else {
            Err(columns.layout("", "a dict of columns", layouts::describe(dict)))
        }
    }

    /// A dict of columns as the split of the name `split`.
    pub fn new(path: &'a Path, split: &'a str, dict: Value<'a>) -> Self {
        Self {
            path,
            split,
            dict,
            is_arrays: false,
        }
    }

    /// The same, with the names of arrays in messages.
    pub fn named_as_arrays(self, is_arrays: bool) -> Self {
        Self { is_arrays, ..self }
    }

    /// The name of a column in the source.
    pub fn shown<'n>(&self, column: &'n str) -> &'n str {
        let known = arrays::NAMES.iter().find(|(_, name)| *name == column);
        known
            .filter(|_| self.is_arrays)
            .map_or(column, |(name, _)| name)
    }

    /// `mosi.pkl: train` or `mosi.pkl: train/audio`.
    pub fn place(&self, column: &str) -> String {
        let slash = if column.is_empty() { "" } else { "/" };
        let column = self.shown(column);
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

    /// An error about one sample.
    pub fn sample(&self, column: &str, ids: &[String], index: usize, problem: String) -> Error {
        let id = ids.get(index).cloned();
        Error::Sample {
            place: self.place(column),
            sample: id.unwrap_or_else(|| format!("number {index}")),
            problem,
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
            .ok_or_else(|| self.missing(self.described(column)))
    }

    /// A column that is missing, with the one that may be meant.
    pub fn described(&self, column: &str) -> String {
        let names: Vec<String> = self.entries().map(|(name, _)| name).collect();
        let unknown = names.iter().filter(|name| !is_known(name));
        let near = nearest(self.shown(column), unknown.map(String::as_str));
        let mut likely = LIKELY.iter().filter(|_| column == LABELS);
        let likely = likely.find(|name| self.get(name).is_some());
        let hint = match (near, likely) {
            (Some(name), _) => format!(" ({name} is there)"),
            (None, Some(name)) => {
                format!(
                    " ({name} is there: if it is meant, name it {})",
                    self.shown(column)
                )
            }
            (None, None) => String::new(),
        };
        format!("column {}{hint}", self.shown(column))
    }

    /// Names and values of all columns, each name once.
    pub fn entries(&self) -> impl Iterator<Item = (String, Value<'a>)> {
        let dict = self.dict;
        let mut seen = std::collections::HashSet::new();
        let names = dict.entries().filter_map(|(key, _)| key.text());
        names
            .filter(move |name| seen.insert(name.clone()))
            .filter_map(move |name| dict.get(&name).map(|value| (name.into_owned(), value)))
    }

    /// An error that lists the existing columns.
    pub fn missing(&self, expected: String) -> Error {
        Error::MissingColumn {
            place: self.place(""),
            expected,
            found: {
                let keys = layouts::keys(self.dict);
                let shown: Vec<&str> = keys.split(", ").map(|key| self.shown(key)).collect();
                shown.join(", ")
            },
        }
    }

    /// Sample ids. The files of MulT and MultiBench hold several texts per sample (video, start, end),
    /// others a list or tuple of them; parts are joined with `$_$`.
    ///
    /// # Errors
    /// As [`Self::texts`].
    pub fn ids(&self, value: Value<'a>) -> Result<Vec<String>> {
        let Some(array) = value.array() else {
            return self.each(value, "id", |item| joined(item, "$_$").or(number(item)));
        };
        let objects = array.objects();
        if objects.len() > 0 && array.shape().len() == 1 {
            let ids = objects.map(|item| joined(item, "$_$").or(number(item)));
            let ids: Option<Vec<String>> = ids.collect();
            return ids.ok_or_else(|| self.layout("id", "strings", "other objects"));
        }
        if array.dtype().is_number() && array.shape().len() == 1 {
            let numbers: Vec<i64> = array.to_vec().map_err(|e| self.array("id", e))?;
            return Ok(numbers.iter().map(i64::to_string).collect());
        }
        let texts = self.texts("id", value)?;
        match array.shape()[1..].iter().product() {
            0 | 1 => Ok(texts),
            parts => Ok(texts.chunks_exact(parts).map(|id| id.join("$_$")).collect()),
        }
    }

    /// Transcripts; those that are lists of words are joined with blanks.
    ///
    /// # Errors
    /// As [`Self::texts`].
    pub fn transcripts(&self, value: Value<'a>) -> Result<Vec<String>> {
        match value.array() {
            Some(_) => self.texts("raw_text", value),
            None => self.each(value, "raw_text", |item| joined(item, " ")),
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
        self.each(value, column, |item| item.text().map(Cow::into_owned))
    }

    fn each(
        &self,
        value: Value<'a>,
        column: &str,
        text: impl Fn(Value<'a>) -> Option<String>,
    ) -> Result<Vec<String>> {
        let items = value
            .items()
            .ok_or_else(|| self.layout(column, "a list or array of strings", value.kind()))?;
        items
            .map(|item| text(item).ok_or_else(|| self.layout(column, "strings", item.kind())))
            .collect()
    }

    /// A column of one number per sample: an array of shape (N) or (N, 1), or a list of numbers or of
    /// arrays or lists of one number.
    ///
    /// # Errors
    /// [`Error::Layout`], [`Error::Array`].
    pub fn numbers(&self, column: &str, value: Value<'a>) -> Result<Vec<f64>> {
        const EXPECTED: &str = "one number per sample";
        if let Some(array) = value.array() {
            if array.shape().iter().skip(1).any(|n| *n != 1) {
                let shape = array.shape();
                let (n, kept) = match shape[1..] {
                    [n @ 2..=12] => (n, ":, 0"),
                    [1, n @ 2..=12] => (n, ":, 0, 0"),
                    _ => (0, ""),
                };
                let advice = if n > 0 && column.contains("label") {
                    format!("; of {n} columns keep the sentiment, in MOSEI's files labels[{kept}]")
                } else {
                    String::new()
                };
                return Err(self.layout(column, EXPECTED, format!("shape {shape:?}{advice}")));
            }
            if array.objects().len() > 0 {
                let numbers = array.objects().map(|item| self.number(column, item));
                return numbers.collect();
            }
            if let Some(text) = array
                .to_strings()
                .ok()
                .and_then(|texts| texts.into_iter().next())
            {
                return Err(self.layout(column, EXPECTED, as_text(&text)));
            }
            return array.to_vec().map_err(|e| self.array(column, e));
        }
        let items = value
            .items()
            .ok_or_else(|| self.layout(column, EXPECTED, value.kind()))?;
        items.map(|item| self.number(column, item)).collect()
    }

    fn number(&self, column: &str, item: Value<'a>) -> Result<f64> {
        let expected = "one number per sample";
        if let Some(number) = single(item) {
            return Ok(number);
        }
        let found = match (item.array(), item.text()) {
            (Some(array), _) => format!("an array of shape {:?}", array.shape()),
            (None, Some(text)) => as_text(&text),
            (None, None) => item.kind().to_owned(),
        };
        Err(self.layout(column, expected, found))
    }

    /// An error about an array that could not be read.
    pub fn array(&self, column: &str, reason: crate::data::pickle::Error) -> Error {
        Error::Array {
            place: self.place(column),
            reason,
        }
    }
}

/// A text in place of a number, and how to convert it.
fn as_text(text: &str) -> String {
    let text: String = text.chars().take(20).collect();
    let is_comma = text.contains(',') && text.replace(',', ".").parse::<f64>().is_ok();
    let remedy = if is_comma {
        "float(text.replace(',', '.'))"
    } else {
        "float(...)"
    };
    format!("the text {text:?}; convert it with {remedy}")
}

/// A number, or the only one in an array, list or tuple.
fn single(item: Value<'_>) -> Option<f64> {
    if let Some(array) = item.array() {
        let objects = array.objects().next();
        return match objects {
            Some(object) if array.len() == 1 => object.as_f64(),
            Some(_) => None,
            None => array.to_vec().ok().filter(|all| all.len() == 1)?.pop(),
        };
    }
    match item.items() {
        Some(mut items) if items.len() == 1 => single(items.next()?),
        Some(_) => None,
        None => item.as_f64(),
    }
}

/// A text, or the texts and whole numbers of a list, tuple or array, joined.
fn joined(item: Value<'_>, separator: &str) -> Option<String> {
    if let Some(text) = item.text() {
        return Some(text.into_owned());
    }
    if let Some(array) = item.array() {
        return array.to_strings().ok().map(|parts| parts.join(separator));
    }
    let parts = item.items()?;
    let part = |part: Value<'_>| part.text().map(Cow::into_owned).or(number(part));
    let parts: Option<Vec<String>> = parts.map(part).collect();
    Some(parts?.join(separator))
}

/// A number as text.
fn number(item: Value<'_>) -> Option<String> {
    match item.as_i64() {
        Some(number) => Some(number.to_string()),
        None => item.as_f64().map(|number| number.to_string()),
    }
}
