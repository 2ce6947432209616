//! Scores of the condition that leaves most, which its maker knows from an evaluation of his own.

use super::join::Joined;
use crate::mask::Condition;
use crate::metric::{correlation, error};

/// MAE and Corr of one condition.
#[derive(Clone, Debug, PartialEq)]
pub struct FirstScores {
    pub condition: Condition,
    pub mae: f64,
    /// Not defined for a constant.
    pub corr: Option<f64>,
}

impl FirstScores {
    /// Of a run's predictions and the labels of the test split.
    pub(super) fn of(run: &Joined, truth: &[f32]) -> Option<Self> {
        let removed = |condition: Condition| condition.rates().iter().sum::<f64>();
        let passes = run.passes.iter();
        let (key, pass) = passes.min_by(|a, b| removed(a.0.2).total_cmp(&removed(b.0.2)))?;
        Some(Self {
            condition: key.2,
            mae: error::mean_absolute(pass, truth).ok()?,
            corr: correlation::pearson(pass, truth).ok(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_those_of_the_condition_that_leaves_most() {
        let pass = |rate: f64, values: [f32; 3]| {
            let condition = Condition::uniform(rate).unwrap();
            (("random".to_string(), 1111, condition), values.to_vec())
        };
        let run = |first: [f32; 3]| Joined {
            model: "m".to_string(),
            seed: 1,
            passes: [pass(0.1, [9.0; 3]), pass(0.0, first)].into(),
        };
        let truth = [1.0, 2.0, 3.0];
        let found = FirstScores::of(&run([1.5, 2.5, 3.5]), &truth).unwrap();
        assert_eq!((found.condition.rate(), found.mae), (Some(0.0), 0.5));
        assert!(found.corr.is_some_and(|corr| (corr - 1.0).abs() < 1e-9));
        let constant = FirstScores::of(&run([2.0; 3]), &truth).unwrap();
        assert_eq!(constant.corr, None);
    }
}
