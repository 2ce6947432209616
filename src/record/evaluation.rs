//! Writes and reads `runs/ID/evaluations/EVALUATION/`: the test split predicted under some masks with the
//! stored weights of a run, sealed by itself.
//!
//! | file | holds |
//! |---|---|
//! | `evaluation.json` | [`Evaluation`]: the masks, and what computed the predictions |
//! | `predictions.parquet` | [`Predictions`]: one row per (mask, condition, sample) |
//! | `scores.csv` | every metric on the predictions, so that a report need not compute them |
//! | `DONE` | checksums of these files, written before the folder gets its name |
//!
//! A folder gets its name by a rename when it is complete, so that one with a name is never in part.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::{Error, Result, io};
use super::manifest::{self, BuildMetadata, DatasetMetadata, Manifest};
use super::masks::{MaskGrid, MaskKey, MaskMetadata};
use super::predictions::Predictions;
use super::scores::{self, Scores};
use super::seal;
use crate::support::fs::{sync_folder, write_atomic};

/// Folder of evaluations within a run's directory.
pub const FOLDER: &str = "evaluations";

const DESCRIPTION: &str = "evaluation.json";
const PREDICTIONS: &str = "predictions.parquet";
const SCORES: &str = "scores.csv";
const DONE: &str = "DONE";

/// What was evaluated, and what computed it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// [`FORMAT`](super::manifest::FORMAT) of the writer.
    pub format: u32,
    /// The data whose test split was predicted, where they are not those of the training. Their baselines
    /// are labels of the training split.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tested_on: Option<DatasetMetadata>,
    /// One entry per mask protocol.
    pub masks: Vec<MaskMetadata>,
    pub build: BuildMetadata,
    /// Wall time of the evaluation, in seconds.
    pub wall_seconds: f64,
}

impl Evaluation {
    /// Its protocols, seeds and conditions, and the data that were predicted.
    pub fn grids(&self) -> Vec<MaskGrid> {
        let data = self.tested_on();
        let grid = |masks| MaskGrid::from(masks).tested_on(data.as_deref());
        self.masks.iter().map(grid).collect()
    }

    /// The data that were predicted, where they are not those of the training.
    pub fn tested_on(&self) -> Option<String> {
        self.tested_on.as_ref().map(DatasetMetadata::key)
    }

    /// Short blake3 of [`Self::grids`]; the folder's name.
    fn name(&self) -> String {
        // Text, numbers and lists cannot fail to serialize.
        let text = serde_json::to_string(&self.grids()).unwrap_or_default();
        seal::hash(text.as_bytes())[..12].to_owned()
    }
}

/// An evaluation with the run that it belongs to, as it is stored.
#[derive(Serialize)]
struct Stored<'a> {
    run: &'a str,
    #[serde(flatten)]
    evaluation: &'a Evaluation,
}

/// The run that a stored evaluation belongs to; earlier programs did not name it.
#[derive(Deserialize)]
struct Owner {
    run: Option<String>,
}

/// Whether a folder holds an evaluation, inside of a run.
pub(super) fn is_evaluation(folder: &Path) -> bool {
    folder.join(DESCRIPTION).is_file()
}

/// The files of an evaluation that numbers are read from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EvaluationFiles {
    /// Of its folder.
    pub name: String,
    /// Of `predictions.parquet`, in hexadecimal.
    pub predictions_blake3: String,
    /// Of the stored scores, in hexadecimal, where there are some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scores_blake3: Option<String>,
}

/// A stored evaluation, its files checked against its `DONE`, its predictions not yet decoded.
#[derive(Clone, Debug)]
pub struct SealedEvaluation {
    pub evaluation: Evaluation,
    pub files: EvaluationFiles,
    /// The stored scores; `None` where they were made by other definitions of the metrics.
    pub scores: Option<Scores>,
    path: PathBuf,
    parquet: Vec<u8>,
}

impl SealedEvaluation {
    /// Every mask it was made under.
    pub fn masks(&self) -> BTreeSet<MaskKey> {
        let grids = self.evaluation.grids();
        grids.iter().flat_map(MaskGrid::keys).collect()
    }

    /// Decodes the predictions.
    ///
    /// # Errors
    /// As [`Predictions::read`].
    pub fn predictions(&self) -> Result<Predictions> {
        Predictions::decode(&self.path.join(PREDICTIONS), self.parquet.clone())
    }
}

