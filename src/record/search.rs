//! Describes the search that chose a run's settings: its budget, and what was chosen.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The search that a run is part of, as a trial or as the training of the chosen settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SearchMetadata {
    /// Number of trials, the published settings among them.
    pub trials: u32,
    /// Epochs of all trainings of one seed in the search together.
    pub total_epochs: u32,
    /// Seed of the draws.
    pub seed: u64,
    /// Seed of initialization, order and dropout of the trials.
    pub training_seed: u64,
    /// Number of the trial whose settings the run has; 0 has the published ones.
    pub trial: u32,
    /// The settings that were drawn, by name; none in trial 0.
    pub settings: BTreeMap<String, Value>,
}

impl SearchMetadata {
    /// What tells the searches of one model apart.
    pub fn budget(&self) -> (u32, u32, u64, u64) {
        (
            self.trials,
            self.total_epochs,
            self.seed,
            self.training_seed,
        )
    }

    /// The drawn settings as text, or that they are the published ones.
    pub fn describe_settings(&self) -> String {
        if self.trial == 0 {
            return "the published settings".to_owned();
        }
        let settings = self.settings.iter();
        let settings = settings.map(|(name, value)| format!("{} {value}", name.replace('_', " ")));
        settings.collect::<Vec<_>>().join(", ")
    }
}
