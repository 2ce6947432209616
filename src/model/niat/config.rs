//! Lists NIAT's hyper-parameters and training settings, as its authors give them.

use serde::{Deserialize, Serialize};

use crate::model::error::{ModelError, Result};
use crate::model::layers::CrossmodalSize;
use crate::model::mmsa;
use crate::model::recipe::{GradClip, ParamGroup, Recipe, in_proportion};
use crate::model::setup::Profile;
use crate::model::variant;

/// The published training settings; the rate is that of all parameters but the text encoder's.
pub fn recipe(profile: Profile) -> Recipe {
    let config = Config::of(profile);
    let (rate, decay) = (config.learning_rate_other, config.weight_decay_other);
    Recipe {
        clip: GradClip::Value(if profile == Profile::Mosei { 1.0 } else { 0.6 }),
        ..mmsa::recipe(rate, decay, 32)
    }
}

/// What the discriminator's parameters have for gradients as published.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DiscriminatorGradient {
    /// None, as under PyTorch 2: they stay as they are.
    #[default]
    None,
    /// Zeros, as under PyTorch 1: weight decay moves them.
    Zero,
}

/// Hyper-parameters under the authors' names. Reference cases are computed without dropout.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// Features of the convolutions of text, audio and vision, and their kernels.
    pub fus_d_l: i64,
    pub fus_d_a: i64,
    pub fus_d_v: i64,
    pub fus_conv1d_kernel_l: i64,
    pub fus_conv1d_kernel_a: i64,
    pub fus_conv1d_kernel_v: i64,
    pub fus_nheads: i64,
    pub fus_layers: i64,
    /// Whether a step of the fusion attends to those before it alone.
    pub fus_attn_mask: bool,
    #[serde(default)]
    pub fus_embed_dropout: f64,
    #[serde(default)]
    pub fus_attn_dropout: f64,
    #[serde(default)]
    pub fus_res_dropout: f64,
    #[serde(default)]
    pub fus_relu_dropout: f64,
    pub rec_hidden_dim1: i64,
    pub rec_hidden_dim2: i64,
    #[serde(default)]
    pub rec_dropout: f64,
    pub disc_hidden_dim1: i64,
    pub disc_hidden_dim2: i64,
    pub clf_hidden_dim: i64,
    #[serde(default)]
    pub clf_dropout: f64,
    /// Slope of leaky rectifiers.
    pub leaky_slope: f64,
    /// Share of the adversarial term beside the reconstruction.
    pub alpha: f64,
    /// Weight of the masked view's error beside the complete one's.
    pub beta: f64,
    /// Weight of the adversarial and the reconstruction term together.
    pub g_factor: f64,
    /// Weight of the discriminator's own loss.
    pub d_factor: f64,
    /// Learning rates and weight decays; those of a run replace `learning_rate_other` and
    /// `weight_decay_other`, and move the text encoder's in proportion.
    #[serde(default)]
    pub learning_rate_bert: f64,
    #[serde(default)]
    pub learning_rate_other: f64,
    #[serde(default)]
    pub weight_decay_bert: f64,
    #[serde(default)]
    pub weight_decay_other: f64,
    /// Whether audio and vision have a frame for each of the text's steps, in reference cases; else the
    /// shapes of the data decide.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aligned: Option<bool>,
    /// Of reference cases and `niat:compat`.
    #[serde(default, skip_serializing_if = "is_none")]
    pub discriminator_gradient: DiscriminatorGradient,
    /// Whether the reference bugs described in `niat.rs` are reproduced.
    #[serde(default, skip_serializing_if = "variant::is_no")]
    pub compat: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_none(value: &DiscriminatorGradient) -> bool {
    *value == DiscriminatorGradient::None
}

