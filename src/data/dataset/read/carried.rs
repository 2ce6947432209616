//! Reads columns that are stored without interpretation.

use super::columns::Columns;
use super::known_columns::{is_known, is_read};
use crate::data::dataset::error::{Error, Result};
use crate::data::pickle::Value;

/// A column that is stored unchanged, one value per sample.
pub enum Carried {
    Texts(Vec<String>),
    Numbers(Vec<f64>),
}

/// A column's name and values.
pub type Named = (String, Carried);

/// Columns of one value per sample that this program does not use, and the names of ignored columns.
///
/// # Errors
/// [`Error::Layout`] or [`Error::Rows`] for a known column of another form.
pub fn read<'a>(columns: &Columns<'a>, samples: usize) -> Result<(Vec<Named>, Vec<String>)> {
    let (mut carried, mut ignored) = (Vec::new(), Vec::new());
    for (name, value) in columns.entries() {
        if is_read(&name) {
            continue;
        }
        let known = is_known(&name);
        match per_sample(columns, &name, value) {
            Ok(column) if column.len() == samples && is_plain(&name) => {
                carried.push((name, column));
            }
            Ok(column) if known => return Err(rows_differ(columns, &name, column.len(), samples)),
            Err(error) if known => return Err(error),
            _ => ignored.push(format!("{}/{name} ({})", columns.split, value.kind())),
        }
    }
    Ok((carried, ignored))
}

/// Whether an HDF5 dataset can have this name.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && !name.contains(['/', '\0']) && name != "."
}

fn per_sample<'a>(columns: &Columns<'a>, name: &str, value: Value<'a>) -> Result<Carried> {
    match columns.numbers(name, value) {
        Ok(numbers) => Ok(Carried::Numbers(numbers)),
        Err(_) => columns.texts(name, value).map(Carried::Texts),
    }
}

impl Carried {
    fn len(&self) -> usize {
        match self {
            Self::Texts(texts) => texts.len(),
            Self::Numbers(numbers) => numbers.len(),
        }
    }
}

/// An error about a column that does not have one entry per sample.
pub fn rows_differ(columns: &Columns<'_>, column: &str, rows: usize, samples: usize) -> Error {
    Error::Rows {
        place: columns.place(""),
        column: columns.shown(column).to_owned(),
        rows,
        other: columns.shown("id").to_owned(),
        other_rows: samples,
    }
}
