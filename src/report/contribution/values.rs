//! Computes the contributions of a section's rows: over seeds, with the intervals of the report.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::shapley::{Part, subsets};
use crate::mask::Condition;
use crate::metric::{Metric, Sums};
use crate::report::detail::{DetailRow, Number};
use crate::report::error::Result;
use crate::report::rows::row::ModelRow;
use crate::report::rows::samples::Samples;
use crate::report::rows::scores::{ScoredRun, Value};
use crate::report::rows::section::Section;
use crate::report::stats::jackknife::pseudo_values;

/// The contributions of the trained rows that were evaluated under all eight subsets, four for each.
/// Without tests in the section there are no intervals.
///
/// # Errors
/// If predictions cannot be read again.
pub fn of(section: &Section) -> Result<Vec<DetailRow>> {
    let rows = section.rows.par_iter().enumerate();
    let rows = rows.filter(|(_, row)| !row.baseline && has_all(row));
    let found = rows.map(|(index, row)| of_row(section, index, row));
    let found: Result<Vec<[DetailRow; 4]>> = found.collect();
    Ok(found?.into_iter().flatten().collect())
}

/// Whether every run of a row was evaluated under all eight subsets, by one training.
fn has_all(row: &ModelRow) -> bool {
    let has = |run: &ScoredRun| run.parts().is_empty() && run.ends.is_some();
    !row.runs.is_empty() && row.runs.iter().all(has)
}

fn of_row(section: &Section, index: usize, row: &ModelRow) -> Result<[DetailRow; 4]> {
    let samples = match section.comparison() {
        Some(_) => samples(row)?,
        None => Vec::new(),
    };
    let mut found = Part::ALL.map(|part| DetailRow {
        row: index,
        part: part.name().to_string(),
        aggregate: aggregate(part),
        origin: row.origin(subsets()),
        numbers: BTreeMap::new(),
    });
    for metric in &section.metrics {
        let pseudo = metric.sums.map(|sums| by_condition(sums, &samples));
        for (part, found) in Part::ALL.into_iter().zip(&mut found) {
            if let Some(values) = by_seed(row, metric, part) {
                let pseudo = pseudo.as_ref().map(|pseudo| weighted(pseudo, part));
                let number = Number::new(values, &pseudo.unwrap_or_default());
                found.numbers.insert(metric.name, number);
            }
        }
    }
    Ok(found)
}

/// Name of a contribution in tidy tables.
pub fn aggregate(part: Part) -> String {
    format!("contribution_{}", part.name())
}

/// The contribution by each seed's scores; `None` where one has no score.
fn by_seed(row: &ModelRow, metric: &Metric, part: Part) -> Option<Vec<Value>> {
    let weights = part.weights();
    let one = |run: &ScoredRun| -> Option<Value> {
        let mut sum = 0.0;
        for (condition, weight) in &weights {
            match score(run, metric.name, *condition)? {
                Ok(value) => sum += weight * value,
                Err(reason) => return Some(Err(format!("at {condition}, {reason}"))),
            }
        }
        Some(Ok(sum))
    };
    row.runs.iter().map(one).collect()
}

/// A run's score under one of the eight subsets.
fn score<'a>(run: &'a ScoredRun, metric: &str, condition: Condition) -> Option<&'a Value> {
    let ends = run.ends.as_ref()?;
    let scores = match ends.protocol_of(condition) {
        Some(_) => &ends.scores,
        None => &run.conditions,
    };
    scores.get(metric)?.get(&condition)
}

/// Predictions of each seed under all subsets; empty where seeds do not agree on their samples.
fn samples(row: &ModelRow) -> Result<Vec<Samples>> {
    let one = |run: &ScoredRun| {
        run.samples_where(&|key| {
            let ends = run.ends.as_ref();
            let end = ends.and_then(|ends| ends.protocol_of(key.condition));
            *key.mask_protocol == *end.unwrap_or(&run.mask.mask_protocol)
        })
    };
    let all: Result<Vec<Samples>> = row.runs.iter().map(one).collect();
    let all = all?;
    if all.windows(2).all(|pair| pair[0].pairs_with(&pair[1])) {
        Ok(all)
    } else {
        Ok(Vec::new())
    }
}

/// Pseudo-values under each subset, as the mean over seeds and mask seeds.
fn by_condition(sums: Sums, samples: &[Samples]) -> BTreeMap<Condition, Vec<f64>> {
    let Some(first) = samples.first() else {
        return BTreeMap::new();
    };
    let at = |condition: Condition| {
        let passes: Vec<&[f32]> = samples.iter().flat_map(|s| s.at(condition)).collect();
        (condition, pseudo_values(&sums, &first.truth, &passes))
    };
    subsets().into_iter().map(at).collect()
}

/// Pseudo-values of a contribution, which is linear in the metric's values; empty where there are none.
fn weighted(pseudo: &BTreeMap<Condition, Vec<f64>>, part: Part) -> Vec<f64> {
    let mut out = Vec::new();
    for (condition, weight) in part.weights() {
        let values = pseudo.get(&condition).map_or(&[][..], Vec::as_slice);
        out.resize(values.len(), 0.0);
        let pairs = out.iter_mut().zip(values);
        pairs.for_each(|(out, value)| *out += weight * value);
    }
    out
}
