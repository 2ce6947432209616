//! Lists TF-Mamba's hyper-parameters and training settings, as its published configurations give them.

use serde::{Deserialize, Serialize};

use crate::model::layers::MambaSize;
use crate::model::recipe::{GradClip, Recipe, Rule};
use crate::model::setup::Profile;
use crate::model::trainer_options::{MonitoredMetric, TrainerOptions};
use crate::model::variant;

/// The published training settings, which are LNLN's.
pub fn recipe(_: Profile) -> Recipe {
    Recipe {
        rule: Rule::AdamW,
        learning_rate: 1e-4,
        weight_decay: 1e-4,
        batch_size: 64,
        epochs: 200,
        clip: GradClip::None,
        trainer_options: TrainerOptions {
            monitored: MonitoredMetric::Mse,
            ..TrainerOptions::NONE
        },
    }
}

/// Hyper-parameters. Reference cases are computed without dropout.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// Features of every step.
    #[serde(alias = "d")]
    pub width: i64,
    /// States of a channel of the scans.
    pub d_state: i64,
    /// Channels of the scans over the width.
    pub expand: i64,
    /// Steps that the convolution before a scan reads.
    pub d_conv: i64,
    /// Rank of the projection to step sizes.
    pub dt_rank: i64,
    /// Layers of the context Mamba.
    pub tc_layers: i64,
    /// Layers of the query Mamba.
    pub tq_layers: i64,
    pub attn_heads: i64,
    /// Features of a head.
    pub attn_dim_head: i64,
    /// Of every layer norm.
    pub layer_norm_eps: f64,
    /// In the reconstruction.
    #[serde(default)]
    pub dropout: f64,
    /// Weight of the reconstruction loss.
    pub alpha: f64,
    /// Keeps the reconstruction loss of a batch without erased words finite.
    pub rec_eps: f64,
    /// Whether the reference bug described in `tf_mamba.rs` is reproduced.
    #[serde(default, skip_serializing_if = "variant::is_no")]
    pub compat: bool,
}

impl Config {
    /// The published values. Nothing is published for SIMSv2, which gets SIMS's.
    pub fn of(profile: Profile) -> Self {
        let mosi = profile == Profile::Mosi;
        let sims = matches!(profile, Profile::Sims | Profile::SimsV2);
        Self {
            width: 128,
            d_state: if mosi { 12 } else { 16 },
            expand: if sims { 2 } else { 4 },
            d_conv: 4,
            dt_rank: 8,
            tc_layers: 1,
            tq_layers: if mosi { 1 } else { 2 },
            attn_heads: 8,
            attn_dim_head: 64,
            layer_norm_eps: 1e-6,
            dropout: if mosi { 0.1 } else { 0.2 },
            alpha: match profile {
                Profile::Mosi => 0.7,
                Profile::Mosei => 0.3,
                Profile::Sims | Profile::SimsV2 => 1.0,
            },
            rec_eps: 1e-6,
            compat: false,
        }
    }

    /// Sizes of every Mamba.
    pub fn mamba(&self) -> MambaSize {
        MambaSize {
            width: self.width,
            inner: self.expand * self.width,
            states: self.d_state,
            taps: self.d_conv,
            rank: self.dt_rank,
            alike: !self.compat,
        }
    }
}
