//! Variants of one model side by side: each number, and what the change costs.

use super::build::heading;
use super::mark::mark_floors;
use super::notes::at_floor;
use super::{Cell, Column, Content, Line, Table};
use crate::metric::{Direction, Metric};
use crate::report::run::reading::{Outcome, Reading};
use crate::report::run::section::{Row, Section, slug};

/// A table per model with several variants: `model` and `model:change`, or one model under several
/// configurations.
pub fn tables(section: &Section) -> Vec<Table> {
    let mut bases: Vec<&str> = section.own_rows().filter(|r| !r.floor).map(base).collect();
    bases.sort_unstable();
    bases.dedup();
    bases
        .into_iter()
        .filter_map(|base| table(section, base))
        .collect()
}

/// The model a variant is of: its name up to the colon.
fn base(row: &Row) -> &str {
    row.model.split(':').next().unwrap_or(&row.model)
}

fn table(section: &Section, of: &str) -> Option<Table> {
    let rows = section.own_rows().filter(|r| base(r) == of && !r.floor);
    let mut rows: Vec<&Row> = rows.collect();
    if rows.len() < 2 {
        return None;
    }
    // The unchanged model first, then in the section's order.
    rows.sort_by_key(|r| (r.model != of, !r.configuration.is_empty()));
    rows.extend(section.rows.iter().filter(|r| r.floor));
    let reading = Reading::mean(&section.levels);
    let columns = section.metrics.iter().flat_map(|metric| {
        let column = |title: &str, name: String| Column {
            group: heading(metric),
            title: title.to_string(),
            name,
            metrics: vec![metric.name],
            higher_is_better: metric.direction == Direction::HigherIsBetter,
        };
        let change = format!("{}_change", metric.name);
        [
            column("value", metric.name.to_string()),
            column("change", change),
        ]
    });
    let full = rows[0];
    let line = |row: &&Row| Line {
        block: String::new(),
        label: row.label.clone(),
        floor: row.floor,
        cells: section
            .metrics
            .iter()
            .flat_map(|metric| cells(row, full, metric, &reading))
            .collect(),
    };
    let mut table = Table {
        id: format!("{}-ablation-{}", section.slug, slug(of)),
        title: format!("{}: variants of {}", section.title, full.label),
        stub: "variant".to_string(),
        columns: columns.collect(),
        rows: rows.iter().map(line).collect(),
        masks: section.masks(),
        reference: Some(full.ids_at(&reading.levels())),
        reasons: Vec::new(),
        notes: vec![format!(
            "{}; change: less the number of {}. -: undefined or not evaluated.",
            reading.title(),
            full.label
        )],
    };
    mark_floors(&mut table);
    let mut cells = table.rows.iter().flat_map(|r| &r.cells);
    if cells.any(|c| c.at_floor) {
        table.notes.push(at_floor());
    }
    Some(table)
}

fn cells(row: &Row, full: &Row, metric: &Metric, reading: &Reading) -> [Cell; 2] {
    let mean = |row: &Row| match reading.outcome(&row.runs, metric.name) {
        Outcome::Known(summary) => Some((summary.mean * metric.scale(), summary.sd)),
        _ => None,
    };
    let number = |value: Option<f64>, sd: Option<f64>| match value {
        Some(value) => Content::Number {
            value,
            sd: sd.map(|sd| sd * metric.scale()),
            decimals: metric.decimals,
        },
        None => Content::Missing,
    };
    let own = mean(row);
    let change = own.zip(mean(full)).map(|((own, _), (full, _))| own - full);
    let change = change.filter(|_| !std::ptr::eq(row, full) && !row.floor);
    let origin = |row: &Row| row.origin(reading.levels());
    [
        Cell::new(number(own.map(|o| o.0), own.and_then(|o| o.1)), origin(row)),
        Cell::new(number(change, None), origin(row).against(&origin(full))),
    ]
}
