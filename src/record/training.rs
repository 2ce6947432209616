//! Describes how a run was trained: noise, recipe, precision and engine, as fields of its manifest.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::trainer_options::TrainerOptions;
use crate::mask::{Noise, RateDistribution};
use crate::support::nearest::hint;

/// How the weights were found; of external predictions every field is empty or 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainingMetadata {
    /// Text encoder; folders by the hash of their weights. `None` for external predictions.
    pub encoder: Option<String>,
    /// Of an encoder that is a folder; `None` for others and in records of older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoder_folder: Option<EncoderFolder>,
    /// `None` for external predictions.
    pub noise: Option<NoiseMetadata>,
    /// Hash of the masks and rates of the first epoch (see [`crate::mask::NoiseSpec::hash`]); `None` for
    /// complete training data and external predictions.
    pub first_noise: Option<String>,
    pub epochs: u32,
    /// Epochs of the authors' own training on these data, or on those whose settings a data set takes over;
    /// `None` for external predictions and models that are not trained.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_epochs: Option<u32>,
    pub batch_size: usize,
    pub learning_rate: f64,
    pub weight_decay: f64,
    pub trainer_options: TrainerOptions,
    /// `None` for external predictions.
    pub computing: Option<Computing>,
}

impl TrainingMetadata {
    /// Of predictions whose training is not known.
    pub fn unknown() -> Self {
        Self {
            encoder: None,
            encoder_folder: None,
            noise: None,
            first_noise: None,
            epochs: 0,
            published_epochs: None,
            batch_size: 0,
            learning_rate: 0.0,
            weight_decay: 0.0,
            trainer_options: TrainerOptions::NONE,
            computing: None,
        }
    }

    /// The text encoder in words; `None` for external predictions.
    pub fn encoder_words(&self) -> Option<String> {
        let kind = encoder_kind(self.encoder.as_deref()?);
        Some(match &self.encoder_folder {
            Some(folder) => format!("{kind} {folder}"),
            None => kind.to_string(),
        })
    }

    /// The hash of an encoder's folder.
    pub fn encoder_hash(&self) -> Option<&str> {
        Some(self.encoder.as_deref()?.split_once(':')?.1)
    }
}

/// The key of the text features of a prepared file, in place of an encoder's.
pub const FEATURES: &str = "features";

/// A text encoder in words, from its key in a manifest: `frozen BERT` of `frozen:28b4d67a82c9`.
pub fn encoder_kind(key: &str) -> &str {
    match key.split_once(':') {
        Some(("bert", _)) => "fine-tuned BERT",
        Some(("frozen", _)) => "frozen BERT",
        _ => match key {
            "tiny" => "tiny BERT trained with the model",
            FEATURES => "the file's text features",
            other => other,
        },
    }
}

/// What a reader knows a BERT folder by; what counts is its hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EncoderFolder {
    /// Name of the folder, without its path.
    pub name: String,
    pub layers: i64,
    /// Features of a token's state.
    pub features: i64,
}

impl fmt::Display for EncoderFolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name,
            layers,
            features,
        } = self;
        write!(f, "{name} ({layers} layers of {features} features)")
    }
}

/// Training noise: when masks are drawn anew, by which mask protocol, at which rates.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct NoiseMetadata {
    /// `kind`, with `copies` of `cycle` and `processes` of `reference-loader`.
    #[serde(flatten)]
    pub noise: Noise,
    pub mask_protocol: String,
    /// Version of the mask protocol.
    pub version: u32,
    /// `rate_distribution`, and `condition` where all samples have the same.
    #[serde(flatten)]
    pub rates: RateDistribution,
}

impl NoiseMetadata {
    /// In words, `a new random mask in every epoch, at missing rate 0.5`, with `rates` in place of the stored
    /// rates.
    pub fn at(&self, rates: Option<&str>) -> String {
        let mask = &self.mask_protocol;
        let words = match self.noise {
            Noise::Clean => "none, complete data".to_string(),
            Noise::Cycle { copies } if copies > 1 => {
                format!("{copies} fixed {mask} masks in turn")
            }
            Noise::Fixed | Noise::Cycle { .. } => format!("one fixed {mask} mask"),
            Noise::Fresh => format!("a new {mask} mask in every epoch"),
            Noise::Reference => format!("one fixed {mask} mask, as in the published code"),
            Noise::ReferenceLoader { processes } => format!(
                "one fixed {mask} mask, partly redrawn as by {processes} loader processes of the published code"
            ),
            Noise::ReferenceRefresh => {
                format!(
                    "a new {mask} mask in every epoch, as in the published code without loader processes"
                )
            }
        };
        match rates {
            Some(rates) if self.noise != Noise::Clean => format!("{words}, at {rates}"),
            _ => words,
        }
    }
}

impl fmt::Display for NoiseMetadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&match self.rates {
            RateDistribution::HalfComplete => self.at(None),
            RateDistribution::At(condition) if condition.rate().is_some() => {
                self.at(Some(&format!("missing rate {condition}")))
            }
            RateDistribution::At(condition) => self.at(Some(&format!("missing {condition}"))),
        })
    }
}

/// What leaves the mathematics as it is but may change the last bits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Computing {
    pub precision: Precision,
    pub engine: EngineKind,
    /// Samples per pass at the end of training; 0 where nothing is trained.
    pub micro_batch: usize,
    /// Samples per pass of the evaluation of the test split.
    pub evaluation_batch: usize,
    /// Whether the text encoder's activations were computed twice.
    pub recompute_encoder: bool,
}

