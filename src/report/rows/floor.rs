//! The floor of a section: for each metric the constant that the training labels choose.

use std::collections::BTreeMap;

use super::scores::Levels;
use super::section::{FLOOR, Row, Section, ids};
use crate::report::error::Result;

/// Adds the row of the best constants, if some run records them. Its numbers are computed on the
/// test labels of that run, which the row names.
///
/// # Errors
/// If the run's predictions, which hold the labels, cannot be read.
pub fn add(section: &mut Section) -> Result<()> {
    let known = section
        .runs()
        .find(|r| !r.manifest.dataset.floors.is_empty());
    let Some(mut run) = known.cloned() else {
        return Ok(());
    };
    let samples = run.samples()?;
    let mut levels: Levels = BTreeMap::new();
    for metric in run.protocol.all() {
        let value = match run.manifest.dataset.floors.get(metric.name) {
            Some(label) => {
                let predictions = vec![*label; samples.truth.len()];
                (metric.compute)(&predictions, &samples.truth).map_err(|e| e.to_string())
            }
            None => Err("no constant has this score".to_string()),
        };
        let everywhere = section.levels.iter().map(|l| (*l, value.clone()));
        levels.insert(metric.name, everywhere.collect());
    }
    run.levels = levels;
    section.rows.push(Row {
        model: FLOOR.to_string(),
        configuration: "best of training labels".to_string(),
        label: "Best constant (floor)".to_string(),
        floor: true,
        derived: true,
        ids: ids(std::slice::from_ref(&run)),
        runs: vec![run],
    });
    Ok(())
}
