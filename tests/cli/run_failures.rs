//! What fails before it begins, and processes that end otherwise than they were to.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command as Process, Stdio};
use std::time::{Duration, Instant};

use lnln_bench::data::dataset::synthetic::{self, Demo};
use lnln_bench::data::dataset::{ImportOptions, prepare};
use lnln_bench::record::attempt::Outcome;
use lnln_bench::record::{RunDir, SweepManifest, run_dir, sweeps};
use predicates::prelude::*;
use predicates::str::contains;

use super::program::{arguments, prepared, program, runs_in, words};

fn sweep(runs: &Path) -> (PathBuf, SweepManifest) {
    let sweep = sweeps(runs).pop().unwrap();
    (sweep.manifest(), sweep.read().unwrap())
}

fn status(runs: &Path) -> String {
    let output = program()
        .args(["runs", "status"])
        .arg(runs)
        .assert()
        .success();
    String::from_utf8(output.get_output().stdout.clone()).unwrap()
}

fn start(arguments: &[String]) -> Child {
    Process::new(assert_cmd::cargo::cargo_bin("lnln-bench"))
        .args(arguments)
        .env("HDF5_USE_FILE_LOCKING", "FALSE")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Waits for a run that has finished an epoch.
fn trained(runs: &Path) -> RunDir {
    let started = Instant::now();
    loop {
        let mut all = runs_in(runs).into_iter();
        if let Some(run) = all.find(|run| run.metrics().exists() && !run.is_done()) {
            return run;
        }
        assert!(started.elapsed() < Duration::from_secs(120), "no epoch");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn kill(signal: &str, pid: u32) {
    let kill = Process::new("kill")
        .args([signal, &pid.to_string()])
        .status();
    assert!(kill.unwrap().success());
}

#[test]
fn a_run_that_cannot_begin_leaves_its_error_and_the_next_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path());
    program()
        .args(arguments(folder.path(), &data, "planned", 1))
        .assert()
        .success();
    let (manifest, planned) = sweep(&folder.path().join("planned"));
    // A sweep whose first run is no longer what it was when it was planned.
    let runs = folder.path().join("runs");
    let copy = runs.join("sweeps").join(&planned.id).join("manifest.json");
    fs::create_dir_all(copy.parent().unwrap()).unwrap();
    let text = fs::read_to_string(manifest).unwrap();
    fs::write(&copy, text.replace(&planned.runs[0].id, "0123456789ab")).unwrap();
    program()
        .args(words("run-one --device cpu --index 0 --count 2 --manifest"))
        .arg(&copy)
        .assert()
        .code(4)
        .stderr(contains("is no longer run 0123456789ab").and(contains("again: ")));
    assert!(run_dir(&runs, &planned.runs[1].id).is_done());
    let failure = run_dir(&runs, "0123456789ab").read_failure().unwrap();
    assert!(failure.error[0].contains("plan it again"), "{failure:?}");
    let said = status(&runs);
    assert!(said.contains("1 done, 1 failed"), "{said}");
    assert!(
        said.contains("0123456789ab demo-film lf_dnn 1111: entry 0 of the sweep is no longer"),
        "{said}"
    );
    // Alone it has the code of its error, and data that is not there leaves as much of a trace.
    fs::rename(&data, folder.path().join("elsewhere")).unwrap();
    fs::remove_dir_all(runs.join("unfinished")).unwrap();
    program()
        .args(words("run-one --device cpu --index 0 --manifest"))
        .arg(&copy)
        .assert()
        .code(2)
        .stderr(contains("is not prepared"));
    assert!(status(&runs).contains("is not prepared"));
}

#[test]
fn a_data_set_that_cannot_be_loaded_fails_its_runs_and_no_others() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path());
    let talk = folder.path().join("demo-talk.pkl");
    synthetic::write_demo(Demo::Talk, &talk, 7, 0.05).unwrap();
    prepare(&talk, &ImportOptions::new(&data), &mut |_| {}).unwrap();
    let bert = folder.path().join("bert");
    fs::create_dir(&bert).unwrap();
    let config = r#"{"model_type": "bert", "vocab_size": 30522, "hidden_size": 32,
        "num_hidden_layers": 1, "num_attention_heads": 4, "intermediate_size": 64,
        "max_position_embeddings": 64, "type_vocab_size": 2}"#;
    fs::write(bert.join("config.json"), config).unwrap();
    // A file of weights without any.
    fs::write(bert.join("model.safetensors"), b"\x02\0\0\0\0\0\0\0{}").unwrap();
    let runs = folder.path().join("runs");
    let encoder = format!("demo-film=frozen:{}", bert.display());
    let flags = "--models constant --seeds 1 --rates 0 --device cpu --datasets demo-film,demo-talk";
    program()
        .arg("run")
        .args(words(flags))
        .args([
            "--encoder".as_ref(),
            encoder.as_ref(),
            "--data".as_ref(),
            data.as_os_str(),
        ])
        .arg("--runs")
        .arg(&runs)
        .assert()
        .code(4)
        .stderr(contains("1 of 2 runs failed"));
    let said = status(&runs);
    assert!(said.contains("1 done, 1 failed"), "{said}");
    assert!(said.contains("demo-film constant 1: "), "{said}");
    assert!(said.contains("again: lnln-bench run-one"), "{said}");
}

