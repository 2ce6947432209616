//! Scores in long form: one row per number, full precision, in the metric's own scale
//! (percentages as fractions). An undefined number is an empty field with the reason beside it.

use std::collections::BTreeMap;
use std::fmt::Write;

use rayon::prelude::*;

use crate::mask::Condition;
use crate::metric::{Direction, Metric};

use super::long;
use crate::report::error::{Result, render};
use crate::report::numbering::Numbering;
use crate::report::rows::condition;
use crate::report::rows::reading::{Reading, SeedSummary};
use crate::report::rows::scores::ScoredRun;
use crate::report::rows::section::{Row, Section};
use crate::report::stats::holm;
use crate::report::table::Table;

const SCORES: [&str; 10] = [
    "dataset",
    "model",
    "seed",
    "mask_protocol",
    "rate",
    "metric",
    "value",
    "undefined",
    "configuration",
    "run",
];

const SUMMARY: [&str; 22] = [
    "dataset",
    "model",
    "mask_protocol",
    "metric",
    "rate",
    "mean",
    "sd",
    "n",
    "direction",
    "undefined",
    "configuration",
    "baseline",
    "above_baseline",
    "low",
    "high",
    "reference",
    "difference",
    "difference_low",
    "difference_high",
    "p",
    "p_holm",
    "runs",
];

/// Every score of every run: `rate` is the missing rate. Written section by section, for there may
/// be millions.
pub fn scores(sections: &[&Section]) -> Result<Vec<u8>> {
    let mut head = ::csv::Writer::from_writer(Vec::new());
    head.write_record(SCORES).map_err(render("scores.csv"))?;
    let parts = sections.par_iter().map(|section| section_scores(section));
    let mut all = vec![done(head, "scores.csv")?];
    all.extend(parts.collect::<Result<Vec<_>>>()?);
    Ok(all.concat())
}

fn section_scores(section: &Section) -> Result<Vec<u8>> {
    let titles = section.conditions.iter();
    let titles: Result<BTreeMap<Condition, String>> = titles
        .map(|condition| Ok((*condition, quoted(&[&condition::title(*condition)])?)))
        .collect();
    let titles = titles?;
    let mut out = String::new();
    for row in section.own_rows() {
        for run in row.trainings() {
            run_scores(&mut out, section, row, run, &titles)?;
        }
    }
    Ok(out.into_bytes())
}

/// What was written.
fn done(out: ::csv::Writer<Vec<u8>>, file: &'static str) -> Result<Vec<u8>> {
    out.into_inner().map_err(|e| render(file)(e.into_error()))
}

/// A line per metric and condition of a run. What they share is quoted once: there are millions.
fn run_scores(
    out: &mut String,
    section: &Section,
    row: &Row,
    run: &ScoredRun,
    titles: &BTreeMap<Condition, String>,
) -> Result<()> {
    let (m, seed) = (&run.manifest, run.manifest.seed.to_string());
    let head = quoted(&[&m.dataset.name, &row.model, &seed, &run.mask.mask_protocol])?;
    let tail = quoted(&[&row.configuration, &m.id])?;
    for metric in &section.metrics {
        let curve = run.conditions.get(metric.name).into_iter().flatten();
        for (condition, value) in curve {
            let title = titles.get(condition).map_or("", String::as_str);
            // Writing to a string cannot fail.
            let _ = match value {
                Ok(value) => writeln!(out, "{head},{title},{},{value},,{tail}", metric.name),
                Err(reason) => {
                    let reason = quoted(&[reason])?;
                    writeln!(out, "{head},{title},{},,{reason},{tail}", metric.name)
                }
            };
        }
    }
    Ok(())
}

/// Fields as they stand in a line of CSV.
fn quoted(fields: &[&str]) -> Result<String> {
    let mut out = ::csv::Writer::from_writer(Vec::new());
    out.write_record(fields).map_err(render("scores.csv"))?;
    let line = done(out, "scores.csv")?;
    let line = String::from_utf8_lossy(&line);
    // A single empty field would be quoted, to tell it from no field.
    Ok(match line.trim_end_matches('\n') {
        "\"\"" => String::new(),
        line => line.to_string(),
    })
}

/// Mean, standard deviation and number of seeds of every cell of the tables: `rate` is a missing
/// rate or another condition, `mean_0_0.9` (or `mean`, over all conditions of the section) or `auc`. `low`
/// to `high` holds 95 percent of resamples; `p` is not corrected for the number of tests, `p_holm` for
/// those of the metric's own table, which are all that stand here; `runs` is the number of the set of
/// runs in `manifest.json`.
pub fn summary(sections: &[&Section], numbering: &Numbering) -> Result<Vec<u8>> {
    let of_section = |section: &&Section| {
        let mut rows = Vec::new();
        for metric in &section.metrics {
            let mut of_metric = Vec::new();
            for reading in Reading::all(&section.conditions) {
                let one = |place| summary_row(section, place, metric, &reading, numbering);
                of_metric.extend((0..section.rows.len()).filter_map(one));
            }
            correct(&mut of_metric);
            rows.extend(of_metric);
        }
        rows
    };
    let mut rows = vec![SUMMARY.map(String::from).to_vec()];
    rows.par_extend(sections.par_iter().flat_map_iter(of_section));
    write("summary.csv", rows)
}

