//! What models were trained on: the protocol that stands beside a model where a table holds several.

use super::scores::ScoredRun;
use crate::mask::Level;
use crate::record::noise::Lacked;

/// A training protocol, in the order of tables.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Eq, Ord)]
pub enum Trained {
    /// Clips of many rates.
    Mixed,
    /// Complete clips.
    Clean,
    /// A training per tested rate.
    TestedRate,
    /// Every clip at one level, tested at others.
    At(Level),
}

impl Trained {
    /// Of a run; `None` where nothing was trained, or nobody knows on what.
    pub fn of(run: &ScoredRun) -> Option<Self> {
        let training = &run.manifest.training;
        if training.epochs == 0 {
            return None;
        }
        if !run.parts().is_empty() {
            return Some(Self::TestedRate);
        }
        match Lacked::of(&training.noise) {
            Lacked::Unknown => None,
            Lacked::Nothing => Some(Self::Clean),
            Lacked::Mixture => Some(Self::Mixed),
            Lacked::Level(level) => Some(Self::At(level)),
        }
    }

    /// Behind a model's title.
    pub fn words(self) -> String {
        match self {
            Self::Mixed => "trained on mixed noise".to_owned(),
            Self::Clean => "trained on clean data".to_owned(),
            Self::TestedRate => "trained at the tested rate".to_owned(),
            Self::At(level) => format!("trained at {level}"),
        }
    }

    /// The level at which a run was trained and tested, and at no other.
    pub fn matched(run: &ScoredRun) -> Option<Level> {
        match (Self::of(run)?, &run.mask.levels[..]) {
            (Self::At(trained), [tested]) if trained == *tested => Some(trained),
            _ => None,
        }
    }
}
