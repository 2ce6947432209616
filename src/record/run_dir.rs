//! Finishes and reads one run's directory, and names its files.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::atomic::write_atomic;
use super::error::{Error, Result, io};
use super::manifest::{FORMAT, Manifest};
use super::predictions::Predictions;
use super::scores::{self, Scores};
use super::seal;

/// Folder of unfinished runs within a folder of runs.
pub const UNFINISHED: &str = "unfinished";

const CONFIG: &str = "config.toml";
const MANIFEST: &str = "manifest.json";
const METRICS: &str = "metrics.jsonl";
const CHECKPOINT: &str = "checkpoint.safetensors";
const LAST_CHECKPOINT: &str = "last.safetensors";
const PREDICTIONS: &str = "predictions.parquet";
const SCORES: &str = "scores.csv";
const DONE: &str = "DONE";

/// The directory of one run, finished or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunDir {
    path: PathBuf,
}

/// A finished run, its files checked against `DONE`.
#[derive(Clone, Debug)]
pub struct Record {
    pub manifest: Manifest,
    pub predictions: Predictions,
    /// blake3 of `predictions.parquet`, in hexadecimal.
    pub predictions_hash: String,
    /// blake3 of `manifest.json`, in hexadecimal.
    pub manifest_hash: String,
}

/// A finished run, its files checked against `DONE`, its predictions not yet decoded.
#[derive(Clone, Debug)]
pub struct Sealed {
    dir: RunDir,
    pub manifest: Manifest,
    pub predictions_hash: String,
    pub manifest_hash: String,
    parquet: Vec<u8>,
    /// The stored scores; `None` where they were made by other definitions of the metrics.
    pub scores: Option<Scores>,
    /// blake3 of `scores.csv`, in hexadecimal.
    pub scores_hash: String,
    /// The log of epochs; empty where nothing was trained.
    pub epochs: Vec<u8>,
    /// Its hash, where there is one.
    pub epochs_hash: Option<String>,
}

impl Sealed {
    /// Decodes the predictions.
    ///
    /// # Errors
    /// As [`Predictions::read`].
    pub fn predictions(&self) -> Result<Predictions> {
        Predictions::decode(&self.dir.predictions(), self.parquet.clone())
    }
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

    /// The selected weights.
    pub fn checkpoint(&self) -> PathBuf {
        self.path.join(CHECKPOINT)
    }

    /// Weights, optimizer and state of the last finished epoch.
    pub fn last_checkpoint(&self) -> PathBuf {
        self.path.join(LAST_CHECKPOINT)
    }

