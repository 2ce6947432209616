//! `manifest.json`: everything that decided a run's numbers, and the facts a report prints.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Deserializer, Serialize};

use crate::mask::Condition;

/// Version of the run directory's layout. Raise it when a reader of today could misread it.
pub const FORMAT: u32 = 2;

/// Provenance of one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`FORMAT`] of the writer.
    pub format: u32,
    /// Short blake3 of everything that decides the result; the directory's name.
    pub id: String,
    pub dataset: DatasetMetadata,
    pub model: ModelMetadata,
    /// Seed of initialization, order and dropout.
    pub seed: u64,
    /// Masks of evaluation, one entry per mask protocol.
    #[serde(alias = "mask", deserialize_with = "one_or_many")]
    pub masks: Vec<MaskMetadata>,
    pub training: TrainingMetadata,
    pub selection: SelectionMetadata,
    pub build: BuildMetadata,
    /// Wall time of training and evaluation together, in seconds; of earlier attempts at the run that
    /// of the epochs which they finished.
    pub wall_seconds: f64,
}

/// The data a run was trained and tested on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DatasetMetadata {
    /// Name in `datasets.toml`.
    pub name: String,
    /// Title for tables.
    pub title: String,
    /// Made-up data: reports say so.
    pub synthetic: bool,
    /// Name of the metric protocol, `mosi` or `sims`.
    pub protocol: String,
    /// Smallest and largest label.
    pub label_range: [f32; 2],
    /// File name of the source pickle (no folder).
    pub source_name: String,
    /// SHA-256 of the source pickle.
    pub source_sha256: String,
    /// Hash of the prepared columns, independent of the source's container.
    pub content_hash: String,
    /// Samples in train, valid and test.
    pub counts: [usize; 3],
    /// Per metric, the label that scores best on the training split when it is predicted for
    /// every sample; none for metrics that no constant has a score by, and in older runs.
    #[serde(default)]
    pub baselines: BTreeMap<String, f32>,
    /// Authors, title, venue; empty for made-up data and in older runs.
    #[serde(default)]
    pub citation: String,
}

/// The model and where it comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelMetadata {
    /// Registry name.
    pub name: String,
    /// Title for tables.
    pub title: String,
    /// Author, title, venue; empty for a model without a paper.
    pub citation: String,
    /// Trainable scalars.
    pub parameters: u64,
}

/// The masks of evaluation of one mask protocol.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MaskMetadata {
    pub mask_protocol: String,
    pub version: u32,
    pub seeds: Vec<u64>,
    /// Conditions at which the test split was predicted, ascending.
    #[serde(alias = "rates")]
    pub conditions: Vec<Condition>,
    /// Hash of the test masks by `SEED/LEVEL`. Format 1 has one per `SEED`, over all its rates.
    pub hashes: BTreeMap<String, String>,
    /// Realised missing rates of text, audio and vision on the test split by `SEED/LEVEL`; null
    /// where no position is valid, and empty in older runs.
    #[serde(default)]
    pub realised: BTreeMap<String, [Option<f64>; 3]>,
}

/// Format 1 has one mask protocol, not in a list.
fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<MaskMetadata>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Form {
        One(MaskMetadata),
        Many(Vec<MaskMetadata>),
    }
    Ok(match Form::deserialize(deserializer)? {
        Form::One(facts) => vec![facts],
        Form::Many(facts) => facts,
    })
}

/// How the weights were found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainingMetadata {
    /// Text encoder, as given on the command line; folders by their content hash.
    pub encoder: String,
    /// Training noise: `clean`, `fixed`, `cycle:K` or `fresh`.
    pub noise: String,
    pub epochs: u32,
    pub batch_size: usize,
    pub learning_rate: f64,
    pub weight_decay: f64,
    /// What the training does beyond optimizer and rates, in words; empty for the usual.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub trainer_options: String,
    #[serde(default)]
    pub computing: Computing,
}

/// What leaves the mathematics as it is but may show in the last bits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Computing {
    /// `fp32`, `tf32` or `bf16`.
    pub precision: String,
    /// `fast` or `reference`.
    pub engine: String,
    /// Samples per pass at the end of training; 0 where nothing is trained.
    pub micro_batch: usize,
    /// Samples per pass of the evaluation.
    pub evaluation_batch: usize,
    /// Whether the text encoder's activations were computed twice.
    pub recompute_encoder: bool,
}

impl Default for Computing {
    fn default() -> Self {
        Self {
            precision: "fp32".to_owned(),
            engine: "fast".to_owned(),
            micro_batch: 0,
            evaluation_batch: 64,
            recompute_encoder: false,
        }
    }
}

/// Which epoch's weights were evaluated, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SelectionMetadata {
    /// `validation`, `last` or `paper` (best test epoch).
    pub rule: String,
    /// Metric and conditions the rule looked at.
    pub metric: String,
    #[serde(alias = "rates")]
    pub conditions: Vec<Condition>,
    /// Selected epoch, counted from 1; 0 where nothing is trained.
    pub epoch: u32,
    /// Epoch by metric, where metrics are scored with the weights of different epochs.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub chosen: BTreeMap<String, u32>,
    /// Hash of the masks of the split it looked at by `FAMILY-vVERSION/SEED/LEVEL`; empty where
    /// nothing is trained, and in older runs.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub hashes: BTreeMap<String, String>,
}

impl SelectionMetadata {
    /// The epoch in `predictions.parquet` whose predictions a metric is read from: 0 where one set
    /// of weights serves all. Metrics that chose none are read at MAE's, as the paper reads Corr.
    pub fn weights_for(&self, metric: &str) -> u32 {
        let chosen = self.chosen.get(metric).or_else(|| self.chosen.get("mae"));
        chosen.copied().unwrap_or(0)
    }

    /// [`Self::weights_for`] a metric that somebody names: `None` where others chose and this one did
    /// not, as under a name that is misspelt.
    pub fn chosen_by(&self, metric: &str) -> Option<u32> {
        if self.chosen.is_empty() {
            Some(0)
        } else {
            self.chosen.get(metric).copied()
        }
    }

    /// All epochs in `predictions.parquet`.
    pub fn weights(&self) -> BTreeSet<u32> {
        if self.chosen.is_empty() {
            BTreeSet::from([0])
        } else {
            self.chosen.values().copied().collect()
        }
    }
}

/// What computed it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BuildMetadata {
    /// Version of this tool.
    pub version: String,
    /// libtorch's version.
    pub libtorch: String,
    /// `cpu` or the CUDA device's name.
    pub device: String,
    pub threads: usize,
    /// Reproducibility grade: `A`, `B` or `C` (docs/reproducibility.md).
    pub grade: String,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use crate::record::fixture;

    #[test]
    fn a_misspelt_metric_chose_no_weights() {
        let mut selection = fixture::manifest("lnln", 1, &[0.0]).selection;
        assert_eq!(selection.chosen_by("acc_7"), Some(0), "one set serves all");
        selection.chosen = BTreeMap::from([("acc7".to_owned(), 3), ("mae".to_owned(), 5)]);
        let by = ["acc7", "mae", "acc_7"].map(|name| selection.chosen_by(name));
        assert_eq!(by, [Some(3), Some(5), None]);
        // What is scored and did not choose is still read at MAE's.
        assert_eq!(selection.weights_for("corr"), 5);
    }
}
