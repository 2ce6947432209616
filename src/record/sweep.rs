//! Writes and reads `runs/sweeps/ID/manifest.json`: the runs of a sweep in a fixed order. Written once,
//! so that an index means the same run to every process that works on a part of it.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::{Error, Result, io};
use super::masks::MaskGrid;
use super::run_dir::RunDir;
use super::seal;
use super::selection::SelectionRule;
use super::training::NoiseMetadata;
use crate::support::fs::write_once;

/// Folder of sweeps within a folder of runs.
pub const FOLDER: &str = "sweeps";

/// Tells a sweep's manifest from others.
pub const KIND: &str = "lnln-bench sweep";

/// Version of this file's layout. Raise it when a reader of today could misread it.
pub const FORMAT: u32 = 2;

/// What a sweep consists of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SweepManifest {
    pub kind: String,
    pub format: u32,
    /// Stem of the suite's file with a short hash of its content; the folder's name.
    pub id: String,
    /// Version of this tool that planned it.
    pub version: String,
    /// Folder of prepared data sets, absolute.
    pub data: PathBuf,
    /// The suite as it was resolved.
    pub suite: serde_json::Value,
    /// By index.
    pub runs: Vec<SweepRun>,
}

/// One training, and the masks it is evaluated under.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SweepRun {
    /// Its index in the manifest, from 0.
    pub index: usize,
    /// Id of its directory: `runs/ID/`.
    pub id: String,
    pub dataset: String,
    /// With its variant.
    pub model: String,
    pub seed: u64,
    pub noise: NoiseMetadata,
    pub selection: SelectionRule,
    /// Epochs of training; 0 where nothing is trained.
    pub epochs: u32,
    /// Masks of the test split, by mask protocol.
    pub masks: Vec<MaskGrid>,
}

impl SweepRun {
    /// Whether its directory in this folder of runs has all that the sweep asks for.
    pub fn is_done(&self, runs: &Path) -> bool {
        RunDir::open(runs.join(&self.id)).is_done_under(&self.masks)
    }
}

impl SweepManifest {
    /// The metric of the primary tests of its reports, where the suite names one.
    pub fn primary(&self) -> Option<&str> {
        self.suite.get("primary")?.as_str()
    }

    /// The manifest of a suite, its id made of `stem` and a short blake3 of suite and runs: neither
    /// the tool's version nor a path of this machine is part of it.
    pub fn new(stem: &str, data: PathBuf, suite: serde_json::Value, runs: Vec<SweepRun>) -> Self {
        let hash = content(&suite, &runs);
        Self {
            kind: KIND.to_owned(),
            format: FORMAT,
            id: format!("{stem}-{}", &hash[..6]),
            version: super::VERSION.to_owned(),
            data,
            suite,
            runs,
        }
    }

    /// blake3 of suite and runs, in hexadecimal.
    pub fn content_hash(&self) -> String {
        content(&self.suite, &self.runs)
    }
}

fn content(suite: &serde_json::Value, runs: &[SweepRun]) -> String {
    // Text, numbers and maps with text as keys cannot fail to serialize.
    seal::hash(&serde_json::to_vec(&(suite, runs)).unwrap_or_default())
}

/// The folder of one sweep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SweepDir {
    path: PathBuf,
}

impl SweepDir {
    /// Makes `runs/sweeps/ID/` with this manifest, or finds it there with the same content: the first
    /// writer wins, the others use its file.
    ///
    /// # Errors
    /// If the folder cannot be written, or holds a sweep of other content.
    pub fn create(runs: &Path, manifest: &SweepManifest) -> Result<Self> {
        let dir = Self::of(runs, manifest);
        for folder in [dir.path.clone(), dir.logs()] {
            fs::create_dir_all(&folder).map_err(io("create", &folder))?;
        }
        let path = dir.manifest();
        let wrong = |source| Error::SweepManifest {
            path: path.clone(),
            source,
        };
        let mut json = serde_json::to_vec_pretty(manifest).map_err(wrong)?;
        json.push(b'\n');
        if !write_once(&path, &json)? {
            let (found, expected) = (dir.read()?.content_hash(), manifest.content_hash());
            if found != expected {
                return Err(Error::OtherSweep {
                    path,
                    expected,
                    found,
                });
            }
        }
        Ok(dir)
    }

