//! Finishes and reads one run's directory, and names its files.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::error::{Error, Result, io};
use super::evaluation::{self, Evaluation, EvaluationFiles};
use super::manifest::{self, Manifest};
use super::masks::MaskGrid;
use super::predictions::Predictions;
use super::seal;
use super::sealed::{Sealed, SealedTraining};
use crate::support::fs::write_atomic;

/// Folder of unfinished runs within a folder of runs.
pub const UNFINISHED: &str = "unfinished";

const CONFIG: &str = "config.toml";
const MANIFEST: &str = "manifest.json";
const METRICS: &str = "metrics.jsonl";
const INPUTS: &str = "inputs.json";
const CHECKPOINT: &str = "checkpoint.safetensors";
const LAST_CHECKPOINT: &str = "last.safetensors";
const OPERATIONS: &str = "operations.csv";
const DONE: &str = "DONE";

/// The directory of one run, finished or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunDir {
    path: PathBuf,
}

/// A finished run, its files checked against their checksums.
#[derive(Clone, Debug)]
pub struct Record {
    pub manifest: Manifest,
    pub predictions: Predictions,
    /// The files that the predictions are read from.
    pub evaluations: Vec<EvaluationFiles>,
    /// blake3 of `manifest.json`, in hexadecimal.
    pub manifest_hash: String,
}

impl RunDir {
    /// Makes `root/id` if it is missing; an existing directory keeps its files.
    ///
    /// # Errors
    /// If `id` is not a plain file name, or the folder cannot be made.
    pub fn create(root: &Path, id: &str) -> Result<Self> {
        Self::check_id(id)?;
        let path = root.join(id);
        fs::create_dir_all(&path).map_err(io("create", &path))?;
        Ok(Self { path })
    }

