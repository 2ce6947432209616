//! Lists DMD's hyper-parameters and training settings, as its authors give them.

use serde::{Deserialize, Serialize};

use crate::model::layers::CrossmodalSize;
use crate::model::mmsa;
use crate::model::recipe::{GradClip, Recipe};
use crate::model::setup::Profile;
use crate::model::trainer_options::TrainerOptions;
use crate::model::variant;

/// The published training settings, the same for every data set.
pub fn recipe(_profile: Profile) -> Recipe {
    let recipe = mmsa::recipe(1e-4, 0.0, 16);
    Recipe {
        clip: GradClip::Value(0.6),
        trainer_options: TrainerOptions {
            grad_accum: 10,
            lr_plateau: Some(5),
            lr_divisor: 2,
            early_stop: Some(10),
            ..recipe.trainer_options
        },
        ..recipe
    }
}

/// Hyper-parameters, most under the authors' names. Reference cases are computed without dropout.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// Common width and its number of heads.
    pub dst_feature_dim_nheads: [i64; 2],
    /// Layers of each transformer; those after the crossmodal ones have at least 3.
    pub nlevels: i64,
    pub conv1d_kernel_size_l: i64,
    pub conv1d_kernel_size_a: i64,
    pub conv1d_kernel_size_v: i64,
    /// Where text is attended to, and in the transformers after the crossmodal ones.
    #[serde(default)]
    pub attn_dropout: f64,
    /// Where audio is attended to.
    #[serde(default)]
    pub attn_dropout_a: f64,
    /// Where vision is attended to.
    #[serde(default)]
    pub attn_dropout_v: f64,
    #[serde(default)]
    pub relu_dropout: f64,
    #[serde(default)]
    pub embed_dropout: f64,
    #[serde(default)]
    pub res_dropout: f64,
    #[serde(default)]
    pub output_dropout: f64,
    #[serde(default)]
    pub text_dropout: f64,
    pub attn_mask: bool,
    /// Width of logits and representations in the graph of the common parts.
    pub gd_size_low: i64,
    /// The same in the graph of the specific parts.
    pub gd_size_high: i64,
    /// Added to the edges of the graph of the common parts, and where their means are held; the edges are
    /// text from vision, text from audio, vision from text, vision from audio, audio from text, audio from
    /// vision.
    pub gd_prior_low: [f64; 6],
    /// The same of the graph of the specific parts.
    pub gd_prior_high: [f64; 6],
    /// Weight of the means' distance from the prior.
    pub gd_reg: f64,
    /// Weights of the distillation of logits and of representations.
    pub w_losses: [f64; 2],
    /// Factor of the edges before their softmax.
    pub alpha: f64,
    /// Margin per unit between two labels.
    pub margin_factor: f64,
    /// Weight of all terms of both graphs.
    #[serde(default = "twentieth")]
    pub distillation_weight: f64,
    /// Weight of all terms that decouple.
    #[serde(default = "tenth")]
    pub decoupling_weight: f64,
    /// Weight of margin and orthogonality among these.
    #[serde(default = "tenth")]
    pub separation_weight: f64,
    /// Whether the reference bugs described in `dmd.rs` are reproduced.
    #[serde(default, skip_serializing_if = "variant::is_no")]
    pub compat: bool,
}

fn twentieth() -> f64 {
    0.05
}

fn tenth() -> f64 {
    0.1
}

/// Softmax, at a temperature of 1/4, of 1 for the edges that are favored and 0 for the others.
fn prior(favored: [bool; 6]) -> [f64; 6] {
    let scores = favored.map(|favored| if favored { 4f64.exp() } else { 1.0 });
    let sum: f64 = scores.iter().sum();
    scores.map(|score| score / sum)
}

impl Config {
    /// The authors' values for MOSI and MOSEI, which are MMSA's of MulT but for the graphs. SIMS and SIMSv2,
    /// for which nothing is published, get MMSA's of MulT on SIMS.
    pub fn of(profile: Profile) -> Self {
        let (size, nlevels, kernels) = match profile {
            Profile::Mosi => ([50, 10], 4, [5, 5, 5]),
            Profile::Mosei => ([30, 6], 4, [5, 1, 3]),
            Profile::Sims | Profile::SimsV2 => ([50, 10], 2, [5, 1, 1]),
        };
        let ([text, attention, output], [audio, embed, residual]) = match profile {
            Profile::Mosi => ([0.5, 0.3, 0.5], [0.2, 0.2, 0.0]),
            Profile::Mosei => ([0.3, 0.4, 0.5], [0.0; 3]),
            Profile::Sims | Profile::SimsV2 => ([0.3, 0.2, 0.1], [0.1, 0.1, 0.2]),
        };
        Self {
            dst_feature_dim_nheads: size,
            nlevels,
            conv1d_kernel_size_l: kernels[0],
            conv1d_kernel_size_a: kernels[1],
            conv1d_kernel_size_v: kernels[2],
            attn_dropout: attention,
            attn_dropout_a: audio,
            attn_dropout_v: 0.0,
            relu_dropout: 0.0,
            embed_dropout: embed,
            res_dropout: residual,
            output_dropout: output,
            text_dropout: text,
            attn_mask: true,
            gd_size_low: 64,
            gd_size_high: 32,
            gd_prior_low: prior([false, false, true, false, true, false]),
            gd_prior_high: prior([false, false, true, false, true, true]),
            gd_reg: 10.0,
            w_losses: [1.0, 10.0],
            alpha: 0.125,
            margin_factor: 0.15,
            distillation_weight: twentieth(),
            decoupling_weight: tenth(),
            separation_weight: tenth(),
            compat: false,
        }
    }

    /// Sizes of a transformer of this depth whose width is `multiple` times the common one.
    pub fn stack(&self, multiple: i64, depth: i64, attention_dropout: f64) -> CrossmodalSize {
        let [width, heads] = self.dst_feature_dim_nheads;
        CrossmodalSize {
            width: multiple * width,
            heads,
            depth,
            attention_dropout,
            relu_dropout: self.relu_dropout,
            residual_dropout: self.res_dropout,
            embedding_dropout: self.embed_dropout,
            positions: true,
            masked: self.attn_mask,
        }
    }
}
