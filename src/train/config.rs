//! How one run is trained, evaluated and selected: everything but data, model and seed.

use serde::{Deserialize, Serialize};

use crate::model::Recipe;

/// What a user may change of a model's recipe; `None` keeps the authors' value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Overrides {
    pub epochs: Option<u32>,
    pub batch_size: Option<usize>,
    pub learning_rate: Option<f64>,
    pub weight_decay: Option<f64>,
}

impl Overrides {
    /// These values where given, `fallback`'s where not.
    pub fn or(self, fallback: Self) -> Self {
        Self {
            epochs: self.epochs.or(fallback.epochs),
            batch_size: self.batch_size.or(fallback.batch_size),
            learning_rate: self.learning_rate.or(fallback.learning_rate),
            weight_decay: self.weight_decay.or(fallback.weight_decay),
        }
    }

    /// The recipe with these values in place of the authors'.
    pub fn apply(self, recipe: Recipe) -> Recipe {
        Recipe {
            epochs: self.epochs.unwrap_or(recipe.epochs),
            batch_size: self.batch_size.unwrap_or(recipe.batch_size),
            learning_rate: self.learning_rate.unwrap_or(recipe.learning_rate),
            weight_decay: self.weight_decay.unwrap_or(recipe.weight_decay),
            ..recipe
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
