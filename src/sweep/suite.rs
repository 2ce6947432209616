//! Defines a suite, what to train and test: one TOML file of `benchmarks/`, or the flags of `run`.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::Path;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::condition_list::ConditionList;
use super::mask_name::MaskName;
use super::train_on::{self, TrainOn};
use super::{Error, text};
use crate::data::dataset::{limited_name, with_folds};
use crate::mask::{self, Condition, Noise, RateDistribution};
use crate::record::{EngineKind, Precision};
use crate::sweep::{search, slurm};
use crate::train::schedule::Schedule;
use crate::train::{EncoderSpec, OptionOverride, Overrides, Selections};

/// Data sets x models x seeds, each run evaluated at every rate of every mask seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Suite {
    /// Names of prepared data sets.
    pub datasets: Vec<String>,
    /// Names of prepared data sets whose test splits every model predicts too, by the weights of its training.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub test_on: Vec<String>,
    /// Registry names of models; `lnln@clean` sets the training protocol of one.
    pub models: Vec<String>,
    /// Training protocols, each a training (or a training per rate) of every model; without any, models
    /// are trained by the noise of `train`. `mixed`, `clean`, `tested-rate`, or `rate:0,0.3,0.6`: a training
    /// per rate, each tested at every condition.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "train_on::deserialize"
    )]
    pub train_on: Vec<TrainOn>,
    /// Seeds of initialization, order and dropout.
    #[serde(default = "seeds")]
    pub seeds: Vec<u64>,
    /// Conditions of evaluation: `0:1:0.1`, rates, missing modalities, rates per modality.
    #[serde(default = "rates")]
    pub rates: ConditionList,
    /// Mask protocols of evaluation; every mask protocol takes the conditions of its kind.
    #[serde(default = "masks")]
    pub masks: Vec<MaskName>,
    /// Mask seeds of evaluation.
    #[serde(default = "mask_seeds")]
    pub mask_seeds: Vec<u64>,
    /// Text encoder for every data set that `encoders` does not name.
    #[serde(default, with = "text")]
    #[schemars(with = "String")]
    pub encoder: EncoderSpec,
    /// Text encoder per data set.
    #[serde(default, with = "text::values")]
    #[schemars(with = "BTreeMap<String, String>")]
    pub encoders: BTreeMap<String, EncoderSpec>,
    /// Trials of a search of each model's settings, the published ones among them (docs/search.md).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<u32>,
    /// Seed of the search's draws; 1111 where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search_seed: Option<u64>,
    /// The stage of the search, which `run` sets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(skip)]
    pub stage: Option<search::Stage>,
    /// Metric of the primary tests of its reports; no part of a run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub primary: Option<String>,
    /// Preset of the defaults.
    #[serde(default)]
    pub protocol: Protocol,
    #[serde(default)]
    pub train: Training,
    /// How a cluster runs it; no part of a result.
    #[serde(default, skip_serializing)]
    pub slurm: slurm::Options,
    /// Overrides for single models; they win over `train`.
    #[serde(default)]
    pub model: BTreeMap<String, Overrides>,
}

/// Preset of a suite's defaults.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// This tool's: selection on the validation split, fresh noise, rates up to 1.
    #[default]
    Own,
    /// LNLN's published protocol: rates, masks, noise, schedule and selection as in its code.
    Paper,
}

impl Protocol {
    /// Its name in suites and flags.
    pub fn name(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Paper => "paper",
        }
    }
}

impl FromStr for Protocol {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "own" => Ok(Self::Own),
            "paper" => Ok(Self::Paper),
            _ => Err(Error::ProtocolName {
                found: text.to_owned(),
            }),
        }
    }
}

/// How every run of a suite is trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Training {
    /// Training noise: `clean`, `fixed`, `cycle:K`, `fresh`, `reference`, `reference-loader:W` or
    /// `reference-refresh`.
    #[serde(with = "text")]
    #[schemars(with = "String")]
    pub noise: Noise,
    /// Mask protocol of the training noise; `reference` where the noise is, else `random`.
    pub noise_masks: Option<MaskName>,
    /// Rates of the training samples: `half-complete`, or one condition for all.
    #[serde(with = "text")]
    #[schemars(with = "String")]
    pub noise_rate: RateDistribution,
    /// `valid`, `valid:METRIC`, `last` or `paper`, or several with commas between: one training keeps the
    /// weights of each, and reports show the first.
    pub selection: Selections,
    /// `cosine`, `reference` or `constant`.
    pub schedule: Schedule,
    /// Conditions of validation, averaged by the selection.
    pub valid_rates: ConditionList,
    /// `fp32`, `tf32` or `bf16`.
    pub precision: Precision,
    /// `fast` or `reference`.
    pub engine: EngineKind,
    pub epochs: Option<u32>,
    pub batch_size: Option<usize>,
    pub learning_rate: Option<f64>,
    pub weight_decay: Option<f64>,
    /// Batches per step: a number, `published` (as each model's authors) or `none`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grad_accum: Option<OptionOverride>,
    /// Epochs without improvement after which the learning rate becomes a tenth, likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lr_plateau: Option<OptionOverride>,
    /// Epochs without improvement after which training ends, likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub early_stop: Option<OptionOverride>,
}

