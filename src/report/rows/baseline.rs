//! Adds the constant baseline to a section: for each metric the constant that is best on the training
//! labels.

use std::collections::BTreeMap;

use super::row::{ModelRow, ids};
use super::samples::Samples;
use super::scores::{Conditions, ScoredRun, Value};
use super::section::Section;
use crate::metric::Metric;
use crate::report::error::Result;

/// Key of that row in machine-readable files.
pub const BEST: &str = "best_constant";

/// The score of the best constant of a training's labels on its test labels; of the folds' constants, each on
/// the test labels of its fold.
fn best(metric: &Metric, trainings: &[(ScoredRun, Samples)]) -> Value {
    let (mut predictions, mut truth) = (Vec::new(), Vec::new());
    for (run, samples) in trainings {
        let label = run.manifest.dataset.baselines.get(metric.name);
        let label = label.ok_or_else(|| undefined(metric, &samples.truth))?;
        predictions.resize(predictions.len() + samples.truth.len(), *label);
        truth.extend_from_slice(&samples.truth);
    }
    (metric.compute)(&predictions, &truth).map_err(|e| e.to_string())
}

/// Why no constant has a score, as the metric itself tells it of one.
fn undefined(metric: &Metric, truth: &[f32]) -> String {
    let constant = (metric.compute)(&vec![0.0; truth.len()], truth);
    constant.map_or_else(
        |e| e.to_string(),
        |_| "no constant has this score".to_string(),
    )
}

/// Adds the row of the best constants, if some run records them. Its numbers are computed on the
/// test labels of that run, which the row names.
///
/// # Errors
/// If the run's predictions, which hold the labels, cannot be read.
pub fn add(section: &mut Section) -> Result<()> {
    let known = section
        .runs()
        .find(|r| !r.manifest.dataset.baselines.is_empty());
    let Some(mut run) = known.cloned() else {
        return Ok(());
    };
    let trainings = if run.folds().is_empty() {
        vec![(run.clone(), run.samples()?)]
    } else {
        let folds = run.folds().iter();
        let folds = folds.map(|fold| Ok((fold.clone(), fold.samples()?)));
        folds.collect::<Result<Vec<_>>>()?
    };
    let mut conditions: Conditions = BTreeMap::new();
    for metric in run.protocol.all() {
        let value = best(metric, &trainings);
        let everywhere = section.conditions.iter().map(|l| (*l, value.clone()));
        conditions.insert(metric.name, everywhere.collect());
    }
    run.conditions = conditions;
    section.rows.push(ModelRow {
        model: BEST.to_string(),
        configuration: "best of training labels".to_string(),
        label: "Best training constant (baseline)".to_string(),
        baseline: true,
        derived: true,
        ids: ids(std::slice::from_ref(&run)),
        runs: vec![run],
        cut: Vec::new(),
    });
    Ok(())
}
