//! One run directory seen from outside.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use rayon::prelude::*;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::log::{self, Progress};
use super::state::{self, State};
use crate::record::{self, Attempt, Failure, RunDir};

/// What a run directory says of itself, whatever its state.
#[derive(Clone, Debug)]
pub struct Run {
    pub dir: RunDir,
    pub id: String,
    pub dataset: String,
    /// With its variant.
    pub model: String,
    pub seed: u64,
    /// Epochs of training planned; 0 where nothing is trained.
    pub epochs: u32,
    /// Predictions from elsewhere (docs/score.md).
    pub external: bool,
    pub state: State,
    pub progress: Option<Progress>,
    /// The last attempt at an unfinished run.
    pub attempt: Option<Attempt>,
    /// The error of a run that failed.
    pub failure: Option<Failure>,
    /// When a file of it changed last.
    pub changed: SystemTime,
    /// Bytes of its files.
    pub bytes: u64,
}

/// What is looked at of `config.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Config {
    dataset: String,
    model: String,
    seed: u64,
    recipe: Recipe,
    external: Option<IgnoredAny>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Recipe {
    epochs: u32,
}

impl Run {
    /// Looks at a run's directory; `None` where it has no readable configuration, which is the first
    /// thing a run writes.
    pub fn look(dir: RunDir) -> Option<Self> {
        let config = fs::read_to_string(dir.config()).ok()?;
        let config: Config = toml::from_str(&config).ok()?;
        let (bytes, changed) = extent(dir.path());
        let progress = log::progress(&dir);
        let attempt = if dir.is_done() { None } else { dir.owner() };
        let state = if dir.is_done() {
            State::Done
        } else {
            state::unfinished(attempt.as_ref(), changed)
        };
        let failed = state == State::Failed;
        Some(Self {
            id: dir.id(),
            dataset: config.dataset,
            model: config.model,
            seed: config.seed,
            epochs: config.recipe.epochs,
            external: config.external.is_some(),
            state,
            progress,
            attempt,
            failure: failed.then(|| dir.read_failure()).flatten(),
            changed,
            bytes,
            dir,
        })
    }

    /// Finished epochs.
    pub fn epoch(&self) -> u32 {
        self.progress.as_ref().map_or(0, |progress| progress.epoch)
    }

    /// Seconds of training left at the pace of the last epoch; `None` before the first.
    pub fn seconds_left(&self) -> Option<f64> {
        let progress = self.progress.as_ref()?;
        Some(progress.seconds * f64::from(self.epochs.saturating_sub(progress.epoch)))
    }
}

/// All runs in a folder, or the one that it is, sorted by id.
///
/// # Errors
/// If the folder cannot be read.
pub fn look(root: &Path) -> Result<Vec<Run>, record::Error> {
    let dirs = record::directories(root)?;
    let runs = dirs.into_par_iter().filter_map(Run::look);
    Ok(runs.collect())
}

/// Bytes of all files below a folder, and when one changed last; what cannot be read counts nothing.
pub fn extent(folder: &Path) -> (u64, SystemTime) {
    let mut all = (0, SystemTime::UNIX_EPOCH);
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let Ok(facts) = entry.metadata() else {
            continue;
        };
        let (bytes, changed) = if facts.is_dir() {
            extent(&entry.path())
        } else {
            (facts.len(), facts.modified().unwrap_or(all.1))
        };
        all = (all.0 + bytes, all.1.max(changed));
    }
    all
}
