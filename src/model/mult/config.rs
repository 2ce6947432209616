//! Lists MulT's hyper-parameters and training settings, as MMSA tuned them.

use serde::{Deserialize, Serialize};

use crate::model::layers::CrossmodalSize;
use crate::model::mmsa;
use crate::model::recipe::{GradClip, Recipe};
use crate::model::setup::Profile;
use crate::model::trainer_options::TrainerOptions;

/// The published training settings.
pub fn recipe(profile: Profile) -> Recipe {
    let (learning_rate, batch_size) = match profile {
        Profile::Mosi => (2e-3, 16),
        Profile::Mosei => (5e-4, 4),
        Profile::Sims => (2e-3, 16),
        Profile::SimsV2 => (5e-4, 16),
    };
    let (clip, patience) = match profile {
        Profile::Mosi => (0.6, 5),
        Profile::Mosei => (0.6, 20),
        Profile::Sims => (0.6, 10),
        Profile::SimsV2 => (1.0, 10),
    };
    let recipe = mmsa::recipe(learning_rate, 0.0, batch_size);
    Recipe {
        clip: GradClip::Value(clip),
        trainer_options: TrainerOptions {
            grad_accum: 8,
            lr_plateau: Some(patience),
            ..recipe.trainer_options
        },
        ..recipe
    }
}

/// Hyper-parameters, most under MMSA's names. Reference cases are computed without dropout.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// Common width and its number of heads.
    pub dst_feature_dim_nheads: [i64; 2],
    /// Layers of each crossmodal transformer; the ones after them have at least 3.
    pub nlevels: i64,
    pub conv1d_kernel_size_l: i64,
    pub conv1d_kernel_size_a: i64,
    pub conv1d_kernel_size_v: i64,
    /// Of the attention of text to audio, and so on.
    #[serde(default)]
    pub attn_dropout_l_with_a: f64,
    #[serde(default)]
    pub attn_dropout_l_with_v: f64,
    #[serde(default)]
    pub attn_dropout_a_with_l: f64,
    #[serde(default)]
    pub attn_dropout_a_with_v: f64,
    #[serde(default)]
    pub attn_dropout_v_with_l: f64,
    #[serde(default)]
    pub attn_dropout_v_with_a: f64,
    /// In the transformers after the crossmodal ones.
    #[serde(default)]
    pub attn_dropout_mem: f64,
    pub relu_dropout: f64,
    pub embed_dropout: f64,
    pub res_dropout: f64,
    pub output_dropout: f64,
    pub text_dropout: f64,
    pub attn_mask: bool,
}

impl Config {
    /// MMSA's tuned values.
    pub fn of(profile: Profile) -> Self {
        let (size, nlevels, kernels) = match profile {
            Profile::Mosi => ([50, 10], 4, [5, 5, 5]),
            Profile::Mosei => ([30, 6], 4, [5, 1, 3]),
            Profile::Sims => ([50, 10], 2, [5, 1, 1]),
            Profile::SimsV2 => ([30, 6], 4, [5, 3, 1]),
        };
        let ([text, at_text, output], [at_audio, at_vision, relu, embed, residual]) = match profile
        {
            Profile::Mosi => ([0.5, 0.3, 0.5], [0.2, 0.0, 0.0, 0.2, 0.0]),
            Profile::Mosei => ([0.3, 0.4, 0.5], [0.0; 5]),
            Profile::Sims => ([0.3, 0.2, 0.1], [0.1, 0.0, 0.0, 0.1, 0.2]),
            Profile::SimsV2 => ([0.5, 0.1, 0.3], [0.2, 0.0, 0.1, 0.2, 0.0]),
        };
        Self {
            dst_feature_dim_nheads: size,
            nlevels,
            conv1d_kernel_size_l: kernels[0],
            conv1d_kernel_size_a: kernels[1],
            conv1d_kernel_size_v: kernels[2],
            attn_dropout_l_with_a: at_audio,
            attn_dropout_l_with_v: at_vision,
            attn_dropout_a_with_l: at_text,
            attn_dropout_a_with_v: at_vision,
            attn_dropout_v_with_l: at_text,
            attn_dropout_v_with_a: at_audio,
            attn_dropout_mem: at_text,
            relu_dropout: relu,
            embed_dropout: embed,
            res_dropout: residual,
            output_dropout: output,
            text_dropout: text,
            attn_mask: true,
        }
    }

    /// Sizes of a transformer of this width and depth.
    pub fn stack(&self, width: i64, depth: i64, attention_dropout: f64) -> CrossmodalSize {
        CrossmodalSize {
            width,
            heads: self.dst_feature_dim_nheads[1],
            depth,
            attention_dropout,
            relu_dropout: self.relu_dropout,
            residual_dropout: self.res_dropout,
            embedding_dropout: self.embed_dropout,
            // None, as in MMSA's and the authors' code.
            positions: false,
            masked: self.attn_mask,
        }
    }
}
