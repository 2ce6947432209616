//! The facts of a finished cell, for its manifest.

use std::collections::BTreeMap;

use tch::nn;

use super::plan::{Cell, Settings};
use super::workbench::Workbench;
use crate::record::Manifest;
use crate::record::manifest::{
    BuildFacts, DatasetFacts, FORMAT, MaskFacts, ModelFacts, SelectionFacts, TrainingFacts,
};
use crate::train::device;
use crate::train::trainer::State;

/// Version of this tool with the commit it was built from.
pub const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "+", env!("LNLN_BENCH_GIT"));

/// libtorch's version, which tch pins.
pub const LIBTORCH: &str = "2.11.0";

/// Everything a report needs to know about a finished cell.
pub fn manifest(
    cell: &Cell,
    data: &Workbench<'_>,
    settings: &Settings,
    store: &nn::VarStore,
    state: &State,
    mask_hashes: BTreeMap<String, String>,
    wall_seconds: f64,
) -> Manifest {
    Manifest {
        format: FORMAT,
        id: cell.id.clone(),
        dataset: dataset(data),
        model: model(cell, store),
        seed: cell.seed,
        mask: MaskFacts {
            family: settings.family.name().to_owned(),
            version: settings.family.version(),
            seeds: settings.mask_seeds.clone(),
            rates: settings.rates.clone(),
            hashes: mask_hashes,
        },
        training: training(cell),
        selection: SelectionFacts {
            rule: cell.config.selection.clone(),
            metric: data.protocol.selection_metric().name.to_owned(),
            rates: settings.valid_rates.clone(),
            epoch: state.selected,
        },
        build: build(data.device),
        wall_seconds,
    }
}

fn dataset(data: &Workbench<'_>) -> DatasetFacts {
    let corpus = data.corpus;
    DatasetFacts {
        name: corpus.name().to_owned(),
        title: corpus.spec.title.clone(),
        synthetic: corpus.spec.synthetic,
        protocol: corpus.spec.protocol.clone(),
        label_range: corpus.spec.label_range,
        source_name: corpus.source_name.clone(),
        source_sha256: corpus.source_sha256.clone(),
        content_hash: corpus.content_hash.clone(),
        counts: corpus.counts,
    }
}

fn model(cell: &Cell, store: &nn::VarStore) -> ModelFacts {
    let trainable = store.trainable_variables();
    ModelFacts {
        name: cell.entry.name.to_owned(),
        title: cell.entry.title.to_owned(),
        citation: cell.entry.citation.to_owned(),
        parameters: trainable.iter().map(|tensor| tensor.numel() as u64).sum(),
    }
}

fn training(cell: &Cell) -> TrainingFacts {
    TrainingFacts {
        encoder: cell.config.encoder.clone(),
        noise: format!("{} ({})", cell.config.noise, cell.config.noise_masks),
        epochs: cell.recipe.epochs,
        batch_size: cell.recipe.batch_size,
        learning_rate: cell.recipe.learning_rate,
        weight_decay: cell.recipe.weight_decay,
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
