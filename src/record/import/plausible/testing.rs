//! Predictions for tests of single checks.

use super::super::join::Joined;
use super::super::same_masks::UNKNOWN;
use super::Reference;
use crate::mask::Condition;

/// Labels of CMU-MOSI's range, of which no masks and no lengths are known.
pub fn reference<'a>(ids: &'a [String], truth: &'a [f32]) -> Reference<'a> {
    Reference {
        ids,
        truth,
        lengths: [&[]; 3],
        range: [-3.0, 3.0],
        absent: [false; 3],
        masks: &UNKNOWN,
        train: &[],
    }
}

/// A run of one seed that predicts complete samples.
pub fn complete(pass: Vec<f32>) -> Joined {
    let key = ("random".to_string(), 1, Condition::uniform(0.0).unwrap());
    Joined {
        model: "m".to_string(),
        seed: 1,
        passes: [(key, pass)].into(),
    }
}

/// Runs of one model that predict complete samples, under the seeds 1, 2 and so on.
pub fn seeds(passes: &[Vec<f32>]) -> Vec<Joined> {
    let each = (1..).zip(passes);
    each.map(|(seed, pass)| Joined {
        seed,
        ..complete(pass.clone())
    })
    .collect()
}
