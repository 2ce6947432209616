//! The facts of a finished cell, for its manifest.

use std::collections::BTreeMap;

use tch::nn;

use super::plan::{Cell, Config};
use super::workbench::Workbench;
use crate::data::dataset::SplitName;
use crate::mask::{Condition, MaskProtocol, RateDistribution};
use crate::record::manifest::{
    BuildMetadata, Computing, DatasetMetadata, FORMAT, MaskMetadata, ModelMetadata,
    SelectionMetadata, TrainingMetadata,
};
use crate::record::{self, Manifest};
use crate::train::device;
use crate::train::selection::Rule;
use crate::train::state::State;

pub use crate::record::VERSION;

/// libtorch's version, which tch pins.
pub const LIBTORCH: &str = "2.11.0";

/// Everything a report needs to know about a finished cell, but the time it took.
pub fn manifest(
    cell: &Cell,
    data: &Workbench<'_>,
    store: &nn::VarStore,
    state: &State,
    masks: Vec<MaskMetadata>,
    computing: Computing,
) -> Manifest {
    Manifest {
        format: FORMAT,
        id: cell.id.clone(),
        dataset: dataset(data),
        model: model(cell, store),
        seed: cell.seed,
        masks,
        training: training(cell, computing),
        selection: SelectionMetadata {
            rule: cell.rule.name().to_owned(),
            metric: monitored(&cell.rule),
            conditions: cell
                .settings
                .validation
                .iter()
                .map(|(_, condition)| *condition)
                .collect(),
            epoch: state.selected(),
            chosen: if cell.rule.is_single() {
                BTreeMap::new()
            } else {
                cell.rule.chosen(&state.epochs())
            },
            hashes: BTreeMap::new(),
        },
        build: build(data.device),
        wall_seconds: 0.0,
    }
}

fn dataset(data: &Workbench<'_>) -> DatasetMetadata {
    let train = &data.splits[SplitName::Train as usize].labels;
    DatasetMetadata::of(data.corpus, data.protocol, train)
}

fn model(cell: &Cell, store: &nn::VarStore) -> ModelMetadata {
    let trainable = store.trainable_variables();
    ModelMetadata {
        name: cell.choice.name(),
        title: cell.choice.title(),
        citation: cell.choice.entry.citation.to_owned(),
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

fn training(cell: &Cell, computing: Computing) -> TrainingMetadata {
    TrainingMetadata {
        encoder: cell.config.encoder.clone(),
        noise: noise(&cell.config),
        epochs: cell.recipe.epochs,
        batch_size: cell.recipe.batch_size,
        learning_rate: cell.recipe.learning_rate,
        weight_decay: cell.recipe.weight_decay,
        trainer_options: cell.recipe.trainer_options.words(),
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

/// How a cell is trained, in words: noise and selection.
pub fn training_words(config: &Config) -> String {
    format!("{}, {}", noise(config), config.selection)
}

/// The masks of one mask protocol, with the hash of every seed and condition.
pub fn masks(
    mask_protocol: &dyn MaskProtocol,
    seeds: &[u64],
    conditions: &[Condition],
    hashes: BTreeMap<String, String>,
    realised: BTreeMap<String, [Option<f64>; 3]>,
) -> MaskMetadata {
    MaskMetadata {
        mask_protocol: mask_protocol.name().to_owned(),
        version: mask_protocol.version(),
        seeds: seeds.to_vec(),
        conditions: conditions.to_vec(),
        hashes,
        realised,
    }
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
