//! Describes gradient accumulation, plateau learning-rate decay and early stopping, as published.

use serde::{Deserialize, Serialize};

/// The metric that trainer options monitor on the validation split: the loss that the model is trained on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MonitoredMetric {
    /// Mean absolute error.
    #[default]
    Mae,
    /// Mean squared error.
    Mse,
}

impl MonitoredMetric {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
    fn is_usual(&self) -> bool {
        *self == Self::Mae
    }
}

/// Trainer options of a run. A model's recipe holds its authors'; a run uses none unless requested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrainerOptions {
    /// Batches whose gradients are summed before a step; they are not divided by their number.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub grad_accum: u32,
    /// Epochs without improvement after which the learning rate becomes a tenth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lr_plateau: Option<u32>,
    /// Epochs without improvement after which training ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub early_stop: Option<u32>,
    /// What both monitor.
    #[serde(default, skip_serializing_if = "MonitoredMetric::is_usual")]
    pub monitored: MonitoredMetric,
}

impl Default for TrainerOptions {
    fn default() -> Self {
        Self::NONE
    }
}

impl TrainerOptions {
    /// A step per batch, for as many epochs as there are.
    pub const NONE: Self = Self {
        grad_accum: 1,
        lr_plateau: None,
        early_stop: None,
        monitored: MonitoredMetric::Mae,
    };

    /// Whether any of them monitors the validation split.
    pub fn watch(self) -> bool {
        self.lr_plateau.is_some() || self.early_stop.is_some()
    }

    /// In words, for reports; empty without any.
    pub fn words(self) -> String {
        let accumulated =
            (self.grad_accum > 1).then(|| format!("steps over {} batches", self.grad_accum));
        let of = match self.monitored {
            MonitoredMetric::Mae => "",
            MonitoredMetric::Mse => " of the squared error",
        };
        let reduced = self
            .lr_plateau
            .map(|n| format!("rate / 10 after {n} epochs without improvement{of}"));
        let ended = self
            .early_stop
            .map(|n| format!("ends after {n} epochs without improvement{of}"));
        let all: Vec<String> = [accumulated, reduced, ended]
            .into_iter()
            .flatten()
            .collect();
        all.join(", ")
    }
}

fn one() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_one(value: &u32) -> bool {
    *value == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_usual_is_not_written() {
        assert_eq!(serde_json::to_string(&TrainerOptions::NONE).unwrap(), "{}");
        assert_eq!(
            serde_json::from_str::<TrainerOptions>("{}").unwrap(),
            TrainerOptions::NONE
        );
        assert_eq!(TrainerOptions::NONE.words(), "");
        let all = TrainerOptions {
            grad_accum: 8,
            lr_plateau: Some(5),
            early_stop: Some(8),
            ..TrainerOptions::NONE
        };
        let text = serde_json::to_string(&all).unwrap();
        assert_eq!(text, r#"{"grad_accum":8,"lr_plateau":5,"early_stop":8}"#);
        assert!(all.watch() && all.words().starts_with("steps over 8 batches, rate / 10"));
    }
}
