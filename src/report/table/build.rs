//! From a section's runs to its tables: one per metric over missing rates, and one over all.

use crate::mask::Kind;
use crate::metric::{Direction, Metric, Unit};

use crate::report::rows::condition;
use crate::report::rows::reading::{Reading, SeedSummary};
use crate::report::rows::section::{Row, Section};
use crate::report::table::above;
use crate::report::table::mark::mark;
use crate::report::table::notes::notes;
use crate::report::table::{self, Cell, Column, Content, Line, Table, Versus};

/// The table of one metric: a row per model, a column per rate, then mean and area.
pub fn by_rate(section: &Section, metric: &'static Metric) -> Table {
    let columns = Reading::all(&section.conditions)
        .into_iter()
        .map(|reading| {
            let group = match &reading {
                Reading::At(condition) => match condition.kind() {
                    Kind::Rate => "missing rate",
                    Kind::Subset => "missing modalities",
                    Kind::Mixed => "missing rates",
                },
                _ => "",
            };
            let (title, name) = (reading.title(), reading.name());
            Source::new(group, title, name, metric, reading)
        });
    let title = format!("{}: {}", section.title, heading(metric));
    let id = format!(
        "{}-{}",
        section.slug,
        crate::report::rows::section::slug(metric.name)
    );
    let mut table = whole(section, id, title, columns.collect());
    above::add_column(&mut table, &Reading::mean(&section.conditions).name());
    table
}

/// The table of all metrics: a row per model, a column per metric, each the mean over rates.
pub fn overview(section: &Section) -> Table {
    let mean = Reading::mean(&section.conditions);
    let column =
        |m: &&'static Metric| Source::new("", heading(m), m.name.to_string(), m, mean.clone());
    let title = match section.conditions.as_slice() {
        [condition] => format!("{}: {}", section.title, condition::heading(*condition)),
        _ => format!("{}: {}", section.title, over_rates(&mean.title())),
    };
    let columns = section.metrics.iter().map(column).collect();
    whole(
        section,
        format!("{}-overview", section.slug),
        title,
        columns,
    )
}

fn over_rates(mean: &str) -> String {
    mean.replacen("mean", "mean over missing rates", 1)
        .replace("rates of", "rates")
}

/// Title of a metric with its unit and an arrow to the better side.
pub fn heading(metric: &Metric) -> String {
    let unit = match metric.unit {
        Unit::Percent => " (%)",
        Unit::None => "",
    };
    let arrow = if higher(metric) { '↑' } else { '↓' };
    format!("{}{unit} {arrow}", metric.title)
}

fn higher(metric: &Metric) -> bool {
    matches!(metric.direction, Direction::HigherIsBetter)
}

/// A column and what it shows.
pub(super) struct Source {
    column: Column,
    metric: &'static Metric,
    reading: Reading,
}

impl Source {
    pub fn new(
        group: &str,
        title: String,
        name: String,
        metric: &'static Metric,
        reading: Reading,
    ) -> Self {
        let column = Column {
            group: group.to_string(),
            title,
            name,
            metrics: vec![metric.name],
            higher_is_better: higher(metric),
        };
        Self {
            column,
            metric,
            reading,
        }
    }
}

/// What titles say of made-up data.
pub(super) fn synthetic(section: &Section) -> &'static str {
    if section.synthetic() {
        " (synthetic data)"
    } else {
        ""
    }
}

/// The section's rows by these columns, marked, with notes.
pub(super) fn whole(section: &Section, id: String, title: String, sources: Vec<Source>) -> Table {
    let mut reasons = Vec::new();
    let mut line = |(place, row): (usize, &Row)| Line {
        block: String::new(),
        label: row.label.clone(),
        baseline: row.baseline,
        cells: sources
            .iter()
            .map(|s| cell(section, place, row, s, &mut reasons))
            .collect(),
    };
    let rows = section.rows.iter().enumerate().map(&mut line).collect();
    let synthetic = synthetic(section);
    let mut table = Table {
        id,
        title: format!("{title}{synthetic}"),
        stub: "model".to_string(),
        columns: sources.iter().map(|s| s.column.clone()).collect(),
        rows,
        masks: section.masks(),
        reference: section
            .comparison()
            .map(|c| section.rows[c.reference].ids.clone()),
        reasons,
        notes: Vec::new(),
    };
    mark(&mut table, section.comparison().map(|c| c.reference));
    table.notes = notes(section, &table);
    table
}

fn cell(
    section: &Section,
    place: usize,
    row: &Row,
    source: &Source,
    reasons: &mut Vec<String>,
) -> Cell {
    let (metric, reading) = (source.metric, &source.reading);
    let content = match reading.outcome(&row.runs, metric.name) {
        SeedSummary::Known(summary) => Content::Number {
            value: summary.mean * metric.scale(),
            sd: summary.sd.map(|sd| sd * metric.scale()),
            decimals: metric.decimals,
        },
        SeedSummary::Missing => Content::Missing,
        SeedSummary::Undefined(reason) => {
            let reason = table::reason(reasons, format!("Undefined: {reason}."));
            Content::Undefined { reason }
        }
    };
    let mut cell = Cell::new(content, row.origin(reading.conditions()));
    let finding = section
        .comparison()
        .and_then(|c| c.find(place, metric.name, reading));
    if let (Some(finding), Content::Number { .. }) = (finding, &cell.content) {
        let scaled = |range: [f64; 2]| range.map(|v| v * metric.scale());
        cell.interval = finding.interval.map(scaled);
        cell.versus = finding.test.map(|test| Versus::of(&test, metric));
    }
    cell
}
