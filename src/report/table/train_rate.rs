//! Builds the table of training rates against test rates: a block per model, a row per training rate.

use super::build::{heading, synthetic};
use super::notes::NOT_EVALUATED;
use super::phrases::seeds;
use super::{Cell, Column, Content, Table, TableRow, reason};
use crate::metric::{Metric, fixed};
use crate::report::origin::Origin;
use crate::report::rows::aggregate::{Aggregate, SeedSummary};
use crate::report::rows::condition;
use crate::report::rows::section::Section;
use crate::report::stats::train_rate::{Change, ModelRates, RateRow, TrainRates, Verdict};

/// Why a change has no interval.
const NO_INTERVAL: &str = "No interval: it takes two seeds of both, and a metric that is a function of sums over samples.";

/// The table of a section.
pub fn table(section: &Section, rates: &TrainRates) -> Table {
    let mut reasons = Vec::new();
    let mut rows = Vec::new();
    for model in &rates.models {
        let first = rows.len();
        for row in &model.rows {
            rows.push(line(section, rates, model, row, &mut reasons));
        }
        mark_best(&mut rows[first..], rates);
    }
    let mut table = Table {
        id: format!("{}-train-rate", section.slug),
        title: format!(
            "{}: training rate against test rate, {}{}",
            section.title,
            heading(rates.metric),
            synthetic(section)
        ),
        stub: "trained at".to_string(),
        columns: columns(rates),
        rows,
        masks: section.masks(),
        reference: None,
        reasons,
        legend: Vec::new(),
        notes: Vec::new(),
    };
    table.notes = notes(section, rates, &table);
    table
}

fn columns(rates: &TrainRates) -> Vec<Column> {
    let column = |group: &str, title: String, name: String| Column {
        group: group.to_string(),
        title,
        name,
        metrics: vec![rates.metric.name],
        higher_is_better: rates.metric.is_better(1.0, 0.0),
    };
    let tested = rates.tested.iter().map(|tested| {
        let title = condition::title(*tested);
        column("tested at missing rate", title.clone(), title)
    });
    let change = [("change", "change"), ("95 % from", "low"), ("to", "high")];
    let change = change.map(|(title, name)| Column {
        metrics: Vec::new(),
        ..column(
            "complete data",
            title.to_string(),
            format!("complete_{name}"),
        )
    });
    tested.chain(change).collect()
}

fn line(
    section: &Section,
    rates: &TrainRates,
    model: &ModelRates,
    row: &RateRow,
    reasons: &mut Vec<String>,
) -> TableRow {
    let own = &section.rows[row.index];
    let mut cells = Vec::new();
    for tested in &rates.tested {
        let summary = Aggregate::At(*tested).over_seeds(&own.runs, rates.metric.name);
        let content = score(&summary, rates.metric, reasons);
        let mut cell = Cell::new(content, own.origin(vec![*tested]));
        // The diagonal; see the notes.
        cell.second = *tested == row.trained;
        cells.push(cell);
    }
    let complete: Vec<_> = rates
        .tested
        .iter()
        .copied()
        .filter(|c| c.rate() == Some(0.0))
        .collect();
    let base = &section.rows[model.rows[0].index];
    let both = own.origin(complete.clone()).against(&base.origin(complete));
    for content in change(row.change, rates.metric, reasons) {
        let origin = match content {
            Content::Missing => Origin::Nothing,
            _ => both.clone(),
        };
        cells.push(Cell::new(content, origin));
    }
    TableRow {
        block: model.title.clone(),
        label: condition::title(row.trained),
        baseline: false,
        cells,
    }
}

fn score(summary: &SeedSummary, metric: &Metric, reasons: &mut Vec<String>) -> Content {
    let scale = metric.scale();
    match summary {
        SeedSummary::Known(summary) => Content::Number {
            value: summary.mean * scale,
            sd: summary.sd.map(|sd| sd * scale),
            decimals: metric.decimals,
        },
        SeedSummary::Missing => Content::Missing,
        SeedSummary::Undefined(why) => Content::Undefined {
            reason: reason(reasons, format!("Undefined: {why}.")),
        },
    }
}

