//! Builds a section's tables: one per metric over its conditions, and one of all metrics.

use crate::mask::ConditionKind;
use crate::metric::{Direction, Metric, Unit};

use crate::report::rows::aggregate::{Aggregate, SeedSummary};
use crate::report::rows::condition;
use crate::report::rows::row::ModelRow;
use crate::report::rows::section::Section;
use crate::report::table::above;
use crate::report::table::mark::mark;
use crate::report::table::notes::{legend, notes};
use crate::report::table::{self, Cell, Column, Content, Table, TableRow, Versus};

/// The table of one metric: a row per model, a column per rate, then mean and area.
pub fn by_rate(section: &Section, metric: &'static Metric) -> Table {
    let columns = Aggregate::all(&section.conditions)
        .into_iter()
        .map(|aggregate| {
            let group = match &aggregate {
                Aggregate::At(condition) => match condition.kind() {
                    ConditionKind::Rate => "missing rate",
                    ConditionKind::Subset => "missing modalities",
                    ConditionKind::Mixed => "missing rates",
                },
                _ => "",
            };
            let (title, name) = (aggregate.title(), aggregate.name());
            MetricColumn::new(group, title, name, metric, aggregate)
        });
    let title = format!("{}: {}", section.title, heading(metric));
    let id = format!(
        "{}-{}",
        section.slug,
        crate::support::file_name::words(metric.name)
    );
    let mut table = whole(section, id, title, columns.collect());
    let mean = Aggregate::mean(&section.conditions).name();
    above::add_column(&mut table, &mean, "gain over baseline");
    table
}

/// The table of all metrics: a row per model, a column per metric, each the mean over rates.
pub fn overview(section: &Section) -> Table {
    let mean = Aggregate::mean(&section.conditions);
    let column = |m: &&'static Metric| {
        MetricColumn::new("", heading(m), m.name.to_string(), m, mean.clone())
    };
    let title = match section.conditions.as_slice() {
        [condition] => format!("{}: {}", section.title, condition::heading(*condition)),
        conditions => {
            let only_rates = condition::rates(conditions).len() == conditions.len();
            format!("{}: {}", section.title, mean.caption(only_rates))
        }
    };
    let columns = section.metrics.iter().map(column).collect();
    whole(
        section,
        format!("{}-overview", section.slug),
        title,
        columns,
    )
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
pub(super) struct MetricColumn {
    column: Column,
    metric: &'static Metric,
    aggregate: Aggregate,
}

impl MetricColumn {
    pub fn new(
        group: &str,
        title: String,
        name: String,
        metric: &'static Metric,
        aggregate: Aggregate,
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
            aggregate,
        }
    }
}

/// The end of the titles of synthetic data.
pub const SYNTHETIC: &str = " (synthetic data)";

/// [`SYNTHETIC`], where a section's data are.
pub fn synthetic(section: &Section) -> &'static str {
    if section.synthetic() { SYNTHETIC } else { "" }
}

/// The section's rows by these columns, marked, with notes.
pub(super) fn whole(
    section: &Section,
    id: String,
    title: String,
    sources: Vec<MetricColumn>,
) -> Table {
    let mut reasons = Vec::new();
    let mut line = |(index, row): (usize, &ModelRow)| TableRow {
        block: String::new(),
        label: row.label.clone(),
        baseline: row.baseline,
        cells: sources
            .iter()
            .map(|s| cell(section, index, row, s, &mut reasons))
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
        reference: section.comparison().map(|c| c.reference.runs.clone()),
        reasons,
        legend: Vec::new(),
        notes: Vec::new(),
    };
    mark(&mut table);
    table.legend = legend(section, &table);
    table.notes = notes(section, &table);
    table
}

fn cell(
    section: &Section,
    index: usize,
    row: &ModelRow,
    source: &MetricColumn,
    reasons: &mut Vec<String>,
) -> Cell {
    let (metric, aggregate) = (source.metric, &source.aggregate);
    let content = match aggregate.over_seeds(&row.runs, metric.name) {
        SeedSummary::Known(summary) => Content::Number {
            value: summary.mean * metric.scale(),
            // Seeds do not change a baseline.
            sd: summary
                .sd
                .filter(|_| !row.baseline)
                .map(|sd| sd * metric.scale()),
            decimals: metric.decimals,
        },
        SeedSummary::Missing => Content::Missing,
        SeedSummary::Undefined(reason) => {
            let reason = table::reason(reasons, format!("Undefined: {reason}."));
            Content::Undefined { reason }
        }
    };
    let mut cell = Cell::new(content, row.origin(aggregate.conditions()));
    let finding = section
        .comparison()
        .and_then(|c| c.find(index, metric.name, aggregate));
    if let (Some(finding), Content::Number { .. }) = (finding, &cell.content) {
        let scaled = |range: [f64; 2]| range.map(|v| v * metric.scale());
        cell.interval = finding.interval.map(scaled);
        cell.versus = finding.test.map(|test| Versus::of(&test, metric));
    }
    cell
}
