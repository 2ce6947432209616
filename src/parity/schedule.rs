//! The reference's learning-rate schedule.

use std::fs;
use std::path::Path;

use serde::Deserialize;

use super::Outcome;
use super::case::{CaseError, Result};
use super::compare::worst;
use crate::train::Schedule;

/// One row of `schedule.json`.
#[derive(Deserialize)]
struct ScheduleCase {
    base_lr: f64,
    n_epochs: u32,
    lr: Vec<f64>,
}

#[derive(Deserialize)]
struct ScheduleCases {
    cases: Vec<ScheduleCase>,
}

/// Compares [`Schedule::Reference`] with `schedule.json` in `dir`, relative tolerance 1e-12.
///
/// # Errors
/// [`CaseError::Read`], [`CaseError::Json`].
pub fn run(dir: &Path) -> Result<Vec<Outcome>> {
    let path = dir.join("schedule.json");
    let text = fs::read_to_string(&path).map_err(|source| CaseError::Read {
        path: path.clone(),
        source,
    })?;
    let cases: ScheduleCases =
        serde_json::from_str(&text).map_err(|source| CaseError::Json { path, source })?;
    let compare = |case: &ScheduleCase| {
        let epochs = 1..=case.n_epochs;
        let got: Vec<f64> = epochs
            .map(|epoch| case.base_lr * Schedule::Reference.factor(epoch, case.n_epochs))
            .collect();
        Outcome {
            case: "schedule".to_owned(),
            quantity: format!(
                "learning rate, {} epochs from {}",
                case.n_epochs, case.base_lr
            ),
            error: worst(&got, &case.lr, &case.lr),
            tolerance: 1e-12,
        }
    };
    Ok(cases.cases.iter().map(compare).collect())
}