/// How products are computed; weights, moments and losses are float32 throughout.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    #[default]
    Fp32,
    /// Factors rounded to 10 bits of mantissa on CUDA's tensor cores; float32 on the CPU.
    Tf32,
    /// Products in bfloat16, as libtorch's autocast chooses them.
    Bf16,
}

/// A precision that does not exist.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a precision like fp32, tf32 or bf16, found `{}`{}", .0, hint(.0, "fp32, tf32, bf16"))]
pub struct ParsePrecisionError(String);

impl FromStr for Precision {
    type Err = ParsePrecisionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "fp32" => Ok(Self::Fp32),
            "tf32" => Ok(Self::Tf32),
            "bf16" => Ok(Self::Bf16),
            _ => Err(ParsePrecisionError(text.to_owned())),
        }
    }
}

impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fp32 => "fp32",
            Self::Tf32 => "tf32",
            Self::Bf16 => "bf16",
        })
    }
}

/// Whether a model skips what does not change its result.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum EngineKind {
    /// The same mathematics at less cost.
    #[default]
    Fast,
    /// Step by step as published.
    Reference,
}

/// An engine that does not exist.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected an engine like fast or reference, found `{}`{}", .0, hint(.0, "fast, reference"))]
pub struct ParseEngineError(String);

impl FromStr for EngineKind {
    type Err = ParseEngineError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "fast" => Ok(Self::Fast),
            "reference" => Ok(Self::Reference),
            _ => Err(ParseEngineError(text.to_owned())),
        }
    }
}

impl fmt::Display for EngineKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fast => "fast",
            Self::Reference => "reference",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(noise: &str, rates: &str) -> NoiseMetadata {
        NoiseMetadata {
            noise: noise.parse().unwrap(),
            mask_protocol: "random".into(),
            version: 1,
            rates: rates.parse().unwrap(),
        }
    }

    #[test]
    fn noise_is_stored_as_fields() {
        let json = |noise: &NoiseMetadata| serde_json::to_string(noise).unwrap();
        assert_eq!(
            json(&noise("fresh", "half-complete")),
            r#"{"kind":"fresh","mask_protocol":"random","version":1,"rate_distribution":"half-complete"}"#
        );
        assert_eq!(
            json(&noise("cycle:3", "0.5")),
            r#"{"kind":"cycle","copies":3,"mask_protocol":"random","version":1,"rate_distribution":"constant","condition":0.5}"#
        );
        assert_eq!(
            json(&noise("reference-loader:8", "half-complete")),
            r#"{"kind":"reference-loader","processes":8,"mask_protocol":"random","version":1,"rate_distribution":"half-complete"}"#
        );
    }

    #[test]
    fn what_is_stored_is_read_back() {
        for kind in [
            "clean",
            "fixed",
            "cycle:3",
            "fresh",
            "reference",
            "reference-loader:8",
            "reference-refresh",
        ] {
            for rates in ["half-complete", "0.5", "LA", "l=0.2,a=0.7,v=0.7"] {
                let stored = noise(kind, rates);
                let json = serde_json::to_string(&stored).unwrap();
                assert_eq!(
                    serde_json::from_str::<NoiseMetadata>(&json).unwrap(),
                    stored
                );
                let toml = toml::to_string(&stored).unwrap();
                assert_eq!(toml::from_str::<NoiseMetadata>(&toml).unwrap(), stored);
            }
        }
    }

    #[test]
    fn words_name_the_rate_where_it_is_one() {
        let words = |kind: &str, rates: &str| noise(kind, rates).to_string();
        assert_eq!(
            words("fresh", "half-complete"),
            "a new random mask in every epoch"
        );
        assert_eq!(
            words("cycle:3", "LA"),
            "3 fixed random masks in turn, at missing LA"
        );
        assert_eq!(
            words("fixed", "0.5"),
            "one fixed random mask, at missing rate 0.5"
        );
        assert_eq!(words("clean", "0.5"), "none, complete data");
    }

    #[test]
    fn an_encoder_is_named_by_its_folder() {
        let mut training = TrainingMetadata::unknown();
        assert_eq!(training.encoder_words(), None);
        training.encoder = Some("features".into());
        let words = |training: &TrainingMetadata| training.encoder_words().unwrap();
        assert_eq!(words(&training), "the file's text features");
        training.encoder = Some("frozen:28b4d67a82c9".into());
        assert_eq!(words(&training), "frozen BERT");
        assert_eq!(training.encoder_hash(), Some("28b4d67a82c9"));
        training.encoder_folder = Some(EncoderFolder {
            name: "bert-base-uncased".into(),
            layers: 12,
            features: 768,
        });
        assert_eq!(
            words(&training),
            "frozen BERT bert-base-uncased (12 layers of 768 features)"
        );
    }

    #[test]
    fn names_of_precision_and_engine_are_the_stored_ones() {
        for name in ["fp32", "tf32", "bf16"] {
            let precision = name.parse::<Precision>().unwrap();
            assert_eq!(precision.to_string(), name);
            let json = serde_json::to_string(&precision).unwrap();
            assert_eq!(json, format!("\"{name}\""));
        }
        for name in ["fast", "reference"] {
            let engine = name.parse::<EngineKind>().unwrap();
            assert_eq!(engine.to_string(), name);
            assert_eq!(
                serde_json::to_string(&engine).unwrap(),
                format!("\"{name}\"")
            );
        }
        assert!("fp16".parse::<Precision>().is_err() && "lean".parse::<EngineKind>().is_err());
    }
}
