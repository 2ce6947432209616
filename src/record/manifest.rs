//! `manifest.json`: everything that decided a run's numbers, and what a report prints about it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::error::{Error, Result};
use super::masks::MaskMetadata;
use super::search::SearchMetadata;
use super::selection::SelectionMetadata;
use super::training::TrainingMetadata;
use crate::data::dataset::{Corpus, Shapes};
use crate::metric::{Protocol, baseline};

/// Version of the run directory's layout. Raise it when a reader of this build could misread it.
pub const FORMAT: u32 = 2;

/// Version of this tool with the commit it was built from.
pub const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "+", env!("LNLN_BENCH_GIT"));

/// Provenance of one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`FORMAT`] of the writer.
    pub format: u32,
    /// Short blake3 of everything that decides the result; the directory's name.
    pub id: String,
    /// Where the predictions come from, if not from this program.
    pub external: Option<ExternalMetadata>,
    pub dataset: DatasetMetadata,
    /// The data of the training, where predictions of other data are read. No part of the file.
    #[serde(skip)]
    pub trained_on: Option<Box<DatasetMetadata>>,
    pub model: ModelMetadata,
    /// Seed of initialization, order and dropout.
    pub seed: u64,
    /// Masks of evaluation, one entry per mask protocol. The file has none: each evaluation stores its
    /// own, and reading a run puts them here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub masks: Vec<MaskMetadata>,
    pub training: TrainingMetadata,
    pub selection: SelectionMetadata,
    /// Further rules by which weights of the same training were kept and evaluated; mostly none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_selections: Vec<SelectionMetadata>,
    /// The search that chose the settings, where one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<SearchMetadata>,
    /// blake3 of the stored weights by file name, hexadecimal; empty for external predictions.
    #[serde(default)]
    pub weights: BTreeMap<String, String>,
    pub build: BuildMetadata,
    /// Wall time in seconds: in the file that of the training, of earlier attempts at the run that of
    /// the epochs which they finished; reading a run adds that of the evaluations which are read.
    pub wall_seconds: f64,
}

/// Between the id of a run and the data that it was tested on.
pub const ELSEWHERE: char = '@';

impl Manifest {
    /// The selections of all rules, the one that reports show first.
    pub fn selections(&self) -> impl Iterator<Item = &SelectionMetadata> {
        std::iter::once(&self.selection).chain(&self.other_selections)
    }

    /// All epochs in `predictions.parquet`; 0 alone where one set of weights serves all.
    pub fn evaluated_epochs(&self) -> BTreeSet<u32> {
        let selections = self.selections();
        selections.flat_map(SelectionMetadata::weights).collect()
    }

    /// The same of a test on other data, its id `ID@NAME@CONTENT` with the first digits of their content hash.
    pub(super) fn tested_on(self, data: DatasetMetadata) -> Self {
        Self {
            id: {
                let content: String = data.content_hash.chars().take(8).collect();
                format!("{}{ELSEWHERE}{}{ELSEWHERE}{content}", self.id, data.name)
            },
            trained_on: Some(Box::new(self.dataset)),
            dataset: data,
            ..self
        }
    }
}

/// The text of a JSON file of a run's directory.
///
/// # Errors
/// [`Error::Manifest`].
pub(super) fn to_json<T: Serialize>(path: &Path, value: &T) -> Result<Vec<u8>> {
    let wrong = |source| Error::Manifest {
        path: path.to_owned(),
        source,
    };
    let mut json = serde_json::to_vec_pretty(value).map_err(wrong)?;
    json.push(b'\n');
    Ok(json)
}

/// Reads a file of a run's directory. The format comes first, because other formats may lack fields of
/// this one.
///
/// # Errors
/// [`Error::Format`]; [`Error::Manifest`] for anything else.
pub(super) fn parse<T: DeserializeOwned>(path: &Path, json: &[u8]) -> Result<T> {
    #[derive(Deserialize)]
    struct Versioned {
        format: u32,
    }
    let wrong = |source| Error::Manifest {
        path: path.to_owned(),
        source,
    };
    let Versioned { format } = serde_json::from_slice(json).map_err(wrong)?;
    if format != FORMAT {
        return Err(Error::Format {
            path: path.to_owned(),
            expected: FORMAT,
            found: format,
        });
    }
    serde_json::from_slice(json).map_err(wrong)
}

