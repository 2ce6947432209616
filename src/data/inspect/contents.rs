//! Reads the columns of an MMSA pickle, split by split.

use std::borrow::Cow;

use super::picture;
use super::scan::{Scan, scan};
use crate::data::pickle::{self, ArrayRef, ElementKind, Pickle, Shared, Value};

/// Most bytes of texts that are read in a column.
const TEXTS: usize = 64 << 20;

/// One column of one split.
pub struct Column<'a> {
    pub name: &'a str,
    /// Number of samples, if the column has a length.
    pub samples: Option<usize>,
    pub array: Option<ArrayRef<'a>>,
    pub scan: Option<Scan>,
    /// One number per sample, if the column has that form.
    pub numbers: Option<Vec<f64>>,
    /// One text per sample, if the column has that form.
    pub texts: Option<Vec<String>>,
}

/// One split.
pub struct Split<'a> {
    pub name: &'a str,
    pub columns: Vec<Column<'a>>,
}

impl<'a> Split<'a> {
    pub fn column(&self, name: &str) -> Option<&Column<'a>> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The id of a sample.
    pub fn id(&self, sample: usize) -> Option<&str> {
        let ids = self.column("id")?.texts.as_ref()?;
        ids.get(sample).map(String::as_str)
    }
}

/// All splits: the dicts in the root dict.
pub struct Contents<'a> {
    pub splits: Vec<Split<'a>>,
}

impl<'a> Contents<'a> {
    pub fn read(
        pickle: &'a Pickle,
        scans: &mut Shared<Option<Scan>>,
    ) -> Result<Self, pickle::Error> {
        let mut splits = Vec::new();
        for (name, columns) in pickle.root().entries() {
            let (Some(Cow::Borrowed(name)), true) = (name.text(), columns.is_dict()) else {
                continue;
            };
            let mut split = Split {
                name,
                columns: Vec::new(),
            };
            for (name, value) in columns.entries() {
                if let Some(Cow::Borrowed(name)) = name.text() {
                    split.columns.push(column(name, value, scans)?);
                }
            }
            splits.push(split);
        }
        Ok(Self { splits })
    }

    /// Lengths, labels and first texts, one line each.
    pub fn lines(&self) -> Vec<String> {
        self.splits
            .iter()
            .flat_map(|split| split.columns.iter().map(move |column| (split, column)))
            .filter_map(|(split, column)| {
                let line = line(column)?;
                Some(format!("{}/{}: {line}", split.name, column.name))
            })
            .collect()
    }
}

fn line(column: &Column<'_>) -> Option<String> {
    if let Some(numbers) = &column.numbers {
        return match column.name {
            name if name.ends_with("_lengths") => picture::lengths(numbers),
            name if name.contains("regression_label") => Some(picture::labels(numbers)),
            name if name.contains("label") => {
                let values: Vec<String> = numbers.iter().map(f64::to_string).collect();
                picture::classes(&values)
            }
            _ => None,
        };
    }
    let texts = column.texts.as_ref()?;
    match column.name {
        "raw_text" => texts.first().map(|text| picture::shortened(text)),
        "id" => texts
            .first()
            .map(|text| format!("{}, ...", picture::shortened(text))),
        _ => picture::classes(texts),
    }
}

fn column<'a>(
    name: &'a str,
    value: Value<'a>,
    scans: &mut Shared<Option<Scan>>,
) -> Result<Column<'a>, pickle::Error> {
    let array = value.array();
    let scan = array.map(|array| scans.get(array, scan)).transpose()?;
    let samples = match array {
        Some(array) => array.shape().first().copied(),
        None => value.items().map(|items| items.len()),
    };
    Ok(Column {
        name,
        samples,
        array,
        scan: scan.flatten(),
        numbers: numbers(value),
        texts: texts(value),
    })
}

fn numbers(value: Value<'_>) -> Option<Vec<f64>> {
    match value.array() {
        Some(array) => {
            let one = array.shape().iter().skip(1).all(|size| *size == 1);
            let plain = array.dtype().is_number() && !array.shape().is_empty();
            (one && plain).then(|| array.to_vec().ok()).flatten()
        }
        None => value.items()?.map(Value::as_f64).collect(),
    }
}

fn texts(value: Value<'_>) -> Option<Vec<String>> {
    match value.array() {
        Some(array) => {
            let kind = array.dtype().kind;
            let text = matches!(
                kind,
                ElementKind::Unicode | ElementKind::Bytes | ElementKind::Object
            );
            let few = array.len().saturating_mul(array.dtype().size) <= 16 * TEXTS;
            (text && few).then(|| array.to_strings().ok()).flatten()
        }
        None => {
            let mut left = TEXTS;
            value
                .items()?
                .map(|item| {
                    let text = item.as_str()?;
                    left = left.checked_sub(text.len())?;
                    Some(text.to_owned())
                })
                .collect()
        }
    }
}
