//! Collects the metadata of a finished cell for its manifest.

use std::collections::BTreeMap;

use tch::nn;

use super::plan::Cell;
use super::workbench::Workbench;
use crate::data::dataset::SplitName;
use crate::record::Manifest;
use crate::record::manifest::{
    BuildMetadata, DatasetMetadata, FORMAT, Grade, ModelMetadata, VERSION,
};
use crate::record::masks::MaskMetadata;
use crate::record::selection::{MonitoredMask, SelectionMetadata};
use crate::record::training::{Computing, TrainingMetadata};
use crate::train::device;
use crate::train::state::State;

/// libtorch's version, which tch pins.
pub const LIBTORCH: &str = "2.11.0";

/// Masks of evaluation and of selection, and how the cell was computed.
pub struct Measured {
    pub masks: Vec<MaskMetadata>,
    pub monitored: Vec<MonitoredMask>,
    pub computing: Computing,
    pub wall_seconds: f64,
}

/// The manifest of a finished cell.
pub fn manifest(
    cell: &Cell,
    data: &Workbench<'_>,
    store: &nn::VarStore,
    state: &State,
    measured: Measured,
) -> Manifest {
    Manifest {
        format: FORMAT,
        id: cell.id.clone(),
        external: None,
        dataset: dataset(data),
        model: model(cell, store),
        seed: cell.seed,
        masks: measured.masks,
        training: training(cell, measured.computing),
        selection: selection(cell, state, measured.monitored),
        build: build(data.device),
        wall_seconds: measured.wall_seconds,
    }
}

fn dataset(data: &Workbench<'_>) -> DatasetMetadata {
    let train = &data.splits[SplitName::Train as usize].labels;
    DatasetMetadata::of(data.corpus, data.protocol, train)
}

fn model(cell: &Cell, store: &nn::VarStore) -> ModelMetadata {
    let trainable = store.trainable_variables();
    let parameters = trainable.iter().map(|tensor| tensor.numel() as u64).sum();
    ModelMetadata {
        name: cell.choice.name(),
        title: cell.choice.title(),
        citation: cell.choice.entry.citation.to_owned(),
        parameters: Some(parameters),
    }
}

fn training(cell: &Cell, computing: Computing) -> TrainingMetadata {
    TrainingMetadata {
        encoder: Some(cell.config.encoder.clone()),
        noise: Some(cell.config.noise.clone()),
        epochs: cell.recipe.epochs,
        batch_size: cell.recipe.batch_size,
        learning_rate: cell.recipe.learning_rate,
        weight_decay: cell.recipe.weight_decay,
        trainer_options: cell.recipe.trainer_options,
        computing: Some(computing),
    }
}

fn selection(cell: &Cell, state: &State, masks: Vec<MonitoredMask>) -> SelectionMetadata {
    let rule = &cell.rule;
    SelectionMetadata {
        rule: Some(rule.kind()),
        metric: rule.metric().map(|metric| metric.name.to_owned()),
        split: Some(rule.split()),
        conditions: (cell.settings.validation.iter())
            .map(|(_, condition)| *condition)
            .collect(),
        epoch: state.selected(),
        chosen: if rule.is_single() {
            BTreeMap::new()
        } else {
            rule.chosen(&state.epochs())
        },
        masks,
    }
}

fn build(device: tch::Device) -> BuildMetadata {
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
