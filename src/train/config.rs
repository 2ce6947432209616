//! How one run is trained, evaluated and selected: everything but data, model and seed.

use serde::{Deserialize, Serialize};

use super::habit::Habit;
use super::schedule::Schedule;
use crate::model::{Habits, Recipe};

/// What a user may change of a model's recipe; `None` keeps the authors' value, but habits are
/// followed only where they are asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Overrides {
    pub epochs: Option<u32>,
    pub batch_size: Option<usize>,
    pub learning_rate: Option<f64>,
    pub weight_decay: Option<f64>,
    /// Learning rate over the epochs, in place of the suite's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Schedule>,
    /// Batches per step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accumulate: Option<Habit>,
    /// Epochs without improvement after which the learning rate becomes a tenth.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plateau: Option<Habit>,
    /// Epochs without improvement after which training ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub early_stop: Option<Habit>,
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
            accumulate: self.accumulate.or(fallback.accumulate),
            plateau: self.plateau.or(fallback.plateau),
            early_stop: self.early_stop.or(fallback.early_stop),
        }
    }

    /// The recipe with these values in place of the authors'.
    pub fn apply(self, recipe: Recipe) -> Recipe {
        let asked = |habit: Option<Habit>, published| habit?.resolve(published);
        let mut habits = Habits {
            accumulate: asked(self.accumulate, Some(recipe.habits.accumulate)).unwrap_or(1),
            plateau: asked(self.plateau, recipe.habits.plateau),
            early_stop: asked(self.early_stop, recipe.habits.early_stop),
            ..Habits::NONE
        };
        if habits.watch() {
            habits.watched = recipe.habits.watched;
        }
        Recipe {
            epochs: self.epochs.unwrap_or(recipe.epochs),
            batch_size: self.batch_size.unwrap_or(recipe.batch_size),
            learning_rate: self.learning_rate.unwrap_or(recipe.learning_rate),
            weight_decay: self.weight_decay.unwrap_or(recipe.weight_decay),
            habits,
            ..recipe
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::habits::Watched;
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
    fn habits_are_followed_where_they_are_asked_for() {
        let published = (mult::ENTRY.recipe)(Profile::Mosei);
        let usual = Overrides::default().apply(published.clone());
        assert_eq!(usual.habits, Habits::NONE);
        let asked = Overrides {
            accumulate: Some(Habit::Published),
            plateau: Some(Habit::Of(3)),
            early_stop: Some(Habit::None),
            ..Overrides::default()
        };
        let expected = Habits {
            accumulate: 8,
            plateau: Some(3),
            ..Habits::NONE
        };
        assert_eq!(asked.apply(published).habits, expected);
    }

    /// What nothing watches is not recorded, so that runs without habits keep their identity.
    #[test]
    fn habits_look_at_the_loss_a_model_is_trained_on() {
        let published = (misa::ENTRY.recipe)(Profile::Mosi);
        let stopped = |early_stop| {
            let asked = Overrides {
                early_stop,
                ..Overrides::default()
            };
            asked.apply(published.clone()).habits.watched
        };
        assert_eq!(stopped(Some(Habit::Of(2))), Watched::Mse);
        assert_eq!(stopped(None), Watched::Mae);
    }
}
