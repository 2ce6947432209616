//! Builds the table of the samples that change most: ten rows per model.

use super::{Change, Changed, SHOWN};
use crate::report::origin::Origin;
use crate::report::rows::condition;
use crate::report::rows::section::Section;
use crate::report::table::build::synthetic;
use crate::report::table::{Cell, Column, Content, Table, TableRow};

/// Decimals of labels and predictions.
const DECIMALS: usize = 3;

/// The table of a section.
pub fn table(section: &Section, changed: &Changed) -> Table {
    let rows = changed.rows.iter().flat_map(|own| {
        let row = &section.rows[own.row];
        let origin = row.origin(changed.conditions.to_vec());
        let changes = own.changes.iter();
        changes.map(move |change| TableRow {
            block: row.label.clone(),
            label: change.id.clone(),
            baseline: false,
            cells: cells(change, changed.words.of_sample(&change.id), &origin),
        })
    });
    let [_, high] = changed.conditions;
    let note = format!(
        "The {SHOWN} samples of each model with the largest absolute change of the prediction; predictions are means \
         over seeds and mask seeds. At full precision in tables/{}.csv.",
        id(section)
    );
    Table {
        id: id(section),
        title: format!(
            "{}: samples whose prediction changes most from complete data to {}{}",
            section.title,
            condition::heading(high),
            synthetic(section)
        ),
        stub: "sample".to_string(),
        columns: columns(changed),
        rows: rows.collect(),
        masks: section.masks(),
        reference: None,
        reasons: Vec::new(),
        legend: Vec::new(),
        notes: std::iter::once(note).chain(changed.words.notes()).collect(),
    }
}

/// Id of the table, and name of the file of its numbers.
pub(super) fn id(section: &Section) -> String {
    format!("{}-changed", section.slug)
}

fn cells(change: &Change, words: &str, origin: &Origin) -> Vec<Cell> {
    let label = f64::from(change.truth);
    let numbers = [label, change.from, change.to, change.change()];
    let numbers = numbers.map(|value| Content::Number {
        value,
        sd: None,
        decimals: DECIMALS,
    });
    let words = if words.is_empty() {
        Content::Missing
    } else {
        Content::Text {
            text: words.to_string(),
            note: None,
        }
    };
    let contents = numbers.into_iter().chain([words]);
    contents
        .map(|content| Cell::new(content, origin.clone()))
        .collect()
}

fn columns(changed: &Changed) -> Vec<Column> {
    let [_, high] = changed.conditions;
    let columns = [
        ("label".to_string(), "label"),
        ("complete".to_string(), "complete"),
        (condition::heading(high), "masked"),
        ("change".to_string(), "change"),
        ("words".to_string(), "words"),
    ];
    let column = |(title, name): (String, &str)| Column {
        group: String::new(),
        title,
        name: name.to_string(),
        metrics: Vec::new(),
        higher_is_better: true,
    };
    columns.map(column).to_vec()
}
