//! Lists CENET's hyper-parameters and training settings, as MMSA tuned them.

use serde::{Deserialize, Serialize};

use crate::model::entry::ADAM_EPSILON;
use crate::model::mmsa;
use crate::model::recipe::{GradClip, Recipe};
use crate::model::setup::Profile;

/// The published training settings.
pub fn recipe(profile: Profile) -> Recipe {
    let (learning_rate, weight_decay, batch_size) = match profile {
        Profile::Mosi | Profile::Mosei => (1e-5, 1e-4, 64),
        Profile::Sims => (2e-6, 0.0, 32),
        Profile::SimsV2 => (3e-5, 0.0, 64),
    };
    Recipe {
        clip: GradClip::Norm(2.0),
        ..mmsa::recipe(learning_rate, weight_decay, batch_size)
    }
}

/// Hyper-parameters; those that MMSA names under its names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// The small number that Adam adds to the root of the second moment.
    #[serde(default = "pytorch")]
    pub adam_epsilon: f64,
    /// Layers of BERT before the block.
    pub ce_layer: usize,
    pub ce_heads: i64,
    /// Factor of the block's attention scores.
    pub ce_score_scale: f64,
    /// Rows of tables that nothing reads.
    #[serde(default = "rows::pos_tag", skip_serializing)]
    pub pos_tag_rows: i64,
    #[serde(default = "rows::senti", skip_serializing)]
    pub senti_rows: i64,
    #[serde(default = "rows::polarity", skip_serializing)]
    pub polarity_rows: i64,
    /// Whether the reference bugs described in `cenet.rs` are reproduced.
    #[serde(default)]
    pub compat: bool,
}

fn pytorch() -> f64 {
    ADAM_EPSILON
}

mod rows {
    pub fn pos_tag() -> i64 {
        5
    }
    pub fn senti() -> i64 {
        3
    }
    pub fn polarity() -> i64 {
        6
    }
}

impl Config {
    /// MMSA's tuned values.
    pub fn of(profile: Profile) -> Self {
        Self {
            adam_epsilon: match profile {
                Profile::Mosi | Profile::SimsV2 => 3e-8,
                Profile::Mosei => 1e-8,
                Profile::Sims => 2e-8,
            },
            ce_layer: 1,
            ce_heads: 1,
            ce_score_scale: 8.0,
            pos_tag_rows: rows::pos_tag(),
            senti_rows: rows::senti(),
            polarity_rows: rows::polarity(),
            compat: false,
        }
    }
}
