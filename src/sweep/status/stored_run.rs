//! Reads one run directory, whatever its state.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use rayon::prelude::*;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::log::{self, TrainingProgress};
use super::state::{self, RunState};
use crate::record::{self, Attempt, Failure, RunDir};

/// A run as its directory shows it.
#[derive(Clone, Debug)]
pub struct StoredRun {
    pub dir: RunDir,
    pub id: String,
    pub dataset: String,
    /// With its variant.
    pub model: String,
    pub seed: u64,
    /// Number of the trial of a search, whose settings it has.
    pub trial: Option<u32>,
    /// Epochs of training planned; 0 where nothing is trained.
    pub epochs: u32,
    /// Trained outside this program; its predictions were imported (docs/score.md).
    pub external: bool,
    pub state: RunState,
    pub progress: Option<TrainingProgress>,
    /// The last attempt at an unfinished run.
    pub attempt: Option<Attempt>,
    /// The error of a run that failed.
    pub failure: Option<Failure>,
    /// When a file of it changed last.
    pub changed: SystemTime,
    /// Bytes of its files.
    pub bytes: u64,
}

/// Fields that are read of `config.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Config {
    dataset: String,
    model: String,
    seed: u64,
    recipe: Recipe,
    external: Option<IgnoredAny>,
    search: Option<Search>,
}

#[derive(Debug, Deserialize)]
struct Search {
    trial: u32,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Recipe {
    epochs: u32,
}

impl StoredRun {
    /// Reads a run's directory; `None` where it has no readable configuration, which is the first
    /// file that a run writes.
    pub fn read(dir: RunDir) -> Option<Self> {
        let config = fs::read_to_string(dir.config()).ok()?;
        let config: Config = toml::from_str(&config).ok()?;
        let (bytes, changed) = extent(dir.path());
        let progress = log::progress(&dir);
        let attempt = if dir.is_done() { None } else { dir.owner() };
        let state = if dir.is_done() {
            RunState::Done
        } else {
            state::unfinished(attempt.as_ref(), changed)
        };
        let failed = state == RunState::Failed;
        Some(Self {
            id: dir.id(),
            dataset: config.dataset,
            model: config.model,
            seed: config.seed,
            trial: config.search.map(|search| search.trial),
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

/// All runs in a folder, or the single run that the folder is, sorted by id.
///
/// # Errors
/// If the folder cannot be read.
pub fn stored_runs(root: &Path) -> Result<Vec<StoredRun>, record::Error> {
    let dirs = record::directories(root)?;
    let runs = dirs.into_par_iter().filter_map(StoredRun::read);
    Ok(runs.collect())
}

/// Bytes of all files below a folder, and the time of the last change; unreadable files are not counted.
pub fn extent(folder: &Path) -> (u64, SystemTime) {
    let mut all = (0, SystemTime::UNIX_EPOCH);
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let Ok(metadata) = entry.metadata() else {
            continue;
        };
        let (bytes, changed) = if metadata.is_dir() {
            extent(&entry.path())
        } else {
            (metadata.len(), metadata.modified().unwrap_or(all.1))
        };
        all = (all.0 + bytes, all.1.max(changed));
    }
    all
}
