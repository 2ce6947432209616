//! Suite to cells: every combination, each with an identity.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::rc::Rc;

use serde::Serialize;

use super::settings::Settings;
use super::train_on::{self, TrainOn};
use super::{Error, Suite};
use crate::data::dataset::Corpus;
use crate::mask::{self, Condition, Noise, RateDistribution};
use crate::metric;
use crate::model::{Choice, Profile, Recipe};
use crate::train::EncoderSpec;
use crate::train::schedule::Schedule;
use crate::train::selection::Rule;

/// Raise it when a change of this program changes results, so that older runs are not reused.
const RESULT_VERSION: u32 = 7;

/// One training and its evaluation.
pub struct Cell {
    pub dataset: String,
    pub choice: Choice,
    pub seed: u64,
    pub settings: Rc<Settings>,
    pub recipe: Recipe,
    pub rule: Rule,
    /// Everything that decides the result, as stored in `config.toml`.
    pub config: Config,
    /// Short blake3 of `config`.
    pub id: String,
}

impl Cell {
    /// Data set, model and seed, and what is special about its training data.
    pub fn label(&self) -> String {
        let Self { dataset, seed, .. } = self;
        let (model, settings) = (self.choice.name(), &self.settings);
        match (settings.noise, settings.noise_rate) {
            _ if !self.choice.entry.trained => format!("{dataset} {model} {seed}"),
            (Noise::Clean, _) => format!("{dataset} {model} {seed} on clean data"),
            (_, RateDistribution::At(condition)) => {
                format!("{dataset} {model} {seed} trained at {condition}")
            }
            _ => format!("{dataset} {model} {seed}"),
        }
    }
}

/// The resolved configuration of a run: equal configurations give equal results.
#[derive(Clone, Debug, Serialize)]
pub struct Config {
    pub result_version: u32,
    pub dataset: String,
    pub content_hash: String,
    pub model: String,
    pub seed: u64,
    pub encoder: String,
    pub noise: String,
    pub noise_masks: String,
    pub noise_version: u32,
    pub noise_rate: String,
    pub selection: String,
    pub schedule: Schedule,
    /// Mask protocol with version, and condition.
    pub validation: Vec<(String, Condition)>,
    pub mask_seeds: Vec<u64>,
    /// Conditions by mask protocol with version.
    pub masks: BTreeMap<String, Vec<Condition>>,
    #[serde(skip_serializing_if = "is_fp32")]
    pub precision: String,
    #[serde(skip_serializing_if = "is_fast")]
    pub engine: String,
    pub recipe: Recipe,
    pub hyper_parameters: serde_json::Value,
}

/// The usual precision and engine stay out of a configuration, whose identity they leave as it was.
fn is_fp32(precision: &str) -> bool {
    precision == "fp32"
}

fn is_fast(engine: &str) -> bool {
    engine == "fast"
}

/// The prepared data sets of a suite, by name.
pub type Corpora = BTreeMap<String, (Corpus, EncoderSpec)>;

/// Open the data sets of a suite under `data` and settle their encoders.
pub fn open_corpora(suite: &Suite, data: &std::path::Path) -> Result<Corpora, Error> {
    let mut corpora = Corpora::new();
    for name in &suite.datasets {
        let path: PathBuf = data.join(format!("{name}.h5"));
        if !path.exists() {
            crate::data::dataset::find(name)?;
            return Err(Error::NotPrepared {
                name: name.clone(),
                path,
            });
        }
        let corpus = Corpus::open(&path)?;
        let encoder = suite
            .encoder_of(name)
            .parse::<EncoderSpec>()?
            .resolve(&corpus)?;
        corpora.insert(name.clone(), (corpus, encoder));
    }
    Ok(corpora)
}

/// Every cell of the suite, in the order data set, model, training, seed; none twice.
pub fn cells(suite: &Suite, corpora: &Corpora) -> Result<Vec<Cell>, Error> {
    let mut trainings = Trainings::new(suite)?;
    let models = suite.models.iter().map(|text| {
        let (name, own) = train_on::split(text)?;
        let choice = Choice::parse(name)?;
        let settings = trainings.of(&choice, own)?;
        Ok((choice, settings))
    });
    let models = models.collect::<Result<Vec<_>, Error>>()?;
    if let Some(name) = suite.foreign_model() {
        return Err(Error::ForeignModel { name: name.clone() });
    }
    let (mut cells, mut known) = (Vec::new(), BTreeSet::new());
    for name in &suite.datasets {
        let (corpus, encoder) = &corpora[name];
        let encoder = encoder.identity()?;
        for (choice, settings) in &models {
            for (settings, &seed) in product(settings, &suite.seeds) {
                let cell = cell(suite, settings, corpus, &encoder, choice, seed)?;
                if known.insert(cell.id.clone()) {
                    cells.push(cell);
                }
            }
        }
    }
    if cells.is_empty() {
        Err(Error::NothingToDo {
            what: "data set, model or seed",
        })
    } else {
        Ok(cells)
    }
}

