//! Plans the runs of a suite: every combination, each with an identity.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::rc::Rc;

use serde::Serialize;

use super::absent_modality;
use super::search::{self, Trial};
use super::settings::Settings;
use super::train_on::{self, TrainOn};
use super::{Error, Protocol, Suite};
use crate::data::dataset::{self, Corpus, SplitName, file_name, limited, limited_name};
use crate::mask::{Condition, MaskProtocol, Noise, RateDistribution};
use crate::metric;
use crate::model::{Choice, Recipe};
use crate::record::manifest::data_key;
use crate::record::search::SearchMetadata;
use crate::record::training::NoiseMetadata;
use crate::record::{EngineKind, MaskGrid, Precision, SelectionRule};
use crate::support::Classify;
use crate::train::other_data::check_shapes;
use crate::train::schedule::Schedule;
use crate::train::selection::{Rule, Rules};
use crate::train::{EncoderSpec, data, settings};

/// Raise it when a change of this program changes results, so that older runs are not reused.
const RESULT_VERSION: u32 = 8;

/// One training, and the masks it is to be evaluated under.
pub struct PlannedRun {
    pub dataset: String,
    pub choice: Choice,
    pub seed: u64,
    pub settings: Rc<Settings>,
    pub recipe: Recipe,
    pub rules: Rules,
    /// Everything that decides the training, as stored in `config.toml`.
    pub config: Config,
    /// Masks of the test split, of its own data and of those that the suite tests it on. They do not decide
    /// the training: a trained run is evaluated under more of them with its stored weights.
    pub masks: Vec<MaskGrid>,
    /// Short blake3 of `config`.
    pub id: String,
    /// Its place in a search.
    pub trial: Option<Trial>,
}

impl PlannedRun {
    /// Its masks of the test split of these data ([`data_key`]), or of its own.
    pub fn masks_on(&self, data: Option<&str>) -> Vec<MaskGrid> {
        let own = self.masks.iter().filter(|grid| grid.is_on(data));
        own.cloned().collect()
    }

    /// Whether it is a trial of a search, which is not tested.
    pub fn is_trial(&self) -> bool {
        self.trial.is_some() && self.masks.is_empty()
    }

    /// Gives it the id of its configuration.
    pub(super) fn identify(&mut self) {
        self.id = identity(&self.config);
    }

    /// Data set and model, which decide the time of a run.
    pub fn kind(&self) -> String {
        format!("{} {}", self.dataset, self.choice.name())
    }

    /// Data set, model and seed, and its training data where they are not the suite's mixed noise.
    pub fn label(&self) -> String {
        let trial = self.trial.as_ref().filter(|_| self.is_trial());
        let trial = trial.map(|trial| format!(", trial {}", trial.number));
        self.plain_label() + &trial.unwrap_or_default()
    }

    fn plain_label(&self) -> String {
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

/// The resolved configuration of a run: equal configurations give equal weights.
#[derive(Clone, Debug, Serialize)]
pub struct Config {
    pub result_version: u32,
    pub dataset: String,
    pub content_hash: String,
    pub model: String,
    pub seed: u64,
    /// Text encoder; folders by the hash of their weights.
    pub encoder: String,
    pub schedule: Schedule,
    pub precision: Precision,
    pub engine: EngineKind,
    /// Mask seed of validation and of published noise.
    pub mask_seed: u64,
    pub noise: NoiseMetadata,
    pub selection: SelectionConfig,
    /// Further rules by which weights are kept.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub other_selections: Vec<SelectionConfig>,
    /// Masks under which the split of the selection is evaluated.
    pub validation: Vec<ValidationMask>,
    pub recipe: Recipe,
    pub hyper_parameters: serde_json::Value,
    /// The search that chose the settings, where one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<SearchMetadata>,
}

impl Config {
    /// How the run is trained, as text: noise and selection.
    pub fn training(&self) -> String {
        let rules = std::iter::once(&self.selection).chain(&self.other_selections);
        let rules = rules.map(|one| one.rule.name(one.metric.as_deref()));
        format!(
            "{}; selected by {}",
            self.noise,
            rules.collect::<Vec<_>>().join(", ")
        )
    }
}

/// The rule that chooses the evaluated epoch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SelectionConfig {
    pub rule: SelectionRule,
    /// The metric that decides; `None` where each metric decides for itself.
    pub metric: Option<String>,
    /// The split it is computed on.
    pub split: SplitName,
}

impl SelectionConfig {
    fn of(rule: &Rule) -> Self {
        Self {
            rule: rule.kind(),
            metric: rule.metric().map(|metric| metric.name.to_owned()),
            split: rule.split(),
        }
    }
}

/// A mask protocol with a condition of validation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ValidationMask {
    pub mask_protocol: String,
    pub version: u32,
    pub condition: Condition,
}

impl ValidationMask {
    fn new(mask_protocol: &dyn MaskProtocol, condition: Condition) -> Self {
        Self {
            mask_protocol: mask_protocol.name().to_owned(),
            version: mask_protocol.version(),
            condition,
        }
    }
}

