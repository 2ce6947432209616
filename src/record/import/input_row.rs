//! Parses one prediction of a file, CSV or Parquet.

use super::error::{Error, Result};
use crate::mask::Condition;

/// The columns a file may have; the first four it must have.
pub(super) const COLUMNS: [&str; 7] = [
    "id",
    "rate",
    "seed",
    "prediction",
    "model",
    "mask_protocol",
    "mask_seed",
];

/// One prediction as the file has it.
#[derive(Clone, Debug, PartialEq)]
pub struct InputRow {
    /// Line of a CSV file, or row of a Parquet file; from 1.
    pub number: u64,
    pub id: String,
    pub condition: Condition,
    pub seed: u64,
    pub prediction: f32,
    pub model: Option<String>,
    pub mask_protocol: Option<String>,
    pub mask_seed: Option<u64>,
}

/// The texts of one row, in the order of [`COLUMNS`].
pub(super) type Texts = [Option<String>; 7];

/// The columns of a file.
pub(super) struct Columns {
    /// The index of each of [`COLUMNS`] among the headings.
    pub indices: [Option<usize>; 7],
    /// [`COLUMNS`], the condition by the name that the file has for it.
    names: [&'static str; 7],
}

/// Finds [`COLUMNS`] among the headings. The condition is in a column `rate` or `condition`.
pub(super) fn find_columns(file: &str, headings: &[String]) -> Result<Columns> {
    let index = |name: &str| headings.iter().position(|h| h.eq_ignore_ascii_case(name));
    let name = |name| match name {
        "rate" if index(name).is_none() => "condition",
        _ => name,
    };
    let names = COLUMNS.map(name);
    let indices = names.map(index);
    if indices[..4].iter().all(Option::is_some) {
        Ok(Columns { indices, names })
    } else {
        Err(Error::Columns {
            file: file.to_string(),
            found: headings.join(", "),
        })
    }
}

/// A row from its texts.
pub(super) fn row(file: &str, columns: &Columns, number: u64, texts: Texts) -> Result<InputRow> {
    let wrong = |column: usize, expected: &'static str, found: &str| Error::Cell {
        file: file.to_string(),
        row: number,
        column: columns.names[column],
        expected,
        found: found.to_string(),
    };
    let must = |column: usize, expected| {
        texts[column]
            .as_deref()
            .ok_or_else(|| wrong(column, expected, ""))
    };
    let condition = must(1, "a condition")?;
    let seed = must(2, "a whole number")?;
    let prediction = must(3, "a number")?;
    let mask_seed = texts[6]
        .as_deref()
        .map(|t| whole(t).ok_or_else(|| wrong(6, "a whole number", t)));
    Ok(InputRow {
        number,
        id: must(0, "a sample id")?.to_string(),
        condition: parse_condition(condition)
            .ok_or_else(|| wrong(1, "a condition such as 0.5 or LA", condition))?,
        seed: whole(seed).ok_or_else(|| wrong(2, "a whole number", seed))?,
        prediction: prediction
            .parse()
            .map_err(|_| wrong(3, "a number", prediction))?,
        model: texts[4].clone(),
        mask_protocol: texts[5].clone(),
        mask_seed: mask_seed.transpose()?,
    })
}

/// A condition by name, or a rate as other tools compute it (`0.30000000000000004`).
fn parse_condition(text: &str) -> Option<Condition> {
    match text.parse::<f64>() {
        Ok(rate) => Condition::of_number(rate),
        Err(_) => text.parse().ok(),
    }
}

/// A whole number, also in the form of a float column (`1111.0`).
fn whole(text: &str) -> Option<u64> {
    text.strip_suffix(".0").unwrap_or(text).parse().ok()
}
