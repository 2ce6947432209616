//! Reads the list of known errors in published tables.

use serde::Deserialize;

use crate::published::parse::{ParsedCell, ParsedCondition, names};

/// An error in one or more cells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownError {
    /// File name of the table without its ending; `None`: every table.
    table: Option<String>,
    dataset: Option<String>,
    method: Option<String>,
    metric: Option<String>,
    /// As printed: a rate, missing modalities, `mean`.
    condition: Option<String>,
    pub kind: Kind,
    /// The right number, where it is known.
    pub correct: Option<String>,
    pub found_by: FoundBy,
    /// What is wrong, in short.
    pub note: String,
}

/// What happened to a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Another number was meant.
    Typing,
    /// The number belongs to another cell.
    Copied,
    /// F1 with the arguments exchanged.
    Swapped,
    /// An overall number that is not the mean of its parts, or that of wrong ones.
    Mean,
}

/// Who found it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FoundBy {
    /// The authors, in a corrigendum.
    Authors,
    /// This project, from the table itself.
    Found,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    table: String,
    dataset: String,
    method: String,
    metric: String,
    condition: String,
    kind: Kind,
    correct: Option<String>,
    found_by: FoundBy,
    note: String,
}

/// The errors of a `known-errors.csv`, first line first.
///
/// # Errors
/// As the csv crate gives them.
pub(super) fn parse(text: &str) -> csv::Result<Vec<KnownError>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let lines = reader.deserialize::<Line>();
    lines.map(|line| line.map(KnownError::from)).collect()
}

impl From<Line> for KnownError {
    fn from(line: Line) -> Self {
        let any = |text: String| (text != "*").then_some(text);
        Self {
            table: any(line.table),
            dataset: any(line.dataset),
            method: any(line.method),
            metric: any(line.metric),
            condition: any(line.condition),
            kind: line.kind,
            correct: line.correct.filter(|c| !c.is_empty()),
            found_by: line.found_by,
            note: line.note,
        }
    }
}

impl KnownError {
    /// Whether it is about this cell of the table of this name.
    pub fn holds_for(&self, table: &str, cell: &ParsedCell) -> bool {
        let is =
            |wanted: &Option<String>, found: &str| wanted.as_deref().is_none_or(|w| w == found);
        is(&self.table, table)
            && is(&self.dataset, &cell.dataset)
            && is(&self.metric, cell.metric.name)
            && self
                .method
                .as_deref()
                .is_none_or(|m| names::same(m, &cell.method))
            && self
                .condition
                .as_deref()
                .is_none_or(|l| condition(l, &cell.condition))
    }
}

fn condition(wanted: &str, found: &ParsedCondition) -> bool {
    match (wanted, found) {
        ("mean", condition) => condition.is_mean(),
        (letters, ParsedCondition::Missing(found)) => letters == found,
        (rate, condition) => {
            rate.parse().ok().and_then(ParsedCondition::rate).as_ref() == Some(condition)
        }
    }
}