/// A file of predictions made by another program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExternalMetadata {
    /// Its name, without the folder.
    pub file: String,
    /// blake3 of its bytes, hexadecimal.
    pub blake3: String,
    pub rows: usize,
    /// What was odd about the predictions of the model when they were scored, a sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub doubts: Vec<String>,
    /// Checks that were left out, as `--allow` names them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowed: Vec<String>,
}

/// The data a run was trained and tested on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DatasetMetadata {
    /// Name as in `--datasets`, with version and fold.
    pub name: String,
    /// Version of the data set; `None` for the one that has the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Number of the fold, in cross-validation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fold: Option<u32>,
    /// Title for tables, without the fold.
    pub title: String,
    /// Whether the data are synthetic, which reports state.
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
    /// Steps and features per step; `None` in records of earlier programs and where the data could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shapes: Option<Shapes>,
    /// Per metric, the label that scores best on the training split when it is predicted for
    /// every sample; none for metrics that are undefined for a constant.
    pub baselines: BTreeMap<String, f32>,
    /// Authors, title, venue; empty for synthetic data.
    pub citation: String,
    /// Whether the source is a published file, by its SHA-256; `None` where none is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<bool>,
    /// How widths and sizes differ from the published ones; `None` where they do not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difference: Option<String>,
    /// What a reader of results must know of the data, as the data set's table or `prepare --note` has it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// The warnings of `prepare`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// Tells data that are predicted from others: their name, which keys their masks, and their content.
pub fn data_key(name: &str, content_hash: &str) -> String {
    format!("{name}{ELSEWHERE}{content_hash}")
}

impl DatasetMetadata {
    /// See [`data_key`].
    pub fn key(&self) -> String {
        data_key(&self.name, &self.content_hash)
    }

    /// The metadata of a prepared data set; `train_labels` give the baselines by every metric.
    pub fn of(corpus: &Corpus, protocol: &Protocol, train_labels: &[f32]) -> Self {
        Self {
            name: corpus.name().to_owned(),
            version: corpus.variant().version.map(str::to_owned),
            fold: corpus.variant().fold,
            title: title(corpus),
            synthetic: corpus.spec.synthetic,
            protocol: corpus.spec.protocol.clone(),
            label_range: corpus.spec.label_range,
            source_name: corpus.source_name.clone(),
            source_sha256: corpus.source_sha256.clone(),
            content_hash: corpus.content_hash.clone(),
            counts: corpus.counts,
            shapes: corpus.shapes().ok(),
            baselines: baseline::constants(protocol.all(), train_labels),
            citation: corpus.spec.citation.clone(),
            published: (!corpus.spec.files.is_empty()).then(|| corpus.published().is_some()),
            difference: corpus.differs(),
            note: corpus.note.clone(),
            warnings: corpus.warnings.clone(),
        }
    }
}

/// The title of a data set; one of other widths or sizes than the published ones is not called by its name
/// alone.
fn title(corpus: &Corpus) -> String {
    let title = &corpus.spec.title;
    match corpus.differs() {
        Some(_) if corpus.variant().version.is_none() => format!("{title} (changed)"),
        _ => title.clone(),
    }
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
    /// Trainable scalars; `None` for external predictions without a statement of it.
    pub parameters: Option<u64>,
}

/// What computed it; of external predictions only the version that scored them is known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BuildMetadata {
    /// Version of this tool.
    pub version: String,
    /// libtorch's version.
    pub libtorch: Option<String>,
    /// `cpu` or the CUDA device's name.
    pub device: Option<String>,
    pub threads: Option<usize>,
    /// Reproducibility grade (docs/reproducibility.md).
    pub grade: Option<Grade>,
}

/// How far numbers can be reproduced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Grade {
    /// Bit-identical anywhere.
    A,
    /// Bit-identical on the same CPU build.
    B,
    /// Within a stated spread.
    C,
}

impl fmt::Display for Grade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
        })
    }
}
