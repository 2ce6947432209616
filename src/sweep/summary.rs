//! Outcome of a sweep's runs: counts, and those that failed.

use std::fmt;
use std::path::{Path, PathBuf};

use super::manifest::command;
use crate::record::{self, Acquired, Failure, RunLease, SweepDir, SweepRun};
use crate::support::host;

/// Outcome of a sweep.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Runs trained and evaluated now.
    pub ran: usize,
    /// Runs finished before, or by another process meanwhile.
    pub kept: usize,
    pub failed: Vec<FailedRun>,
}

/// A run that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedRun {
    pub id: String,
    /// Data set, model and seed.
    pub label: String,
    pub error: String,
    /// Log of its process, where that was kept.
    pub log: Option<PathBuf>,
    /// Command that repeats this run alone.
    pub command: String,
}

/// Outcome of one run.
pub(super) enum RunEnd {
    Ran,
    Kept,
    Failed(FailedRun),
}

impl Summary {
    pub(super) fn count(&mut self, end: RunEnd) {
        match end {
            RunEnd::Ran => self.ran += 1,
            RunEnd::Kept => self.kept += 1,
            RunEnd::Failed(failed) => self.failed.push(failed),
        }
    }

    /// Adds the outcome of other runs.
    pub fn add(&mut self, other: Self) {
        self.ran += other.ran;
        self.kept += other.kept;
        self.failed.extend(other.failed);
    }

    /// Number of all runs.
    pub fn total(&self) -> usize {
        self.ran + self.kept + self.failed.len()
    }
}

impl FailedRun {
    /// What is stored of it, with the messages of the error and its causes; the attempt is to be named.
    pub(super) fn to_store(&self, error: Vec<String>, diverged: bool) -> Failure {
        Failure {
            attempt: String::new(),
            time: host::now(),
            error,
            diverged,
            log: self.log.clone(),
            command: self.command.clone(),
        }
    }
}

impl fmt::Display for FailedRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (run {}) failed: {}", self.label, self.id, self.error)?;
        if let Some(log) = &self.log {
            write!(f, "\n  log: {}", log.display())?;
        }
        write!(f, "\n  again: {}", self.command)
    }
}

/// A run that failed to start: its data cannot be loaded, or its device is not there.
#[derive(Clone, Copy, Debug)]
pub struct FailedToStart<'a> {
    pub dir: &'a SweepDir,
    /// Folder of run directories.
    pub runs: &'a Path,
    pub run: &'a SweepRun,
    /// Log of this process, where one is kept.
    pub log: Option<&'a PathBuf>,
    /// Flags of `run-one` that repeat the run as it was to be run here.
    pub flags: &'a [String],
}

impl FailedToStart<'_> {
    /// Stores the error and its causes in the run's folder, where every listing finds them; `None` where
    /// the run is done. Where another process works on the run, or the folder cannot be written, the
    /// error is only logged.
    pub fn record(&self, error: Vec<String>) -> Option<FailedRun> {
        let run = self.run;
        let failed = FailedRun {
            id: run.id.clone(),
            label: format!("{} {} {}", run.dataset, run.model, run.seed),
            error: error.join(": "),
            log: self.log.cloned(),
            command: command(self.dir, run.index, self.flags),
        };
        match self.store(error, &failed) {
            Ok(false) => return None,
            Ok(true) => {}
            Err(error) => tracing::warn!("the failure of run {} is not stored: {error}", run.id),
        }
        tracing::error!("{failed}");
        Some(failed)
    }

    /// Whether the run is not done.
    fn store(&self, error: Vec<String>, failed: &FailedRun) -> Result<bool, record::Error> {
        match RunLease::acquire(self.runs, &self.run.id)? {
            Acquired::Done => return Ok(false),
            Acquired::Held(_) => {}
            Acquired::Mine(lease) => {
                lease.describe_failed_start(self.run)?;
                lease.fail(failed.to_store(error, false))?;
            }
        }
        Ok(true)
    }
}
