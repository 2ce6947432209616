//! Runs in worker processes: `run-one`, `run --jobs`, two sweeps started by mistake.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command as Process, Stdio};
use std::time::{Duration, Instant};

use lnln_bench::record::{self, RunDir, SweepManifest, sweeps};
use predicates::prelude::*;
use predicates::str::contains;

use super::program::{arguments, prepared, program, runs_in, words};
use super::run_stopped::results;

fn manifest(runs: &Path) -> (PathBuf, SweepManifest) {
    let sweep = sweeps(runs).pop().unwrap();
    (sweep.manifest(), sweep.read().unwrap())
}

fn run_one(manifest: &Path, index: usize) -> Vec<String> {
    let line = "run-one --threads 1 --device cpu --index";
    let mut arguments: Vec<String> = words(line).map(str::to_owned).collect();
    arguments.extend([index.to_string(), "--manifest".into()]);
    arguments.push(manifest.display().to_string());
    arguments
}

fn start(arguments: &[String]) -> Child {
    Process::new(assert_cmd::cargo::cargo_bin("lnln-bench"))
        .args(arguments)
        .env("HDF5_USE_FILE_LOCKING", "FALSE")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn report(runs: &Path, out: &Path) {
    program()
        .args(["report".as_ref(), runs, "--out".as_ref(), out])
        .assert()
        .success();
}

#[test]
fn several_processes_leave_what_one_leaves() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path());
    let [one, two] = ["one", "two"].map(|runs| folder.path().join(runs));
    program()
        .args(arguments(folder.path(), &data, "one", 3))
        .assert()
        .success();
    let mut several = arguments(folder.path(), &data, "two", 3);
    several.extend(["--jobs".into(), "2".into()]);
    program()
        .args(&several)
        .assert()
        .success()
        .stdout(contains("2 runs done (0 before)"));
    assert_eq!(results(&one), results(&two));
    assert!(!two.join("unfinished").exists());
    let tables = |runs: &Path| {
        let out = runs.with_extension("report");
        report(runs, &out);
        fs::read(out.join("scores.csv")).unwrap()
    };
    assert_eq!(tables(&one), tables(&two));
    program()
        .args(&several)
        .assert()
        .success()
        .stdout(contains("2 runs done (2 before)"));
}

#[test]
fn a_run_is_done_once_by_its_index_and_two_processes_share_the_work() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path());
    let run = arguments(folder.path(), &data, "runs", 12);
    let (first, second) = (start(&run), start(&run));
    for mut child in [first, second] {
        assert!(child.wait().unwrap().success());
    }
    let runs = folder.path().join("runs");
    let (path, sweep) = manifest(&runs);
    assert_eq!(sweep.runs.len(), 2);
    let before: Vec<_> = runs_in(&runs)
        .iter()
        .map(|run| fs::read(run.done()).unwrap())
        .collect();
    runs_in(&runs)
        .iter()
        .for_each(|run| drop(run.load().unwrap()));
    program()
        .args(run_one(&path, 0))
        .assert()
        .success()
        .stdout(contains("1 runs done (1 before)"));
    let after: Vec<_> = runs_in(&runs)
        .iter()
        .map(|run| fs::read(run.done()).unwrap())
        .collect();
    assert_eq!(before, after);
    program()
        .args(arguments(folder.path(), &data, "alone", 12))
        .assert()
        .success();
    assert_eq!(results(&runs), results(&folder.path().join("alone")));
    program()
        .args(run_one(&path, 2))
        .assert()
        .code(2)
        .stderr(contains("expected an index from 0 to 1"));
}

#[test]
fn a_killed_process_costs_its_run_alone_and_the_same_command_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path());
    let mut run = arguments(folder.path(), &data, "runs", 60);
    run.extend(["--jobs".into(), "2".into()]);
    let runs = folder.path().join("runs");
    let child = Process::new(assert_cmd::cargo::cargo_bin("lnln-bench"))
        .args(&run)
        .env("HDF5_USE_FILE_LOCKING", "FALSE")
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let victim = wait_for(|| {
        let trained = runs_in(&runs)
            .into_iter()
            .find(|run| run.metrics().exists())?;
        trained.read_attempts().pop()
    });
    let kill = Process::new("kill")
        .args(["-9", &victim.pid.to_string()])
        .status();
    assert!(kill.unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(4));
    let said = String::from_utf8_lossy(&output.stderr);
    for word in [
        "demo-film lf_dnn 1111",
        "signal: 9",
        "  log: ",
        "again: lnln-bench run-one",
    ] {
        assert!(said.contains(word), "{word} is not in {said}");
    }
    let (_, sweep) = manifest(&runs);
    let done = |model: &str| {
        let run = sweep.runs.iter().find(|run| run.model == model).unwrap();
        record::run_dir(&runs, &run.id)
    };
    assert!(done("constant").is_done());
    assert!(done("lf_dnn").read_failure().unwrap().error[0].contains("signal: 9"));
    program()
        .args(&run)
        .assert()
        .success()
        .stdout(contains("2 runs done (1 before)"));
    program()
        .args(arguments(folder.path(), &data, "alone", 60))
        .assert()
        .success();
    assert_eq!(results(&runs), results(&folder.path().join("alone")));
}

#[test]
fn a_stopped_fleet_stores_everything_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path());
    let mut run = arguments(folder.path(), &data, "runs", 60);
    run.extend(["--jobs".into(), "2".into()]);
    let runs = folder.path().join("runs");
    let mut child = start(&run);
    wait_for(|| {
        runs_in(&runs)
            .into_iter()
            .find(|run| run.metrics().exists())
    });
    let kill = Process::new("kill")
        .args(["-TERM", &child.id().to_string()])
        .status();
    assert!(kill.unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(75));
    assert!(
        runs_in(&runs)
            .iter()
            .any(|run| run.last_checkpoint().exists())
    );
    program().args(&run).assert().success();
    assert!(runs_in(&runs).iter().all(RunDir::is_done));
}

#[test]
fn a_run_whose_data_changed_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path());
    program()
        .args(arguments(folder.path(), &data, "runs", 1))
        .assert()
        .success();
    let (path, _) = manifest(&folder.path().join("runs"));
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("\"epochs\": 1,", "\"epochs\": 2,")).unwrap();
    program()
        .args(run_one(&path, 0))
        .assert()
        .code(3)
        .stderr(contains("entry 0 of the sweep is no longer run").and(contains("plan it again")));
}

fn wait_for<T>(look: impl Fn() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(
            started.elapsed() < Duration::from_secs(120),
            "waited in vain"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}