/// The prepared data sets of a suite, by name.
pub type Corpora = BTreeMap<String, (Corpus, EncoderSpec)>;

/// Opens the data sets of a suite under `data` and resolves their encoders.
///
/// # Errors
/// Those of opening a data set; [`Error::SeveralDatasets`] where more than one cannot be used.
pub fn open_corpora(suite: &Suite, data: &Path) -> Result<Corpora, Error> {
    let (mut corpora, mut errors) = (Corpora::new(), Vec::new());
    for name in suite.datasets.iter().chain(&suite.test_on) {
        if corpora.contains_key(name) {
            continue;
        }
        match open_corpus(suite, name, data) {
            Ok(opened) => drop(corpora.insert(name.clone(), opened)),
            Err(error) => errors.push(error),
        }
    }
    match errors.len() {
        0 => Ok(corpora),
        1 => Err(errors.remove(0)),
        _ => Err(Error::SeveralDatasets {
            total: suite.datasets.len(),
            errors: errors.iter().map(Error::to_string).collect(),
        }),
    }
}

/// Opens one data set of a suite and resolves its encoder.
fn open_corpus(suite: &Suite, name: &str, data: &Path) -> Result<(Corpus, EncoderSpec), Error> {
    let path = data.join(file_name(name));
    limited::ensure(data, name)?;
    if !path.exists() {
        dataset::find(name)?;
        let name = limited_name::whole(name);
        return Err(Error::NotPrepared {
            name: name.to_owned(),
            path: data.join(file_name(name)),
            prepared: dataset::prepared_names(data),
        });
    }
    let corpus = Corpus::open(&path)?;
    settings::check(&corpus.spec)?;
    if corpus.name() != name {
        return Err(Error::OtherName {
            name: name.to_owned(),
            path,
            holds: corpus.name().to_owned(),
        });
    }
    let asked = suite.encoder_of(name);
    let encoder = asked.resolve(&corpus)?;
    if suite.protocol == Protocol::Paper
        && *asked == EncoderSpec::Auto
        && encoder == EncoderSpec::Features
    {
        tracing::warn!(
            "protocol paper on {name}: the text encoder is the file's text features, the paper \
             fine-tunes a BERT; give --encoder bert:DIR for its encoder"
        );
    }
    if encoder == EncoderSpec::Features && corpus.reader().has("train/text_bert") {
        tracing::warn!(
            "{name}: text features at CLS and SEP are kept at every missing rate; where they are states of \
             a BERT that read the complete text, they may describe all of it: --encoder bert:DIR or \
             frozen:DIR read the masked tokens instead (docs/masks.md)"
        );
    }
    Ok((corpus, encoder))
}

/// Every run of the suite, in the order data set, model, training, seed; none twice.
pub fn runs(suite: &Suite, corpora: &Corpora) -> Result<Vec<PlannedRun>, Error> {
    let mut trainings = Trainings::new(suite)?;
    let models = suite.models.iter().map(|text| {
        let (name, own) = train_on::split(text)?;
        let choice = Choice::parse(name)?;
        let settings = trainings.of(&choice, own)?;
        Ok((choice, settings))
    });
    let models = models.collect::<Result<Vec<_>, Error>>()?;
    if let Some(name) = suite.unused_override() {
        return Err(Error::UnusedOverride { name: name.clone() });
    }
    suite.check_encoders()?;
    let choices: Vec<&Choice> = models.iter().map(|(choice, _)| choice).collect();
    check_models(suite, corpora, &choices)?;
    let (mut runs, mut known) = (Vec::new(), BTreeSet::new());
    for name in &suite.datasets {
        let (corpus, encoder) = &corpora[name];
        let with_features = *encoder == EncoderSpec::Features;
        let others = tested_on(suite, corpora, corpus, with_features)?;
        let encoder = encoder.identity()?;
        let absent = corpus.absent()?;
        absent_modality::announce(&models, &absent, name)?;
        let mut planned = Vec::new();
        for (choice, trainings) in &models {
            for settings in trainings {
                let settings = absent_modality::present(settings, &absent);
                let plain = |seeds: &[u64]| {
                    let all = product(&settings, seeds).map(|(settings, &seed)| {
                        let mut run = run(suite, settings, corpus, &encoder, choice, seed)?;
                        run.masks.extend(masks_of(settings, &others)?);
                        Ok(run)
                    });
                    all.collect::<Result<Vec<PlannedRun>, Error>>()
                };
                planned.extend(match &suite.stage {
                    Some(stage) if choice.entry.trained => search::trials(suite, stage, &plain)?,
                    Some(stage) if stage.rung.is_some() => Vec::new(),
                    _ => plain(&suite.seeds)?,
                });
            }
        }
        search::check_equal(&planned)?;
        runs.extend(
            planned
                .into_iter()
                .filter(|run| known.insert(run.id.clone())),
        );
    }
    if runs.is_empty() {
        Err(Error::NothingToDo {
            what: match suite.stage {
                Some(_) => "model that is trained, for a search",
                None => "data set, model or seed",
            },
        })
    } else {
        Ok(runs)
    }
}