impl Training {
    /// The part that changes a model's recipe.
    pub fn overrides(&self) -> Overrides {
        Overrides {
            epochs: self.epochs,
            batch_size: self.batch_size,
            learning_rate: self.learning_rate,
            weight_decay: self.weight_decay,
            schedule: None,
            selection: None,
            grad_accum: self.grad_accum,
            lr_plateau: self.lr_plateau,
            early_stop: self.early_stop,
        }
    }
}

impl Default for Training {
    fn default() -> Self {
        Self {
            noise: Noise::Fresh,
            noise_masks: None,
            noise_rate: RateDistribution::HalfComplete,
            selection: Selections::default(),
            schedule: Schedule::default(),
            valid_rates: grid([0, 3, 6, 9]),
            precision: Precision::default(),
            engine: EngineKind::default(),
            epochs: None,
            batch_size: None,
            learning_rate: None,
            weight_decay: None,
            grad_accum: None,
            lr_plateau: None,
            early_stop: None,
        }
    }
}

impl Suite {
    /// The values of the recipe that this suite changes for `model`: those of its variant, then of the
    /// model, then of all.
    pub fn overrides(&self, model: &str) -> Overrides {
        let named = |name: &str| self.model.get(name).cloned().unwrap_or_default();
        named(model)
            .or(named(base(model)))
            .or(self.train.overrides())
    }

    /// Trains `models` instead of the suite's own, without the overrides of those that are left out.
    pub fn replace_models(&mut self, models: &[String]) {
        let own = std::mem::replace(&mut self.models, models.to_vec());
        self.model
            .retain(|name, _| !overridden_by(name, &own) || overridden_by(name, models));
    }

    /// A model that this suite overrides and does not train.
    pub fn unused_override(&self) -> Option<&String> {
        let mut names = self.model.keys();
        names.find(|name| !overridden_by(name, &self.models))
    }

    /// Names the folds that are prepared under `data`, where a name stands for them.
    ///
    /// # Errors
    /// [`Error::Dataset`] for `NAME:fold=*` without any.
    pub fn name_folds(&mut self, data: &Path) -> Result<(), Error> {
        self.datasets = with_folds(&self.datasets, data)?;
        self.test_on = with_folds(&self.test_on, data)?;
        Ok(())
    }

    /// Runs on the first `samples` of each split of every data set, which are data sets of their own.
    pub fn limit(&mut self, samples: NonZeroUsize) {
        for name in self.datasets.iter_mut().chain(&mut self.test_on) {
            *name = limited_name::name(name, samples);
        }
    }
}

/// Whether overrides of `name` change one of these models.
pub fn overridden_by(name: &str, models: &[String]) -> bool {
    let mut models = models.iter();
    models.any(|model| train_on::name(model) == name || base(model) == name)
}

/// The registry's name of a model: what comes before its variant.
fn base(model: &str) -> &str {
    let model = train_on::name(model);
    model.split_once(':').map_or(model, |(name, _)| name)
}

fn seeds() -> Vec<u64> {
    vec![1111, 1112, 1113]
}

fn rates() -> ConditionList {
    grid(0..=10)
}

/// Conditions of one rate each, in tenths.
fn grid(tenths: impl IntoIterator<Item = u32>) -> ConditionList {
    let rates = tenths.into_iter().map(|tenth| f64::from(tenth) / 10.0);
    ConditionList(rates.filter_map(Condition::uniform).collect())
}

fn masks() -> Vec<MaskName> {
    vec![MaskName(&mask::Random)]
}