/// Adds an evaluation to the run in `run`, unless the same masks were evaluated meanwhile.
///
/// # Errors
/// If a file cannot be written; then the run is as it was.
pub(super) fn add(
    run: &Path,
    manifest: &Manifest,
    evaluation: &Evaluation,
    predictions: &Predictions,
) -> Result<()> {
    let folder = run.join(FOLDER);
    let path = folder.join(evaluation.name());
    let stored = Stored {
        run: &manifest.id,
        evaluation,
    };
    let json = manifest::to_json(&path.join(DESCRIPTION), &stored)?;
    let parquet = predictions.to_parquet()?;
    let scores = Scores::of(&manifest.dataset.protocol, &manifest.selection, predictions)?.to_csv();
    fs::create_dir_all(&folder).map_err(io("create", &folder))?;
    let temporary = tempfile::Builder::new()
        .prefix(TEMPORARY)
        .tempdir_in(&folder)
        .map_err(io("create", &folder))?;
    let files = [
        (PREDICTIONS, &parquet[..]),
        (DESCRIPTION, &json),
        (SCORES, scores.as_bytes()),
    ];
    for (name, bytes) in files {
        write_atomic(&temporary.path().join(name), bytes)?;
    }
    let done = temporary.path().join(DONE);
    write_atomic(&done, seal::render(&files).as_bytes())?;
    match fs::rename(temporary.path(), &path) {
        Ok(()) => {
            // Nothing is left for it to remove.
            drop(temporary.keep());
            Ok(sync_folder(&folder)?)
        }
        Err(_) if path.join(DONE).is_file() => Ok(()),
        Err(error) => Err(io("create", &path)(error)),
    }
}

/// Begins the names of folders that are not complete.
pub const TEMPORARY: &str = ".writing-";

/// Paths of the evaluations of the run in `run`, sorted by name; none where there are none.
pub(super) fn paths(run: &Path) -> Vec<PathBuf> {
    let mut paths = folders(run);
    paths.retain(|path| path.join(DONE).is_file());
    paths
}

/// Folders of evaluations without `DONE`. A writer names them so when all is in them: they were copied or removed in part.
pub(super) fn incomplete(run: &Path) -> Vec<PathBuf> {
    let mut paths = folders(run);
    paths.retain(|path| path.is_dir() && !path.join(DONE).is_file());
    paths
}

fn folders(run: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(run.join(FOLDER)).into_iter().flatten();
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| !is_temporary(path));
    paths.sort();
    paths
}

/// Whether a folder of evaluations was left by a writer that died.
pub fn is_temporary(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with(TEMPORARY)
}

/// What the run in `run` was evaluated under, unchecked: for plans, not for numbers.
pub(super) fn described(run: &Path) -> Vec<Evaluation> {
    let read = |path: PathBuf| {
        let json = fs::read(path.join(DESCRIPTION)).ok()?;
        serde_json::from_slice(&json).ok()
    };
    paths(run).into_iter().filter_map(read).collect()
}

/// The evaluations of the run `id` in `run` on these data, or on those of its training,
/// checked against their `DONE`.
///
/// # Errors
/// If a file is missing, changed or damaged, of another format or of another run.
pub(super) fn sealed(
    run: &Path,
    id: &str,
    tested_on: Option<&str>,
) -> Result<Vec<SealedEvaluation>> {
    let read = |path: PathBuf| read(path, id, tested_on).transpose();
    paths(run).into_iter().filter_map(read).collect()
}

/// `None` where it is on other data.
fn read(path: PathBuf, id: &str, tested_on: Option<&str>) -> Result<Option<SealedEvaluation>> {
    let files = seal::Files::of(&path.join(DONE))?;
    let (json, _) = files.checked(DESCRIPTION)?;
    let evaluation: Evaluation = manifest::parse(&path.join(DESCRIPTION), &json)?;
    let owner: Owner = manifest::parse(&path.join(DESCRIPTION), &json)?;
    if let Some(found) = owner.run.filter(|run| run != id) {
        let expected = id.to_string();
        return Err(Error::OtherRun {
            path,
            expected,
            found,
        });
    }
    if evaluation.tested_on().as_deref() != tested_on {
        return Ok(None);
    }
    let (parquet, predictions_blake3) = files.checked(PREDICTIONS)?;
    let (scores, scores_blake3) = files.checked(SCORES)?;
    Ok(Some(SealedEvaluation {
        files: EvaluationFiles {
            name: evaluation.name(),
            predictions_blake3,
            scores_blake3: Some(scores_blake3),
        },
        evaluation,
        scores: scores::parse(&scores),
        path,
        parquet,
    }))
}
