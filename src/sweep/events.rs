//! Writes the progress of a sweep as lines of JSON, for programs that follow it.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::error::Error;
use super::plan::PlannedRun;
use super::summary::{FailedRun, RunEnd, Summary};
use crate::record::RunDir;
use crate::record::work::unfinished;
use crate::support::host;

/// A line of `run --progress-json`. `time` is in seconds since 1970.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event<'a> {
    /// Always the first.
    SweepStarted {
        time: u64,
        sweep: &'a str,
        runs: usize,
        /// Runs that were done before.
        done: usize,
    },
    RunStarted {
        time: u64,
        run: &'a str,
        dataset: &'a str,
        model: String,
        seed: u64,
        /// Finished epochs of earlier attempts.
        epoch: u32,
        /// Largest number of epochs; 0 where nothing is trained.
        epochs: u32,
    },
    /// An epoch ended.
    Epoch {
        time: u64,
        run: &'a str,
        epochs: u32,
        #[serde(flatten)]
        line: &'a EpochRecord,
    },
    RunFinished {
        time: u64,
        run: &'a str,
    },
    /// Another process had finished the run.
    RunKept {
        time: u64,
        run: &'a str,
    },
    RunFailed {
        time: u64,
        run: &'a str,
        error: &'a str,
        log: Option<&'a Path>,
        /// Repeats the run alone.
        command: &'a str,
    },
    /// The sweep ended; the last line, unless it was interrupted or could not go on.
    SweepFinished {
        time: u64,
        /// Runs trained and evaluated now.
        ran: usize,
        /// Runs finished before, or by another process meanwhile.
        kept: usize,
        failed: usize,
    },
}

/// An epoch as `metrics.jsonl` stores it.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct EpochRecord {
    /// Counted from 1.
    epoch: u32,
    learning_rate: Option<f64>,
    /// Means over the epoch, by loss term.
    losses: BTreeMap<String, Option<f64>>,
    /// Split of the scores.
    split: String,
    /// Monitored metrics; null where undefined.
    scores: BTreeMap<String, Option<f64>>,
    /// Monitored metrics whose best epoch this is so far.
    selected: Vec<String>,
    /// The same by further rules, where there are some.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    other_rules: Vec<RuleRecord>,
    samples_per_second: Option<f64>,
    seconds: Option<f64>,
    /// Most memory held so far, in bytes.
    peak_memory: u64,
}

/// An epoch by a further rule of selection.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct RuleRecord {
    /// As on the command line.
    rule: String,
    split: String,
    /// Metrics that it monitors; null where undefined.
    scores: BTreeMap<String, Option<f64>>,
    /// Those whose best epoch this is so far.
    picked: Vec<String>,
}

/// Where events are written, if they are wanted; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Events(Option<Arc<Mutex<Option<File>>>>);

impl Events {
    /// Appends events to a file, a pipe or a descriptor (`/dev/fd/3`).
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn open(path: &Path) -> Result<Self, Error> {
        let file = File::options().create(true).append(true).open(path);
        let file = file.map_err(|e| Error::io(path, e))?;
        Ok(Self(Some(Arc::new(Mutex::new(Some(file))))))
    }

    /// Writes one line at once. A reader that has gone ends the events, not the sweep.
    pub(super) fn write(&self, event: &Event<'_>) {
        let Some(file) = &self.0 else { return };
        let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(open) = file.as_mut() else { return };
        let line = serde_json::to_string(event).map_err(std::io::Error::from);
        let written = line.and_then(|line| open.write_all((line + "\n").as_bytes()));
        if let Err(error) = written {
            tracing::warn!("--progress-json: no further lines are written: {error}");
            *file = None;
        }
    }

    pub(super) fn sweep_started(&self, sweep: &str, waiting: usize, done: usize) {
        self.write(&Event::SweepStarted {
            time: host::now(),
            sweep,
            runs: waiting + done,
            done,
        });
    }

    pub(super) fn sweep_finished(&self, summary: &Summary) {
        self.write(&Event::SweepFinished {
            time: host::now(),
            ran: summary.ran,
            kept: summary.kept,
            failed: summary.failed.len(),
        });
    }

    /// The end of a run.
    pub(super) fn run_ended(&self, run: &str, end: &RunEnd) {
        let time = host::now();
        self.write(&match end {
            RunEnd::Ran => Event::RunFinished { time, run },
            RunEnd::Kept => Event::RunKept { time, run },
            RunEnd::Failed(FailedRun {
                error,
                log,
                command,
                ..
            }) => Event::RunFailed {
                time,
                run,
                error,
                log: log.as_deref(),
                command,
            },
        });
    }

    /// Writes the start of a run; what is returned writes the epochs that have ended since its last call.
    pub(super) fn run_started(
        &self,
        run: &PlannedRun,
        runs: &Path,
    ) -> impl Fn() + Send + Sync + use<> {
        let epochs = if run.choice.entry.trained {
            run.recipe.epochs
        } else {
            0
        };
        let follower = Follower {
            events: self.clone(),
            run: run.id.clone(),
            runs: runs.to_owned(),
            epochs,
        };
        let epoch = follower.lines().last().map_or(0, |line| line.epoch);
        self.write(&Event::RunStarted {
            time: host::now(),
            run: &run.id,
            dataset: &run.dataset,
            model: run.choice.name(),
            seed: run.seed,
            epoch,
            epochs,
        });
        let last = Mutex::new(epoch);
        move || follower.follow(&mut last.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Reads the epochs of a run under way.
struct Follower {
    events: Events,
    run: String,
    /// Folder of runs.
    runs: PathBuf,
    epochs: u32,
}

impl Follower {
    /// Writes the epochs after `last`.
    fn follow(&self, last: &mut u32) {
        if self.events.0.is_none() {
            return;
        }
        for line in self.lines() {
            if line.epoch <= *last {
                continue;
            }
            *last = line.epoch;
            self.events.write(&Event::Epoch {
                time: host::now(),
                run: &self.run,
                epochs: self.epochs,
                line: &line,
            });
        }
    }

    /// The whole lines of the run's log: of its latest attempt, or of its directory when it is done.
    fn lines(&self) -> Vec<EpochRecord> {
        let mut dirs = unfinished(&self.runs, &self.run);
        dirs.push(RunDir::open(self.runs.join(&self.run)));
        let logs = dirs.iter().filter_map(|dir| fs::read(dir.metrics()).ok());
        let longest = logs.max_by_key(Vec::len).unwrap_or_default();
        let lines = longest.split(|byte| *byte == b'\n');
        // A line that is being written is torn; it comes with the next call.
        lines
            .filter_map(|line| serde_json::from_slice(line).ok())
            .collect()
    }
}
