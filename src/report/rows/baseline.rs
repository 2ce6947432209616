//! Adds the constant baseline to a section: for each metric the constant that is best on the training
//! labels.

use std::collections::BTreeMap;

use super::scores::Conditions;
use super::section::{ModelRow, Section, ids};
use crate::report::error::Result;

/// Key of that row in machine-readable files.
pub const BEST: &str = "best_constant";

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
    let samples = run.samples()?;
    let mut conditions: Conditions = BTreeMap::new();
    for metric in run.protocol.all() {
        let value = match run.manifest.dataset.baselines.get(metric.name) {
            Some(label) => {
                let predictions = vec![*label; samples.truth.len()];
                (metric.compute)(&predictions, &samples.truth).map_err(|e| e.to_string())
            }
            None => Err("no constant has this score".to_string()),
        };
        let everywhere = section.conditions.iter().map(|l| (*l, value.clone()));
        conditions.insert(metric.name, everywhere.collect());
    }
    run.conditions = conditions;
    section.rows.push(ModelRow {
        model: BEST.to_string(),
        configuration: "best of training labels".to_string(),
        label: "Best constant (baseline)".to_string(),
        baseline: true,
        derived: true,
        ids: ids(std::slice::from_ref(&run)),
        runs: vec![run],
        cut: Vec::new(),
    });
    Ok(())
}
