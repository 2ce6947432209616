//! The origin of a number: the runs and files behind a cell or the line of a figure.

use std::sync::Arc;

use crate::mask::Condition;

/// Ids of runs, by seed; shared by all that is computed from them.
pub type RunSet = Arc<[String]>;

/// The source of a number.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Origin {
    /// Read from files of runs.
    Runs(RunFiles),
    /// Printed in a paper: `Zhang et al. 2024, Table 2`.
    Published(String),
    /// There is no number.
    #[default]
    Nothing,
}

/// Files of runs, and the part of them that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct RunFiles {
    pub file: File,
    /// The runs the number is of, then those it is compared with.
    pub runs: Vec<RunSet>,
    /// The conditions whose predictions count; empty where they do not matter.
    pub conditions: Vec<Condition>,
}

/// A file of a run directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum File {
    Predictions,
    /// The labels beside the predictions (`truth`), on which a constant of the manifest is scored.
    Labels,
    /// The log of epochs.
    Log,
    Manifest,
}

impl File {
    /// Its name in the run directory.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Predictions | Self::Labels => "predictions.parquet",
            Self::Log => "metrics.jsonl",
            Self::Manifest => "manifest.json",
        }
    }

    /// The only column that was read, where it is one.
    pub const fn column(self) -> Option<&'static str> {
        match self {
            Self::Labels => Some("truth"),
            _ => None,
        }
    }
}

impl Origin {
    /// Predictions of these runs at these conditions.
    pub fn predictions(runs: &RunSet, conditions: Vec<Condition>) -> Self {
        Self::of(File::Predictions, runs, conditions)
    }

    /// A file of these runs.
    pub fn of(file: File, runs: &RunSet, conditions: Vec<Condition>) -> Self {
        Self::Runs(RunFiles {
            file,
            runs: vec![Arc::clone(runs)],
            conditions,
        })
    }

    /// The same, compared with the runs of another number; labels are in each run.
    pub fn against(mut self, other: &Self) -> Self {
        if let (Self::Runs(own), Self::Runs(other)) = (&mut self, other)
            && other.file != File::Labels
        {
            own.runs.extend(other.runs.first().map(Arc::clone));
        }
        self
    }
}
