//! Holds the settings of a run that replace those of its model's recipe.

use serde::{Deserialize, Serialize};

use super::option_override::OptionOverride;
use super::schedule::Schedule;
use super::selection::Selections;
use crate::model::{Recipe, TrainerOptions};

/// What a user may change of a model's recipe; `None` keeps the authors' value, but trainer options are
/// in force only where they are asked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Overrides {
    pub epochs: Option<u32>,
    pub batch_size: Option<usize>,
    pub learning_rate: Option<f64>,
    pub weight_decay: Option<f64>,
    /// Learning rate over the epochs, in place of the suite's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Schedule>,
    /// Rules that choose the evaluated epochs, in place of the suite's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selection: Option<Selections>,
    /// Batches per step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grad_accum: Option<OptionOverride>,
    /// Epochs without improvement after which the learning rate becomes a tenth.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lr_plateau: Option<OptionOverride>,
    /// Epochs without improvement after which training ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub early_stop: Option<OptionOverride>,
}

impl Overrides {
    /// These values where given, `fallback`'s where not.
    pub fn or(self, fallback: Self) -> Self {
        Self {
            epochs: self.epochs.or(fallback.epochs),
            batch_size: self.batch_size.or(fallback.batch_size),
            learning_rate: self.learning_rate.or(fallback.learning_rate),
            weight_decay: self.weight_decay.or(fallback.weight_decay),
            schedule: self.schedule.or(fallback.schedule),
            selection: self.selection.or(fallback.selection),
            grad_accum: self.grad_accum.or(fallback.grad_accum),
            lr_plateau: self.lr_plateau.or(fallback.lr_plateau),
            early_stop: self.early_stop.or(fallback.early_stop),
        }
    }

    /// The recipe with these values in place of the authors'.
    pub fn apply(&self, recipe: Recipe) -> Recipe {
        let asked = |option_override: Option<OptionOverride>, published| {
            option_override?.resolve(published)
        };
        let mut trainer_options = TrainerOptions {
            grad_accum: asked(self.grad_accum, Some(recipe.trainer_options.grad_accum))
                .unwrap_or(1),
            lr_plateau: asked(self.lr_plateau, recipe.trainer_options.lr_plateau),
            early_stop: asked(self.early_stop, recipe.trainer_options.early_stop),
            ..TrainerOptions::NONE
        };
        if trainer_options.lr_plateau.is_some() {
            trainer_options.lr_divisor = recipe.trainer_options.lr_divisor;
        }
        if trainer_options.watch() {
            trainer_options.monitored = recipe.trainer_options.monitored;
        }
        Recipe {
            epochs: self.epochs.unwrap_or(recipe.epochs),
            batch_size: self.batch_size.unwrap_or(recipe.batch_size),
            learning_rate: self.learning_rate.unwrap_or(recipe.learning_rate),
            weight_decay: self.weight_decay.unwrap_or(recipe.weight_decay),
            trainer_options,
            ..recipe
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::trainer_options::MonitoredMetric;
    use crate::model::{Profile, misa, mult};

    #[test]
    fn the_nearer_override_wins() {
        let near = Overrides {
            epochs: Some(3),
            ..Overrides::default()
        };
        let far = Overrides {
            epochs: Some(9),
            batch_size: Some(16),
            ..Overrides::default()
        };
        let both = near.or(far);
        assert_eq!((both.epochs, both.batch_size), (Some(3), Some(16)));
    }

    #[test]
    fn trainer_options_are_in_force_where_they_are_asked_for() {
        let published = (mult::ENTRY.recipe)(Profile::Mosei);
        let usual = Overrides::default().apply(published.clone());
        assert_eq!(usual.trainer_options, TrainerOptions::NONE);
        let asked = Overrides {
            grad_accum: Some(OptionOverride::Published),
            lr_plateau: Some(OptionOverride::Of(3)),
            early_stop: Some(OptionOverride::None),
            ..Overrides::default()
        };
        let expected = TrainerOptions {
            grad_accum: 8,
            lr_plateau: Some(3),
            ..TrainerOptions::NONE
        };
        assert_eq!(asked.apply(published).trainer_options, expected);
    }

    /// A loss that no trainer option monitors is not recorded, so that runs without trainer options
    /// keep their identity.
    #[test]
    fn trainer_options_monitor_the_loss_a_model_is_trained_on() {
        let published = (misa::ENTRY.recipe)(Profile::Mosi);
        let stopped = |early_stop| {
            let asked = Overrides {
                early_stop,
                ..Overrides::default()
            };
            asked.apply(published.clone()).trainer_options.monitored
        };
        assert_eq!(stopped(Some(OptionOverride::Of(2))), MonitoredMetric::Mse);
        assert_eq!(stopped(None), MonitoredMetric::Mae);
    }
}
