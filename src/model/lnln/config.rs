//! Lists LNLN's hyper-parameters, published values and variants.

use serde::{Deserialize, Serialize};

use crate::model::layers::BlockSize;
use crate::model::recipe::{GradClip, Recipe, Rule};
use crate::model::setup::Profile;
use crate::model::trainer_options::{MonitoredMetric, TrainerOptions};
use crate::model::variant::{self, Variant};

/// The published training settings.
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

/// Hyper-parameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// Features of every token.
    #[serde(alias = "d")]
    pub width: i64,
    /// Tokens that summarize a modality.
    pub tokens: i64,
    pub heads: i64,
    /// Features of a head in the encoders and the fusion.
    #[serde(alias = "dim_head")]
    pub head: i64,
    /// Features of a head in the hyper-modality layers.
    #[serde(alias = "hyper_dim_head")]
    pub hyper_head: i64,
    /// Hidden features of the feed-forward nets.
    pub mlp: i64,
    /// Layers of the three modality encoders.
    pub proj_depth: i64,
    pub generator_depth: i64,
    pub completeness_depth: i64,
    pub reconstructor_depth: i64,
    pub dominant_depth: i64,
    pub hyper_depth: i64,
    pub fusion_depth: i64,
    /// Hidden features of the discriminator and of the completeness head.
    pub discriminator_hidden: i64,
    pub leaky_slope: f64,
    /// Weight of the completeness loss.
    pub alpha: f64,
    /// Weight of the adversarial loss.
    pub beta: f64,
    /// Weight of the reconstruction loss.
    pub gamma: f64,
    /// Weight of the sentiment loss (the paper's delta).
    pub sigma: f64,
    /// Whether language is corrected by proxy tokens at all.
    #[serde(default = "yes")]
    pub correction: bool,
    /// Whether complete tokens are reconstructed from masked ones.
    #[serde(default = "yes")]
    pub reconstruction: bool,
    /// Whether the discriminator reads the proxy tokens alone, as in the paper's text, rather than
    /// their mixture with the language, as in its code.
    #[serde(default)]
    pub judge_proxy: bool,
    /// Whether it compares them with the masked language, as in the paper's text, rather than with
    /// the complete one.
    #[serde(default, skip_serializing_if = "variant::is_no")]
    pub against_masked: bool,
    /// Whether completeness is counted from the token ids rather than estimated.
    #[serde(default, skip_serializing_if = "variant::is_no")]
    pub counted: bool,
    /// Whether tokens are pooled and concatenated rather than fused by the dominant modality.
    #[serde(default, skip_serializing_if = "variant::is_no")]
    pub concat_fusion: bool,
}

fn yes() -> bool {
    true
}

/// The ablations of the paper's tables 4 and 5, one after its text in place of its code, and one that
/// tests the use of the completeness check.
pub const VARIANTS: &[Variant] = &[
    Variant {
        name: "no-dmc",
        summary: "without dominant modality correction: language tokens as they are",
        set: &[("correction", "false"), ("alpha", "0.0"), ("beta", "0.0")],
    },
    Variant {
        name: "no-rec",
        summary: "without reconstructors",
        set: &[("reconstruction", "false"), ("gamma", "0.0")],
    },
    Variant {
        name: "no-l-cc",
        summary: "without the completeness loss",
        set: &[("alpha", "0.0")],
    },
    Variant {
        name: "no-l-adv",
        summary: "without the adversarial loss",
        set: &[("beta", "0.0")],
    },
    Variant {
        name: "no-l-rec",
        summary: "without the reconstruction loss",
        set: &[("gamma", "0.0")],
    },
    Variant {
        name: "concat-fusion",
        summary: "without dominant-modality-based learning: the means over the tokens of corrected \
                  language, audio and vision, concatenated, are regressed on (the paper gives no \
                  details)",
        set: &[("concat_fusion", "true")],
    },
    Variant {
        name: "disc-on-hp",
        summary: "the discriminator judges proxy tokens alone, against those of the masked language, \
                  as the paper's text has it (equation 9); the reversal stays where the code has it, \
                  on the proxy tokens before the mixture, and reverses the sentiment loss for their \
                  generator too",
        set: &[("judge_proxy", "true"), ("against_masked", "true")],
    },
    Variant {
        name: "counted-w",
        summary: "completeness is counted, the share of the words between the special tokens that are \
                  not `[UNK]`, instead of estimated; nothing is trained for it",
        set: &[("counted", "true"), ("alpha", "0.0")],
    },
];

impl Config {
    /// The published values; data sets differ in fusion depth and adversarial weight alone.
    pub fn of(profile: Profile) -> Self {
        Self {
            width: 128,
            tokens: 8,
            heads: 8,
            head: 64,
            hyper_head: 16,
            mlp: 128,
            proj_depth: 2,
            generator_depth: 2,
            completeness_depth: 2,
            reconstructor_depth: 2,
            dominant_depth: 2,
            hyper_depth: 3,
            // 4 throughout in the paper; the code uses 2 on MOSI.
            fusion_depth: if profile == Profile::Mosi { 2 } else { 4 },
            discriminator_hidden: 64,
            leaky_slope: 0.1,
            alpha: 0.9,
            // Nothing is published for SIMSv2.
            beta: match profile {
                Profile::Mosi | Profile::Mosei => 0.8,
                Profile::Sims | Profile::SimsV2 => 0.6,
            },
            gamma: 0.1,
            sigma: 1.0,
            correction: true,
            reconstruction: true,
            judge_proxy: false,
            against_masked: false,
            counted: false,
            concat_fusion: false,
        }
    }

    /// Size of a layer of every stack.
    pub fn block(&self) -> BlockSize {
        BlockSize {
            width: self.width,
            heads: self.heads,
            head: self.head,
            hidden: self.mlp,
        }
    }
}
