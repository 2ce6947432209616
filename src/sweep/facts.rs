//! The facts of a finished cell, for its manifest.

use std::collections::BTreeMap;

use tch::nn;

use super::plan::{Cell, Config};
use super::workbench::Workbench;
use crate::data::dataset::SplitName;
use crate::mask::{Family, Level, RateLaw};
use crate::record::manifest::{
    BuildFacts, Computing, DatasetFacts, FORMAT, MaskFacts, ModelFacts, SelectionFacts,
    TrainingFacts,
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
    masks: Vec<MaskFacts>,
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
        selection: SelectionFacts {
            rule: cell.rule.name().to_owned(),
            metric: watched(&cell.rule),
            levels: cell
                .settings
                .validation
                .iter()
                .map(|(_, level)| *level)
                .collect(),
            epoch: state.selected(),
            chosen: match cell.rule.is_single() {
                true => BTreeMap::new(),
                false => cell.rule.chosen(&state.epochs()),
            },
            hashes: BTreeMap::new(),
        },
        build: build(data.device),
        wall_seconds: 0.0,
    }
}

fn dataset(data: &Workbench<'_>) -> DatasetFacts {
    let train = &data.splits[SplitName::Train as usize].labels;
    DatasetFacts::of(data.corpus, data.protocol, train)
}

fn model(cell: &Cell, store: &nn::VarStore) -> ModelFacts {
    let trainable = store.trainable_variables();
    ModelFacts {
        name: cell.choice.name(),
        title: cell.choice.title(),
        citation: cell.choice.entry.citation.to_owned(),
        parameters: trainable.iter().map(|tensor| tensor.numel() as u64).sum(),
    }
}

/// The metric of the rule; the paper's rule looks at each by itself.
fn watched(rule: &Rule) -> String {
    match rule.is_single() {
        true => rule.watched[0].name.to_owned(),
        false => "each metric itself".to_owned(),
    }
}

fn training(cell: &Cell, computing: Computing) -> TrainingFacts {
    TrainingFacts {
        encoder: cell.config.encoder.clone(),
        noise: noise(&cell.config),
        epochs: cell.recipe.epochs,
        batch_size: cell.recipe.batch_size,
        learning_rate: cell.recipe.learning_rate,
        weight_decay: cell.recipe.weight_decay,
        habits: cell.recipe.habits.words(),
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
    let usual = *noise_rate == RateLaw::HalfComplete.to_string();
    let level = (!usual).then_some(noise_rate.as_str());
    record::noise::words(noise, noise_masks, level)
}

/// How a cell is trained, in words: noise and selection.
pub fn training_words(config: &Config) -> String {
    format!("{}, {}", noise(config), config.selection)
}

/// The masks of one family, with the hash of every seed and level.
pub fn masks(
    family: &dyn Family,
    seeds: &[u64],
    levels: &[Level],
    hashes: BTreeMap<String, String>,
    realised: BTreeMap<String, [Option<f64>; 3]>,
) -> MaskFacts {
    MaskFacts {
        family: family.name().to_owned(),
        version: family.version(),
        seeds: seeds.to_vec(),
        levels: levels.to_vec(),
        hashes,
        realised,
    }
}

fn build(device: tch::Device) -> BuildFacts {
    let grade = match device {
        tch::Device::Cpu => "B",
        _ => "C",
    };
    BuildFacts {
        version: VERSION.to_owned(),
        libtorch: LIBTORCH.to_owned(),
        device: device::describe(device),
        threads: tch::get_num_threads() as usize,
        grade: grade.to_owned(),
    }
}