/// Checks that every model can read every data set.
///
/// # Errors
/// Those of the check; [`Error::SeveralModels`] names each pair that cannot be run.
fn check_models(suite: &Suite, corpora: &Corpora, choices: &[&Choice]) -> Result<(), Error> {
    let mut errors = Vec::new();
    for name in &suite.datasets {
        let (corpus, encoder) = &corpora[name];
        let checked = choices
            .iter()
            .map(|choice| data::check(choice, corpus, encoder));
        errors.extend(checked.filter_map(Result::err));
    }
    match errors.as_slice() {
        [] => Ok(()),
        [_] => Err(errors.remove(0).into()),
        [first, ..] => Err(Error::SeveralModels {
            class: first.class(),
            total: suite.datasets.len() * choices.len(),
            errors: errors.iter().map(ToString::to_string).collect(),
        }),
    }
}

/// The other data that models trained on `own` are tested on.
fn tested_on<'a>(
    suite: &Suite,
    corpora: &'a Corpora,
    own: &Corpus,
    with_features: bool,
) -> Result<Vec<&'a Corpus>, Error> {
    let others = suite.test_on.iter().map(|name| &corpora[name].0);
    let others = others.filter(|other| other.name() != own.name());
    let checked = others.map(|other| {
        check_shapes(own, other, with_features)?;
        Ok(other)
    });
    checked.collect()
}

/// The masks of other data, at the conditions at which their own modalities are there.
fn masks_of(settings: &Settings, others: &[&Corpus]) -> Result<Vec<MaskGrid>, Error> {
    let mut all = Vec::new();
    for other in others {
        let masks = settings
            .present(&other.absent()?)
            .map(|present| present.masks());
        let masks = masks.into_iter().flatten();
        let key = data_key(other.name(), &other.content_hash);
        all.extend(masks.map(|grid| grid.tested_on(Some(&key))));
    }
    Ok(all)
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

    /// Those of one model by training protocol; it may have a protocol of its own. A model that is not trained has one run
    /// under any protocol.
    fn of(
        &mut self,
        choice: &Choice,
        own: Option<TrainOn>,
    ) -> Result<Vec<Vec<Rc<Settings>>>, Error> {
        let protocols = match &own {
            Some(own) => std::slice::from_ref(own),
            None => &self.suite.train_on,
        };
        if !choice.entry.trained {
            return Ok(vec![vec![Rc::clone(&self.base)]]);
        }
        if protocols.is_empty() {
            self.base.checked()?;
            return Ok(vec![vec![Rc::clone(&self.base)]]);
        }
        let mut all = Vec::new();
        for &protocol in protocols {
            if !self.under.contains_key(&protocol) {
                let settings = self.base.under(self.suite, protocol)?;
                let settings = settings.into_iter().map(Rc::new).collect();
                self.under.insert(protocol, settings);
            }
            all.push(self.under[&protocol].clone());
        }
        Ok(all)
    }
}

fn run(
    suite: &Suite,
    settings: &Rc<Settings>,
    corpus: &Corpus,
    encoder: &str,
    choice: &Choice,
    seed: u64,
) -> Result<PlannedRun, Error> {
    let published = settings::on(choice, &corpus.spec)?;
    let overrides = suite.overrides(&choice.name());
    let selections = overrides.selection.as_ref();
    let rules = selections
        .unwrap_or(&settings.selection)
        .resolve(metric::protocol(&corpus.spec.protocol)?)?;
    let recipe = overrides.apply(published.recipe);
    let config = Config {
        result_version: RESULT_VERSION,
        dataset: corpus.name().to_owned(),
        content_hash: corpus.content_hash.clone(),
        model: choice.name(),
        seed,
        encoder: encoder.to_owned(),
        schedule: overrides.schedule.unwrap_or(settings.schedule),
        precision: settings.precision,
        engine: settings.engine,
        mask_seed: settings.mask_seeds[0],
        noise: NoiseMetadata {
            noise: settings.noise,
            mask_protocol: settings.noise_protocol.name().to_owned(),
            version: settings.noise_protocol.version(),
            rates: settings.noise_rate,
        },
        selection: SelectionConfig::of(&rules.first),
        other_selections: rules.others.iter().map(SelectionConfig::of).collect(),
        validation: (settings.validation.iter())
            .map(|(mask_protocol, condition)| ValidationMask::new(*mask_protocol, *condition))
            .collect(),
        recipe: recipe.clone(),
        hyper_parameters: published.config,
        search: None,
    };
    let id = identity(&config);
    Ok(PlannedRun {
        dataset: corpus.name().to_owned(),
        choice: choice.clone(),
        seed,
        settings: Rc::clone(settings),
        recipe,
        rules,
        config,
        masks: settings.masks(),
        id,
        trial: None,
    })
}

/// Short blake3 of the configuration's canonical JSON (fields in their order of declaration).
fn identity(config: &Config) -> String {
    // Numbers, strings and maps with string keys cannot fail to serialize.
    let text = serde_json::to_string(config).unwrap_or_default();
    blake3::hash(text.as_bytes()).to_hex()[..12].to_owned()
}
