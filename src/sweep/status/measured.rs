//! Reads the cost of finished runs, from which others are estimated.

use std::fs;
use std::path::Path;

use rayon::prelude::*;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::log;
use crate::record::epochs::trained_seconds;
use crate::record::{Evaluation, RunDir, directories};

/// The cost of one finished run of this program.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    pub id: String,
    pub dataset: String,
    pub content_hash: String,
    /// Samples in train, valid and test.
    pub counts: [usize; 3],
    /// With its variant.
    pub model: String,
    pub encoder: String,
    /// Epochs of training, fewer than planned after an early stop; 0 where
    /// nothing is trained.
    pub epochs: u32,
    pub batch_size: usize,
    /// Conditions of evaluation, each under every mask seed and mask protocol.
    pub conditions: usize,
    /// Conditions of validation, each after every epoch.
    pub validation: usize,
    /// `cpu` or `cuda:N`.
    pub device: String,
    pub threads: usize,
    /// Of training and evaluation together.
    pub seconds: f64,
    /// Of these, the steps of training; the rest predicts the splits for validation and test.
    pub step_seconds: f64,
    /// Peak memory, in bytes; 0 where the log has none.
    pub peak_memory: u64,
    /// Of the run's folder.
    pub bytes: u64,
}

/// Fields that are read of `manifest.json`.
#[derive(Deserialize)]
struct Manifest {
    dataset: Dataset,
    model: Model,
    training: Training,
    selection: Selection,
    build: Build,
    wall_seconds: f64,
}

#[derive(Deserialize)]
struct Selection {
    conditions: Vec<IgnoredAny>,
}

#[derive(Deserialize)]
struct Dataset {
    name: String,
    content_hash: String,
    counts: [usize; 3],
}

#[derive(Deserialize)]
struct Model {
    name: String,
}

#[derive(Deserialize)]
struct Training {
    encoder: Option<String>,
    epochs: u32,
    batch_size: usize,
}

#[derive(Deserialize)]
struct Build {
    device: Option<String>,
    threads: Option<usize>,
}

impl Measured {
    /// The cost of a run; `None` where it is not finished, was trained outside this program, or cannot be read.
    pub fn of(dir: &RunDir) -> Option<Self> {
        if !dir.is_done() {
            return None;
        }
        let manifest: Manifest = serde_json::from_slice(&fs::read(dir.manifest()).ok()?).ok()?;
        let progress = log::progress(dir).unwrap_or_default();
        let evaluations = dir.described_evaluations();
        let grids = evaluations.iter().flat_map(Evaluation::grids);
        let evaluated: f64 = evaluations.iter().map(|one| one.wall_seconds).sum();
        Some(Self {
            id: dir.id(),
            dataset: manifest.dataset.name,
            content_hash: manifest.dataset.content_hash,
            counts: manifest.dataset.counts,
            model: manifest.model.name,
            encoder: manifest.training.encoder?,
            epochs: match progress.epoch {
                // Nothing is trained, or the log is gone.
                0 => manifest.training.epochs,
                run => run,
            },
            batch_size: manifest.training.batch_size,
            conditions: grids.map(|grid| grid.keys().count()).sum(),
            validation: manifest.selection.conditions.len(),
            device: manifest.build.device?,
            threads: manifest.build.threads?,
            seconds: manifest.wall_seconds + evaluated,
            step_seconds: trained_seconds(dir).min(manifest.wall_seconds),
            peak_memory: progress.peak_memory,
            bytes: super::stored_run::extent(dir.path()).0,
        })
    }
}

/// The costs of all finished runs in a folder; none where there is no folder.
pub fn measured(runs: &Path) -> Vec<Measured> {
    let dirs = directories(runs).unwrap_or_default();
    dirs.par_iter().filter_map(Measured::of).collect()
}
