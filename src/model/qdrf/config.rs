//! Lists QDRF's hyper-parameters and training settings, as its authors give them.

use serde::{Deserialize, Serialize};

use crate::model::error::{ModelError, Result};
use crate::model::layers::{BlockSize, InjectionSize};
use crate::model::recipe::{GradClip, Recipe, Rule};
use crate::model::setup::Profile;
use crate::model::tokens::TokenCount;
use crate::model::trainer_options::{MonitoredMetric, TrainerOptions};

/// The published training settings; the rate is that of all parameters but the text encoder's and the
/// injections'.
pub fn recipe(profile: Profile) -> Recipe {
    Recipe {
        rule: Rule::AdamW,
        learning_rate: 1e-4,
        weight_decay: 1e-4,
        batch_size: 32,
        epochs: match profile {
            Profile::Mosi | Profile::Sims | Profile::SimsV2 => 50,
            Profile::Mosei => 100,
        },
        clip: GradClip::Norm(1.0),
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
    /// Levels of every latent number.
    #[serde(alias = "level")]
    pub levels: i64,
    /// Share by which the range before rounding is narrowed.
    pub fsq_eps: f64,
    /// Hidden features of the nets that score a modality.
    pub weight_hidden: i64,
    pub leaky_slope: f64,
    /// Features of queries, keys and values in an injection.
    #[serde(alias = "cross_embed_dim")]
    pub injection_width: i64,
    #[serde(alias = "cross_layers")]
    pub injections: i64,
    #[serde(default)]
    pub injection_dropout: f64,
    /// Hidden features of the regression.
    pub regression_hidden: i64,
    #[serde(default)]
    pub regression_dropout: f64,
    /// Weight of the sentiment loss.
    pub sigma: f64,
    /// Weight of the reconstruction loss.
    pub gamma: f64,
    /// Weight of the autoencoders' errors.
    pub kl: f64,
    /// Weight of the distance to the teacher, once it is reached.
    pub alpha_distill: f64,
    /// Epochs without the distance to the teacher.
    #[serde(default = "five")]
    pub distill_after: u32,
    /// Epochs in which its weight rises to the full one.
    #[serde(default = "five")]
    pub distill_rise: u32,
    /// Its weight in every epoch, in reference cases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alpha_now: Option<f64>,
    /// Share of itself that the teacher keeps after each step.
    pub ema_decay: f64,
    /// Learning rate of the text encoder and of the injections over that of the rest.
    #[serde(default = "one")]
    pub relative_rate: f64,
}

fn one() -> f64 {
    1.0
}

fn five() -> u32 {
    5
}

impl Config {
    /// The published values. Nothing is published for SIMSv2, which gets SIMS's.
    pub fn of(profile: Profile) -> Self {
        let sims = matches!(profile, Profile::Sims | Profile::SimsV2);
        Self {
            width: 128,
            learned_tokens: if sims { 39 } else { 8 },
            tokens: 8,
            heads: 8,
            head: 64,
            mlp: 128,
            proj_depth: 2,
            vae_depth: 2,
            reconstructor_depth: 2,
            levels: 3,
            fsq_eps: 1e-3,
            weight_hidden: 64,
            leaky_slope: 0.1,
            injection_width: 128,
            injections: 3,
            injection_dropout: 0.5,
            regression_hidden: 128,
            regression_dropout: 0.5,
            sigma: 1.0,
            gamma: 0.1,
            kl: 0.5,
            alpha_distill: if sims { 0.3 } else { 0.9 },
            distill_after: 5,
            distill_rise: 5,
            alpha_now: None,
            ema_decay: 0.999,
            relative_rate: 0.05,
        }
    }

    /// Checks that numbers can be quantized.
    ///
    /// # Errors
    /// [`ModelError::Config`].
    pub fn check(&self, model: &'static str) -> Result<()> {
        if self.levels >= 2 {
            return Ok(());
        }
        Err(ModelError::Config {
            model,
            what: "levels",
            expected: "at least 2".to_owned(),
            got: self.levels.to_string(),
        })
    }

    /// Weight of the distance to the teacher in an epoch, counted from 1.
    pub fn alpha(&self, epoch: u32) -> f64 {
        let since = f64::from(epoch.saturating_sub(self.distill_after));
        let rise = f64::from(self.distill_rise.max(1));
        let own = || self.alpha_distill * (since / rise).min(1.0);
        self.alpha_now.unwrap_or_else(own)
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

    /// Size of an injection.
    pub fn injection(&self) -> InjectionSize {
        InjectionSize {
            width: self.width,
            inner: self.injection_width,
            dropout: self.injection_dropout,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_teacher_s_weight_rises_after_five_epochs() {
        let config = Config::of(Profile::Mosi);
        let weights = [1, 5, 6, 8, 10, 50].map(|epoch| config.alpha(epoch));
        let expected = [0.0, 0.0, 0.18, 0.54, 0.9, 0.9];
        for (weight, expected) in weights.iter().zip(expected) {
            assert!((weight - expected).abs() < 1e-12, "{weights:?}");
        }
    }

    #[test]
    fn a_single_level_is_refused() {
        let config = Config {
            levels: 1,
            ..Config::of(Profile::Mosi)
        };
        let message = config.check("qdrf").unwrap_err().to_string();
        assert!(message.contains("levels") && message.contains("at least 2"));
    }
}
