//! Scores in long form: one row per number, full precision, in the metric's own scale
//! (percentages as fractions). An undefined number is an empty field with the reason beside it.

use crate::mask::Level;
use crate::metric::{Direction, Metric};

use crate::report::error::{Result, render};
use crate::report::run::level;
use crate::report::run::reading::{Outcome, Reading};
use crate::report::run::scores::{ScoredRun, Value};
use crate::report::run::section::{Row, Section};

const SCORES: [&str; 10] = [
    "dataset",
    "model",
    "seed",
    "family",
    "rate",
    "metric",
    "value",
    "undefined",
    "configuration",
    "run",
];

const SUMMARY: [&str; 12] = [
    "dataset",
    "model",
    "family",
    "metric",
    "rate",
    "mean",
    "sd",
    "n",
    "direction",
    "undefined",
    "configuration",
    "floor",
];

/// Every score of every run: `rate` is the missing rate.
pub fn scores(sections: &[Section]) -> Result<Vec<u8>> {
    let mut rows = vec![SCORES.map(String::from).to_vec()];
    for section in sections {
        for row in &section.rows {
            for (run, metric) in pairs(&row.runs, &section.metrics) {
                rows.extend(run_scores(row, run, metric));
            }
        }
    }
    write("scores.csv", rows)
}

fn run_scores(row: &Row, run: &ScoredRun, metric: &Metric) -> Vec<Vec<String>> {
    let m = &run.manifest;
    let curve = run.levels.get(metric.name).into_iter().flatten();
    let record = |(level, value): (&Level, &Value)| {
        let (value, undefined) = match value {
            Ok(value) => (value.to_string(), String::new()),
            Err(reason) => (String::new(), reason.clone()),
        };
        vec![
            m.dataset.name.clone(),
            row.model.clone(),
            m.seed.to_string(),
            run.mask.family.clone(),
            level::title(*level),
            metric.name.to_string(),
            value,
            undefined,
            row.configuration.clone(),
            m.id.clone(),
        ]
    };
    curve.map(record).collect()
}

/// Mean, standard deviation and number of seeds of every cell of the tables: `rate` is a missing
/// rate, `mean_0_0.9` (or `mean`, over all rates of the section) or `auc`.
pub fn summary(sections: &[Section]) -> Result<Vec<u8>> {
    let mut rows = vec![SUMMARY.map(String::from).to_vec()];
    for section in sections {
        let readings = Reading::all(&section.levels);
        for (row, metric) in pairs(&section.rows, &section.metrics) {
            rows.extend(readings.iter().filter_map(|r| summary_row(row, metric, r)));
        }
    }
    write("summary.csv", rows)
}

/// `None` for what was not evaluated.
fn summary_row(row: &Row, metric: &Metric, reading: &Reading) -> Option<Vec<String>> {
    let (mean, sd, undefined) = match reading.outcome(row, metric.name) {
        Outcome::Missing => return None,
        Outcome::Undefined(reason) => (String::new(), String::new(), reason),
        Outcome::Known(s) => {
            let sd = s.sd.map(|sd| sd.to_string()).unwrap_or_default();
            (s.mean.to_string(), sd, String::new())
        }
    };
    let direction = match metric.direction {
        Direction::HigherIsBetter => "higher",
        Direction::LowerIsBetter => "lower",
    };
    let run = row.runs.first()?;
    let m = &run.manifest;
    Some(vec![
        m.dataset.name.clone(),
        row.model.clone(),
        run.mask.family.clone(),
        metric.name.to_string(),
        reading.name(),
        mean,
        sd,
        row.runs.len().to_string(),
        direction.to_string(),
        undefined,
        row.configuration.clone(),
        row.floor.to_string(),
    ])
}

/// Every pair of the two.
fn pairs<'a, A, B: Copy>(a: &'a [A], b: &'a [B]) -> impl Iterator<Item = (&'a A, B)> {
    a.iter().flat_map(move |a| b.iter().map(move |b| (a, *b)))
}

fn write(file: &'static str, rows: Vec<Vec<String>>) -> Result<Vec<u8>> {
    let mut out = ::csv::Writer::from_writer(Vec::new());
    for row in rows {
        out.write_record(&row).map_err(render(file))?;
    }
    out.into_inner().map_err(|e| render(file)(e.into_error()))
}
