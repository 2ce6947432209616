//! Suite to cells: every combination, each with an identity.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Serialize;

use super::{Error, Suite};
use crate::dataset::Corpus;
use crate::mask::{self, Conditions, Level, Noise, RateLaw};
use crate::metric;
use crate::model::{Choice, Profile, Recipe};
use crate::train::schedule::Schedule;
use crate::train::selection::Rule;
use crate::train::{self, EncoderSpec, Precision, Selection};

/// Raise it when a change of this program changes results, so that older runs are not reused.
const RESULT_VERSION: u32 = 3;

/// One training and its evaluation.
#[derive(Debug)]
pub struct Cell {
    pub dataset: String,
    pub choice: Choice,
    pub seed: u64,
    pub recipe: Recipe,
    pub rule: Rule,
    /// Everything that decides the result, as stored in `config.toml`.
    pub config: Config,
    /// Short blake3 of `config`.
    pub id: String,
}

impl Cell {
    /// Data set, model and seed.
    pub fn label(&self) -> String {
        format!("{} {} {}", self.dataset, self.choice.name(), self.seed)
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
    /// Family with version, and level.
    pub validation: Vec<(String, Level)>,
    pub mask_seeds: Vec<u64>,
    /// Levels by family with version.
    pub masks: BTreeMap<String, Vec<Level>>,
    #[serde(skip_serializing_if = "is_fp32")]
    pub precision: String,
    #[serde(skip_serializing_if = "is_lean")]
    pub engine: String,
    pub recipe: Recipe,
    pub hyper_parameters: serde_json::Value,
}

/// What the cells of a suite share, parsed.
pub struct Settings {
    /// Masks of the test split.
    pub conditions: Vec<Conditions>,
    /// Masks of the validation split, under the first mask seed.
    pub validation: Vec<(&'static dyn mask::Family, Level)>,
    pub mask_seeds: Vec<u64>,
    /// Masks of the training noise.
    pub noise_family: &'static dyn mask::Family,
    pub noise: Noise,
    pub noise_rate: RateLaw,
    pub selection: Selection,
    pub schedule: Schedule,
    pub precision: Precision,
    /// The computation to the letter.
    pub plain: bool,
}

impl Settings {
    /// Parse and check the words of a suite.
    pub fn of(suite: &Suite) -> Result<Self, Error> {
        let conditions = Conditions::deal(&suite.masks, &mask::parse_list(&suite.rates)?)?;
        let noise = suite.train.noise.parse::<Noise>()?;
        let settings = Self {
            validation: Conditions::choose(
                &conditions,
                &mask::parse_list(&suite.train.valid_rates)?,
            ),
            conditions,
            mask_seeds: suite.mask_seeds.clone(),
            noise_family: noise.family(suite.train.noise_masks.as_deref())?,
            noise,
            noise_rate: suite.train.noise_rate.parse()?,
            selection: suite.train.selection.parse()?,
            schedule: suite.train.schedule,
            precision: suite.train.precision.parse()?,
            plain: is_plain(&suite.train.engine)?,
        };
        settings.noise.check_rates(settings.noise_rate)?;
        if settings.mask_seeds.is_empty() {
            return Err(Error::NothingToDo { what: "mask seed" });
        }
        Ok(settings)
    }
}

fn is_plain(engine: &str) -> Result<bool, train::Error> {
    match engine {
        "lean" => Ok(false),
        "plain" => Ok(true),
        _ => Err(train::Error::EngineName {
            found: engine.to_owned(),
        }),
    }
}

/// The usual precision and engine stay out of a configuration, whose identity they leave as it was.
fn is_fp32(precision: &str) -> bool {
    precision == "fp32"
}

fn is_lean(engine: &str) -> bool {
    engine == "lean"
}

/// The prepared data sets of a suite, by name.
pub type Corpora = BTreeMap<String, (Corpus, EncoderSpec)>;

/// Open the data sets of a suite under `data` and settle their encoders.
pub fn open_corpora(suite: &Suite, data: &std::path::Path) -> Result<Corpora, Error> {
    let mut corpora = Corpora::new();
    for name in &suite.datasets {
        let path: PathBuf = data.join(format!("{name}.h5"));
        if !path.exists() {
            crate::dataset::find(name)?;
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

/// Every cell of the suite, in the order data set, model, seed.
pub fn cells(suite: &Suite, settings: &Settings, corpora: &Corpora) -> Result<Vec<Cell>, Error> {
    let choices: Vec<Choice> = (suite.models.iter())
        .map(|text| Choice::parse(text))
        .collect::<Result<_, _>>()?;
    if let Some(name) = suite.foreign_model() {
        return Err(Error::ForeignModel { name: name.clone() });
    }
    let mut cells = Vec::new();
    for name in &suite.datasets {
        let (corpus, encoder) = &corpora[name];
        let rule = settings
            .selection
            .resolve(metric::protocol(&corpus.spec.protocol)?)?;
        let encoder = encoder.identity()?;
        for choice in &choices {
            for &seed in &suite.seeds {
                cells.push(cell(suite, settings, corpus, &encoder, &rule, choice, seed));
            }
        }
    }
    match cells.is_empty() {
        true => Err(Error::NothingToDo {
            what: "data set, model or seed",
        }),
        false => Ok(cells),
    }
}

fn cell(
    suite: &Suite,
    settings: &Settings,
    corpus: &Corpus,
    encoder: &str,
    rule: &Rule,
    choice: &Choice,
    seed: u64,
) -> Cell {
    let profile = Profile::for_dataset(corpus.name());
    let recipe = suite
        .overrides(&choice.name())
        .apply((choice.entry.recipe)(profile));
    let config = Config {
        result_version: RESULT_VERSION,
        dataset: corpus.name().to_owned(),
        content_hash: corpus.content_hash.clone(),
        model: choice.name(),
        seed,
        encoder: encoder.to_owned(),
        noise: settings.noise.to_string(),
        noise_masks: settings.noise_family.name().to_owned(),
        noise_version: settings.noise_family.version(),
        noise_rate: settings.noise_rate.to_string(),
        selection: rule.identity(),
        schedule: settings.schedule,
        validation: (settings.validation.iter())
            .map(|(family, level)| (versioned(*family), *level))
            .collect(),
        mask_seeds: settings.mask_seeds.clone(),
        masks: (settings.conditions.iter())
            .map(|conditions| (versioned(conditions.family), conditions.levels.clone()))
            .collect(),
        precision: suite.train.precision.clone(),
        engine: suite.train.engine.clone(),
        recipe: recipe.clone(),
        hyper_parameters: choice.config(profile),
    };
    let id = identity(&config);
    Cell {
        dataset: corpus.name().to_owned(),
        choice: choice.clone(),
        seed,
        recipe,
        rule: rule.clone(),
        config,
        id,
    }
}

/// Name and version of a family: `random-v1`.
fn versioned(family: &dyn mask::Family) -> String {
    format!("{}-v{}", family.name(), family.version())
}

/// Short blake3 of the configuration's canonical JSON (fields in their order of declaration).
fn identity(config: &Config) -> String {
    // Numbers, strings and maps with string keys cannot fail to serialise.
    let text = serde_json::to_string(config).unwrap_or_default();
    blake3::hash(text.as_bytes()).to_hex()[..12].to_owned()
}
