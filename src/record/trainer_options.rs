//! Defines gradient accumulation, learning-rate plateau and early stopping, as published.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What plateau and early stopping monitor on the validation split: the loss of the task that a
/// model is trained on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MonitoredMetric {
    /// Mean absolute error.
    #[default]
    Mae,
    /// Mean squared error.
    Mse,
}

/// Trainer options of a run. A model's recipe holds those of its authors; a run follows them only
/// where it is told to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TrainerOptions {
    /// Batches whose gradients are summed before a step; they are not divided by their number.
    pub grad_accum: u32,
    /// Epochs without improvement after which the learning rate is divided by `lr_divisor`.
    pub lr_plateau: Option<u32>,
    #[serde(default = "ten", skip_serializing_if = "is_ten")]
    pub lr_divisor: u32,
    /// Epochs without improvement after which training ends.
    pub early_stop: Option<u32>,
    /// What both monitor.
    pub monitored: MonitoredMetric,
}

fn ten() -> u32 {
    10
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_ten(divisor: &u32) -> bool {
    *divisor == 10
}

impl Default for TrainerOptions {
    fn default() -> Self {
        Self::NONE
    }
}

impl TrainerOptions {
    /// A step per batch, at the scheduled learning rate, for all epochs.
    pub const NONE: Self = Self {
        grad_accum: 1,
        lr_plateau: None,
        lr_divisor: 10,
        early_stop: None,
        monitored: MonitoredMetric::Mae,
    };

    /// Whether any option monitors the validation split.
    pub fn watch(self) -> bool {
        self.lr_plateau.is_some() || self.early_stop.is_some()
    }
}

impl fmt::Display for TrainerOptions {
    /// As text for reports; empty for [`TrainerOptions::NONE`].
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = match self.monitored {
            MonitoredMetric::Mae => "",
            MonitoredMetric::Mse => " of the squared error",
        };
        let mut parts = Vec::new();
        if self.grad_accum > 1 {
            parts.push(format!("steps over {} batches", self.grad_accum));
        }
        if let Some(n) = self.lr_plateau {
            let divisor = self.lr_divisor;
            parts.push(format!(
                "rate / {divisor} after {n} epochs without improvement{of}"
            ));
        }
        if let Some(n) = self.early_stop {
            parts.push(format!("ends after {n} epochs without improvement{of}"));
        }
        f.write_str(&parts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_stored_as_numbers_and_shown_in_words() {
        assert_eq!(TrainerOptions::NONE.to_string(), "");
        let all = TrainerOptions {
            grad_accum: 8,
            lr_plateau: Some(5),
            lr_divisor: 10,
            early_stop: Some(8),
            monitored: MonitoredMetric::Mse,
        };
        let text = serde_json::to_string(&all).unwrap();
        assert_eq!(
            text,
            r#"{"grad_accum":8,"lr_plateau":5,"early_stop":8,"monitored":"mse"}"#
        );
        assert_eq!(serde_json::from_str::<TrainerOptions>(&text).unwrap(), all);
        assert!(all.watch() && !TrainerOptions::NONE.watch());
        let halved = TrainerOptions {
            lr_plateau: Some(20),
            lr_divisor: 2,
            ..TrainerOptions::NONE
        };
        let text = serde_json::to_string(&halved).unwrap();
        assert!(text.contains(r#""lr_divisor":2"#), "{text}");
        let shown = halved.to_string();
        assert!(shown.starts_with("rate / 2 after 20"), "{shown}");
        assert_eq!(
            all.to_string(),
            "steps over 8 batches, rate / 10 after 5 epochs without improvement of the squared \
             error, ends after 8 epochs without improvement of the squared error"
        );
    }
}