/// Every pair of the two.
fn product<'a, A, B>(a: &'a [A], b: &'a [B]) -> impl Iterator<Item = (&'a A, &'a B)> {
    a.iter().flat_map(move |a| b.iter().map(move |b| (a, b)))
}

/// The settings of a suite under each of its training protocols.
struct Trainings<'a> {
    suite: &'a Suite,
    base: Rc<Settings>,
    under: BTreeMap<TrainOn, Vec<Rc<Settings>>>,
}

impl<'a> Trainings<'a> {
    fn new(suite: &'a Suite) -> Result<Self, Error> {
        Ok(Self {
            suite,
            base: Rc::new(Settings::of(suite)?),
            under: BTreeMap::new(),
        })
    }

    /// Those of one model, which may have a protocol of its own. What is not trained has one cell
    /// whatever the protocols are.
    fn of(&mut self, choice: &Choice, own: Option<TrainOn>) -> Result<Vec<Rc<Settings>>, Error> {
        let protocols = match &own {
            Some(own) => std::slice::from_ref(own),
            None => &self.suite.train_on,
        };
        if !choice.entry.trained {
            return Ok(vec![Rc::clone(&self.base)]);
        }
        if protocols.is_empty() {
            self.base.checked()?;
            return Ok(vec![Rc::clone(&self.base)]);
        }
        let mut all = Vec::new();
        for &protocol in protocols {
            if !self.under.contains_key(&protocol) {
                let settings = self.base.under(self.suite, protocol)?;
                let settings = settings.into_iter().map(Rc::new).collect();
                self.under.insert(protocol, settings);
            }
            all.extend(self.under[&protocol].iter().map(Rc::clone));
        }
        Ok(all)
    }
}

fn cell(
    suite: &Suite,
    settings: &Rc<Settings>,
    corpus: &Corpus,
    encoder: &str,
    choice: &Choice,
    seed: u64,
) -> Result<Cell, Error> {
    let rule = settings
        .selection
        .resolve(metric::protocol(&corpus.spec.protocol)?)?;
    let profile = Profile::for_dataset(corpus.name());
    let overrides = suite.overrides(&choice.name());
    let recipe = overrides.apply((choice.entry.recipe)(profile));
    let config = Config {
        result_version: RESULT_VERSION,
        dataset: corpus.name().to_owned(),
        content_hash: corpus.content_hash.clone(),
        model: choice.name(),
        seed,
        encoder: encoder.to_owned(),
        noise: settings.noise.to_string(),
        noise_masks: settings.noise_protocol.name().to_owned(),
        noise_version: settings.noise_protocol.version(),
        noise_rate: settings.noise_rate.to_string(),
        selection: rule.identity(),
        schedule: overrides.schedule.unwrap_or(settings.schedule),
        validation: (settings.validation.iter())
            .map(|(mask_protocol, condition)| (versioned(*mask_protocol), *condition))
            .collect(),
        mask_seeds: settings.mask_seeds.clone(),
        masks: (settings.evaluation.iter())
            .map(|evaluation| {
                (
                    versioned(evaluation.mask_protocol),
                    evaluation.conditions.clone(),
                )
            })
            .collect(),
        precision: suite.train.precision.clone(),
        engine: suite.train.engine.clone(),
        recipe: recipe.clone(),
        hyper_parameters: choice.config(profile),
    };
    let id = identity(&config);
    Ok(Cell {
        dataset: corpus.name().to_owned(),
        choice: choice.clone(),
        seed,
        settings: Rc::clone(settings),
        recipe,
        rule,
        config,
        id,
    })
}

/// Name and version of a mask protocol: `random-v1`.
fn versioned(mask_protocol: &dyn mask::MaskProtocol) -> String {
    format!("{}-v{}", mask_protocol.name(), mask_protocol.version())
}

/// Short blake3 of the configuration's canonical JSON (fields in their order of declaration).
fn identity(config: &Config) -> String {
    // Numbers, strings and maps with string keys cannot fail to serialize.
    let text = serde_json::to_string(config).unwrap_or_default();
    blake3::hash(text.as_bytes()).to_hex()[..12].to_owned()
}
