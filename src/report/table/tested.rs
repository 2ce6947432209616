//! Writes the note on the marks of a table: seeds, ranks, tests and the baseline, in three sentences.

use std::collections::BTreeSet;

use super::phrases::{at_baseline, epochs, seeds};
use super::{Cell, Content, Table, TableRow};
use crate::report::rows::aggregate::Aggregate;
use crate::report::rows::section::{ModelRow, Section, Tests};
use crate::report::stats::comparison::{Comparison, Pairing};
use crate::report::stats::holm::ALPHA;

/// The note under a table whose rows are the section's.
pub fn note(section: &Section, table: &Table) -> String {
    let cells = || table.numbers();
    let spread = cells().any(|c| c.content.sd().is_some());
    let mut first = seeds(section.own_rows(), spread);
    if let Some(epochs) = epochs(section.own_rows()) {
        first += &format!("; {epochs}");
    }
    if cells().any(|c| c.best) {
        first += "; bold: best of its column";
    }
    if cells().any(|c| c.second) {
        first += ", underlined: second best";
    }
    let mut note = format!("{first}.");
    let rows: Vec<&ModelRow> = section.rows.iter().collect();
    if let Some(sentence) = tests(section, table, &rows) {
        note += &format!(" {sentence}");
    }
    if cells().any(|c| c.at_baseline) {
        note += &format!(" {}", at_baseline(table));
    }
    note
}

/// The sentence on the tests of a table of these rows; `None` where there is nothing to test.
pub fn tests(section: &Section, table: &Table, rows: &[&ModelRow]) -> Option<String> {
    let comparison = match &section.tests {
        Tests::Done(comparison) => comparison,
        Tests::Skipped(reason) => return Some(reason.clone()),
    };
    let open = untested(section, comparison, table, rows);
    let tested = table.numbers().filter_map(|c| c.versus.and_then(|v| v.p));
    if tested.count() > 0 {
        let end = open.map_or(String::new(), |open| format!("; without test: {open}"));
        return Some(format!("{}{end}.", star(section, comparison)));
    }
    open.map(|open| format!("Not tested: {open}."))
}

/// The meaning of a star.
fn star(section: &Section, comparison: &Comparison) -> String {
    let others = comparison.family_size;
    let correction = match primary(section, comparison) {
        Some(primary) => format!(
            "corrected over {others} tests of this report; the primary ones, {primary}, are not corrected"
        ),
        None => format!("corrected over the {others} tests of this report"),
    };
    format!(
        "*: differs from {} on other samples and seeds with p < {ALPHA}, {correction}",
        comparison.reference.label
    )
}

/// The number that the primary tests are on: `mean 0-0.9 of MAE`.
pub fn primary(section: &Section, comparison: &Comparison) -> Option<String> {
    let metric = section.protocol.metric(comparison.plan.primary?)?;
    let aggregate = Aggregate::overall(&section.conditions);
    Some(match aggregate {
        Aggregate::At(_) => format!("{} at {}", metric.title, aggregate.title()),
        _ => format!("{} of {}", aggregate.title(), metric.title),
    })
}

/// The section's tests, if they are against this row; else a sentence on why changes from
/// it have none.
pub fn changes<'a>(section: &'a Section, full: &ModelRow) -> Result<&'a Comparison, String> {
    match &section.tests {
        Tests::Skipped(reason) => Err(reason.clone()),
        Tests::Done(comparison) => {
            let reference = comparison.reference.row.map(|row| &section.rows[row]);
            if reference.is_some_and(|reference| std::ptr::eq(reference, full)) {
                Ok(comparison)
            } else {
                Err(format!(
                    "Changes were not tested, since tests are against {}: ask with --reference {}.",
                    comparison.reference.label, full.model
                ))
            }
        }
    }
}

/// The numbers that have no test of models, and why; `None` where all have one.
fn untested(
    section: &Section,
    comparison: &Comparison,
    table: &Table,
    rows: &[&ModelRow],
) -> Option<String> {
    let reference = &comparison.reference;
    if reference.seeds < 2 {
        return Some(format!(
            "{} has one seed, and a claim about models takes two or more",
            reference.label
        ));
    }
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    let mut others: Vec<&TableRow> = Vec::new();
    for (line, row) in table.rows.iter().zip(rows) {
        let index = section.rows.iter().position(|r| std::ptr::eq(r, *row));
        let why = match index.and_then(|index| comparison.pairings.get(&index)) {
            None => continue,
            Some(Pairing::Unpaired(why)) => why,
            Some(_) if row.runs.len() < 2 => "one seed, and a claim about models takes two or more",
            Some(_) => {
                others.push(line);
                continue;
            }
        };
        match reasons.iter_mut().find(|(known, _)| *known == why) {
            Some((_, labels)) => labels.push(&line.label),
            None => reasons.push((why, vec![&line.label])),
        }
    }
    let parts = reasons
        .iter()
        .map(|(why, labels)| format!("{} ({why})", labels.join(", ")));
    let mut parts: Vec<String> = parts.collect();
    let open =
        |cell: &Cell| matches!(cell.content, Content::Number { .. }) && cell.versus.is_none();
    for (index, column) in table.columns.iter().enumerate() {
        for (place, name) in column.metrics.iter().enumerate() {
            let metric = section.protocol.metric(name).filter(|m| m.sums.is_none());
            let mut cells = others
                .iter()
                .filter_map(|row| row.cells[index].numbers().get(place));
            if let Some(metric) = metric.filter(|_| cells.any(open)) {
                parts.push(metric.title.to_string());
            }
        }
    }
    let mut seen = BTreeSet::new();
    parts.retain(|part| seen.insert(part.clone()));
    (!parts.is_empty()).then(|| parts.join(", "))
}
