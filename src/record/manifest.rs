//! `manifest.json`: everything that decided a run's numbers, and the facts a report prints.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Version of the run directory's layout. Raise it when a reader of today could misread it.
pub const FORMAT: u32 = 1;

/// Provenance of one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`FORMAT`] of the writer.
    pub format: u32,
    /// Short blake3 of everything that decides the result; the directory's name.
    pub id: String,
    pub dataset: DatasetFacts,
    pub model: ModelFacts,
    /// Seed of initialisation, order and dropout.
    pub seed: u64,
    pub mask: MaskFacts,
    pub training: TrainingFacts,
    pub selection: SelectionFacts,
    pub build: BuildFacts,
    /// Wall time of training and evaluation together, in seconds.
    pub wall_seconds: f64,
}

/// The data a run was trained and tested on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DatasetFacts {
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
    /// Clips in train, valid and test.
    pub counts: [usize; 3],
}

/// The model and where it comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelFacts {
    /// Registry name.
    pub name: String,
    /// Title for tables.
    pub title: String,
    /// Author, title, venue; empty for a model without a paper.
    pub citation: String,
    /// Trainable scalars.
    pub parameters: u64,
}

/// The masks of evaluation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MaskFacts {
    pub family: String,
    pub version: u32,
    pub seeds: Vec<u64>,
    /// Nominal missing rates, ascending.
    pub rates: Vec<f64>,
    /// Hash of the test masks per mask seed.
    pub hashes: BTreeMap<String, String>,
}

/// How the weights were found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainingFacts {
    /// Text encoder, as given on the command line; folders by their content hash.
    pub encoder: String,
    /// Training noise: `clean`, `fixed`, `cycle:K` or `fresh`.
    pub noise: String,
    pub epochs: u32,
    pub batch_size: usize,
    pub learning_rate: f64,
    pub weight_decay: f64,
}

/// Which epoch's weights were evaluated, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SelectionFacts {
    /// `validation`, `last` or `paper` (best test epoch).
    pub rule: String,
    /// Metric and missing rates the rule looked at.
    pub metric: String,
    pub rates: Vec<f64>,
    /// Selected epoch, counted from 1; 0 where nothing is trained.
    pub epoch: u32,
}

/// What computed it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BuildFacts {
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