    /// Checks that `id` is a plain file name.
    ///
    /// # Errors
    /// [`Error::BadId`].
    pub fn check_id(id: &str) -> Result<()> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if id.is_empty() || id.starts_with('.') || !id.chars().all(plain) {
            Err(Error::BadId { id: id.to_string() })
        } else {
            Ok(())
        }
    }

    /// The run directory at `path`; touches no file.
    pub fn open(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The run's id: the directory's name, or its parent's where it is under way.
    pub fn id(&self) -> String {
        let parent = self.path.parent();
        if let Some(id) = parent.filter(|p| p.parent().is_some_and(|p| p.ends_with(UNFINISHED))) {
            return id
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
        }
        // `.` and `..` have no name of their own until they are resolved.
        let named = |p: &Path| p.file_name().map(|n| n.to_string_lossy().into_owned());
        named(&self.path)
            .or_else(|| named(&self.path.canonicalize().ok()?))
            .unwrap_or_default()
    }

    /// The resolved configuration.
    pub fn config(&self) -> PathBuf {
        self.path.join(CONFIG)
    }

    /// Provenance.
    pub fn manifest(&self) -> PathBuf {
        self.path.join(MANIFEST)
    }

    /// One line per epoch.
    pub fn metrics(&self) -> PathBuf {
        self.path.join(METRICS)
    }

    /// Operations per training step, where they were counted.
    pub fn operations(&self) -> PathBuf {
        self.path.join(OPERATIONS)
    }

    /// What the model reads; only of runs with weights.
    pub fn inputs(&self) -> PathBuf {
        self.path.join(INPUTS)
    }

    /// The selected weights.
    pub fn checkpoint(&self) -> PathBuf {
        self.path.join(CHECKPOINT)
    }

    /// Weights, optimizer and state of the last finished epoch.
    pub fn last_checkpoint(&self) -> PathBuf {
        self.path.join(LAST_CHECKPOINT)
    }

    /// The weights of one epoch, where metrics picked different ones.
    pub fn epoch_checkpoint(&self, epoch: u32) -> PathBuf {
        self.path
            .join(format!("checkpoint-epoch-{epoch}.safetensors"))
    }

    /// One file per process that worked on the run.
    pub fn attempts(&self) -> PathBuf {
        self.path.join("attempts")
    }

    /// The last error.
    pub fn failure(&self) -> PathBuf {
        self.path.join("failure.json")
    }

    /// The mark of completion.
    pub fn done(&self) -> PathBuf {
        self.path.join(DONE)
    }

    /// Whether the run was finished: trained and, unless it is a trial of a search, evaluated at least once.
    pub fn is_done(&self) -> bool {
        self.done().is_file()
    }

    /// Whether the directory looks like a run's, finished or not.
    pub fn is_run(&self) -> bool {
        [DONE, CONFIG, METRICS, CHECKPOINT]
            .iter()
            .any(|name| self.path.join(name).is_file())
    }

    /// Writes `manifest.json` and the first evaluation, then `DONE` with the checksums of the manifest,
    /// of the log of epochs and of `inputs.json`. Masks and the time of the evaluation are no part of the manifest's file.
    ///
    /// # Errors
    /// If the manifest is another run's, or a file cannot be written; then there is no `DONE`.
    pub fn finish(
        &self,
        manifest: &Manifest,
        evaluation: &Evaluation,
        predictions: &Predictions,
    ) -> Result<()> {
        self.check_owns(manifest)?;
        evaluation::add(&self.path, manifest, evaluation, predictions)?;
        self.finish_trial(manifest)
    }

    /// [`Self::finish`] of a trial of a search, which is not evaluated on the test split.
    ///
    /// # Errors
    /// As [`Self::finish`].
    pub fn finish_trial(&self, manifest: &Manifest) -> Result<()> {
        self.check_owns(manifest)?;
        let stored = Manifest {
            masks: Vec::new(),
            ..manifest.clone()
        };
        let json = manifest::to_json(&self.manifest(), &stored)?;
        write_atomic(&self.manifest(), &json)?;
        let others = [(METRICS, self.metrics()), (INPUTS, self.inputs())];
        let others = others.map(|(name, path)| (name, fs::read(path).ok()));
        let mut files = vec![(MANIFEST, &json[..])];
        for (name, bytes) in &others {
            files.extend(bytes.as_deref().map(|bytes| (*name, bytes)));
        }
        Ok(write_atomic(&self.done(), seal::render(&files).as_bytes())?)
    }

    fn check_owns(&self, manifest: &Manifest) -> Result<()> {
        if manifest.id == self.id() {
            Ok(())
        } else {
            Err(Error::WrongId {
                expected: self.id(),
                found: manifest.id.clone(),
            })
        }
    }

    /// Adds an evaluation to a finished run. Nothing that is there changes; where another process stored
    /// the same masks meanwhile, its predictions count.
    ///
    /// # Errors
    /// If the run is unfinished or damaged, or a file cannot be written.
    pub fn add_evaluation(&self, evaluation: &Evaluation, predictions: &Predictions) -> Result<()> {
        let (manifest, _) = self.checked_manifest()?;
        evaluation::add(&self.path, &manifest, evaluation, predictions)
    }

    /// The masks under which the run was evaluated, on any data, by its unchecked files: for plans, not for
    /// numbers.
    pub fn evaluated(&self) -> Vec<MaskGrid> {
        let stored = self.described_evaluations();
        stored.iter().flat_map(Evaluation::grids).collect()
    }

    /// The other data that the run was tested on, ascending.
    pub fn tested_elsewhere(&self) -> BTreeSet<String> {
        let stored = self.described_evaluations();
        stored.iter().filter_map(Evaluation::tested_on).collect()
    }

    /// The folders of its evaluations, sorted by name.
    pub fn evaluation_folders(&self) -> Vec<PathBuf> {
        evaluation::paths(&self.path)
    }

    /// The folders of its evaluations that lack their `DONE`, sorted by name.
    pub fn incomplete_evaluations(&self) -> Vec<PathBuf> {
        evaluation::incomplete(&self.path)
    }

    /// The descriptions of its evaluations, unchecked.
    pub fn described_evaluations(&self) -> Vec<Evaluation> {
        evaluation::described(&self.path)
    }

    /// Whether the run is finished and was evaluated under all of these masks.
    pub fn is_done_under(&self, masks: &[MaskGrid]) -> bool {
        if !self.is_done() {
            return false;
        }
        let stored = self.evaluated();
        masks.iter().all(|grid| grid.lacking(&stored).is_none())
    }

    /// The manifest of a finished run and its hash, checked against `DONE`; without masks.
    ///
    /// # Errors
    /// If the run is unfinished, or its manifest is missing, changed, damaged, or of another format.
    pub fn checked_manifest(&self) -> Result<(Manifest, String)> {
        self.manifest_of(&self.sums()?)
    }

    /// The bytes of `metrics.jsonl` of a finished run, checked against `DONE`.
    ///
    /// # Errors
    /// If the run is unfinished, or the file is missing or changed.
    pub fn checked_epochs(&self) -> Result<Vec<u8>> {
        Ok(self.sums()?.checked(METRICS)?.0)
    }

    /// Whether this is a finished trial of a search, which was not evaluated on any test split.
    pub fn is_untested_trial(&self) -> bool {
        let manifest = || self.checked_manifest().ok();
        self.is_done()
            && self.evaluation_folders().is_empty()
            && manifest().is_some_and(|(manifest, _)| manifest.search.is_some())
    }

    /// The bytes of `inputs.json` of a finished run, checked against `DONE`.
    ///
    /// # Errors
    /// If the run is unfinished, or the file is missing or changed.
    pub fn checked_inputs(&self) -> Result<Vec<u8>> {
        Ok(self.sums()?.checked(INPUTS)?.0)
    }

    fn manifest_of(&self, sums: &seal::Files) -> Result<(Manifest, String)> {
        let (json, hash) = sums.checked(MANIFEST)?;
        Ok((manifest::parse(&self.manifest(), &json)?, hash))
    }

    /// Checks a finished run's files against their checksums, and reads all but the predictions.
    ///
    /// # Errors
    /// If the run is unfinished, a file is missing, changed or damaged, or of another format.
    pub fn sealed(&self) -> Result<Sealed> {
        self.sealed_under(None)
    }

    /// [`Self::sealed`] of the evaluations under some masks alone; all where there is no choice. Masks of
    /// other data than those of the training do not count.
    ///
    /// # Errors
    /// As [`Self::sealed`]; [`Error::NotEvaluated`] where the run has not all of these masks.
    pub fn sealed_under(&self, masks: Option<&[MaskGrid]>) -> Result<Sealed> {
        self.sealed_on(None, masks)
    }

    /// [`Self::sealed_under`] of the evaluations on these data, or on those of the training. The manifest of a test on other data has these as its data, those of the training as
    /// `trained_on`, and an id that names both.
    ///
    /// # Errors
    /// As [`Self::sealed_under`].
    pub fn sealed_on(&self, data: Option<&str>, masks: Option<&[MaskGrid]>) -> Result<Sealed> {
        let sums = self.sums()?;
        let (manifest, manifest_hash) = self.manifest_of(&sums)?;
        let (epochs, epochs_hash) = if sums.lists(METRICS) {
            let (bytes, hash) = sums.checked(METRICS)?;
            (bytes, Some(hash))
        } else {
            (Vec::new(), None)
        };
        let evaluations = evaluation::sealed(&self.path, &manifest.id, data)?;
        let tested_on = evaluations
            .first()
            .and_then(|one| one.evaluation.tested_on.clone());
        let training = SealedTraining {
            manifest: match tested_on {
                Some(data) => manifest.tested_on(data),
                None => manifest,
            },
            manifest_hash,
            epochs,
            epochs_hash,
        };
        let wanted = masks.map(|masks| -> Vec<MaskGrid> {
            let own = masks.iter().filter(|grid| grid.is_on(data));
            own.map(|grid| grid.clone().tested_on(None)).collect()
        });
        let sealed = Sealed::new(training, evaluations, wanted.as_deref());
        sealed.map_err(|masks| Error::NotEvaluated {
            path: self.path.clone(),
            masks: masks.into_iter().map(|one| one.tested_on(data)).collect(),
        })
    }

    /// Reads a finished run, and checks its files against their checksums.
    ///
    /// # Errors
    /// As [`RunDir::sealed`].
    pub fn load(&self) -> Result<Record> {
        let sealed = self.sealed()?;
        Ok(Record {
            predictions: sealed.predictions()?,
            evaluations: sealed.files(),
            manifest: sealed.manifest,
            manifest_hash: sealed.manifest_hash,
        })
    }

    /// The checksums of a finished run.
    fn sums(&self) -> Result<seal::Files> {
        let path = self.path.clone();
        if self.is_done() {
            seal::Files::of(&self.done())
        } else if self.is_run() {
            Err(Error::Unfinished { path })
        } else {
            Err(no_run(path))
        }
    }
}

