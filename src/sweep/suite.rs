//! A suite: what to train and test. One TOML file of `benchmarks/`, or the flags of `run`.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Deserializer, Serialize};

use super::Error;
use crate::train::Overrides;
use crate::train::schedule::Schedule;

/// Data sets x models x seeds, each cell evaluated at every rate of every mask seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suite {
    /// Names of prepared data sets.
    pub datasets: Vec<String>,
    /// Registry names of models.
    pub models: Vec<String>,
    /// Seeds of initialisation, order and dropout.
    #[serde(default = "seeds")]
    pub seeds: Vec<u64>,
    /// Levels of evaluation: `0:1:0.1`, rates, missing modalities, rates per modality.
    #[serde(default = "rates")]
    pub rates: String,
    /// Mask families of evaluation; every family takes the levels of its kind.
    #[serde(default = "masks", deserialize_with = "one_or_many")]
    pub masks: Vec<String>,
    /// Mask seeds of evaluation.
    #[serde(default = "mask_seeds")]
    pub mask_seeds: Vec<u64>,
    /// Text encoder for every data set that `encoders` does not name.
    #[serde(default = "encoder")]
    pub encoder: String,
    /// Text encoder per data set.
    #[serde(default)]
    pub encoders: BTreeMap<String, String>,
    #[serde(default)]
    pub train: Training,
    /// Overrides for single models; they win over `train`.
    #[serde(default)]
    pub model: BTreeMap<String, Overrides>,
}

/// How every cell of a suite is trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Training {
    /// Training noise: `clean`, `fixed`, `cycle:K`, `fresh`, `reference` or `reference-refresh`.
    pub noise: String,
    /// Mask family of the training noise; `reference` where the noise is, else `random`.
    pub noise_masks: Option<String>,
    /// How damaged training samples are: `half-complete`, or one level for all.
    pub noise_rate: String,
    /// `validation` or `last`.
    pub selection: String,
    /// `cosine`, `reference` or `constant`.
    pub schedule: Schedule,
    /// Levels of validation, averaged by the selection.
    pub valid_rates: String,
    pub epochs: Option<u32>,
    pub batch_size: Option<usize>,
    pub learning_rate: Option<f64>,
    pub weight_decay: Option<f64>,
}

impl Training {
    /// The part that changes a model's recipe.
    pub fn overrides(&self) -> Overrides {
        Overrides {
            epochs: self.epochs,
            batch_size: self.batch_size,
            learning_rate: self.learning_rate,
            weight_decay: self.weight_decay,
        }
    }
}

impl Default for Training {
    fn default() -> Self {
        Self {
            noise: "fresh".to_owned(),
            noise_masks: None,
            noise_rate: "half-complete".to_owned(),
            selection: "validation".to_owned(),
            schedule: Schedule::default(),
            valid_rates: "0,0.3,0.6,0.9".to_owned(),
            epochs: None,
            batch_size: None,
            learning_rate: None,
            weight_decay: None,
        }
    }
}

impl Suite {
    /// A suite of these data sets and models with everything else at its default.
    pub fn new(datasets: Vec<String>, models: Vec<String>) -> Self {
        Self {
            datasets,
            models,
            seeds: seeds(),
            rates: rates(),
            masks: masks(),
            mask_seeds: mask_seeds(),
            encoder: encoder(),
            encoders: BTreeMap::new(),
            train: Training::default(),
            model: BTreeMap::new(),
        }
    }

    /// Read a suite file.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path).map_err(|e| Error::io(path, e))?;
        toml::from_str(&text).map_err(|e| Error::Suite {
            path: path.to_owned(),
            reason: e.to_string(),
        })
    }

    /// What of the recipe this suite changes for `model`.
    pub fn overrides(&self, model: &str) -> Overrides {
        let own = self.model.get(model).copied().unwrap_or_default();
        own.or(self.train.overrides())
    }

    /// The encoder of `dataset`, as written.
    pub fn encoder_of(&self, dataset: &str) -> &str {
        self.encoders.get(dataset).unwrap_or(&self.encoder)
    }
}

fn seeds() -> Vec<u64> {
    vec![1111, 1112, 1113]
}

fn rates() -> String {
    "0:1:0.1".to_owned()
}

fn masks() -> Vec<String> {
    vec!["random".to_owned()]
}

/// A name, or a list of names.
fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Form {
        One(String),
        Many(Vec<String>),
    }
    Ok(match Form::deserialize(deserializer)? {
        Form::One(name) => vec![name],
        Form::Many(names) => names,
    })
}

fn mask_seeds() -> Vec<u64> {
    vec![1111]
}

fn encoder() -> String {
    "auto".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_suite_gets_the_defaults() {
        let suite: Suite = toml::from_str(
            "datasets = ['mosi']\nmodels = ['lnln']\n[train]\nepochs = 5\n[model.lnln]\nbatch_size = 16",
        )
        .unwrap();
        assert_eq!(suite.seeds, [1111, 1112, 1113]);
        assert_eq!(suite.overrides("lnln").epochs, Some(5));
        assert_eq!(suite.overrides("lnln").batch_size, Some(16));
        assert_eq!(suite.overrides("almt").batch_size, None);
    }

    #[test]
    fn a_misspelt_key_is_an_error() {
        let error = toml::from_str::<Suite>("datasets = []\nmodels = []\nseed = 3").unwrap_err();
        assert!(error.to_string().contains("seed"));
    }
}