fn mask_seeds() -> Vec<u64> {
    vec![1111]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::Selection;

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
    fn the_paper_s_protocol_yields_to_what_a_suite_says() {
        let plain = Suite::new(vec!["mosi".into()], vec!["lnln".into()], Protocol::Paper).unwrap();
        assert_eq!(
            (&plain.rates, plain.mask_seeds.as_slice()),
            (&grid(0..=9), &[1111][..])
        );
        assert_eq!(plain.train.selection, Selection::Paper.into());
        assert_eq!(plain.train.schedule, Schedule::Reference);
        assert_eq!(plain.train.noise, Noise::ReferenceLoader { processes: 8 });
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("suite.toml");
        let text = "datasets = ['mosi']\nmodels = ['lnln']\nprotocol = 'paper'\nseeds = [7]\n\
                    [train]\nepochs = 2";
        std::fs::write(&path, text).unwrap();
        let suite = Suite::read(&path, None).unwrap();
        assert_eq!(
            (suite.seeds.as_slice(), suite.train.epochs),
            (&[7][..], Some(2))
        );
        assert_eq!(suite.train.selection, Selection::Paper.into());
        let own = Suite::read(&path, Some(Protocol::Own)).unwrap();
        assert_eq!(own.train.selection, Selections::default());
    }

    #[test]
    fn every_suite_of_the_project_can_be_planned() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("benchmarks");
        let mut suites = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|end| end == "toml") {
                let suite = Suite::read(&path, None).unwrap();
                assert_eq!(suite.unused_override(), None, "{}", path.display());
                for model in &suite.models {
                    crate::model::Choice::parse(train_on::split(model).unwrap().0).unwrap();
                }
                for dataset in &suite.datasets {
                    crate::data::dataset::find(dataset).unwrap();
                }
                suites += 1;
            }
        }
        assert!(suites >= 2, "{suites}");
    }

    #[test]
    fn other_models_are_trained_without_the_overrides_of_those_left_out() {
        let mut suite: Suite = toml::from_str(
            "datasets = ['mosi']\nmodels = ['lnln', 'almt']\n[model.lnln]\nepochs = 3\n\
             [model.almt]\nepochs = 4\n[model.tnf]\nepochs = 5",
        )
        .unwrap();
        suite.replace_models(&["almt".into(), "mult".into()]);
        assert_eq!(suite.overrides("almt").epochs, Some(4));
        assert!(!suite.model.contains_key("lnln"));
        assert_eq!(suite.unused_override().map(String::as_str), Some("tnf"));
    }

    #[test]
    fn a_variant_is_trained_like_its_model_unless_it_is_named() {
        let suite: Suite = toml::from_str(
            "datasets = ['mosi']\nmodels = ['lnln:no-rec', 'lnln:no-dmc']\n[model.lnln]\n\
             epochs = 3\n[model.'lnln:no-dmc']\nepochs = 4",
        )
        .unwrap();
        assert_eq!(suite.overrides("lnln:no-rec").epochs, Some(3));
        assert_eq!(suite.overrides("lnln:no-dmc").epochs, Some(4));
        assert_eq!(suite.unused_override(), None);
    }

    #[test]
    fn a_misspelt_key_is_an_error() {
        let error = toml::from_str::<Suite>("datasets = []\nmodels = []\nseed = 3").unwrap_err();
        assert!(error.to_string().contains("seed"));
    }

    #[test]
    fn a_bad_value_is_refused_at_its_line() {
        for (line, part) in [
            ("rates = '0:2:0.1'", "expected a missing rate from 0 to 1"),
            ("masks = ['randm']", "unknown mask protocol `randm`"),
            ("encoder = 'glove'", "expected a text encoder"),
            ("encoders = { mosi = 'glove' }", "expected a text encoder"),
            ("train.noise = 'bogus'", "expected training noise"),
            (
                "train.noise_masks = 'randm'",
                "unknown mask protocol `randm`",
            ),
            ("train.noise_rate = 'half'", "expected missing rates"),
            ("train.selection = 'best'", "expected a selection"),
            ("train.valid_rates = 'x'", "expected missing rates"),
            ("train.precision = 'fp16'", "`fp32`, `tf32`, `bf16`"),
            ("train.engine = 'lean'", "`fast` or `reference`"),
        ] {
            let text = format!("datasets = ['mosi']\nmodels = ['lnln']\n{line}\n");
            let error = toml::from_str::<Suite>(&text).unwrap_err().to_string();
            assert!(error.contains(part), "{line}: {error}");
            assert!(error.contains("line 3"), "{line}: {error}");
        }
    }

    #[test]
    fn a_stored_suite_is_read_back() {
        let text = "datasets = ['mosi']\nmodels = ['lnln']\nrates = '0:1:0.1,LA'\n\
                    encoder = 'frozen:a/b'\nencoders = { mosi = 'tiny' }\n\
                    [train]\nnoise = 'cycle:3'\nnoise_masks = 'block'\nnoise_rate = '0.5'\n\
                    selection = 'valid:corr'\nprecision = 'bf16'\nengine = 'reference'";
        let suite: Suite = toml::from_str(text).unwrap();
        let json = serde_json::to_value(&suite).unwrap();
        assert_eq!(serde_json::from_value::<Suite>(json).unwrap(), suite);
    }
}
