//! From a section's runs to its tables: one per metric over missing rates, and one over all.

use crate::mask::Kind;
use crate::metric::{Direction, Metric, Unit};

use crate::report::run::level;
use crate::report::run::reading::{Outcome, Reading};
use crate::report::run::section::{Row, Section};
use crate::report::table::mark::mark;
use crate::report::table::{Cell, Column, Content, FLOOR_MARK, Line, Table};

/// The table of one metric: a row per model, a column per rate, then mean and area.
pub fn by_rate(section: &Section, metric: &'static Metric) -> Table {
    let columns = Reading::all(&section.levels).into_iter().map(|reading| {
        let group = match &reading {
            Reading::At(level) => match level.kind() {
                Kind::Rate => "missing rate",
                Kind::Subset => "missing modalities",
                Kind::Mixed => "missing rates",
            },
            _ => "",
        };
        (
            group.to_string(),
            reading.title(),
            reading.name(),
            metric,
            reading,
        )
    });
    let title = format!("{}: {}", section.title, heading(metric));
    let id = format!(
        "{}-{}",
        section.slug,
        crate::report::run::section::slug(metric.name)
    );
    table(section, id, title, columns.collect())
}

/// The table of all metrics: a row per model, a column per metric, each the mean over rates.
pub fn overview(section: &Section) -> Table {
    let mean = Reading::mean(&section.levels);
    let column = |m: &&'static Metric| {
        let reading = mean.clone();
        (String::new(), heading(m), m.name.to_string(), *m, reading)
    };
    let title = match section.levels.as_slice() {
        [level] if level.rate().is_some() => {
            format!("{}: missing rate {}", section.title, level::title(*level))
        }
        [level] => format!("{}: missing {level}", section.title),
        _ => format!("{}: {}", section.title, over_rates(&mean.title())),
    };
    let columns = section.metrics.iter().map(column).collect();
    table(
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

/// (group, title, name, metric, reading) of a column.
type Source = (String, String, String, &'static Metric, Reading);

fn table(section: &Section, id: String, title: String, sources: Vec<Source>) -> Table {
    let mut reasons = Vec::new();
    let mut line = |row: &Row| Line {
        label: row.label.clone(),
        floor: row.floor,
        cells: sources
            .iter()
            .map(|s| cell(row, s.3, &s.4, &mut reasons))
            .collect(),
    };
    let rows = section.rows.iter().map(&mut line).collect();
    let column = |(group, title, name, metric, _): &Source| Column {
        group: group.clone(),
        title: title.clone(),
        name: name.clone(),
        higher_is_better: higher(metric),
    };
    let synthetic = if section.synthetic() {
        " (synthetic data)"
    } else {
        ""
    };
    let mut table = Table {
        id,
        title: format!("{title}{synthetic}"),
        stub: "model".to_string(),
        columns: sources.iter().map(column).collect(),
        rows,
        reasons,
        notes: Vec::new(),
    };
    mark(&mut table);
    table.notes = notes(section, &table);
    table
}

fn cell(row: &Row, metric: &Metric, reading: &Reading, reasons: &mut Vec<String>) -> Cell {
    let content = match reading.outcome(row, metric.name) {
        Outcome::Known(summary) => Content::Number {
            value: summary.mean * metric.scale(),
            sd: summary.sd.map(|sd| sd * metric.scale()),
            decimals: metric.decimals,
        },
        Outcome::Missing => Content::Missing,
        Outcome::Undefined(reason) => {
            let known = reasons.iter().position(|r| *r == reason);
            let reason = known.unwrap_or_else(|| {
                reasons.push(reason);
                reasons.len() - 1
            });
            Content::Undefined { reason }
        }
    };
    Cell {
        content,
        best: false,
        at_floor: false,
        runs: row.ids(),
    }
}

/// What a reader must know who sees this table alone.
fn notes(section: &Section, table: &Table) -> Vec<String> {
    let mut notes = vec![seeds(section)];
    let cells = || table.rows.iter().flat_map(|r| &r.cells);
    if cells().any(|c| c.best) {
        notes.push("Bold: best of its column, where it beats the floor.".to_string());
    }
    if !table.rows.iter().any(|r| r.floor) {
        notes.push("No floor to compare with: run the model `constant` too.".to_string());
    } else if cells().any(|c| c.at_floor) {
        notes.push(format!(
            "{FLOOR_MARK} No better than the floor, which predicts the same for every clip."
        ));
    }
    if cells().any(|c| c.content == Content::Missing) {
        notes.push("-: not evaluated at the rates this needs.".to_string());
    }
    if section.runs().any(|r| r.manifest.selection.rule == "paper") {
        notes.push(
            "Weights selected by the best test epoch, as in the paper; flatters every model."
                .to_string(),
        );
    }
    notes
}

/// How many seeds stand behind the numbers; rows that differ from the first are named.
fn seeds(section: &Section) -> String {
    let usual = section.rows.first().map_or(0, |r| r.runs.len());
    let others = section.rows.iter().filter(|r| r.runs.len() != usual);
    let others = others
        .map(|r| format!("; {}: {}", r.label, r.runs.len()))
        .collect::<String>();
    match usual == 1 && others.is_empty() {
        true => "One seed per model: no spread.".to_string(),
        false => format!("Mean ± standard deviation (n-1) over seeds, n = {usual}{others}."),
    }
}
