//! Lists P-RMF's hyper-parameters and training settings, as its copies give them.

use serde::{Deserialize, Serialize};

use crate::model::layers::{BlockSize, InjectionSize};
use crate::model::recipe::{GradClip, ParamGroup, Recipe, Rule};
use crate::model::setup::Profile;
use crate::model::tokens::{self, TokenCount};
use crate::model::trainer_options::{MonitoredMetric, TrainerOptions};
use crate::model::variant;

/// The training settings of the copy in PRD-Net; the rate is that of all parameters but the text
/// encoder's and the injection's.
pub fn recipe(_: Profile) -> Recipe {
    Recipe {
        rule: Rule::AdamW,
        learning_rate: 1e-4,
        weight_decay: 1e-4,
        batch_size: 32,
        epochs: 100,
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
    /// Features of every token.
    #[serde(alias = "d")]
    pub width: i64,
    /// Learned tokens in front of each modality.
    #[serde(alias = "tokens_in")]
    pub learned_tokens: i64,
    /// The first outputs of a modality's transformer, which summarize it.
    #[serde(alias = "tokens_used")]
    pub tokens: i64,
    pub heads: i64,
    /// Features of a head.
    #[serde(alias = "dim_head")]
    pub head: i64,
    /// Hidden features of the feed-forward nets.
    pub mlp: i64,
    /// Layers of the three modality encoders.
    pub proj_depth: i64,
    /// Layers of an autoencoder's encoder, and of its decoder.
    pub vae_depth: i64,
    pub reconstructor_depth: i64,
    /// Features of queries, keys and values in the injection.
    #[serde(alias = "cross_embed_dim")]
    pub injection_width: i64,
    /// Times that the injection is applied.
    #[serde(alias = "cross_layers")]
    pub injections: i64,
    #[serde(default)]
    pub injection_dropout: f64,
    /// Hidden features of the regression.
    pub regression_hidden: i64,
    #[serde(default)]
    pub regression_dropout: f64,
    /// Standard deviations of noise in what the decoders read.
    #[serde(default = "one")]
    pub noise: f64,
    /// Weight of the sentiment loss.
    pub sigma: f64,
    /// Weight of the reconstruction loss.
    pub gamma: f64,
    /// Weight of the autoencoders' losses and of the distances between their distributions.
    pub kl: f64,
    /// Learning rate of the text encoder and of the injection over that of the rest.
    #[serde(default = "one")]
    pub relative_rate: f64,
    /// Whether the reference bugs described in `p_rmf.rs` are reproduced.
    #[serde(default, skip_serializing_if = "variant::is_no")]
    pub compat: bool,
}

fn one() -> f64 {
    1.0
}

impl Config {
    /// The values of both copies; data sets differ in the number of learned tokens alone. Nothing is
    /// published for SIMSv2, which gets SIMS's.
    pub fn of(profile: Profile) -> Self {
        Self {
            width: 128,
            learned_tokens: match profile {
                Profile::Mosi | Profile::Mosei => 8,
                Profile::Sims | Profile::SimsV2 => 39,
            },
            tokens: 8,
            heads: 8,
            head: 64,
            mlp: 128,
            proj_depth: 2,
            vae_depth: 2,
            reconstructor_depth: 2,
            injection_width: 128,
            injections: 4,
            injection_dropout: 0.5,
            regression_hidden: 128,
            regression_dropout: 0.5,
            noise: 1.0,
            sigma: 1.0,
            gamma: 0.1,
            kl: 0.5,
            relative_rate: 0.05,
            compat: false,
        }
    }

    /// Size of a layer of every transformer.
    pub fn block(&self) -> BlockSize {
        BlockSize {
            width: self.width,
            heads: self.heads,
            head: self.head,
            hidden: self.mlp,
        }
    }

    /// Tokens of the modalities.
    pub fn count(&self) -> TokenCount {
        TokenCount {
            learned: self.learned_tokens,
            read: self.tokens,
            depth: self.proj_depth,
        }
    }

    /// Size of the injection.
    pub fn injection(&self) -> InjectionSize {
        InjectionSize {
            width: self.width,
            inner: self.injection_width,
            dropout: self.injection_dropout,
        }
    }

    /// The authors' parameter groups, in which the reference forgets the reconstructors.
    pub fn groups(&self, recipe: &Recipe, trains_encoder: bool) -> Vec<ParamGroup> {
        let mut groups = tokens::groups(recipe, self.relative_rate, trains_encoder);
        groups.retain(|group| !self.compat || group.name != tokens::RECONSTRUCTOR);
        groups
    }
}
