//! Gives the training settings that MMSA uses for its models.

use super::recipe::{GradClip, Recipe, Rule};
use super::trainer_options::TrainerOptions;

/// A cap of this program, for runs without early stop: MMSA has none, its early stop ends training.
const EPOCHS: u32 = 100;

/// MMSA's training: Adam at one learning rate, nothing clipped, ended by its early stop.
pub fn recipe(learning_rate: f64, weight_decay: f64, batch_size: usize) -> Recipe {
    Recipe {
        rule: Rule::Adam,
        learning_rate,
        weight_decay,
        batch_size,
        epochs: EPOCHS,
        clip: GradClip::None,
        trainer_options: TrainerOptions {
            early_stop: Some(8),
            ..TrainerOptions::NONE
        },
    }
}
