//! `--train-on`: training protocols from the command line to the report.

use std::fs;
use std::path::Path;

use predicates::prelude::*;
use predicates::str::contains;

use super::program::{prepared, program, words};

fn run(folder: &Path, data: &Path, line: &str) -> assert_cmd::Command {
    let mut command = program();
    command.args(words(
        "run --datasets demo-film --seeds 1 --rates 0,0.5 --device cpu --threads 1 --epochs 1 \
         --batch-size 16",
    ));
    command.args(words(line)).arg("--data").arg(data);
    command.arg("--runs").arg(folder.join("runs"));
    command
}

#[test]
fn three_protocols_become_three_rows() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path());
    let line = "--models lf_dnn,constant --train-on mixed,clean,tested-rate";
    // One mixed, one clean, one per rate, and the constant once.
    run(folder.path(), &data, line)
        .assert()
        .success()
        .stdout(contains("5 runs done (0 before)"));
    // A run by its index is the same run.
    let sweeps = folder.path().join("runs/sweeps");
    let sweep = fs::read_dir(sweeps).unwrap().next().unwrap().unwrap();
    program()
        .arg("run-one")
        .arg("--manifest")
        .arg(sweep.path().join("manifest.json"))
        .args(words("--index 0 --count 5"))
        .assert()
        .success()
        .stdout(contains("5 runs done (5 before)"));
    // What a flag can say is the same run.
    let by_hand = "--models lf_dnn --noise-rate 0.5 --valid-rates 0.5";
    let mut same = program();
    same.args(words(
        "run --datasets demo-film --seeds 1 --rates 0.5 --device cpu --threads 1 --epochs 1 \
         --batch-size 16",
    ));
    same.args(words(by_hand)).arg("--data").arg(&data);
    same.arg("--runs").arg(folder.path().join("runs"));
    same.assert()
        .success()
        .stdout(contains("1 runs done (1 before)"));
    let out = folder.path().join("report");
    program()
        .arg("report")
        .arg(folder.path().join("runs"))
        .arg("--out")
        .arg(&out)
        .assert()
        .success();
    let report = fs::read_to_string(out.join("report.md")).unwrap();
    for protocol in [
        "LF-DNN (trained on mixed noise)",
        "LF-DNN (trained on clean data)",
        "LF-DNN (trained at the tested rate)",
    ] {
        assert!(report.contains(protocol), "{protocol} in {report}");
    }
    let manifest = fs::read_to_string(out.join("manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    let rows = &manifest["tables"]["demo-film-mae"]["rows"];
    let rows = rows.as_array().unwrap();
    let per_rate = rows
        .iter()
        .find(|row| row["row"].as_str().unwrap().contains("tested rate"));
    // A cell leads to its origin, and that to the runs of the number.
    let runs = |column: &str| {
        let cell = &per_rate.unwrap()["cells"][column];
        let origin = &manifest["origins"][cell[1].as_u64().unwrap() as usize];
        let set = origin["sets"][0].as_u64().unwrap() as usize;
        manifest["sets"][set].as_array().unwrap().clone()
    };
    assert_eq!((runs("0.0").len(), runs("0.5").len()), (1, 1));
    assert_ne!(runs("0.0"), runs("0.5"));
    assert_eq!(runs("mean").len(), 2);
}

#[test]
fn one_model_alone_is_trained_otherwise_and_contradictions_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path());
    let line = "--models tfn,tfn@clean,tfn@mixed --dry-run";
    run(folder.path(), &data, line).assert().success().stdout(
        contains("2 runs")
            .and(contains("none, complete data"))
            .and(contains("a new random mask in every epoch")),
    );
    for (line, words) in [
        ("--models tfn@dirty", "found `dirty`"),
        (
            "--models tfn --train-on mixed --noise clean",
            "contradicts noise",
        ),
        (
            "--models tfn --train-on tested-rate --noise-rate 0.5",
            "half-complete",
        ),
    ] {
        run(folder.path(), &data, line)
            .assert()
            .code(2)
            .stderr(contains(words));
    }
}

#[test]
fn training_rates_are_tested_at_every_rate_and_make_a_matrix() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path());
    let line = "--models lf_dnn,constant --train-on rate:0,0.5 --valid-rates 0,0.5";
    run(folder.path(), &data, line)
        .assert()
        .success()
        .stdout(contains("3 runs done (0 before)"));
    // What a flag can say is the same run.
    let by_flag = "--models lf_dnn --noise-rate 0.5 --valid-rates 0,0.5";
    run(folder.path(), &data, by_flag)
        .assert()
        .success()
        .stdout(contains("1 runs done (1 before)"));
    let out = folder.path().join("report");
    let mut report = program();
    report.arg("report").arg(folder.path().join("runs"));
    report.arg("--out").arg(&out).assert().success();
    let text = fs::read_to_string(out.join("report.md")).unwrap();
    assert!(text.contains("training rate against test rate"), "{text}");
    assert!(text.contains("LF-DNN (trained at 0.5)"), "{text}");
    assert!(out.join("figures/demo-film-train-rate.svg").is_file());
    run(folder.path(), &data, "--models lf_dnn --train-on rate:LA")
        .assert()
        .failure()
        .stderr(contains("rate:0.3"));
}
