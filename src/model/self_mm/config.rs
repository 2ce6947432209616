//! Lists Self-MM's hyper-parameters and training settings, as MMSA tuned them.

use serde::{Deserialize, Serialize};

use crate::model::mmsa;
use crate::model::recipe::Recipe;
use crate::model::setup::Profile;
use crate::model::trainer_options::TrainerOptions;
use crate::model::variant;

/// The published training settings.
pub fn recipe(profile: Profile) -> Recipe {
    let (batch_size, weight_decay) = match profile {
        Profile::Mosi => (16, 1e-3),
        Profile::Mosei => (32, 1e-2),
        Profile::Sims => (32, 1e-3),
        Profile::SimsV2 => (16, 1e-3),
    };
    let recipe = mmsa::recipe(1e-3, weight_decay, batch_size);
    Recipe {
        trainer_options: TrainerOptions {
            grad_accum: 4,
            ..recipe.trainer_options
        },
        ..recipe
    }
}

/// Hyper-parameters under MMSA's names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Config {
    pub a_lstm_hidden_size: i64,
    pub v_lstm_hidden_size: i64,
    pub audio_out: i64,
    pub video_out: i64,
    pub post_fusion_dim: i64,
    pub post_text_dim: i64,
    pub post_audio_dim: i64,
    pub post_video_dim: i64,
    pub post_fusion_dropout: f64,
    pub post_text_dropout: f64,
    pub post_audio_dropout: f64,
    pub post_video_dropout: f64,
    /// Largest magnitude of a made label.
    #[serde(rename = "H")]
    pub label_limit: f64,
    /// Learning rates of the text encoder, audio and vision LSTMs over that of the heads.
    #[serde(default = "same")]
    pub relative_rates: [f64; 3],
    /// Weight decays of the same three over that of the heads.
    #[serde(default = "same")]
    pub relative_decays: [f64; 3],
    /// Whether the reference bug described in `self_mm.rs` is reproduced.
    #[serde(default, skip_serializing_if = "variant::is_no")]
    pub compat: bool,
}

fn same() -> [f64; 3] {
    [1.0; 3]
}

impl Config {
    /// MMSA's tuned values.
    pub fn of(profile: Profile) -> Self {
        let (v_lstm_hidden_size, post_text_dim, post_audio_dim, label_limit) = match profile {
            Profile::Mosi | Profile::Mosei => (32, 32, 16, 3.0),
            Profile::Sims => (64, 64, 16, 1.0),
            Profile::SimsV2 => (64, 64, 32, 3.0),
        };
        let dropouts = match profile {
            Profile::Mosi | Profile::Sims => [0.0, 0.1, 0.1, 0.0],
            Profile::Mosei => [0.1, 0.0, 0.0, 0.0],
            Profile::SimsV2 => [0.0, 0.0, 0.1, 0.0],
        };
        let (relative_rates, relative_decays) = match profile {
            Profile::Mosi => ([0.05, 5.0, 5.0], [1.0; 3]),
            Profile::Mosei => ([0.05, 5.0, 0.1], [0.1, 0.0, 0.0]),
            Profile::Sims => ([0.05, 5.0, 5.0], [1.0, 10.0, 10.0]),
            Profile::SimsV2 => ([0.05, 1.0, 1.0], [10.0, 0.0, 0.0]),
        };
        Self {
            a_lstm_hidden_size: 16,
            v_lstm_hidden_size,
            audio_out: 16,
            video_out: 32,
            post_fusion_dim: 128,
            post_text_dim,
            post_audio_dim,
            post_video_dim: 32,
            post_fusion_dropout: dropouts[0],
            post_text_dropout: dropouts[1],
            post_audio_dropout: dropouts[2],
            post_video_dropout: dropouts[3],
            label_limit,
            relative_rates,
            relative_decays,
            compat: false,
        }
    }
}