/// Fills the corrected p-values of one metric's rows, and puts an empty field where there is no test.
fn correct(rows: &mut [Vec<String>]) {
    let raw: Vec<Option<f64>> = rows.iter().map(|row| row[P].parse().ok()).collect();
    let known: Vec<f64> = raw.iter().flatten().copied().collect();
    let mut adjusted = holm::adjust(&known).into_iter();
    for (row, raw) in rows.iter_mut().zip(raw) {
        let value = raw.and_then(|_| adjusted.next());
        row.insert(P + 1, text(value));
    }
}

/// Place of the raw p-value.
const P: usize = 19;

/// `None` for what was not evaluated; without the corrected p-value.
fn summary_row(
    section: &Section,
    place: usize,
    metric: &'static Metric,
    reading: &Reading,
    numbering: &Numbering,
) -> Option<Vec<String>> {
    let row = &section.rows[place];
    let outcome = reading.outcome(&row.runs, metric.name);
    let above = match &outcome {
        SeedSummary::Known(s) if !row.baseline => above_baseline(section, metric, reading, s.mean),
        _ => None,
    };
    let (mean, sd, undefined) = match outcome {
        SeedSummary::Missing => return None,
        SeedSummary::Undefined(reason) => (String::new(), String::new(), reason),
        SeedSummary::Known(s) => (s.mean.to_string(), text(s.sd), String::new()),
    };
    let direction = match metric.direction {
        Direction::HigherIsBetter => "higher",
        Direction::LowerIsBetter => "lower",
    };
    let run = row.runs.first()?;
    let m = &run.manifest;
    let comparison = section.comparison();
    let finding = comparison.and_then(|c| c.find(place, metric.name, reading));
    let (finding, test) = (finding.unwrap_or_default(), finding.and_then(|f| f.test));
    let end = |range: Option<[f64; 2]>, i: usize| text(range.map(|r| r[i]));
    let against = test
        .and(comparison)
        .map(|c| section.rows[c.reference].label.clone());
    Some(vec![
        m.dataset.name.clone(),
        row.model.clone(),
        run.mask.mask_protocol.clone(),
        metric.name.to_string(),
        reading.name(),
        mean,
        sd,
        row.runs.len().to_string(),
        direction.to_string(),
        undefined,
        row.configuration.clone(),
        row.baseline.to_string(),
        text(above),
        end(finding.interval, 0),
        end(finding.interval, 1),
        against.unwrap_or_default(),
        text(test.map(|t| t.difference)),
        end(test.and_then(|t| t.interval), 0),
        end(test.and_then(|t| t.interval), 1),
        text(test.map(|t| t.p)),
        numbering
            .set(&row.ids_at(&reading.conditions()))
            .map(|n| n.to_string())
            .unwrap_or_default(),
    ])
}

fn text(value: Option<f64>) -> String {
    value.map(|v| v.to_string()).unwrap_or_default()
}

/// How much better a number is than the best baseline, in the metric's own scale.
fn above_baseline(section: &Section, metric: &Metric, reading: &Reading, mean: f64) -> Option<f64> {
    let baselines = section.rows.iter().filter(|r| r.baseline);
    let known = baselines.filter_map(|r| match reading.outcome(&r.runs, metric.name) {
        SeedSummary::Known(s) => Some(s.mean),
        _ => None,
    });
    let better = |a: f64, b: f64| if metric.is_better(b, a) { b } else { a };
    let baseline = known.reduce(better)?;
    Some(match metric.direction {
        Direction::HigherIsBetter => mean - baseline,
        Direction::LowerIsBetter => baseline - mean,
    })
}

/// Every cell of every table in long form, published numbers and costs included; see `long`.
///
/// # Errors
/// Never in practice.
pub fn tables<'a>(
    tables: impl Iterator<Item = &'a Table>,
    numbering: &Numbering,
) -> Result<Vec<u8>> {
    let mut rows = vec![long::COLUMNS.map(String::from).to_vec()];
    rows.extend(tables.flat_map(|table| long::rows(table, numbering)));
    write("tables.csv", rows)
}

fn write(file: &'static str, rows: Vec<Vec<String>>) -> Result<Vec<u8>> {
    let mut out = ::csv::Writer::from_writer(Vec::new());
    for row in rows {
        out.write_record(&row).map_err(render(file))?;
    }
    done(out, file)
}