    /// The folder of a sweep, whether it exists or not; touches no file.
    pub fn of(runs: &Path, manifest: &SweepManifest) -> Self {
        Self::open(runs.join(FOLDER).join(&manifest.id))
    }

    /// The sweep's folder at `path`; touches no file.
    pub fn open(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder of runs it belongs to.
    pub fn runs(&self) -> PathBuf {
        match self.path.parent().and_then(Path::parent) {
            Some(runs) if !runs.as_os_str().is_empty() => runs.to_owned(),
            _ => self.path.join("../.."),
        }
    }

    pub fn manifest(&self) -> PathBuf {
        self.path.join("manifest.json")
    }

    /// Logs of worker processes: `ID.log`.
    pub fn logs(&self) -> PathBuf {
        self.path.join("logs")
    }

    /// Scripts and jobs of Slurm.
    pub fn slurm(&self) -> PathBuf {
        self.path.join("slurm")
    }

    /// Reads the manifest.
    ///
    /// # Errors
    /// If it cannot be read, is something else, or of another format.
    pub fn read(&self) -> Result<SweepManifest> {
        #[derive(Deserialize)]
        struct Versioned {
            kind: String,
            format: u32,
        }
        let path = self.manifest();
        let json = fs::read(&path).map_err(io("read", &path))?;
        let wrong = |source| Error::SweepManifest {
            path: path.clone(),
            source,
        };
        let Versioned { kind, format } = serde_json::from_slice(&json).map_err(wrong)?;
        match (kind == KIND, format == FORMAT) {
            (true, true) => serde_json::from_slice(&json).map_err(wrong),
            (true, false) => Err(Error::Format {
                path: path.clone(),
                expected: FORMAT,
                found: format,
            }),
            (false, _) => Err(Error::NoSweep { path: path.clone() }),
        }
    }
}

/// The sweeps of a folder of runs, sorted by id; none where it has none.
pub fn sweeps(runs: &Path) -> Vec<SweepDir> {
    let entries = fs::read_dir(runs.join(FOLDER)).into_iter().flatten();
    let dirs = entries.flatten().map(|entry| SweepDir::open(entry.path()));
    let mut dirs: Vec<SweepDir> = dirs.filter(|dir| dir.manifest().is_file()).collect();
    dirs.sort_by(|a, b| a.path.cmp(&b.path));
    dirs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::fixture;

    fn manifest(seed: u64) -> SweepManifest {
        let run = SweepRun {
            index: 0,
            id: "a1".into(),
            dataset: "mosi".into(),
            model: "lnln".into(),
            seed,
            noise: fixture::noise("fresh", "half-complete"),
            selection: SelectionRule::Validation,
            epochs: 3,
            masks: Vec::new(),
        };
        let suite = serde_json::json!({ "seeds": [seed] });
        SweepManifest::new("paper", "/data".into(), suite, vec![run])
    }

    #[test]
    fn the_first_manifest_stays_and_the_same_suite_finds_it() {
        let runs = tempfile::tempdir().unwrap();
        let first = manifest(1);
        let dir = SweepDir::create(runs.path(), &first).unwrap();
        let mut later = manifest(1);
        (later.version, later.data) = ("9".into(), "/elsewhere".into());
        assert_eq!(later.content_hash(), first.content_hash());
        assert_eq!(SweepDir::create(runs.path(), &later).unwrap(), dir);
        assert_eq!(dir.read().unwrap(), first);
        assert_eq!(sweeps(runs.path()), [dir]);
    }

    #[test]
    fn other_content_under_the_same_name_is_refused() {
        let runs = tempfile::tempdir().unwrap();
        let first = manifest(1);
        SweepDir::create(runs.path(), &first).unwrap();
        let mut other = manifest(2);
        assert_ne!(other.id, first.id);
        other.id.clone_from(&first.id);
        let message = SweepDir::create(runs.path(), &other)
            .unwrap_err()
            .to_string();
        let hashes = [first.content_hash(), other.content_hash()];
        assert!(hashes.iter().all(|h| message.contains(h)), "{message}");
    }

    #[test]
    fn a_report_s_manifest_is_no_sweep() {
        let folder = tempfile::tempdir().unwrap();
        let dir = SweepDir::open(folder.path());
        fs::write(dir.manifest(), r#"{"kind":"lnln-bench report","format":2}"#).unwrap();
        let message = dir.read().unwrap_err().to_string();
        assert!(message.contains("holds no sweep"), "{message}");
    }
}
