//! A small sweep, run on a cluster and here.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use lnln_bench::data::dataset::synthetic::{self, Demo};
use lnln_bench::data::dataset::{ImportOptions, prepare};
use lnln_bench::record::manifest::FORMAT;
use lnln_bench::record::{self, Evaluation, RunDir, SweepDir, SweepManifest, SweepRun, sweeps};
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

    /// How long one epoch of the runs takes on this machine, with all that is done once for a run.
    pub fn seconds_per_epoch(&self, cluster: &Cluster) -> f64 {
        assert!(self.run(cluster, "paced", &[]).status.success());
        let runs = record::find_runs(&self.path("paced")).unwrap().finished;
        let manifests = runs.iter().map(|run| run.load().unwrap().manifest);
        let pace = manifests.map(|m| m.wall_seconds / f64::from(m.training.epochs));
        pace.sum()
    }

    pub fn dir(&self) -> SweepDir {
        sweeps(&self.runs()).pop().unwrap()
    }

    pub fn manifest(&self) -> SweepManifest {
        self.dir().read().unwrap()
    }

    /// A run's folder, finished or under way.
    pub fn of(&self, run: &SweepRun) -> RunDir {
        record::run_dir(&self.runs(), &run.id)
    }

    /// The run of a task, one run per task.
    pub fn planned_run(&self, array: &str, index: &str) -> SweepRun {
        let jobs = lnln_bench::sweep::slurm::jobs::read(&self.dir());
        let job = jobs.iter().find(|job| job.job == array).unwrap();
        let place = job.offset + index.parse::<usize>().unwrap();
        self.manifest().runs[place].clone()
    }

    /// Whether a run has stored an epoch.
    pub fn has_begun(&self, run: &SweepRun) -> bool {
        self.of(run).last_checkpoint().exists()
    }

    /// Every run is done but those of tfn, which failed; the report that the cluster's last job made is
    /// what its runs give; and those runs, with what they measured of time and memory set to one value,
    /// give byte for byte the report of the same suite run here.
    pub fn check(&self, cluster: &Cluster) {
        let runs = self.manifest().runs;
        for planned in &runs {
            let run = self.of(planned);
            match planned.model.as_str() {
                "tfn" => assert!(run.read_failure().is_some(), "{planned:?}"),
                _ => drop(run.load().unwrap()),
            }
        }
        let made = self.dir().path().join("report");
        assert!(
            made.join("report.md").is_file(),
            "the last job made no report"
        );
        succeed(program().args(["report".as_ref(), "--check".as_ref(), made.as_path()]));
        let text = fs::read_to_string(made.join("manifest.json")).unwrap();
        for run in runs.iter().filter(|run| run.model != "tfn") {
            assert!(text.contains(&run.id), "{} is not in the report", run.id);
        }
        let local = self.run(cluster, "local", &[]);
        let failing = runs.iter().any(|run| run.model == "tfn");
        assert_eq!(local.status.code(), Some(if failing { 4 } else { 0 }));
        let (ours, theirs) = (self.unmeasured("local"), self.unmeasured("runs"));
        assert_eq!(
            ours.keys().collect::<Vec<_>>(),
            theirs.keys().collect::<Vec<_>>()
        );
        for (name, bytes) in &ours {
            assert!(*bytes == theirs[name], "{} differs", name.display());
        }
    }

    /// The report of a folder's finished runs as they would be had they taken no time and no memory.
    fn unmeasured(&self, runs: &str) -> BTreeMap<PathBuf, Vec<u8>> {
        let place = self.path(&format!("unmeasured-{runs}"));
        let (copies, out) = (place.join("runs"), place.join("report"));
        for run in record::find_runs(&self.path(runs)).unwrap().finished {
            let record::Record {
                mut manifest,
                predictions,
                ..
            } = run.load().unwrap();
            manifest.wall_seconds = 60.0;
            let copy = RunDir::create(&copies, &run.id()).unwrap();
            fs::copy(run.config(), copy.config()).unwrap();
            if let Ok(log) = fs::read_to_string(run.metrics()) {
                let lines = log.lines().map(unmeasured).collect::<String>();
                fs::write(copy.metrics(), lines).unwrap();
            }
            let evaluation = Evaluation {
                format: FORMAT,
                tested_on: None,
                masks: std::mem::take(&mut manifest.masks),
                build: manifest.build.clone(),
                wall_seconds: 0.0,
            };
            copy.finish(&manifest, &evaluation, &predictions).unwrap();
        }
        let mut report = program();
        report.args(["report".as_ref(), copies.as_path(), "--out".as_ref(), &out]);
        succeed(&mut report);
        files(&out)
    }
}

/// An epoch as it would be had it been measured so.
fn unmeasured(line: &str) -> String {
    let mut epoch: serde_json::Value = serde_json::from_str(line).unwrap();
    for (name, value) in [("seconds", 1.0), ("samples_per_second", 8.0)] {
        assert!(epoch[name].is_number(), "{line}");
        epoch[name] = value.into();
    }
    assert!(epoch["peak_memory"].is_number(), "{line}");
    epoch["peak_memory"] = (1 << 20).into();
    format!("{epoch}\n")
}

fn program() -> Command {
    Command::new(PROGRAM)
}

fn succeed(command: &mut Command) {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
}

/// A report's files.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path)
            } else {
                let name = path.strip_prefix(folder).unwrap().to_owned();
                all.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    all
}