impl Config {
    /// The authors' values for MOSI and MOSEI. Nothing is published for SIMS, which gets MOSI's. Published
    /// is a causal mask in the fusion, a reference bug.
    pub fn of(profile: Profile) -> Self {
        let mosei = profile == Profile::Mosei;
        let of = |mosi: f64, of_mosei: f64| if mosei { of_mosei } else { mosi };
        let size = |mosi: i64, of_mosei: i64| if mosei { of_mosei } else { mosi };
        Self {
            fus_d_l: 96,
            fus_d_a: size(24, 16),
            fus_d_v: size(40, 32),
            fus_conv1d_kernel_l: 3,
            fus_conv1d_kernel_a: size(3, 5),
            fus_conv1d_kernel_v: size(9, 3),
            fus_nheads: size(8, 4),
            fus_layers: 3,
            fus_attn_mask: false,
            fus_embed_dropout: of(0.5, 0.0),
            fus_attn_dropout: of(0.5, 0.1),
            fus_res_dropout: of(0.4, 0.5),
            fus_relu_dropout: of(0.0, 0.5),
            rec_hidden_dim1: size(80, 128),
            rec_hidden_dim2: size(96, 64),
            rec_dropout: of(0.4, 0.2),
            disc_hidden_dim1: size(128, 80),
            disc_hidden_dim2: size(64, 32),
            clf_hidden_dim: size(80, 256),
            clf_dropout: of(0.3, 0.2),
            leaky_slope: 0.2,
            alpha: 0.6,
            beta: 1.0,
            g_factor: 0.2,
            d_factor: 0.1,
            learning_rate_bert: of(2e-5, 2e-6),
            learning_rate_other: of(5e-4, 2e-3),
            weight_decay_bert: of(1e-4, 0.0),
            weight_decay_other: 5e-4,
            aligned: None,
            discriminator_gradient: DiscriminatorGradient::None,
            compat: false,
        }
    }

    /// Features of text, audio and vision in the fusion.
    pub fn widths(&self) -> [i64; 3] {
        [self.fus_d_l, self.fus_d_a, self.fus_d_v]
    }

    /// Features of the fused vector.
    pub fn width(&self) -> i64 {
        self.widths().iter().sum()
    }

    /// Kernels of text, audio and vision.
    pub fn kernels(&self) -> [i64; 3] {
        [
            self.fus_conv1d_kernel_l,
            self.fus_conv1d_kernel_a,
            self.fus_conv1d_kernel_v,
        ]
    }

    /// Sizes of the transformer over the steps.
    pub fn transformer(&self) -> CrossmodalSize {
        CrossmodalSize {
            width: self.width(),
            heads: self.fus_nheads,
            depth: self.fus_layers,
            attention_dropout: self.fus_attn_dropout,
            relu_dropout: self.fus_relu_dropout,
            residual_dropout: self.fus_res_dropout,
            embedding_dropout: self.fus_embed_dropout,
            positions: false,
            masked: self.fus_attn_mask,
        }
    }

    /// Checks sizes that depend on no data.
    ///
    /// # Errors
    /// [`ModelError::Config`].
    pub fn check(&self, model: &'static str) -> Result<()> {
        let refuse = |what, expected: String, got: i64| {
            Err(ModelError::Config {
                model,
                what,
                expected,
                got: got.to_string(),
            })
        };
        let (width, heads) = (self.width(), self.fus_nheads);
        if heads < 1 || width % heads != 0 {
            let expected = format!("a multiple of {heads} heads");
            return refuse("sum of fus_d_l, fus_d_a and fus_d_v", expected, width);
        }
        if let Some(even) = self.kernels().into_iter().find(|kernel| kernel % 2 == 0) {
            let expected = "odd, so that the number of steps stays".to_owned();
            return refuse("fus_conv1d_kernel", expected, even);
        }
        Ok(())
    }

    /// Text encoder and the rest; no decay on biases and norms of the first.
    pub fn groups(&self, recipe: &Recipe, encoder_is_trained: bool) -> Vec<ParamGroup> {
        let mut groups = vec![ParamGroup::all(recipe)];
        if encoder_is_trained {
            let (rate, decay) = (self.learning_rate_bert, self.weight_decay_bert);
            let bert = ParamGroup {
                name: "bert",
                prefixes: vec!["fusion.Model.text_model.".to_owned()],
                containing: &[],
                learning_rate: in_proportion(recipe.learning_rate, rate, self.learning_rate_other),
                weight_decay: in_proportion(recipe.weight_decay, decay, self.weight_decay_other),
            };
            let bare = ParamGroup {
                name: "bert without decay",
                containing: &["bias", "LayerNorm"],
                weight_decay: 0.0,
                ..bert.clone()
            };
            groups.splice(0..0, [bare, bert]);
        }
        groups
    }
}
