//! `mask`, the masks of `prepare`, and `verify`.

use std::fs;
use std::path::{Path, PathBuf};

use predicates::prelude::*;
use predicates::str::contains;

use super::program::{pickle, prepared, program, with_texts};

/// Demo data prepared through the program, with these flags; the folder of data.
fn with_masks(folder: &Path, flags: &[&str]) -> PathBuf {
    let data = folder.join("data");
    let mut command = program();
    command
        .arg("prepare")
        .arg(pickle(folder))
        .arg("--data")
        .arg(&data)
        .args(flags);
    command.assert().success();
    data
}

#[test]
fn prepare_writes_mask_protocols_and_seeds_and_verify_checks_them() {
    let folder = tempfile::tempdir().unwrap();
    let flags = [
        "--rates",
        "0:1:0.5",
        "--mask-seeds",
        "1111,1112",
        "--masks",
        "random,modality",
    ];
    let data = with_masks(folder.path(), &flags);
    let masks = data.join("demo-film.masks.h5");
    let verified = program().arg("verify").arg(&masks).assert().success();
    // Three splits: three rates under two seeds, six subsets under one.
    verified.stdout(
        contains("36 masks of demo-film in 9 groups")
            .and(contains("equal to masks drawn anew"))
            .and(contains("demo-film.masks.json")),
    );
    let manifest = fs::read_to_string(data.join("demo-film.masks.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    assert_eq!(json["masks"].as_array().unwrap().len(), 9);
    assert_eq!(
        ["rate_text", "rate_audio", "rate_vision", "realized_vision"]
            .map(|name| json["masks"][0]["conditions"]["LA"][name].clone()),
        [1.0, 1.0, 0.0, 0.0].map(serde_json::Value::from)
    );
    fs::write(
        data.join("demo-film.masks.json"),
        manifest.replace("\"LA\"", "\"LV\""),
    )
    .unwrap();
    let refused = program().arg("verify").arg(&masks).assert().code(3);
    refused.stderr(contains("demo-film.masks.json does not match"));
    fs::remove_file(data.join("demo-film.masks.json")).unwrap();
    let absent = program().arg("verify").arg(&masks).assert().success();
    absent.stdout(contains("no ").and(contains("demo-film.masks.json, `prepare` writes it")));
    fs::remove_file(data.join("demo-film.h5")).unwrap();
    let alone = program().arg("verify").arg(&masks).assert().success();
    alone.stdout(contains("not compared with masks drawn anew"));
}

#[test]
fn prepare_adds_to_the_masks_that_are_there() {
    let folder = tempfile::tempdir().unwrap();
    let seeds = ["--mask-seeds", "1111,1111"];
    with_masks(
        folder.path(),
        &[&["--rates", "0:1:0.25"], &seeds[..]].concat(),
    );
    let data = with_masks(folder.path(), &["--rates", "0.3", "--masks", "random"]);
    let manifest = fs::read_to_string(data.join("demo-film.masks.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    let masks = json["masks"].as_array().unwrap();
    assert_eq!(masks.len(), 3, "one seed of three splits");
    let conditions: Vec<&String> = masks[0]["conditions"].as_object().unwrap().keys().collect();
    assert_eq!(conditions, ["0", "0.25", "0.3", "0.5", "0.75", "1"]);
}

#[test]
fn prepare_names_the_conditions_a_mask_protocol_needs() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |flags: &[&str], message: &str| {
        let mut command = program();
        command
            .arg("prepare")
            .arg(folder.path().join("none.pkl"))
            .args(flags);
        command.assert().code(2).stderr(contains(message));
    };
    refused(
        &["--masks", "mixed"],
        "expected three rates like l=0.2,a=0.7,v=0.7",
    );
    refused(&["--rates", "0.5,LA"], "add one of modality");
    refused(&["--rates", "1:0:0.1"], "not above END");
    refused(&["--rates", "0:1:0"], "step above 0");
    refused(&["--rates", "nan"], "expected missing rates like");
    refused(&["--rates", "1.5"], "from 0 to 1");
    refused(&["--rates", "0:1:2"], "a step from 0 to 1");
    let large = ["--masks", "reference", "--mask-seeds", "1,4294967296"];
    refused(&large, "seed 4294967296");
}

#[test]
fn rates_that_no_mask_protocol_takes_are_reported() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path()).join("demo-film.h5");
    let mut stats = program();
    stats
        .args(["mask", "stats", "--masks", "modality"])
        .arg(&data);
    let assert = stats.assert().success();
    assert.stderr(contains(
        "modality: rates are not used, only L, A, V, LA, LV, AV",
    ));
}

/// Conditions of other kinds are refused before the data are opened, by every command of one mask.
#[test]
fn a_single_mask_is_of_a_condition_its_mask_protocol_takes() {
    let folder = tempfile::tempdir().unwrap();
    let commands: [&[&str]; 3] = [
        &["mask", "export", "--out", "mask.npz"],
        &["mask", "show", "--sample", "any"],
        &["export", "--out", "masked.pkl"],
    ];
    for command in commands {
        for (masks, rate, message) in [
            (
                "modality",
                "0.5",
                "expected missing modalities (L, A, V, LA, LV, AV)",
            ),
            ("random", "LA", "expected rates like 0.5"),
        ] {
            let mut refused = program();
            refused.current_dir(folder.path()).args(command);
            refused.args(["none.h5", "--masks", masks, "--rate", rate]);
            let assert = refused.assert().code(2);
            assert.stderr(contains(message).and(contains(format!("found {rate}"))));
        }
    }
}

#[test]
fn show_draws_masks_and_words() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path()).join("demo-film.h5");
    let show = |flags: &[&str]| {
        let mut command = program();
        command.args(["mask", "show"]).arg(&data).args(flags);
        command.assert()
    };
    let sample = "test000$_$0";
    show(&["--sample", sample, "--rate", "0"]).success().stdout(
        contains("[CLS]")
            .and(contains("(0.000)"))
            .and(contains("[UNK]").not()),
    );
    show(&["--sample", sample, "--rate", "L", "--masks", "modality"])
        .success()
        .stdout(contains("[CLS] [UNK]").and(contains("seed 1111, condition L")));
    let reader = lnln_bench::data::store::Reader::open(&data).unwrap();
    let mut texts = reader.texts("test/raw_text").unwrap();
    drop(reader);
    let complete = std::mem::replace(&mut texts[0], "Too short by far".to_owned());
    with_texts(&data, &[("test/raw_text", texts.clone())]);
    show(&["--sample", sample, "--rate", "0.5"])
        .success()
        .stdout(contains("Too short by far").and(contains("--vocab vocab.txt")));
    let json = show(&["--sample", sample, "--rate", "1", "--json"]).success();
    let json: serde_json::Value = serde_json::from_slice(&json.get_output().stdout).unwrap();
    assert_eq!(
        (&json["words"], &json["transcript"]),
        (&().into(), &"Too short by far".into())
    );
    texts[0] = complete;
    with_texts(&data, &[("test/raw_text", texts)]);
    let json = show(&["--sample", sample, "--rate", "1", "--json"]).success();
    let json: serde_json::Value = serde_json::from_slice(&json.get_output().stdout).unwrap();
    assert_eq!(
        (&json["condition"], &json["rate_audio"]),
        (&"1".into(), &1.0.into())
    );
    let kept = json["kept"]["text"].as_array().unwrap();
    assert_eq!(kept.iter().filter(|kept| **kept == true).count(), 2);
    assert_eq!(json["words"].as_array().unwrap().len(), kept.len());
    show(&["--sample", "unknown", "--rate", "0"])
        .code(2)
        .stderr(contains("sample ids look like"));
    show(&["--sample", sample, "--rate", "LA"])
        .code(2)
        .stderr(contains("expected rates like 0.5"));
}