/// The folder that the sweep was planned with is gone.
#[test]
fn the_data_of_this_call_counts_and_not_that_of_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path());
    let first = arguments(folder.path(), &data, "runs", 1);
    let dry = ["--launcher", "slurm", "--dry-run"];
    program().args(&first).args(dry).assert().success();
    program().args(&first).assert().success();
    let runs = folder.path().join("runs");
    for run in runs_in(&runs) {
        fs::remove_dir_all(run.path()).unwrap();
    }
    let second = folder.path().join("second");
    fs::rename(&data, &second).unwrap();
    let mut run = arguments(folder.path(), &second, "runs", 1);
    run.extend(["--jobs".into(), "2".into()]);
    program()
        .args(&run)
        .assert()
        .success()
        .stdout(contains("2 runs done (0 before)"));
    assert_eq!(sweep(&runs).1.data, data);
}

#[test]
fn a_process_that_cannot_be_started_leaves_no_other_alone() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path());
    let mut run = arguments(folder.path(), &data, "runs", 4000);
    let models = run
        .iter()
        .position(|word| word == "lf_dnn,constant")
        .unwrap();
    run[models] = "constant,lf_dnn,ef_lstm".into();
    let runs = folder.path().join("runs");
    let mut child = start(&run);
    trained(&runs);
    kill("-9", child.id());
    child.wait().unwrap();
    // The first run is to be done again and to make room for the third, whose log cannot be opened.
    let (manifest, planned) = sweep(&runs);
    let [first, second, third] = &planned.runs[..] else {
        panic!("expected three runs, got {planned:?}");
    };
    fs::remove_dir_all(runs.join(&first.id)).unwrap();
    let log = format!("{}.log", third.id);
    fs::create_dir_all(manifest.with_file_name("logs").join(&log)).unwrap();
    run.extend(["--jobs".into(), "2".into()]);
    program().args(&run).assert().code(6).stderr(contains(log));
    assert!(runs.join(&first.id).join("DONE").exists());
    let last = run_dir(&runs, &second.id).owner().unwrap();
    assert_eq!(last.outcome, Some(Outcome::Stopped), "{last:?}");
}

#[test]
fn a_process_that_is_stopped_alone_does_not_stop_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path());
    let mut run = arguments(folder.path(), &data, "runs", 60);
    let seeds = run.iter().position(|word| word == "1111").unwrap();
    run[seeds] = "1,2".into();
    run.extend([
        "--jobs".into(),
        "1".into(),
        "--devices".into(),
        "cpu".into(),
    ]);
    let device = run.iter().position(|word| word == "--device").unwrap();
    run.drain(device..device + 2);
    let runs = folder.path().join("runs");
    let child = start(&run);
    kill("-TERM", trained(&runs).owner().unwrap().pid);
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(4), "{said}");
    assert!(said.contains("was stopped by a signal"), "{said}");
    assert_eq!(runs_in(&runs).iter().filter(|run| run.is_done()).count(), 3);
    program().args(&run).assert().success();
    assert!(runs_in(&runs).iter().all(RunDir::is_done));
}

/// Of a node's cores Slurm gives a task some; without binding, the node looks free.
#[cfg(target_os = "linux")]
#[test]
fn a_task_takes_the_threads_that_slurm_gave() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path());
    let mut run = arguments(folder.path(), &data, "runs", 60);
    let threads = run.iter().position(|word| word == "--threads").unwrap();
    run.drain(threads..threads + 2);
    // More than this machine has, and less, so that neither is what it would take by itself.
    let cores = std::thread::available_parallelism().unwrap().get();
    let given = cores + 1;
    let mut child = Process::new(assert_cmd::cargo::cargo_bin("lnln-bench"))
        .args(&run)
        .env("SLURM_CPUS_PER_TASK", given.to_string())
        .env("SLURM_CPUS_ON_NODE", "64")
        .env("HDF5_USE_FILE_LOCKING", "FALSE")
        .stderr(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    trained(&folder.path().join("runs"));
    let tasks = fs::read_dir(format!("/proc/{}/task", child.id())).unwrap();
    let names = tasks
        .flatten()
        .filter_map(|task| fs::read_to_string(task.path().join("comm")).ok());
    let workers = names.filter(|name| name.starts_with("rayon-")).count();
    assert!(child.wait().unwrap().success());
    assert_eq!(workers, given);
    for run in runs_in(&folder.path().join("runs")) {
        assert_eq!(run.load().unwrap().manifest.build.threads, Some(given));
    }
}
