//! `run`, `predict` and `report` as a user sees them: results and what is kept of them.

use std::fs;

use lnln_bench::record::{Predictions, RunDir};
use predicates::prelude::*;
use predicates::str::contains;

use super::program::{arguments, pickle, prepared, program, runs_in, words};

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
fn predict_repeats_what_the_run_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path());
    program()
        .args(arguments(folder.path(), &data, "runs", 2))
        .assert()
        .success();
    let trained = |run: &RunDir| run.metrics().exists();
    let runs = runs_in(&folder.path().join("runs"));
    let trained = runs.into_iter().find(trained).unwrap();
    let run = trained.path();
    let out = folder.path().join("half.parquet");
    let predict = |more: &[&str]| {
        let mut command = program();
        command.arg("predict").arg(run).arg("--data").arg(&data);
        command.args(["--device", "cpu"]).args(more);
        command
    };
    predict(&["--rates", "0.5", "--out", out.to_str().unwrap()])
        .assert()
        .success();
    let condition = "0.5".parse().unwrap();
    let recorded = trained.load().unwrap().predictions;
    let recorded: Vec<_> = recorded
        .iter()
        .filter(|row| row.condition == condition)
        .collect();
    let repeated: Vec<_> = Predictions::read(&out).unwrap().iter().collect();
    assert_eq!(repeated, recorded);
    let sample = &recorded[3];
    predict(&["--rates", "0.5", "--sample", &sample.id])
        .assert()
        .success()
        .stdout(contains(format!("{}", sample.prediction)).and(contains(sample.id.as_str())));
    for junk in ["half.json", "half", "half.csv.gz"] {
        let path = folder.path().join(junk);
        predict(&["--out", path.to_str().unwrap()])
            .assert()
            .code(2)
            .stderr(contains(".csv or .parquet"));
        assert!(!path.exists(), "{junk}");
    }
    predict(&["--sample", "nobody"])
        .assert()
        .code(2)
        .stderr(contains("`nobody`"));
    predict(&["--encoder", "features"])
        .assert()
        .code(5)
        .stderr(contains("trained with encoder tiny"));
}

#[test]
fn bfloat16_and_the_reference_engine_are_runs_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path());
    let mut run = arguments(folder.path(), &data, "runs", 1);
    for argument in &mut run {
        // No LSTM: not every CPU's has a bfloat16 form.
        if argument == "lf_dnn,constant" {
            "almt".clone_into(argument);
        }
    }
    program().args(&run).assert().success();
    for flags in [["--precision", "bf16"], ["--engine", "reference"]] {
        let length = run.len();
        run.extend(flags.map(str::to_owned));
        program()
            .args(&run)
            .assert()
            .success()
            .stdout(contains("(0 before)"));
        run.truncate(length);
    }
    run.extend(["--precision", "fp16"].map(str::to_owned));
    program()
        .args(&run)
        .assert()
        .code(2)
        .stderr(contains("bf16"));
}

