//! Builds the tables of details: all metrics, and one metric with its intervals.

use super::{DetailRow, Number};
use crate::metric::Metric;
use crate::report::rows::aggregate::SeedSummary;
use crate::report::rows::section::Section;
use crate::report::table::build::{heading, synthetic};
use crate::report::table::{Cell, Column, Content, Table, TableRow, reason};

/// What the tables of some details share.
pub struct DetailTables<'a> {
    pub section: &'a Section,
    pub rows: &'a [DetailRow],
    /// Second part of the tables' ids.
    pub id: &'a str,
    /// What the numbers are, for titles.
    pub what: &'a str,
    /// Header of the column of parts.
    pub stub: &'a str,
    pub notes: Vec<String>,
}

impl DetailTables<'_> {
    /// The table of every metric, then that of the metric of the primary tests with its intervals; none
    /// where there are no details.
    pub fn tables(&self) -> Vec<Table> {
        if self.rows.is_empty() {
            return Vec::new();
        }
        let with_intervals = shown_metric(self.section).map(|metric| self.with_intervals(metric));
        std::iter::once(self.all_metrics())
            .chain(with_intervals)
            .collect()
    }

    fn all_metrics(&self) -> Table {
        let metrics = &self.section.metrics;
        let column = |metric: &&'static Metric| column(heading(metric), metric.name, metric);
        let columns = metrics.iter().map(column).collect();
        let cells = |row: &DetailRow, reasons: &mut Vec<String>| {
            let cell = |metric: &&'static Metric| cell(row, metric, reasons);
            metrics.iter().map(cell).collect()
        };
        self.table(self.id.to_string(), self.what, columns, cells)
    }

    fn with_intervals(&self, metric: &'static Metric) -> Table {
        let columns = vec![
            column(heading(metric), metric.name, metric),
            column("95 % from".to_string(), "low", metric),
            column("to".to_string(), "high", metric),
        ];
        let cells = |row: &DetailRow, reasons: &mut Vec<String>| {
            let cell = cell(row, metric, reasons);
            let ends = match (cell.interval, &cell.content) {
                (Some(interval), _) => interval.map(|value| Content::Number {
                    value,
                    sd: None,
                    decimals: metric.decimals,
                }),
                (None, Content::Number { .. }) => std::array::from_fn(|_| no_interval(reasons)),
                (None, other) => std::array::from_fn(|_| other.clone()),
            };
            let ends = ends.map(|content| Cell::new(content, cell.origin.clone()));
            std::iter::once(cell).chain(ends).collect()
        };
        let what = format!("{}, {}", self.what, metric.title);
        self.table(format!("{}-primary", self.id), &what, columns, cells)
    }

    fn table(
        &self,
        id: String,
        what: &str,
        columns: Vec<Column>,
        cells: impl Fn(&DetailRow, &mut Vec<String>) -> Vec<Cell>,
    ) -> Table {
        let section = self.section;
        let mut reasons = Vec::new();
        let line = |row: &DetailRow| TableRow {
            block: section.rows[row.row].label.clone(),
            label: row.part.clone(),
            baseline: false,
            cells: cells(row, &mut reasons),
        };
        Table {
            rows: self.rows.iter().map(line).collect(),
            id: format!("{}-{id}", section.slug),
            title: format!("{}: {what}{}", section.title, synthetic(section)),
            stub: self.stub.to_string(),
            columns,
            masks: section.masks(),
            reference: None,
            reasons,
            legend: Vec::new(),
            notes: self.notes.clone(),
        }
    }
}

/// The metric that tables with intervals show: that of the primary tests where it is shown, else the first.
fn shown_metric(section: &Section) -> Option<&'static Metric> {
    let primary = section.comparison().and_then(|c| c.plan.primary);
    let primary = primary.unwrap_or_else(|| section.protocol.selection_metric().name);
    let mut metrics = section.metrics.iter();
    let first = section.metrics.first();
    metrics.find(|m| m.name == primary).or(first).copied()
}

/// The cell of a metric of a detail.
pub fn cell(row: &DetailRow, metric: &'static Metric, reasons: &mut Vec<String>) -> Cell {
    let number = row.numbers.get(metric.name);
    let content = match number.map(|number| &number.over_seeds) {
        Some(SeedSummary::Known(summary)) => Content::Number {
            value: summary.mean * metric.scale(),
            sd: summary.sd.map(|sd| sd * metric.scale()),
            decimals: metric.decimals,
        },
        Some(SeedSummary::Undefined(why)) => Content::Undefined {
            reason: reason(reasons, format!("Undefined: {why}.")),
        },
        Some(SeedSummary::Missing) | None => Content::Missing,
    };
    let mut cell = Cell::new(content, row.origin.clone());
    let interval = number.and_then(|number: &Number| number.interval);
    cell.interval = interval.map(|range| range.map(|v| v * metric.scale()));
    cell
}

fn column(title: String, name: &str, metric: &Metric) -> Column {
    Column {
        group: String::new(),
        title,
        name: name.to_string(),
        // A change of the metric, which is no value of it.
        metrics: Vec::new(),
        higher_is_better: metric.is_better(1.0, 0.0),
    }
}

fn no_interval(reasons: &mut Vec<String>) -> Content {
    let why = "No interval: it takes two or more seeds, and tests (--resamples).";
    Content::Undefined {
        reason: reason(reasons, why.to_string()),
    }
}
