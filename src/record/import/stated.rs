//! Compares what a file states of its rows besides predictions and labels with the data: split, version, fold
//! and the rates of single modalities.

use super::error::{Error, Result};
use super::input_row::{InputRow, parse_condition};
use super::roles::key;
use super::source::{Source, Values};
use crate::data::dataset::{Corpus, DatasetName, Modality, SplitName};

/// Rows a message names.
const NAMED: usize = 3;

/// What splits are called. A column of other words, such as `eval`, states no split.
const SPLITS: [(SplitName, &[&str]); 3] = [
    (SplitName::Train, &["train", "training", "trn"]),
    (
        SplitName::Valid,
        &["valid", "val", "validation", "dev", "development"],
    ),
    (SplitName::Test, &["test", "testing", "tst"]),
];

/// Columns that this program writes beside its own predictions, without a role in a file of others.
const BESIDE: [&str; 5] = ["version", "fold", "rate_text", "rate_audio", "rate_vision"];

/// Whether a heading is that of a column to be compared.
pub(super) fn is_beside(heading: &str) -> bool {
    BESIDE.contains(&&*key(heading))
}

/// Checks every statement of a file whose rows are all of test samples. What cannot be decided is a warning.
///
/// # Errors
/// [`Error::OtherSplit`], [`Error::OtherDataset`] and [`Error::OtherRate`] for rows that contradict the data or
/// themselves.
pub(super) fn check(file: &str, source: &Source, corpus: &Corpus) -> Result<Vec<String>> {
    for column in &source.splits {
        splits(file, column, &source.rows)?;
    }
    let mut warnings = Vec::new();
    for column in &source.beside {
        let name = corpus.variant();
        match &*key(&column.heading) {
            "version" => warnings.extend(version(file, column, &source.rows, (name, corpus))?),
            "fold" => warnings.extend(fold(file, column, &source.rows, (name, corpus))?),
            rate => {
                let modality = Modality::ALL
                    .into_iter()
                    .find(|m| rate.ends_with(m.as_str()));
                if let Some(modality) = modality {
                    rates(file, column, &source.rows, modality)?;
                }
            }
        }
    }
    Ok(warnings)
}

/// Checks that no row is placed in another split than test.
fn splits(file: &str, column: &Values, rows: &[InputRow]) -> Result<()> {
    let named = |text: &str| {
        let word = text.trim().to_lowercase();
        let known = SPLITS.iter().find(|(_, words)| words.contains(&&*word));
        known.map(|(split, _)| *split)
    };
    let elsewhere: Vec<String> = (rows.iter().zip(&column.values))
        .filter_map(|(row, text)| {
            let text = text.as_deref()?;
            let other = named(text).filter(|split| *split != SplitName::Test);
            other.map(|_| format!("row {}, `{}`: {text}", row.number, row.id))
        })
        .collect();
    if elsewhere.is_empty() {
        return Ok(());
    }
    Err(Error::OtherSplit {
        file: file.to_string(),
        column: column.heading.clone(),
        count: elsewhere.len(),
        total: rows.len(),
        examples: elsewhere[..elsewhere.len().min(NAMED)].join("; "),
    })
}

/// The first row whose value is none of `own`.
fn other<'a>(
    column: &'a Values,
    rows: &[InputRow],
    is_own: impl Fn(&str) -> bool,
) -> Option<(u64, &'a str)> {
    let mut pairs = rows.iter().zip(&column.values);
    pairs.find_map(|(row, text)| {
        let text = text.as_deref().map(str::trim)?;
        (!text.is_empty() && !is_own(text)).then_some((row.number, text))
    })
}

fn version(
    file: &str,
    column: &Values,
    rows: &[InputRow],
    (name, corpus): (DatasetName<'_>, &Corpus),
) -> Result<Option<String>> {
    let found = other(column, rows, |text| Some(text) == name.version);
    decide(file, column, found, name.version.is_some(), corpus)
}

fn fold(
    file: &str,
    column: &Values,
    rows: &[InputRow],
    (name, corpus): (DatasetName<'_>, &Corpus),
) -> Result<Option<String>> {
    // Columns with gaps are floats in pandas.
    let number = |text: &str| text.strip_suffix(".0").unwrap_or(text).parse::<u32>().ok();
    let found = other(column, rows, |text| {
        number(text).is_some() && number(text) == name.fold
    });
    decide(file, column, found, name.fold.is_some(), corpus)
}

/// An error for a value other than that of the data, a warning where the data have none: a column may be of
/// the model.
fn decide(
    file: &str,
    column: &Values,
    found: Option<(u64, &str)>,
    is_stated: bool,
    corpus: &Corpus,
) -> Result<Option<String>> {
    match found {
        None => Ok(None),
        Some((row, found)) if is_stated => Err(Error::OtherDataset {
            file: file.to_string(),
            row,
            column: column.heading.clone(),
            found: found.to_string(),
            dataset: corpus.name().to_string(),
            remedy: "or remove the column",
        }),
        Some((row, found)) => Ok(Some(format!(
            "row {row}: column `{}` is `{found}`, but the data are {}, which has none: predictions are taken to be \
             of these data; remove the column if it is about the model",
            column.heading,
            corpus.name()
        ))),
    }
}

/// Checks that the rate of a modality is that of the condition.
fn rates(file: &str, column: &Values, rows: &[InputRow], modality: Modality) -> Result<()> {
    for (row, text) in rows.iter().zip(&column.values) {
        let stated = text.as_deref().and_then(parse_condition);
        let Some(rate) = stated.and_then(|condition| condition.rate()) else {
            continue;
        };
        if rate != row.condition.of(modality) {
            return Err(Error::OtherRate {
                file: file.to_string(),
                row: row.number,
                column: column.heading.clone(),
                rate: rate.to_string(),
                condition: row.condition.to_string(),
            });
        }
    }
    Ok(())
}
