//! A small sweep, run on a cluster and here.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use lnln_bench::dataset::synthetic::{self, Demo};
use lnln_bench::dataset::{ImportOptions, prepare};
use lnln_bench::record::{self, RunDir, SweepCell, SweepDir, SweepManifest, sweeps};
use tempfile::TempDir;

use super::cluster::Cluster;

/// A suite file, its data, and a folder of runs for the cluster.
pub struct Sweep {
    folder: TempDir,
}

const PROGRAM: &str = env!("CARGO_BIN_EXE_lnln-bench");

impl Sweep {
    /// `models` and `seeds` as TOML lists; tfn has a learning rate that makes its loss infinite.
    pub fn new(models: &str, seeds: &str, epochs: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let pickle = folder.path().join("demo-film.pkl");
        synthetic::write_demo(Demo::Film, &pickle, 7, 0.05).unwrap();
        let data = folder.path().join("data");
        prepare(&pickle, &ImportOptions::new(&data), &mut |_| {}).unwrap();
        let mut suite = format!(
            "datasets = ['demo-film']\nmodels = {models}\nseeds = {seeds}\nrates = '0,0.5,1'\n\
             [train]\nepochs = {epochs}\nbatch_size = 8\n"
        );
        if models.contains("tfn") {
            suite += "[model.tfn]\nlearning_rate = 1e38\n";
        }
        fs::write(folder.path().join("small.toml"), suite).unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn runs(&self) -> PathBuf {
        self.path("runs")
    }

    /// `run --launcher slurm`.
    pub fn submit(&self, cluster: &Cluster, more: &[&str]) -> String {
        let output = self.run(cluster, "runs", &[&["--launcher", "slurm"], more].concat());
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn run(&self, cluster: &Cluster, runs: &str, more: &[&str]) -> Output {
        let mut command = cluster.command(PROGRAM);
        command.arg("run").arg(self.path("small.toml"));
        command.arg("--data").arg(self.path("data"));
        command.arg("--runs").arg(self.path(runs));
        command
            .args(["--device", "cpu", "--threads", "1"])
            .args(more);
        // As from inside another job: nothing of it may reach the new ones.
        command
            .env("SBATCH_PARTITION", "none")
            .env("SLURM_ARRAY_TASK_COUNT", "3");
        command.output().unwrap()
    }

    pub fn dir(&self) -> SweepDir {
        sweeps(&self.runs()).pop().unwrap()
    }

    pub fn manifest(&self) -> SweepManifest {
        self.dir().read().unwrap()
    }

    /// A cell's folder, finished or under way.
    pub fn of(&self, cell: &SweepCell) -> RunDir {
        record::run_dir(&self.runs(), &cell.run)
    }

    /// The cell that a task does, cells being one to a task.
    pub fn cell(&self, array: &str, index: &str) -> SweepCell {
        let jobs = lnln_bench::slurm::jobs::read(&self.dir());
        let job = jobs.iter().find(|job| job.job == array).unwrap();
        let place = job.offset + index.parse::<usize>().unwrap();
        self.manifest().cells[place].clone()
    }

    /// Whether a cell has stored an epoch.
    pub fn has_begun(&self, cell: &SweepCell) -> bool {
        self.of(cell).last_checkpoint().exists()
    }

    /// Every cell is done but those of tfn, which failed; the report of the cluster's runs is that of
    /// the same suite run here, byte for byte.
    pub fn check(&self, cluster: &Cluster) {
        for cell in self.manifest().cells {
            let run = self.of(&cell);
            match cell.model.as_str() {
                "tfn" => assert!(run.read_failure().is_some(), "{cell:?}"),
                _ => drop(run.load().unwrap()),
            }
        }
        let local = self.run(cluster, "local", &[]);
        let expected = if self.manifest().cells.iter().any(|c| c.model == "tfn") {
            4
        } else {
            0
        };
        assert_eq!(local.status.code(), Some(expected));
        let ours = self.report("local");
        let theirs = match self.dir().path().join("report") {
            report if report.is_dir() => files(&report),
            _ => self.report("runs"),
        };
        assert_eq!(
            ours.keys().collect::<Vec<_>>(),
            theirs.keys().collect::<Vec<_>>()
        );
        for (name, bytes) in &ours {
            assert_same(name, bytes, &theirs[name]);
        }
    }

    fn report(&self, runs: &str) -> BTreeMap<PathBuf, Vec<u8>> {
        let out = self.path(&format!("{runs}-report"));
        let mut command = std::process::Command::new(PROGRAM);
        command
            .arg("report")
            .arg(self.path(runs))
            .arg("--out")
            .arg(&out);
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        files(&out)
    }
}

/// Files that are to be the same but for what this very run measured, its seconds and its memory: they
/// stand in the tables of efficiency and of runs, and in files that the report's manifest has hashes of.
fn assert_same(name: &Path, ours: &[u8], theirs: &[u8]) {
    const MEASURED: [&str; 8] = [
        "manifest_blake3",
        "\"..",
        "minutes",
        "step_ms",
        "peak_mib",
        "report.md",
        "tables.tex",
        "index.html",
    ];
    let (ours, theirs) = (
        String::from_utf8_lossy(ours),
        String::from_utf8_lossy(theirs),
    );
    let (ours, theirs): (Vec<&str>, Vec<&str>) = (ours.lines().collect(), theirs.lines().collect());
    assert_eq!(ours.len(), theirs.len(), "{}", name.display());
    let pairs = ours.iter().zip(&theirs).filter(|(a, b)| a != b);
    let mut differing = 0;
    for (a, b) in pairs {
        let measured = match name.ends_with("manifest.json") {
            true => MEASURED.iter().any(|word| a.contains(word)),
            false => is_measured(a) && words(a) == words(b),
        };
        assert!(measured, "{}:\n{a}\n{b}", name.display());
        differing += 1;
    }
    // A row per model and one per run, at most; in the manifest some lines of each.
    assert!(
        differing <= 100,
        "{}: {differing} lines differ",
        name.display()
    );
}

/// A row of the table of runs, which has a hash, or of that of efficiency, which has the number of
/// parameters; no row of scores has either.
fn is_measured(line: &str) -> bool {
    let mut words = line.split(|c: char| !c.is_ascii_alphanumeric() && c != '.');
    words.any(|word| word.len() == 64 || word.parse::<u32>().is_ok_and(|n| n >= 1000))
}

/// A row without decimal numbers, memory and hashes.
fn words(line: &str) -> Vec<&str> {
    let cells = line.split(|c: char| "<>|&{}$\\, ".contains(c));
    let text =
        |word: &&str| !word.contains('.') && word.len() != 64 && word.parse::<u32>().is_err();
    cells.filter(text).collect()
}

/// A report's files.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => {
                    let name = path.strip_prefix(folder).unwrap().to_owned();
                    all.insert(name, fs::read(&path).unwrap());
                }
            }
        }
    }
    all
}
