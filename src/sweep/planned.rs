//! Plans a sweep: its runs, and the folder of the manifest that names them.

use std::path::{Path, PathBuf};

use tch::Device;

use super::error::Error;
use super::events::Events;
use super::manifest;
use super::plan::{self, Corpora, PlannedRun};
use super::search;
use super::suite::Suite;
use crate::record::{RunDir, SweepDir, SweepManifest, SweepRun};
use crate::support::SweepRuns;
use crate::train::training::Compute;

/// Where a sweep reads and writes, and how it uses this machine.
#[derive(Clone, Debug)]
pub struct Options {
    /// Folder of prepared data sets.
    pub data: PathBuf,
    /// Folder of run directories.
    pub runs: PathBuf,
    pub device: Device,
    pub compute: Compute,
    /// Let CUDA use algorithms whose results vary from run to run.
    pub nondeterministic: bool,
    /// Accept a text encoder whose vocabulary does not decode the data's token ids.
    pub any_vocabulary: bool,
    /// Write event files for TensorBoard.
    pub tensorboard: bool,
    /// Count the operations of training steps.
    pub profile: bool,
    /// Lines of JSON about the progress.
    pub events: Events,
    /// Log of this process, named where a run fails.
    pub log: Option<PathBuf>,
    /// Flags of `run-one` that repeat a run as it is run here.
    pub flags: Vec<String>,
}

impl Options {
    /// Folder of encodings of a frozen text encoder.
    pub(super) fn encodings(&self) -> PathBuf {
        self.data.join("encodings")
    }
}

/// A planned sweep: its runs, and the folder of its manifest.
pub struct Sweep {
    pub(super) corpora: Corpora,
    pub(super) runs: Vec<PlannedRun>,
    pub dir: SweepDir,
    pub manifest: SweepManifest,
}

impl Sweep {
    /// Plans a suite and writes its manifest into the folder of runs.
    ///
    /// # Errors
    /// Where the suite cannot be planned, a data set is not prepared, or the manifest not written.
    pub fn plan(suite: &Suite, stem: &str, data: &Path, runs: &Path) -> Result<Self, Error> {
        let sweep = Self::outline(suite, stem, data, runs)?;
        SweepDir::create(runs, &sweep.manifest)?;
        Ok(sweep)
    }

    /// Plans a suite and writes nothing.
    ///
    /// # Errors
    /// Where the suite cannot be planned, or a data set is not prepared.
    pub fn outline(suite: &Suite, stem: &str, data: &Path, runs: &Path) -> Result<Self, Error> {
        let corpora = plan::open_corpora(suite, data)?;
        let planned = plan::runs(suite, &corpora)?;
        let manifest = manifest::manifest(suite, stem, data, &planned)?;
        Ok(Self {
            dir: SweepDir::of(runs, &manifest),
            corpora,
            runs: planned,
            manifest,
        })
    }

    /// One run of a planned sweep, its prepared data sets in the folder `data`.
    ///
    /// # Errors
    /// [`Error::NoRun`]; [`Error::OtherRun`] where data, encoder or version are no longer those it
    /// was planned with; those of [`Sweep::plan`].
    pub fn one(dir: SweepDir, index: usize, data: &Path) -> Result<Self, Error> {
        let manifest = dir.read()?;
        let count = manifest.runs.len();
        let Some(entry) = manifest.runs.get(index) else {
            return Err(Error::NoRun { index, count });
        };
        let suite = manifest::suite_of(&manifest, entry)?;
        let corpora = plan::open_corpora(&suite, data)?;
        let mut runs = plan::runs(&suite, &corpora)?;
        runs.retain(|run| run.id == entry.id);
        if runs.is_empty() {
            return Err(Error::OtherRun {
                index,
                expected: entry.id.clone(),
            });
        }
        Ok(Self {
            corpora,
            runs,
            dir,
            manifest,
        })
    }

    /// The entry of a run in the manifest.
    pub(super) fn entry(&self, id: &str) -> Option<&SweepRun> {
        self.manifest.runs.iter().find(|run| run.id == id)
    }

    /// The runs that are not trained or not evaluated under all of their masks, and the number of the others.
    pub(super) fn waiting(&self, runs: &Path) -> (Vec<&PlannedRun>, usize) {
        let is_done = |run: &&PlannedRun| {
            RunDir::open(runs.join(&run.id)).is_done_under(&run.masks)
                || search::is_settled(run, runs)
        };
        let (done, waiting): (Vec<&PlannedRun>, Vec<&PlannedRun>) =
            self.runs.iter().partition(is_done);
        (waiting, done.len())
    }

    /// The command that repeats a run alone, with the flags it was run with.
    pub(super) fn command(&self, run: &PlannedRun, flags: &[String]) -> String {
        let index = self.entry(&run.id).map_or(0, |entry| entry.index);
        manifest::command(&self.dir, index, flags)
    }
}

/// The runs of a sweep, for its progress.
pub(super) fn counted(waiting: &[&PlannedRun], done: usize, jobs: usize) -> SweepRuns {
    let trained = waiting.iter().filter(|run| run.recipe.epochs > 0);
    SweepRuns {
        total: waiting.len() + done,
        done,
        to_train: trained.map(|run| run.kind()).collect(),
        jobs,
    }
}
