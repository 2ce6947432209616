//! `run --dry-run`: runs, what is done of them, and what the others will cost.

use std::fs;
use std::path::Path;

use predicates::prelude::*;
use predicates::str::contains;

use super::program::{prepared, program};

fn run(folder: &Path, data: &Path, seeds: &str, more: &[&str]) -> assert_cmd::Command {
    let mut command = program();
    let line = "run --datasets demo-film --models lf_dnn,constant --rates 0,1 --device cpu \
                --threads 1 --epochs 2 --batch-size 8 --seeds";
    command.args(line.split_whitespace()).arg(seeds).args(more);
    command.arg("--data").arg(data);
    command.arg("--runs").arg(folder.join("runs"));
    command
}

#[test]
fn runs_are_listed_with_what_they_will_cost_and_nothing_starts() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path());
    let none = contains("unknown: no finished run of this model").and(contains("4 to do"));
    run(folder.path(), &data, "1,2", &["--dry-run"])
        .assert()
        .success()
        .stdout(none);
    assert!(!folder.path().join("runs").exists());
    run(folder.path(), &data, "1", &[]).assert().success();
    let before = fs::read_dir(folder.path().join("runs")).unwrap().count();
    let words = contains("4 runs: 2 done, 2 to do;")
        .and(contains("measured: run "))
        .and(contains(
            "a new random mask in every epoch; selected by valid:mae",
        ))
        .and(contains("Nothing was started"));
    run(folder.path(), &data, "1,2", &["--dry-run"])
        .assert()
        .success()
        .stdout(words);
    let after = fs::read_dir(folder.path().join("runs")).unwrap().count();
    assert_eq!(before, after);
}

#[test]
fn other_tools_read_the_dry_run_as_json() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path());
    run(folder.path(), &data, "1", &[]).assert().success();
    let more = ["--dry-run", "--json", "--epochs", "4"];
    // Four epochs are other runs, at twice the time of two.
    let mut command = program();
    let line = "run --datasets demo-film --models lf_dnn --rates 0,1 --device cpu --batch-size 8 \
                --seeds 1";
    command.args(line.split_whitespace()).args(more);
    command.arg("--data").arg(&data);
    command.arg("--runs").arg(folder.path().join("runs"));
    let output = command.assert().success();
    let json: serde_json::Value = serde_json::from_slice(&output.get_output().stdout).unwrap();
    let run = &json["runs"][0];
    assert_eq!(run["state"], "waiting");
    let basis = run["estimate"]["basis"].as_str().unwrap();
    assert!(basis.ends_with("x 2.00 for epochs"), "{basis}");
    assert!(run["seconds_left"].as_f64().unwrap() > 0.0);
    assert!(run["estimate"]["memory"].as_u64().unwrap() > 1 << 20);
    assert_eq!(json["total"]["runs"], 1);
    program()
        .args(["run", "--datasets", "x", "--models", "lnln", "--json"])
        .assert()
        .code(2)
        .stderr(contains("--dry-run"));
}

#[test]
fn every_model_that_cannot_read_the_data_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path());
    let named = |models: &str| {
        let mut command = program();
        let line = "run --datasets demo-film --rates 0 --device cpu --seeds 1 --encoder features --dry-run";
        command
            .args(line.split_whitespace())
            .args(["--models", models]);
        command.arg("--data").arg(&data).assert().code(5)
    };
    named("lf_dnn,bert_mag,cenet").stderr(
        contains("2 of 3 pairs of data set and model cannot be run")
            .and(contains("demo-film: bert_mag: text encoder: expected"))
            .and(contains("demo-film: cenet: text encoder: expected")),
    );
    named("lf_dnn,cenet").stderr(contains("pairs").not().and(contains("demo-film: cenet")));
}
