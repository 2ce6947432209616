//! Lists MISA's hyper-parameters and training settings, as MMSA tuned them.

use serde::{Deserialize, Serialize};

use crate::model::mmsa;
use crate::model::recipe::{GradClip, Recipe};
use crate::model::setup::Profile;
use crate::model::trainer_options::{MonitoredMetric, TrainerOptions};

/// The published training settings.
pub fn recipe(profile: Profile) -> Recipe {
    let (batch_size, clip) = match profile {
        Profile::Mosi => (16, 0.8),
        Profile::Mosei => (64, 0.8),
        Profile::Sims => (64, 1.0),
        Profile::SimsV2 => (16, 0.8),
    };
    let recipe = mmsa::recipe(1e-4, 0.0, batch_size);
    Recipe {
        clip: GradClip::Value(clip),
        trainer_options: TrainerOptions {
            grad_accum: 2,
            monitored: MonitoredMetric::Mse,
            ..recipe.trainer_options
        },
        ..recipe
    }
}

/// Hyper-parameters under MMSA's names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// Width of all parts.
    pub hidden_size: i64,
    /// In the last layers.
    pub dropout: f64,
    pub diff_weight: f64,
    pub sim_weight: f64,
    pub recon_weight: f64,
    /// In the transformer over the six parts. Reference cases are computed without.
    #[serde(default)]
    pub transformer_dropout: f64,
    /// Whether the reference bug described in `misa.rs` is reproduced.
    #[serde(default)]
    pub compat: bool,
}

impl Config {
    /// MMSA's tuned values.
    pub fn of(profile: Profile) -> Self {
        let (hidden_size, dropout, [diff_weight, sim_weight, recon_weight]) = match profile {
            Profile::Mosi => (128, 0.2, [0.1, 0.3, 1.0]),
            Profile::Mosei => (128, 0.5, [0.3, 0.8, 1.0]),
            Profile::Sims => (128, 0.0, [0.3, 1.0, 0.8]),
            Profile::SimsV2 => (64, 0.5, [0.5, 1.0, 0.5]),
        };
        Self {
            hidden_size,
            dropout,
            diff_weight,
            sim_weight,
            recon_weight,
            transformer_dropout: 0.1,
            compat: false,
        }
    }
}