#[test]
fn the_paper_s_protocol_is_named_where_its_numbers_are() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path());
    let runs = folder.path().join("runs");
    let out = folder.path().join("report");
    program()
        .args(words(
            "run --datasets demo-film --models lf_dnn --protocol paper",
        ))
        .args(words("--seeds 1111 --rates 0,0.5 --epochs 4 --device cpu"))
        .args(["--threads", "1", "--batch-size", "8"])
        .arg("--data")
        .arg(&data)
        .arg("--runs")
        .arg(&runs)
        .assert()
        .success();
    let run = runs_in(&runs).remove(0).path().to_owned();
    let manifest = fs::read_to_string(run.join("manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    let selection = &manifest["selection"];
    assert_eq!(selection["rule"], "paper");
    assert_eq!(selection["chosen"]["corr"], selection["chosen"]["mae"]);
    let first = fs::read_to_string(run.join("metrics.jsonl")).unwrap();
    let first: serde_json::Value = serde_json::from_str(first.lines().next().unwrap()).unwrap();
    assert_eq!(
        (&first["learning_rate"], &first["split"]),
        (&0.0.into(), &"test".into())
    );
    program()
        .arg("report")
        .arg(&runs)
        .arg("--out")
        .arg(&out)
        .assert()
        .success();
    let report = fs::read_to_string(out.join("report.md")).unwrap();
    assert!(report.contains("best test epoch"), "{report}");
}

#[test]
fn one_training_is_tested_under_several_families_and_the_stored_masks_are_used() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut prepare = program();
    prepare
        .arg("prepare")
        .arg(pickle(folder.path()))
        .arg("--data")
        .arg(&data);
    prepare
        .args(["--rates", "0,0.5,1", "--masks", "random,modality"])
        .args(["--mask-seeds", "1111,1112"])
        .assert()
        .success();
    let mut run = arguments(folder.path(), &data, "runs", 1);
    let extra = "--masks random,modality --mask-seeds 1111,1112,1112 --noise reference";
    run.extend(extra.split_whitespace().map(str::to_owned));
    program().args(&run).assert().success();
    let text = fs::read_to_string(data.join("demo-film.masks.json")).unwrap();
    let stored: serde_json::Value = serde_json::from_str(&text).unwrap();
    let of = |mask_protocol: &str, seed: u64, split: &str| {
        let masks = stored["masks"].as_array().unwrap();
        let wanted = |m: &&serde_json::Value| {
            m["mask_protocol"] == mask_protocol && m["seed"] == seed && m["split"] == split
        };
        masks.iter().find(wanted).unwrap()["conditions"].clone()
    };
    let mut monitored = 0;
    for run in runs_in(&folder.path().join("runs")) {
        let text = fs::read_to_string(run.manifest()).unwrap();
        let manifest: serde_json::Value = serde_json::from_str(&text).unwrap();
        let evaluation = run.evaluation_folders()[0].join("evaluation.json");
        let evaluation = fs::read_to_string(evaluation).unwrap();
        let evaluation: serde_json::Value = serde_json::from_str(&evaluation).unwrap();
        let [random, modality] = [0, 1].map(|index: usize| &evaluation["masks"][index]);
        assert_eq!(random["seeds"], serde_json::json!([1111, 1112]));
        let hash = |mask: &serde_json::Value, seed: u64, condition: serde_json::Value| {
            let variants = mask["variants"].as_array().unwrap();
            let mut variants = variants.iter();
            let is = |v: &&serde_json::Value| v["mask_seed"] == seed && v["condition"] == condition;
            variants.find(is).unwrap()["hash"].clone()
        };
        for seed in [1111, 1112] {
            assert_eq!(
                hash(random, seed, 0.5.into()),
                of("random", seed, "test")["0.5"]["hash"]
            );
        }
        // No seed enters whole modalities: one is drawn, recorded and predicted for all.
        assert_eq!(modality["seeds"], serde_json::json!([1111]));
        assert_eq!(modality["variants"].as_array().unwrap().len(), 6);
        assert_eq!(
            hash(modality, 1111, "LA".into()),
            of("modality", 1111, "test")["LA"]["hash"]
        );
        assert_eq!(
            manifest["training"]["noise"],
            serde_json::json!({
                "kind": "reference",
                "mask_protocol": "reference",
                "version": 2,
                "rate_distribution": "half-complete",
            })
        );
        // The masks of the selection are recorded by their hashes too.
        for mask in manifest["selection"]["masks"].as_array().unwrap() {
            assert_eq!(
                (&mask["mask_protocol"], &mask["mask_seed"]),
                (&"random".into(), &1111.into())
            );
            let condition = mask["condition"].to_string();
            let condition = condition.strip_suffix(".0").unwrap_or(&condition);
            let stored = &of("random", 1111, "valid")[condition]["hash"];
            assert!(stored.is_null() || *stored == mask["hash"], "{mask}");
            monitored += usize::from(!stored.is_null());
        }
    }
    assert!(
        monitored > 0,
        "the trained run monitored a stored condition"
    );
}
