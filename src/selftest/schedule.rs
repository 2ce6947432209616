//! Compares learning-rate schedules with those of the reference and of PyTorch.

use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::Comparison;
use super::case::{CaseError, Result};
use super::compare::worst;
use crate::train::Schedule;
use crate::train::patience::Plateau;

const TOLERANCE: f64 = 1e-12;

#[derive(Deserialize)]
struct Cases<C> {
    cases: Vec<C>,
}

/// One row of `schedule.json`.
#[derive(Deserialize)]
struct ScheduleCase {
    base_lr: f64,
    n_epochs: u32,
    lr: Vec<f64>,
}

/// One row of `plateau.json`: a value per epoch, `null` for NaN, and the rate after each.
#[derive(Deserialize)]
struct PlateauCase {
    rate: f64,
    patience: u32,
    values: Vec<Option<f64>>,
    rates: Vec<f64>,
}

/// Compares [`Schedule::Reference`] with `schedule.json` in `dir` and [`Plateau`] with `plateau.json`,
/// relative tolerance 1e-12; one of the two files is enough.
///
/// # Errors
/// [`CaseError::Read`], [`CaseError::Json`].
pub fn run(dir: &Path) -> Result<Vec<Comparison>> {
    let (schedules, plateaus) = (dir.join("schedule.json"), dir.join("plateau.json"));
    let mut comparisons = Vec::new();
    if schedules.exists() || !plateaus.exists() {
        let cases = read::<ScheduleCase>(&schedules)?;
        comparisons.extend(cases.iter().map(ScheduleCase::compare));
    }
    if plateaus.exists() {
        let cases = read::<PlateauCase>(&plateaus)?;
        comparisons.extend(cases.iter().map(PlateauCase::compare));
    }
    Ok(comparisons)
}

fn read<C: DeserializeOwned>(path: &Path) -> Result<Vec<C>> {
    let path = path.to_owned();
    let text = fs::read_to_string(&path).map_err(|source| CaseError::Read {
        path: path.clone(),
        source,
    })?;
    let read = serde_json::from_str::<Cases<C>>(&text);
    Ok(read
        .map_err(|source| CaseError::Json { path, source })?
        .cases)
}

impl ScheduleCase {
    fn compare(&self) -> Comparison {
        let epochs = 1..=self.n_epochs;
        let got: Vec<f64> = epochs
            .map(|epoch| self.base_lr * Schedule::Reference.factor(epoch, self.n_epochs))
            .collect();
        Comparison {
            case: "schedule".to_owned(),
            quantity: format!(
                "learning rate, {} epochs from {}",
                self.n_epochs, self.base_lr
            ),
            error: worst(&got, &self.lr, &self.lr),
            tolerance: TOLERANCE,
        }
    }
}

impl PlateauCase {
    fn compare(&self) -> Comparison {
        let mut plateau = Plateau::default();
        let rate = |value: &Option<f64>| {
            plateau.observe(value.unwrap_or(f64::NAN), self.patience, self.rate, 0.1);
            self.rate * plateau.factor()
        };
        let got: Vec<f64> = self.values.iter().map(rate).collect();
        Comparison {
            case: "schedule".to_owned(),
            quantity: format!(
                "learning rate on a plateau, {} epochs from {}, patience {}",
                self.values.len(),
                self.rate,
                self.patience
            ),
            error: worst(&got, &self.rates, &self.rates),
            tolerance: TOLERANCE,
        }
    }
}
