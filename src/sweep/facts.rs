//! Collects the metadata of a finished run for its manifest.

use std::collections::BTreeMap;

use tch::nn;

use super::Error;
use super::plan::{Config, PlannedRun};
use crate::data::dataset::SplitName;
use crate::mask::RateDistribution;
use crate::metric;
use crate::record::manifest::{
    BuildMetadata, Computing, DatasetMetadata, FORMAT, MaskMetadata, ModelMetadata,
    SelectionMetadata, TrainingMetadata,
};
use crate::record::{self, Manifest};
use crate::train::data::TrainData;
use crate::train::device;
use crate::train::selection::Rule;
use crate::train::state::State;

pub use crate::record::VERSION;

/// libtorch's version, which tch pins.
pub const LIBTORCH: &str = "2.11.0";

/// Everything a report needs to know about a finished run, but the time it took.
pub fn manifest(
    run: &PlannedRun,
    data: &TrainData<'_>,
    store: &nn::VarStore,
    state: &State,
    masks: Vec<MaskMetadata>,
    computing: Computing,
) -> Result<Manifest, Error> {
    Ok(Manifest {
        format: FORMAT,
        id: run.id.clone(),
        dataset: dataset(data)?,
        model: model(run, store),
        seed: run.seed,
        masks,
        training: training(run, computing),
        selection: SelectionMetadata {
            rule: run.rule.name().to_owned(),
            metric: monitored(&run.rule),
            conditions: run
                .settings
                .validation
                .iter()
                .map(|(_, condition)| *condition)
                .collect(),
            epoch: state.selected(),
            chosen: if run.rule.is_single() {
                BTreeMap::new()
            } else {
                run.rule.chosen(&state.epochs())
            },
            hashes: BTreeMap::new(),
        },
        build: build(data.device),
        wall_seconds: 0.0,
    })
}

fn dataset(data: &TrainData<'_>) -> Result<DatasetMetadata, Error> {
    let train = &data.splits[SplitName::Train as usize].labels;
    let protocol = metric::protocol(&data.corpus.spec.protocol)?;
    Ok(DatasetMetadata::of(data.corpus, protocol, train))
}

fn model(run: &PlannedRun, store: &nn::VarStore) -> ModelMetadata {
    let trainable = store.trainable_variables();
    ModelMetadata {
        name: run.choice.name(),
        title: run.choice.title(),
        citation: run.choice.entry.citation.to_owned(),
        parameters: trainable.iter().map(|tensor| tensor.numel() as u64).sum(),
    }
}

/// The metric of the rule; the paper's rule looks at each by itself.
fn monitored(rule: &Rule) -> String {
    if rule.is_single() {
        rule.monitored[0].name.to_owned()
    } else {
        "each metric itself".to_owned()
    }
}

fn training(run: &PlannedRun, computing: Computing) -> TrainingMetadata {
    TrainingMetadata {
        encoder: run.config.encoder.clone(),
        noise: noise(&run.config),
        epochs: run.recipe.epochs,
        batch_size: run.recipe.batch_size,
        learning_rate: run.recipe.learning_rate,
        weight_decay: run.recipe.weight_decay,
        trainer_options: run.recipe.trainer_options.words(),
        computing,
    }
}

/// Training noise with its masks, and its rates where they are not the usual ones.
fn noise(config: &Config) -> String {
    let Config {
        noise,
        noise_masks,
        noise_rate,
        ..
    } = config;
    let usual = *noise_rate == RateDistribution::HalfComplete.to_string();
    let condition = (!usual).then_some(noise_rate.as_str());
    record::noise::words(noise, noise_masks, condition)
}

/// How a run is trained, in words: noise and selection.
pub fn training_words(config: &Config) -> String {
    format!("{}, {}", noise(config), config.selection)
}

fn build(device: tch::Device) -> BuildMetadata {
    let grade = match device {
        tch::Device::Cpu => "B",
        _ => "C",
    };
    BuildMetadata {
        version: VERSION.to_owned(),
        libtorch: LIBTORCH.to_owned(),
        device: device::describe(device),
        threads: tch::get_num_threads() as usize,
        grade: grade.to_owned(),
    }
}
