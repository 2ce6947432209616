//! What became of a sweep's cells.

use std::fmt;
use std::path::PathBuf;

/// How a sweep ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Trained and evaluated now.
    pub ran: usize,
    /// Done before, or by another process meanwhile.
    pub kept: usize,
    pub failed: Vec<Failed>,
}

/// A cell that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    pub run: String,
    /// Data set, model and seed.
    pub label: String,
    pub error: String,
    /// What its process said, where that was kept.
    pub log: Option<PathBuf>,
    /// What repeats it alone.
    pub command: String,
}

/// What became of a cell.
pub(super) enum End {
    Ran,
    Kept,
    Failed(Failed),
}

impl Summary {
    pub(super) fn count(&mut self, end: End) {
        match end {
            End::Ran => self.ran += 1,
            End::Kept => self.kept += 1,
            End::Failed(failed) => self.failed.push(failed),
        }
    }

    /// Adds what became of other cells.
    pub fn add(&mut self, other: Self) {
        self.ran += other.ran;
        self.kept += other.kept;
        self.failed.extend(other.failed);
    }

    /// All cells.
    pub fn total(&self) -> usize {
        self.ran + self.kept + self.failed.len()
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} (run {}) failed: {}",
            self.label, self.run, self.error
        )?;
        if let Some(log) = &self.log {
            write!(f, "\n  log: {}", log.display())?;
        }
        write!(f, "\n  again: {}", self.command)
    }
}
