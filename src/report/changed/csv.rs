//! Renders the samples that change most as CSV, at full precision.

use super::Changed;
use super::table::id;
use crate::report::error::{Result, render};
use crate::report::rows::section::Section;
use crate::report::table::TABLES;

/// Names of the columns; the first ones are those of `scores.csv`.
const COLUMNS: [&str; 13] = [
    "dataset",
    "model",
    "title",
    "configuration",
    "mask_protocol",
    "id",
    "truth",
    "condition_from",
    "condition_to",
    "prediction_from",
    "prediction_to",
    "change",
    "words",
];

/// For error messages.
const NAME: &str = "the CSV of samples that change most";

/// Path within the report and bytes.
///
/// # Errors
/// If a line cannot be written, which is a bug.
pub fn file(section: &Section, changed: &Changed) -> Result<(String, Vec<u8>)> {
    let mut out = ::csv::Writer::from_writer(Vec::new());
    out.write_record(COLUMNS).map_err(render(NAME))?;
    let [from, to] = changed.conditions.map(|condition| condition.to_string());
    for own in &changed.rows {
        let row = &section.rows[own.row];
        let Some(run) = row.runs.first() else {
            continue;
        };
        for change in &own.changes {
            out.write_record([
                &run.manifest.dataset.name,
                &row.model,
                &row.label,
                &row.configuration,
                &run.mask.mask_protocol,
                &change.id,
                &change.truth.to_string(),
                &from,
                &to,
                &change.from.to_string(),
                &change.to.to_string(),
                &change.change().to_string(),
                changed.words.of_sample(&change.id),
            ])
            .map_err(render(NAME))?;
        }
    }
    let path = format!("{TABLES}/{}.csv", id(section));
    Ok((path, out.into_inner().map_err(render(NAME))?))
}