#[test]
fn stats_and_exports_are_of_the_same_masks() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path()).join("demo-film.h5");
    let mut table = program();
    table.args(["mask", "stats"]).arg(&data);
    table.assert().success().stdout(
        contains("pooled: masked valid positions / valid positions")
            .and(contains("CLS and SEP are valid and never masked")),
    );
    let mut stats = program();
    stats
        .args(["mask", "stats"])
        .arg(&data)
        .args(["--rates", "0.5", "--json"]);
    let output = stats.assert().success().get_output().stdout.clone();
    let lines: Vec<serde_json::Value> = output
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 3);
    assert!((lines[1]["pooled"].as_f64().unwrap() - 0.5).abs() < 0.1);
    let export = |name: &str| {
        let mut command = program();
        command
            .args(["mask", "export"])
            .arg(&data)
            .args(["--rate", "0.5", "--out"]);
        command.arg(folder.path().join(name));
        command.assert()
    };
    for name in ["half.npz", "half.h5", "half.pkl"] {
        export(name).success().stdout(contains("test   hash "));
        export(name).failure().stderr(contains("--force"));
    }
    export("half.csv")
        .code(2)
        .stderr(contains(".npz, .h5 or .pkl"));
    let again = program()
        .arg("inspect")
        .arg(folder.path().join("half.pkl"))
        .assert();
    again.success().stdout(contains("text_bert"));
}

#[test]
fn one_file_holds_several_conditions_or_epochs() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path()).join("demo-film.h5");
    let export = |flags: &str, name: &str| {
        let mut command = program();
        command.args(["mask", "export"]).arg(&data);
        command.args(flags.split_whitespace());
        command.arg("--out").arg(folder.path().join(name));
        command.assert()
    };
    for name in ["rates.npz", "rates.h5"] {
        export("--rates 0:1:0.1", name)
            .success()
            .stdout(contains("random v2 masks of 11 conditions, seed 1111"));
    }
    for name in ["noise.npz", "noise.h5"] {
        export("--noise fresh --seed 5 --epochs 0:2", name)
            .success()
            .stdout(contains(
                "training noise fresh (random v2 at half-complete), seed 5, 3 epochs",
            ));
    }
    export("--noise reference", "noise.npz")
        .failure()
        .stderr(contains("--force"));
    for (flags, name, message) in [
        (
            "",
            "a.npz",
            "<--rate <CONDITION>|--rates <LIST>|--noise <NOISE>>",
        ),
        ("--rate 0.5 --noise fresh", "a.npz", "cannot be used with"),
        ("--rate 0.5 --epochs 0:3", "a.npz", "cannot be used with"),
        (
            "--rates 0:1:0.1",
            "a.pkl",
            "a pickle holds the data at one condition",
        ),
        ("--rates LA", "a.npz", "expected rates like 0.5"),
        ("--noise clean", "a.npz", "has no masks"),
        (
            "--noise reference-loader:8",
            "a.npz",
            "order of an epoch's batches",
        ),
        (
            "--noise reference --masks random",
            "a.npz",
            "noise `fixed` with `random`",
        ),
        (
            "--noise fresh --epochs 3:1",
            "a.npz",
            "FIRST not above LAST",
        ),
        (
            "--noise fixed --masks reference-tfr",
            "a.npz",
            "one missing rate",
        ),
    ] {
        export(flags, name).code(2).stderr(contains(message));
        assert!(!folder.path().join(name).exists(), "{flags}");
    }
}
