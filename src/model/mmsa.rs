//! What MMSA's models share: how they are trained, and the form of their reference cases.

use serde::Deserialize;

use super::encoder::{BertConfig, EncoderSetup};
use super::habits::Habits;
use super::recipe::{Clip, Recipe, Rule};

/// MMSA's training: Adam at one learning rate, nothing clipped, ended by its early stop.
pub fn recipe(learning_rate: f64, weight_decay: f64, batch_size: usize) -> Recipe {
    Recipe {
        rule: Rule::Adam,
        learning_rate,
        weight_decay,
        batch_size,
        // MMSA has no cap.
        epochs: 100,
        clip: Clip::None,
        habits: Habits {
            early_stop: Some(8),
            ..Habits::NONE
        },
    }
}

/// The `config` of a reference case: a model's own keys and the widths of its features.
#[derive(Deserialize)]
pub struct Case<C> {
    #[serde(flatten)]
    pub config: C,
    /// Text, audio, vision.
    feature_dims: [i64; 3],
}

impl<C> Case<C> {
    /// The case's text encoder.
    pub fn encoder(&self, bert: Option<&BertConfig>) -> EncoderSetup {
        EncoderSetup::of_case(bert, self.feature_dims[0])
    }

    /// Features of audio and vision.
    pub fn widths(&self) -> [i64; 2] {
        let [_, audio, vision] = self.feature_dims;
        [audio, vision]
    }
}