/// Ids that an error lists.
const LISTED: usize = 5;

/// The error about a path that is no folder of a run, with the runs that may be meant.
fn no_run(path: PathBuf) -> Error {
    let entries = fs::read_dir(&path).into_iter().flatten().flatten();
    let within = entries.map(|entry| RunDir::open(entry.path()));
    let mut within: Vec<RunDir> = within.filter(RunDir::is_run).collect();
    within.sort_by_key(RunDir::id);
    if !within.is_empty() {
        let s = if within.len() == 1 { "" } else { "s" };
        let found = format!("a folder of {} run{s}", within.len());
        let paths = within.iter().take(LISTED);
        let paths: Vec<String> = paths.map(|run| run.path.display().to_string()).collect();
        let hint = format!("give one of them, as {}", paths.join(", "));
        return Error::NoRun { path, found, hint };
    }
    let found = if path.is_dir() {
        "a folder without one"
    } else {
        "nothing"
    };
    // A bare id, where the folder of runs has its usual name.
    let usual = Path::new("runs").join(&path);
    let hint = if RunDir::open(&usual).is_run() {
        format!("give {}", usual.display())
    } else {
        "`lnln-bench list runs` shows the runs there are".to_string()
    };
    Error::NoRun {
        path,
        found: found.to_string(),
        hint,
    }
}

#[cfg(test)]
mod tests;
