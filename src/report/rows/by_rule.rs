//! Scores the runs of a row by each rule that kept weights of them.

use std::collections::BTreeMap;

use super::kept::Kept;
use super::row::ModelRow;
use super::scores::{Conditions, ScoredRun, Value, average};
use crate::metric::Metric;
use crate::report::error::Result;

/// The rules by which all runs of a row kept weights, as on the command line, that of the row first; empty
/// where they are not the same.
pub fn rules(row: &ModelRow) -> Vec<String> {
    let of = |run: &ScoredRun| -> Vec<String> {
        let all = run.manifest.selections();
        all.map(|selection| selection.name()).collect()
    };
    let mut all = row.runs.iter().map(of);
    let first = all.next().unwrap_or_default();
    if all.all(|rules| rules == first) {
        first
    } else {
        Vec::new()
    }
}

/// The predictions of a row's runs.
///
/// # Errors
/// If predictions cannot be read again.
pub fn kept(row: &ModelRow) -> Result<Vec<Kept>> {
    row.runs.iter().map(ScoredRun::kept).collect()
}

/// The row's runs as they are by the rule at this index: with its scores, which are not rounded, by these
/// metrics.
///
/// # Errors
/// If the trainings of a curve predicted different samples.
pub fn under(
    row: &ModelRow,
    kept: &[Kept],
    rule: usize,
    metrics: &[&'static Metric],
) -> Result<Vec<ScoredRun>> {
    let runs = row.runs.iter().zip(kept);
    let scored = runs.map(|(run, kept)| {
        let mut by_rule = run.clone();
        by_rule.conditions = conditions(run, kept, rule, metrics)?;
        Ok(by_rule)
    });
    scored.collect()
}

fn conditions(
    run: &ScoredRun,
    kept: &Kept,
    rule: usize,
    metrics: &[&'static Metric],
) -> Result<Conditions> {
    let mut by_metric = Conditions::new();
    for metric in metrics {
        let samples = kept.samples(rule, metric.name)?;
        let score = |pass: &[f32]| -> Value {
            (metric.compute)(pass, &samples.truth).map_err(|undefined| undefined.to_string())
        };
        let all = run.mask.conditions.iter().map(|condition| {
            let passes = samples.at(*condition);
            (*condition, average(passes.into_iter().map(score)))
        });
        by_metric.insert(metric.name, all.collect::<BTreeMap<_, _>>());
    }
    Ok(by_metric)
}
