//! Lists TFR-Net's hyper-parameters and training settings, as MMSA gives them.

use serde::{Deserialize, Serialize};

use crate::model::layers::CrossmodalSize;
use crate::model::mmsa;
use crate::model::recipe::{GradClip, ParamGroup, Recipe};
use crate::model::setup::Profile;
use crate::model::trainer_options::TrainerOptions;
use crate::model::variant;

/// The published training settings; the rate is that of all parameters but the text encoder's.
pub fn recipe(profile: Profile) -> Recipe {
    let (learning_rate, batch_size, patience) = match profile {
        Profile::Mosi => (1e-3, 24, 5),
        Profile::Mosei => (2e-3, 24, 5),
        Profile::Sims | Profile::SimsV2 => (2e-3, 16, 10),
    };
    let recipe = mmsa::recipe(learning_rate, 1e-3, batch_size);
    Recipe {
        clip: GradClip::Value(0.8),
        trainer_options: TrainerOptions {
            grad_accum: 4,
            lr_plateau: Some(patience),
            early_stop: Some(6),
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
    /// Layers of each crossmodal transformer; the others have at least 3.
    pub nlevels: i64,
    pub conv1d_kernel_size_l: i64,
    pub conv1d_kernel_size_a: i64,
    pub conv1d_kernel_size_v: i64,
    /// Where text is attended to, and in the transformers of one modality.
    pub attn_dropout: f64,
    /// Where audio is attended to.
    pub attn_dropout_a: f64,
    /// Where vision is attended to.
    pub attn_dropout_v: f64,
    pub relu_dropout: f64,
    pub embed_dropout: f64,
    pub res_dropout: f64,
    pub text_dropout: f64,
    pub attn_mask: bool,
    /// Heads of the transformers whose embedding is the time axis; 1 in a modality whose number of steps
    /// they do not divide.
    pub num_temporal_head: i64,
    pub fusion_t_hid: i64,
    pub fusion_a_hid: i64,
    pub fusion_v_hid: i64,
    pub fusion_gru_layers: i64,
    #[serde(alias = "fusion_drop")]
    pub fusion_dropout: f64,
    pub cls_hidden_dim: i64,
    pub cls_dropout: f64,
    /// Weights of the reconstruction of text, audio and vision.
    pub weight_gen_loss: [f64; 3],
    /// Weight of the distribution's distance within a reconstruction loss.
    pub weight_sim_loss: f64,
    /// First epoch, from 1, with the reconstruction losses.
    #[serde(default = "first")]
    pub reconstruct_from_epoch: u32,
    /// Learning rate of the text encoder over that of the rest.
    #[serde(default = "one")]
    pub relative_rate: f64,
    /// Weight decay of the text encoder's matrices over that of the rest.
    #[serde(default = "one")]
    pub relative_decay: f64,
    /// Whether the reference bugs described in `tfr_net.rs` are reproduced.
    #[serde(default, skip_serializing_if = "variant::is_no")]
    pub compat: bool,
}

/// Reference cases have the reconstruction losses in every step.
fn first() -> u32 {
    1
}

fn one() -> f64 {
    1.0
}

impl Config {
    /// MMSA's values. Nothing is published for SIMSv2, which gets SIMS's. SIMS's heads are 1, as in the
    /// later code of others: MMSA's 25 divide none of its lengths.
    pub fn of(profile: Profile) -> Self {
        let sims = matches!(profile, Profile::Sims | Profile::SimsV2);
        Self {
            dst_feature_dim_nheads: [30, 6],
            nlevels: if sims { 2 } else { 3 },
            conv1d_kernel_size_l: 1,
            conv1d_kernel_size_a: 5,
            conv1d_kernel_size_v: 3,
            attn_dropout: 0.2,
            attn_dropout_a: 0.1,
            attn_dropout_v: 0.0,
            relu_dropout: if sims { 0.0 } else { 0.2 },
            embed_dropout: if sims { 0.1 } else { 0.2 },
            res_dropout: 0.2,
            text_dropout: 0.2,
            attn_mask: true,
            num_temporal_head: if sims { 1 } else { 25 },
            fusion_t_hid: 36,
            fusion_a_hid: 20,
            fusion_v_hid: 48,
            fusion_gru_layers: 3,
            fusion_dropout: 0.2,
            cls_hidden_dim: 128,
            cls_dropout: if sims { 0.1 } else { 0.0 },
            weight_gen_loss: match profile {
                Profile::Mosi => [5.0, 2.0, 20.0],
                Profile::Mosei => [5e-6, 2e-6, 2e-5],
                Profile::Sims | Profile::SimsV2 => [1.0, 0.01, 1e-4],
            },
            weight_sim_loss: 5.0,
            reconstruct_from_epoch: 2,
            relative_rate: match profile {
                Profile::Mosi => 2e-3,
                Profile::Mosei | Profile::Sims | Profile::SimsV2 => 5e-3,
            },
            relative_decay: 0.1,
            compat: false,
        }
    }

    /// Sizes of a transformer over the steps of one modality.
    pub fn stack(&self, depth: i64, attention_dropout: f64) -> CrossmodalSize {
        let [width, heads] = self.dst_feature_dim_nheads;
        CrossmodalSize {
            width,
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

    /// Layers of the transformers that attend within one modality.
    pub fn own_depth(&self) -> i64 {
        self.nlevels.max(3)
    }

    /// Sizes of the transformer whose embedding is the `steps` steps of a modality.
    pub fn temporal_stack(&self, steps: i64) -> CrossmodalSize {
        let heads = self.num_temporal_head;
        CrossmodalSize {
            width: steps,
            heads: if steps % heads == 0 { heads } else { 1 },
            positions: false,
            // Features have no order. As published, samples are masked by their order in the batch.
            masked: self.attn_mask && self.compat,
            ..self.stack(self.own_depth(), self.attn_dropout)
        }
    }

    /// The text encoder has a rate and a decay of its own, and none on biases and norms.
    pub fn groups(&self, recipe: &Recipe, encoder_is_trained: bool) -> Vec<ParamGroup> {
        let mut groups = vec![ParamGroup::all(recipe)];
        if encoder_is_trained {
            let bert = ParamGroup {
                name: "bert",
                prefixes: vec!["text_model".to_owned()],
                containing: &[],
                learning_rate: recipe.learning_rate * self.relative_rate,
                weight_decay: recipe.weight_decay * self.relative_decay,
            };
            groups.splice(0..0, bert.encoder());
        }
        groups
    }
}
