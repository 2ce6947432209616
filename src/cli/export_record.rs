//! What `export --json` and `mask export --json` print.

use std::collections::BTreeMap;
use std::path::PathBuf;

use lnln_bench::data::dataset::{Corpus, SplitName};
use lnln_bench::mask::{self, Condition, Variants};
use schemars::JsonSchema;
use serde::Serialize;

/// A file that was written.
#[derive(Serialize, JsonSchema)]
pub struct ExportRecord {
    file: PathBuf,
    dataset: String,
    /// Of the prepared data.
    content_hash: String,
    /// Masks of evaluation in the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    masks: Option<MasksRecord>,
    /// Masks of training in the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    noise: Option<NoiseRecord>,
}

/// Masks of evaluation.
#[derive(Serialize, JsonSchema)]
pub struct MasksRecord {
    mask_protocol: String,
    version: u32,
    seed: u64,
    conditions: Vec<ConditionRecord>,
}

/// Masks of one condition.
#[derive(Serialize, JsonSchema)]
struct ConditionRecord {
    condition: String,
    rate_text: f64,
    rate_audio: f64,
    rate_vision: f64,
    /// Hash of the masks by split.
    hashes: BTreeMap<SplitName, String>,
}

/// Masks of training.
#[derive(Serialize, JsonSchema)]
pub struct NoiseRecord {
    /// As --noise.
    pub noise: String,
    pub mask_protocol: &'static str,
    pub version: u32,
    /// As --noise-rate.
    pub noise_rate: String,
    /// Of the run.
    pub seed: u64,
    pub epochs: Vec<EpochRecord>,
}

/// Masks of one epoch.
#[derive(Serialize, JsonSchema)]
pub struct EpochRecord {
    /// Counted from 0.
    pub epoch: u32,
    pub draw: u32,
    pub hash: String,
}

impl ExportRecord {
    /// A file of complete data.
    pub fn new(file: PathBuf, corpus: &Corpus) -> Self {
        Self {
            file,
            dataset: corpus.name().to_owned(),
            content_hash: corpus.content_hash.clone(),
            masks: None,
            noise: None,
        }
    }

    /// With these masks of evaluation.
    pub fn with_masks(mut self, masks: MasksRecord) -> Self {
        self.masks = Some(masks);
        self
    }

    /// With these masks of training.
    pub fn with_noise(mut self, noise: NoiseRecord) -> Self {
        self.noise = Some(noise);
        self
    }
}

impl MasksRecord {
    /// The masks of all splits at `conditions`.
    ///
    /// # Errors
    /// If a split or a condition is not among `masks`.
    pub fn new(masks: &Variants, conditions: &[Condition]) -> Result<Self, mask::Error> {
        let conditions = conditions.iter().map(|condition| {
            let hash = |split| Ok((split, masks.hash(split, *condition)?));
            let [rate_text, rate_audio, rate_vision] = condition.rates();
            Ok(ConditionRecord {
                condition: condition.to_string(),
                rate_text,
                rate_audio,
                rate_vision,
                hashes: SplitName::ALL
                    .into_iter()
                    .map(hash)
                    .collect::<Result<_, mask::Error>>()?,
            })
        });
        Ok(Self {
            mask_protocol: masks.mask_protocol.clone(),
            version: masks.version,
            seed: masks.seed,
            conditions: conditions.collect::<Result<_, mask::Error>>()?,
        })
    }
}