    /// One row per (mask, rate, sample).
    pub fn predictions(&self) -> PathBuf {
        self.path.join(PREDICTIONS)
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

    /// Whether the run was finished.
    pub fn is_done(&self) -> bool {
        self.done().is_file()
    }

    /// Whether the directory looks like a run's, finished or not.
    pub fn is_run(&self) -> bool {
        [DONE, CONFIG, METRICS, PREDICTIONS, CHECKPOINT]
            .iter()
            .any(|name| self.path.join(name).is_file())
    }

    /// Scores of the predictions.
    pub fn scores(&self) -> PathBuf {
        self.path.join(SCORES)
    }

    /// Writes `manifest.json`, `predictions.parquet` and `scores.csv`, then `DONE` with their
    /// checksums and that of the log of epochs.
    ///
    /// # Errors
    /// If the manifest is another run's, or a file cannot be written; then there is no `DONE`.
    pub fn finish(&self, manifest: &Manifest, predictions: &Predictions) -> Result<()> {
        if manifest.id != self.id() {
            return Err(Error::WrongId {
                expected: self.id(),
                found: manifest.id.clone(),
            });
        }
        let mut json = serde_json::to_vec_pretty(manifest).map_err(|source| Error::Manifest {
            path: self.manifest(),
            source,
        })?;
        json.push(b'\n');
        let parquet = predictions.to_parquet()?;
        let scores =
            Scores::of(&manifest.dataset.protocol, &manifest.selection, predictions)?.to_csv();
        write_atomic(&self.manifest(), &json)?;
        write_atomic(&self.predictions(), &parquet)?;
        write_atomic(&self.scores(), scores.as_bytes())?;
        let epochs = fs::read(self.metrics()).ok();
        let mut files = vec![
            (PREDICTIONS, &parquet[..]),
            (MANIFEST, &json),
            (SCORES, scores.as_bytes()),
        ];
        files.extend(epochs.as_deref().map(|epochs| (METRICS, epochs)));
        write_atomic(&self.done(), seal::render(&files).as_bytes())
    }

    /// Checks a finished run's files against `DONE`, and reads all but the predictions.
    ///
    /// # Errors
    /// If the run is unfinished, a file is missing, changed or damaged, or of another format.
    pub fn sealed(&self) -> Result<Sealed> {
        if !self.is_done() {
            return Err(Error::Unfinished {
                path: self.path.clone(),
            });
        }
        let sums = seal::read(&self.done())?;
        let (json, manifest_hash) = self.checked(&sums, MANIFEST)?;
        let manifest = self.parse_manifest(&json)?;
        let (parquet, predictions_hash) = self.checked(&sums, PREDICTIONS)?;
        let (scores, scores_hash) = self.checked(&sums, SCORES)?;
        let (epochs, epochs_hash) = if sums.iter().any(|(_, name)| name == METRICS) {
            let (bytes, hash) = self.checked(&sums, METRICS)?;
            (bytes, Some(hash))
        } else {
            (Vec::new(), None)
        };
        Ok(Sealed {
            dir: self.clone(),
            manifest,
            predictions_hash,
            manifest_hash,
            parquet,
            scores: scores::parse(&scores),
            scores_hash,
            epochs,
            epochs_hash,
        })
    }

    /// Reads a finished run, and checks its files against `DONE`.
    ///
    /// # Errors
    /// As [`RunDir::sealed`].
    pub fn load(&self) -> Result<Record> {
        let sealed = self.sealed()?;
        Ok(Record {
            predictions: sealed.predictions()?,
            manifest: sealed.manifest,
            predictions_hash: sealed.predictions_hash,
            manifest_hash: sealed.manifest_hash,
        })
    }

    /// The bytes and the hash of one file, if the hash is the one `DONE` holds.
    fn checked(&self, sums: &[(String, String)], name: &str) -> Result<(Vec<u8>, String)> {
        let path = self.path.join(name);
        let Some((expected, _)) = sums.iter().find(|(_, n)| n == name) else {
            return Err(Error::Seal {
                path: self.done(),
                found: format!("no line for {name}"),
            });
        };
        let bytes = fs::read(&path).map_err(io("read", &path))?;
        let found = seal::hash(&bytes);
        if found != *expected {
            let expected = expected.clone();
            return Err(Error::Changed {
                path,
                expected,
                found,
            });
        }
        Ok((bytes, found))
    }

    /// The format comes first, because other formats may lack fields of this one.
    fn parse_manifest(&self, json: &[u8]) -> Result<Manifest> {
        #[derive(Deserialize)]
        struct Versioned {
            format: u32,
        }
        let wrong = |source| Error::Manifest {
            path: self.manifest(),
            source,
        };
        let Versioned { format } = serde_json::from_slice(json).map_err(wrong)?;
        if format != FORMAT {
            return Err(Error::Format {
                path: self.manifest(),
                expected: FORMAT,
                found: format,
            });
        }
        serde_json::from_slice(json).map_err(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::fixture::{manifest, predictions, save};

    const GRID: [f64; 2] = [0.0, 0.5];

    #[test]
    fn a_finished_run_reads_back_as_it_was() {
        let dir = tempfile::tempdir().unwrap();
        let expected = manifest("lnln", 11, &GRID);
        let record = save(dir.path(), &expected).load().unwrap();
        assert_eq!(record.manifest, expected);
        assert_eq!(record.predictions, predictions(&expected));
    }

    #[test]
    fn an_edited_manifest_is_caught_and_named() {
        let dir = tempfile::tempdir().unwrap();
        let run = save(dir.path(), &manifest("lnln", 11, &GRID));
        let text = fs::read_to_string(run.manifest()).unwrap();
        fs::write(run.manifest(), text.replace("\"seed\": 11", "\"seed\": 12")).unwrap();
        let message = run.load().unwrap_err().to_string();
        assert!(
            message.contains("manifest.json changed after the run"),
            "{message}"
        );
    }

    #[test]
    fn a_lost_file_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let run = save(dir.path(), &manifest("lnln", 11, &GRID));
        fs::remove_file(run.predictions()).unwrap();
        let message = run.load().unwrap_err().to_string();
        assert!(message.starts_with("cannot read ") && message.contains("predictions.parquet"));
    }

    #[test]
    fn another_format_says_so_whatever_else_it_holds() {
        let dir = tempfile::tempdir().unwrap();
        let run = save(dir.path(), &manifest("lnln", 11, &GRID));
        let json = b"{\"format\": 9}";
        fs::write(run.manifest(), json).unwrap();
        let parquet = fs::read(run.predictions()).unwrap();
        let seal = seal::render(&[(PREDICTIONS, &parquet), (MANIFEST, json)]);
        fs::write(run.done(), seal).unwrap();
        let message = run.load().unwrap_err().to_string();
        assert!(
            message.contains("in format 9, this build reads format 1"),
            "{message}"
        );
    }

    #[test]
    fn a_run_without_done_is_unfinished() {
        let dir = tempfile::tempdir().unwrap();
        let run = RunDir::create(dir.path(), "a").unwrap();
        assert!(!run.is_run() && !run.is_done());
        let message = run.load().unwrap_err().to_string();
        assert!(message.contains("is unfinished"), "{message}");
    }

    #[test]
    fn ids_that_leave_the_folder_and_manifests_of_other_runs_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        for id in ["", "..", "a/b", "../a", ".hidden"] {
            assert!(
                matches!(RunDir::create(dir.path(), id), Err(Error::BadId { .. })),
                "{id}"
            );
        }
        let run = RunDir::create(dir.path(), "a").unwrap();
        let m = manifest("lnln", 11, &GRID);
        let message = run.finish(&m, &predictions(&m)).unwrap_err().to_string();
        assert_eq!(
            message,
            "the manifest of run lnln-11 was given to the run directory of a"
        );
        assert!(!run.is_done());
    }
}
