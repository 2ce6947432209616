//! Describes the tests of a table: the star, what has no test, and why.

use super::phrases::{all, phrase};
use super::{Cell, Content, Table, TableRow};
use crate::metric::Metric;
use crate::report::rows::aggregate::Aggregate;
use crate::report::rows::row::ModelRow;
use crate::report::rows::section::{Section, Tests};
use crate::report::stats::comparison::{Comparison, Pairing};
use crate::report::stats::holm::ALPHA;

/// Phrases on the tests of a table of these rows: what a star means, and which rows have no test.
pub fn tests(section: &Section, table: &Table, rows: &[&ModelRow]) -> Vec<String> {
    let comparison = match &section.tests {
        Tests::Done(comparison) => comparison,
        Tests::Skipped(reason) => return vec![phrase(reason)],
    };
    let mut tested = table.numbers().filter_map(|c| c.versus.and_then(|v| v.p));
    let star = tested.next().map(|_| star(section, comparison));
    star.into_iter()
        .chain(untested(section, comparison, rows))
        .collect()
}

/// The meaning of a star.
fn star(section: &Section, comparison: &Comparison) -> String {
    let label = &comparison.reference.label;
    let others = comparison.family_size;
    // Without the conditions of its mean, so that sections have one legend.
    let metric = comparison.plan.primary;
    let metric = metric.and_then(|name| section.protocol.metric(name));
    let primary = metric.map_or(String::new(), |metric| {
        format!("; the primary test, of {}, is not corrected", metric.title)
    });
    format!(
        "*: differs from {label} with p < {ALPHA} over other samples and seeds (Holm's correction for the {others} tests of \
         the whole report, shown or not{primary})"
    )
}

/// The number that the primary tests are on: `MAE (mean 0-0.9)`.
pub fn primary(section: &Section, comparison: &Comparison) -> Option<String> {
    let metric = section.protocol.metric(comparison.plan.primary?)?;
    let aggregate = Aggregate::overall(&section.conditions);
    Some(match aggregate {
        Aggregate::At(_) => format!("{} at {}", metric.title, aggregate.title()),
        _ => format!("{} ({})", metric.title, aggregate.title()),
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

/// The rows that have no test of models, by the reason.
fn untested(section: &Section, comparison: &Comparison, rows: &[&ModelRow]) -> Vec<String> {
    let reference = &comparison.reference;
    if reference.seeds < 2 {
        return vec![format!(
            "no test of models, since {} has one seed: such a test needs two of each model",
            reference.label
        )];
    }
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    for row in rows {
        let why = match pairing(section, comparison, row) {
            Some(Pairing::Unpaired(why)) => why,
            Some(_) if row.runs.len() < 2 => "one seed, and a test of models needs two",
            _ => continue,
        };
        match reasons.iter_mut().find(|(known, _)| *known == why) {
            Some((_, labels)) => labels.push(&row.label),
            None => reasons.push((why, vec![&row.label])),
        }
    }
    let reasons = reasons.iter();
    let reasons = reasons.map(|(why, labels)| format!("not tested: {} ({why})", all(labels)));
    reasons
        .chain(without_samples(section, comparison, rows))
        .collect()
}

/// Metrics of single rows that have a difference and no test at some conditions: predictions that are nearly all
/// equal have no correlation once a sample is left out.
fn without_samples(
    section: &Section,
    comparison: &Comparison,
    rows: &[&ModelRow],
) -> Option<String> {
    let aggregates = Aggregate::all(&section.conditions);
    let open = |index: usize, metric: &Metric| {
        let mut results = aggregates
            .iter()
            .filter_map(|aggregate| comparison.find(index, metric.name, aggregate)?.test);
        metric.sums.is_some() && results.any(|test| test.models.is_none())
    };
    let several = rows.iter().filter(|row| row.runs.len() > 1);
    let found = several.filter_map(|row| {
        let index = section.rows.iter().position(|r| std::ptr::eq(r, *row))?;
        let metrics = section.metrics.iter().filter(|metric| open(index, metric));
        let titles: Vec<&str> = metrics.map(|metric| metric.title).collect();
        (!titles.is_empty()).then(|| format!("{} of {}", all(&titles), row.label))
    });
    let found: Vec<String> = found.collect();
    let found: Vec<&str> = found.iter().map(String::as_str).collect();
    (!found.is_empty()).then(|| {
        format!(
            "not tested: {} at conditions where nearly all predictions are equal, and over all conditions",
            all(&found)
        )
    })
}

fn pairing<'a>(
    section: &Section,
    comparison: &'a Comparison,
    row: &ModelRow,
) -> Option<&'a Pairing> {
    let index = section.rows.iter().position(|r| std::ptr::eq(r, row))?;
    comparison.pairings.get(&index)
}

/// A sentence on the metrics of a table that have no test, in rows that have some.
pub fn untested_metrics(section: &Section, table: &Table, rows: &[&ModelRow]) -> Option<String> {
    let comparison = section.comparison().filter(|c| c.reference.seeds > 1)?;
    let paired = |row: &ModelRow| match pairing(section, comparison, row) {
        None | Some(Pairing::Unpaired(_)) => false,
        Some(_) => row.runs.len() > 1,
    };
    let lines = table.rows.iter().zip(rows);
    let lines: Vec<&TableRow> = lines
        .filter(|(_, row)| paired(row))
        .map(|(line, _)| line)
        .collect();
    let open =
        |cell: &Cell| matches!(cell.content, Content::Number { .. }) && cell.versus.is_none();
    let mut found: Vec<&str> = Vec::new();
    for (index, column) in table.columns.iter().enumerate() {
        for (place, name) in column.metrics.iter().enumerate() {
            let metric = section.protocol.metric(name).filter(|m| m.sums.is_none());
            let mut cells = lines
                .iter()
                .filter_map(|row| row.cells[index].numbers().get(place));
            let open = metric.filter(|m: &&Metric| !found.contains(&m.title) && cells.any(open));
            found.extend(open.map(|metric| metric.title));
        }
    }
    (!found.is_empty()).then(|| {
        format!(
            "Not tested: {}, which no sum over samples gives.",
            all(&found)
        )
    })
}
