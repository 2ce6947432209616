//! Names the training protocol of a model, for tables whose models were trained by several.

use super::scores::ScoredRun;
use crate::mask::{Condition, Noise, RateDistribution};

/// A training protocol, in the order of tables.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Eq, Ord)]
pub enum Trained {
    /// Samples of many rates.
    Mixed,
    /// Complete samples.
    Clean,
    /// A training per tested rate.
    TestedRate,
    /// Every sample at one condition, tested at others.
    At(Condition),
}

impl Trained {
    /// Of a run; `None` where nothing was trained, or the training is unknown.
    pub fn of(run: &ScoredRun) -> Option<Self> {
        let training = &run.manifest.training;
        if training.epochs == 0 {
            return None;
        }
        if !run.parts().is_empty() {
            return Some(Self::TestedRate);
        }
        let noise = training.noise.as_ref()?;
        Some(match (noise.noise, noise.rates) {
            (Noise::Clean, _) => Self::Clean,
            (_, RateDistribution::HalfComplete) => Self::Mixed,
            (_, RateDistribution::At(condition)) => Self::At(condition),
        })
    }

    /// As a remark behind a model's title.
    pub fn describe(self) -> String {
        match self {
            Self::Mixed => "trained on mixed noise".to_owned(),
            Self::Clean => "trained on clean data".to_owned(),
            Self::TestedRate => "trained at the tested rate".to_owned(),
            Self::At(condition) => format!("trained at {condition}"),
        }
    }

    /// The condition at which a run was trained and tested, and at no other.
    pub fn matched(run: &ScoredRun) -> Option<Condition> {
        match (Self::of(run)?, &run.mask.conditions[..]) {
            (Self::At(trained), [tested]) if trained == *tested => Some(trained),
            _ => None,
        }
    }
}
