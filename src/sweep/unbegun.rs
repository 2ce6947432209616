//! A cell that failed before anything of it ran: its data cannot be loaded, its device is not there.

use std::path::{Path, PathBuf};

use super::outcome::Failed;
use super::planned::command;
use crate::record::{self, Acquired, RunLease, SweepCell, SweepDir};

/// A cell that nobody could begin.
#[derive(Clone, Copy, Debug)]
pub struct Unbegun<'a> {
    pub dir: &'a SweepDir,
    /// Folder of run directories.
    pub runs: &'a Path,
    pub cell: &'a SweepCell,
    /// Where this process's words are kept.
    pub log: Option<&'a PathBuf>,
    /// Flags of `run-cell` that repeat the cell as it was to be run here.
    pub flags: &'a [String],
}

impl Unbegun<'_> {
    /// Leaves the error, with its causes, where every listing finds it; `None` where the cell is done.
    /// Where another process works on the cell, or the folder cannot be written, it is only said.
    pub fn fail(&self, error: Vec<String>) -> Option<Failed> {
        let cell = self.cell;
        let failed = Failed {
            run: cell.run.clone(),
            label: format!("{} {} {}", cell.dataset, cell.model, cell.seed),
            error: error.join(": "),
            log: self.log.cloned(),
            command: command(self.dir, cell.index, self.flags),
        };
        match self.store(error, &failed) {
            Ok(false) => return None,
            Ok(true) => {}
            Err(error) => tracing::warn!("the failure of run {} is not kept: {error}", cell.run),
        }
        tracing::error!("{failed}");
        Some(failed)
    }

    /// Whether the cell is not done.
    fn store(&self, error: Vec<String>, failed: &Failed) -> Result<bool, record::Error> {
        match RunLease::acquire(self.runs, &self.cell.run)? {
            Acquired::Done => return Ok(false),
            Acquired::Held(_) => {}
            Acquired::Mine(lease) => {
                lease.describe_failed_start(self.cell)?;
                lease.fail(error, failed.log.clone(), failed.command.clone())?;
            }
        }
        Ok(true)
    }
}
