//! `run` and `report` as a user sees them: results, resuming, refusals.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command as Process, Stdio};
use std::time::{Duration, Instant};

use predicates::prelude::*;
use predicates::str::contains;

use super::program::{prepared, program};

/// `run` with everything small.
fn arguments(folder: &Path, data: &Path, runs: &str, epochs: u32) -> Vec<String> {
    let runs = folder.join(runs);
    let (data, runs) = (data.display(), runs.display());
    let line = format!(
        "run --datasets demo-film --models lf_dnn,constant --seeds 1111 --rates 0,0.5,1 --device cpu \
         --threads 1 --epochs {epochs} --batch-size 8 --data {data} --runs {runs}"
    );
    line.split_whitespace().map(str::to_owned).collect()
}

/// Run directory to the bytes of the files that must not depend on interruptions.
fn results(runs: &Path) -> Vec<(PathBuf, Vec<u8>, Vec<u8>)> {
    let mut all: Vec<_> = fs::read_dir(runs)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let read = |name: &str| fs::read(path.join(name)).unwrap();
            let name = PathBuf::from(path.file_name().unwrap());
            (
                name,
                read("checkpoint.safetensors"),
                read("predictions.parquet"),
            )
        })
        .collect();
    all.sort();
    all
}

#[test]
fn a_sweep_runs_once_and_reports() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path());
    let run = arguments(folder.path(), &data, "runs", 2);
    program()
        .args(&run)
        .assert()
        .success()
        .stdout(contains("2 runs done (0 before)"));
    program()
        .args(&run)
        .assert()
        .success()
        .stdout(contains("2 runs done (2 before)"));
    let out = folder.path().join("report");
    let runs = folder.path().join("runs");
    program()
        .arg("report")
        .arg(&runs)
        .arg("--out")
        .arg(&out)
        .assert()
        .success()
        .stdout(contains("LF-DNN").and(contains(out.to_str().unwrap())));
    for name in [
        "report.md",
        "tables.tex",
        "scores.csv",
        "index.html",
        "manifest.json",
    ] {
        assert!(out.join(name).is_file(), "{name} is missing");
    }
}

#[test]
fn two_runs_of_one_seed_leave_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path());
    for runs in ["first", "second"] {
        program()
            .args(arguments(folder.path(), &data, runs, 2))
            .assert()
            .success();
    }
    assert_eq!(
        results(&folder.path().join("first")),
        results(&folder.path().join("second"))
    );
}

#[test]
fn a_killed_run_goes_on_to_the_undisturbed_result() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path());
    let epochs = 40;
    program()
        .args(arguments(folder.path(), &data, "undisturbed", epochs))
        .assert()
        .success();
    let run = arguments(folder.path(), &data, "killed", epochs);
    kill_after_first_epoch(&run, &folder.path().join("killed"));
    program()
        .args(&run)
        .assert()
        .success()
        .stderr(contains("going on after epoch"));
    assert_eq!(
        results(&folder.path().join("undisturbed")),
        results(&folder.path().join("killed"))
    );
}

/// Start the program and end it with SIGKILL once an epoch has been stored.
fn kill_after_first_epoch(arguments: &[String], runs: &Path) {
    let mut child = Process::new(assert_cmd::cargo::cargo_bin("lnln-bench"))
        .args(arguments)
        .stderr(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let started = Instant::now();
    let stored = || {
        let runs = fs::read_dir(runs).into_iter().flatten().flatten();
        runs.into_iter()
            .any(|run| run.path().join("last.safetensors").exists())
    };
    while !stored() {
        assert!(
            started.elapsed() < Duration::from_secs(120),
            "no epoch was stored"
        );
        assert!(
            child.try_wait().unwrap().is_none(),
            "the run ended before it could be killed"
        );
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn an_unknown_model_is_a_usage_error_that_lists_the_known_ones() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path());
    program()
        .args([
            "run",
            "--datasets",
            "demo-film",
            "--models",
            "lnl",
            "--data",
        ])
        .arg(&data)
        .assert()
        .code(2)
        .stderr(contains("`lnl`").and(contains("lnln")));
}

#[test]
fn a_rate_that_is_none_is_a_usage_error() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path());
    for rates in ["0:1", "0:1:0", "1:0:0.1", "0,1.5", "many"] {
        program()
            .args([
                "run",
                "--datasets",
                "demo-film",
                "--models",
                "constant",
                "--rates",
                rates,
            ])
            .arg("--data")
            .arg(&data)
            .assert()
            .code(2)
            .stderr(contains("error:"));
    }
}

#[test]
fn an_unprepared_data_set_says_what_to_run() {
    let folder = tempfile::tempdir().unwrap();
    program()
        .args(["run", "--datasets", "mosi", "--models", "lnln", "--data"])
        .arg(folder.path())
        .assert()
        .code(2)
        .stderr(contains("lnln-bench prepare"));
}

#[test]
fn cuda_that_is_not_there_is_an_error_and_no_silent_cpu_run() {
    if Path::new("/proc/driver/nvidia").exists() {
        println!("skipped: this machine has an NVIDIA driver");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    program()
        .current_dir(folder.path())
        .args([
            "run",
            "--datasets",
            "mosi",
            "--models",
            "lnln",
            "--device",
            "cuda",
        ])
        .assert()
        .code(5)
        .stderr(contains("CUDA was asked for").and(contains("--device cpu")));
}

#[test]
fn a_bert_folder_without_weights_names_what_it_lacks() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path());
    let bert = folder.path().join("bert");
    fs::create_dir(&bert).unwrap();
    let config = r#"{"model_type": "bert", "vocab_size": 30522, "hidden_size": 32,
        "num_hidden_layers": 1, "num_attention_heads": 4, "intermediate_size": 64,
        "max_position_embeddings": 64, "type_vocab_size": 2}"#;
    fs::write(bert.join("config.json"), config).unwrap();
    program()
        .args([
            "run",
            "--datasets",
            "demo-film",
            "--models",
            "lnln",
            "--data",
        ])
        .arg(&data)
        .arg("--encoder")
        .arg(format!("frozen:{}", bert.display()))
        .assert()
        .code(5)
        .stderr(contains("model.safetensors"));
}

#[test]
fn a_misspelt_suite_key_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let suite = folder.path().join("suite.toml");
    fs::write(
        &suite,
        "datasets = ['mosi']\nmodels = ['lnln']\nepoch = 3\n",
    )
    .unwrap();
    program()
        .arg("run")
        .arg(&suite)
        .assert()
        .code(2)
        .stderr(contains("epoch"));
}