/// Change on complete data and its interval.
fn change(change: Option<Change>, metric: &Metric, reasons: &mut Vec<String>) -> [Content; 3] {
    let number = |value: f64| Content::Number {
        value: value * metric.scale(),
        sd: None,
        decimals: metric.decimals,
    };
    let Some(change) = change else {
        return [Content::Missing, Content::Missing, Content::Missing];
    };
    let [low, high] = match change.interval {
        Some(interval) => interval.map(number),
        None => {
            let reason = reason(reasons, NO_INTERVAL.to_string());
            [Content::Undefined { reason }, Content::Undefined { reason }]
        }
    };
    [number(change.difference), low, high]
}

/// Marks the best training rate of each test rate.
fn mark_best(rows: &mut [TableRow], rates: &TrainRates) {
    for column in 0..rates.tested.len() {
        let shown = |row: &TableRow| row.cells[column].content.rounded();
        let all = rows.iter().filter_map(shown);
        let best = if rates.metric.is_better(1.0, 0.0) {
            all.max()
        } else {
            all.min()
        };
        for row in rows.iter_mut() {
            row.cells[column].best = best.is_some() && row.cells[column].content.rounded() == best;
        }
    }
}

fn notes(section: &Section, rates: &TrainRates, table: &Table) -> Vec<String> {
    let rows = || {
        let all = rates.models.iter().flat_map(|model| &model.rows);
        all.map(|row| &section.rows[row.index])
    };
    let spread = rows().any(|row| row.runs.len() > 1);
    let mut notes = vec![
        format!(
            "{}; bold: best training rate of each test rate; underlined: trained at the tested rate.",
            seeds(rows(), spread)
        ),
        "Change: score on complete data less that of the lowest training rate of the model; its 95 % interval \
         holds for other samples and other seeds."
            .to_string(),
    ];
    notes.extend(
        rates
            .models
            .iter()
            .filter_map(|model| cost(model, rates.metric)),
    );
    let tested = |row: &TableRow| row.cells[..rates.tested.len()].to_vec();
    let missing = |cell: &Cell| cell.content == Content::Missing;
    if table
        .rows
        .iter()
        .flat_map(tested)
        .any(|cell| missing(&cell))
    {
        notes.push(NOT_EVALUATED.to_string());
    }
    notes
}

/// Where training on noise costs performance on complete data; `None` where nothing was compared.
fn cost(model: &ModelRates, metric: &Metric) -> Option<String> {
    let base = condition::title(model.rows[0].trained);
    let by = |wanted: Verdict| -> Vec<String> {
        let all = model.rows.iter().filter_map(|row| {
            let change = row
                .change
                .filter(|change| change.verdict(metric) == wanted)?;
            Some(described(row, &change, metric))
        });
        all.collect()
    };
    let parts = [
        (Verdict::Worse, "worse after training at"),
        (Verdict::Better, "better after training at"),
        (Verdict::Open, "not told apart after training at"),
    ];
    let parts = parts.map(|(verdict, words)| (words, by(verdict)));
    let parts: Vec<String> = parts
        .iter()
        .filter(|(_, rows)| !rows.is_empty())
        .map(|(words, rows)| format!("{words} {}", rows.join(", ")))
        .collect();
    (!parts.is_empty()).then(|| {
        format!(
            "{} on complete data, by {} against training at {base}: {}.",
            model.title,
            metric.title,
            parts.join("; ")
        )
    })
}

/// `0.6 (0.051, 95 % 0.020 to 0.082)`.
fn described(row: &RateRow, change: &Change, metric: &Metric) -> String {
    let number = |value: f64| fixed(value * metric.scale(), metric.decimals);
    let interval = change.interval.map_or(String::new(), |[low, high]| {
        format!(", 95 % {} to {}", number(low), number(high))
    });
    format!(
        "{} ({}{interval})",
        condition::title(row.trained),
        number(change.difference)
    )
}
