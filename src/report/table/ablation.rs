//! Variants of one model side by side: each number, and what the change costs.

use super::build::heading;
use super::mark::{correct, mark_floors};
use super::notes::{at_floor, selected};
use super::tested::ALPHA;
use super::{Cell, Column, Content, Line, Table, Versus, reason, tested};
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
    let against = tested::changes(section, full);
    let show = Show {
        section,
        full,
        reading: &reading,
        tested: against.is_ok(),
    };
    let mut reasons = Vec::new();
    let mut table = Table {
        id: format!("{}-ablation-{}", section.slug, slug(of)),
        title: format!("{}: variants of {}", section.title, full.label),
        stub: "variant".to_string(),
        columns: columns.collect(),
        rows: rows
            .iter()
            .map(|row| show.line(row, &mut reasons))
            .collect(),
        masks: section.masks(),
        reference: Some(full.ids_at(&reading.levels())),
        reasons,
        notes: vec![format!(
            "{}; change: less the number of {}. -: not evaluated, or no change.",
            reading.title(),
            full.label
        )],
    };
    correct(&mut table);
    mark_floors(&mut table);
    mark_changes(&mut table);
    table.notes.extend(match against {
        Ok(comparison) => tested::of_changes(section, comparison, &table),
        Err(why) => vec![why],
    });
    if table.rows.iter().flat_map(|r| &r.cells).any(|c| c.at_floor) {
        table.notes.push(at_floor());
    }
    table.notes.extend(selected(section));
    Some(table)
}

/// A change that is more than chance stands out.
fn mark_changes(table: &mut Table) {
    for cell in table.rows.iter_mut().flat_map(|r| &mut r.cells) {
        let sure = cell.versus.is_some_and(|v| v.p < ALPHA);
        (cell.best, cell.significant) = (sure, sure);
    }
}

/// What the cells are made of.
struct Show<'a> {
    section: &'a Section,
    /// The unchanged model.
    full: &'a Row,
    reading: &'a Reading,
    /// Whether the section's tests are against the unchanged model.
    tested: bool,
}

impl Show<'_> {
    fn line(&self, row: &Row, reasons: &mut Vec<String>) -> Line {
        let metrics = self.section.metrics.iter();
        Line {
            block: String::new(),
            label: row.label.clone(),
            floor: row.floor,
            cells: metrics
                .flat_map(|metric| self.cells(row, metric, reasons))
                .collect(),
        }
    }

    /// The number of a row, and its change.
    fn cells(&self, row: &Row, metric: &'static Metric, reasons: &mut Vec<String>) -> [Cell; 2] {
        let outcome = |row: &Row| self.reading.outcome(&row.runs, metric.name);
        let origin = |row: &Row| row.origin(self.reading.levels());
        let number = |value: f64, sd: Option<f64>| Content::Number {
            value: value * metric.scale(),
            sd: sd.map(|sd| sd * metric.scale()),
            decimals: metric.decimals,
        };
        let mut undefined = |why: &str| Content::Undefined {
            reason: reason(reasons, format!("Undefined: {why}.")),
        };
        let own = match outcome(row) {
            Outcome::Known(summary) => number(summary.mean, summary.sd),
            Outcome::Undefined(why) => undefined(&why),
            Outcome::Missing => Content::Missing,
        };
        let same = std::ptr::eq(row, self.full) || row.floor;
        let change = match (outcome(row), outcome(self.full)) {
            _ if same => Content::Missing,
            (Outcome::Known(own), Outcome::Known(full)) => number(own.mean - full.mean, None),
            (Outcome::Missing, _) | (_, Outcome::Missing) => Content::Missing,
            (Outcome::Undefined(why), _) | (_, Outcome::Undefined(why)) => undefined(&why),
        };
        let mut change = Cell::new(change, origin(row).against(&origin(self.full)));
        if let (true, Content::Number { .. }) = (self.tested, &change.content) {
            change.versus = self.test(row, metric);
        }
        [Cell::new(own, origin(row)), change]
    }

    fn test(&self, row: &Row, metric: &'static Metric) -> Option<Versus> {
        let mut rows = self.section.rows.iter();
        let place = rows.position(|other| std::ptr::eq(other, row))?;
        let found = self
            .section
            .comparison()?
            .find(place, metric.name, self.reading)?;
        Some(Versus::of(&found.test?, metric))
    }
}
