//! Collects the metadata of a finished run for its manifest.

use std::collections::{BTreeMap, BTreeSet};

use tch::nn;

use super::error::Error;
use super::plan::PlannedRun;
use crate::data::dataset::{Corpus, SplitName};
use crate::metric;
use crate::record::Manifest;
use crate::record::manifest::{
    BuildMetadata, DatasetMetadata, FORMAT, Grade, ModelMetadata, VERSION,
};
use crate::record::selection::{MonitoredMask, SelectionMetadata};
use crate::record::training::{Computing, TrainingMetadata};
use crate::train::data::TrainData;
use crate::train::device;
use crate::train::selection::Rule;
use crate::train::settings;
use crate::train::state::{Picks, State, epochs, selected};
use crate::train::training::Training;

/// libtorch's version, which tch pins.
pub const LIBTORCH: &str = "2.11.0";

/// What a training has made and how it was computed.
pub struct Trained {
    pub selections: Selected,
    pub computing: Computing,
    /// Hash of the masks of the first epoch of training.
    pub first_noise: Option<String>,
    /// blake3 of the stored weights by file name.
    pub weights: BTreeMap<String, String>,
    pub wall_seconds: f64,
}

/// The manifest of a trained run.
pub fn manifest(
    run: &PlannedRun,
    data: &TrainData<'_>,
    store: &nn::VarStore,
    trained: Trained,
) -> Result<Manifest, Error> {
    Ok(Manifest {
        format: FORMAT,
        id: run.id.clone(),
        external: None,
        dataset: dataset(data)?,
        trained_on: None,
        model: model(run, store),
        seed: run.seed,
        masks: Vec::new(),
        training: training(run, data, trained.computing, trained.first_noise),
        selection: trained.selections.first,
        other_selections: trained.selections.others,
        search: run.config.search.clone(),
        weights: trained.weights,
        build: build(data.device),
        wall_seconds: trained.wall_seconds,
    })
}

fn dataset(data: &TrainData<'_>) -> Result<DatasetMetadata, Error> {
    other(data.corpus, data)
}

/// The metadata of data that models trained on `data` predict: baselines are labels of the training.
pub fn other(corpus: &Corpus, data: &TrainData<'_>) -> Result<DatasetMetadata, Error> {
    let train = &data.splits[SplitName::Train as usize].labels;
    let protocol = metric::protocol(&corpus.spec.protocol)?;
    Ok(DatasetMetadata::of(corpus, protocol, train))
}

fn model(run: &PlannedRun, store: &nn::VarStore) -> ModelMetadata {
    let trainable = store.trainable_variables();
    let parameters = trainable.iter().map(|tensor| tensor.numel() as u64).sum();
    ModelMetadata {
        name: run.choice.name(),
        title: run.choice.title(),
        citation: run.choice.entry.citation.to_owned(),
        parameters: Some(parameters),
    }
}

fn training(
    run: &PlannedRun,
    data: &TrainData<'_>,
    computing: Computing,
    first_noise: Option<String>,
) -> TrainingMetadata {
    TrainingMetadata {
        encoder: Some(run.config.encoder.clone()),
        encoder_folder: data.encoder_folder.clone(),
        noise: Some(run.config.noise.clone()),
        first_noise,
        epochs: run.recipe.epochs,
        published_epochs: published_epochs(run, data),
        batch_size: run.recipe.batch_size,
        learning_rate: run.recipe.learning_rate,
        weight_decay: run.recipe.weight_decay,
        trainer_options: run.recipe.trainer_options,
        computing: Some(computing),
    }
}

/// Epochs that the model's authors give for these data; `None` where they train none.
fn published_epochs(run: &PlannedRun, data: &TrainData<'_>) -> Option<u32> {
    let profile = settings::profile(&data.corpus.spec);
    let epochs = (run.choice.entry.recipe)(profile).epochs;
    (epochs > 0).then_some(epochs)
}

/// What each rule has selected.
pub struct Selected {
    pub first: SelectionMetadata,
    pub others: Vec<SelectionMetadata>,
}

impl Selected {
    /// All epochs whose weights are kept; 0 alone where one set of weights serves all.
    pub fn epochs(&self) -> BTreeSet<u32> {
        let all = std::iter::once(&self.first).chain(&self.others);
        all.flat_map(SelectionMetadata::weights).collect()
    }
}

/// Which epochs were selected by each rule, and under which masks. A run that was not trained has selected
/// nothing by further rules.
///
/// # Errors
/// As [`Training::monitored_masks`].
pub fn selections(
    run: &PlannedRun,
    state: &State,
    training: &Training<'_>,
) -> Result<Selected, Error> {
    let of = |rule: &Rule, picks| Ok(selection(run, rule, picks, training.monitored_masks(rule)?));
    let others = run.rules.others.iter().zip(&state.other_picks);
    Ok(Selected {
        first: of(&run.rules.first, &state.picks)?,
        others: others
            .map(|(rule, picks)| of(rule, picks))
            .collect::<Result<_, Error>>()?,
    })
}

fn selection(
    run: &PlannedRun,
    rule: &Rule,
    picks: &Picks,
    masks: Vec<MonitoredMask>,
) -> SelectionMetadata {
    SelectionMetadata {
        rule: Some(rule.kind()),
        metric: rule.metric().map(|metric| metric.name.to_owned()),
        split: Some(rule.split()),
        conditions: (run.settings.validation.iter())
            .map(|(_, condition)| *condition)
            .collect(),
        epoch: selected(picks),
        chosen: if run.rules.is_single() {
            BTreeMap::new()
        } else {
            rule.chosen(&epochs(picks))
        },
        masks,
    }
}

/// What computes here.
pub fn build(device: tch::Device) -> BuildMetadata {
    let grade = match device {
        tch::Device::Cpu => Grade::B,
        _ => Grade::C,
    };
    BuildMetadata {
        version: VERSION.to_owned(),
        libtorch: Some(LIBTORCH.to_owned()),
        device: Some(device::describe(device)),
        threads: Some(tch::get_num_threads() as usize),
        grade: Some(grade),
    }
}
