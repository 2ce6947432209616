//! What finished runs cost: the ground of estimates.

use std::fs;
use std::path::Path;

use rayon::prelude::*;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::log;
use crate::record::epochs::trained_seconds;
use crate::record::{RunDir, directories};

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
    /// Epochs of training that were run, which an early end makes fewer than were planned; 0 where
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
    /// Of it, those of the steps of training; the rest predicts the splits for validation and test.
    pub step_seconds: f64,
    /// Most memory held, in bytes; 0 where the log does not say.
    pub peak_memory: u64,
    /// Of the run's folder.
    pub bytes: u64,
}

/// What is looked at of `manifest.json`.
#[derive(Deserialize)]
struct Facts {
    dataset: Dataset,
    model: Model,
    training: Training,
    masks: Vec<Masks>,
    selection: Selection,
    build: Build,
    wall_seconds: f64,
}

#[derive(Deserialize)]
struct Selection {
    conditions: Vec<IgnoredAny>,
}

#[derive(Deserialize)]
struct Masks {
    seeds: Vec<IgnoredAny>,
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
    /// The cost of a run; `None` where it is not finished, was trained elsewhere, or cannot be read.
    pub fn of(dir: &RunDir) -> Option<Self> {
        if !dir.is_done() {
            return None;
        }
        let facts: Facts = serde_json::from_slice(&fs::read(dir.manifest()).ok()?).ok()?;
        let progress = log::progress(dir).unwrap_or_default();
        Some(Self {
            id: dir.id(),
            dataset: facts.dataset.name,
            content_hash: facts.dataset.content_hash,
            counts: facts.dataset.counts,
            model: facts.model.name,
            encoder: facts.training.encoder?,
            epochs: match progress.epoch {
                // Nothing is trained, or the log is gone.
                0 => facts.training.epochs,
                run => run,
            },
            batch_size: facts.training.batch_size,
            conditions: (facts.masks.iter())
                .map(|masks| masks.seeds.len() * masks.conditions.len())
                .sum(),
            validation: facts.selection.conditions.len(),
            device: facts.build.device?,
            threads: facts.build.threads?,
            seconds: facts.wall_seconds,
            step_seconds: trained_seconds(dir).min(facts.wall_seconds),
            peak_memory: progress.peak_memory,
            bytes: super::run::extent(dir.path()).0,
        })
    }
}

/// The costs of all finished runs in a folder; none where there is no folder.
pub fn measured(runs: &Path) -> Vec<Measured> {
    let dirs = directories(runs).unwrap_or_default();
    dirs.par_iter().filter_map(Measured::of).collect()
}
