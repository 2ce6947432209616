//! Versions and folds of a data set, side by side in one folder.

#[cfg(feature = "torch")]
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lnln_bench::data::dataset::Corpus;
#[cfg(feature = "torch")]
use predicates::prelude::*;
use predicates::str::contains;

use super::data::{Order, Small, many, pickle};
use super::program::{program, words};

/// A pickle whose test split has these samples; training and validation are those of every file.
fn source(folder: &Path, name: &str, test: &Small) -> PathBuf {
    let path = folder.join(name);
    let (train, valid) = (many(24, 1), many(8, 2));
    let splits = [("train", &train), ("valid", &valid), ("test", test)];
    std::fs::write(&path, pickle(&splits, Order::Little)).unwrap();
    path
}

/// Other words for the same samples.
#[cfg(feature = "torch")]
fn heard_otherwise(samples: Small, seed: u64) -> Small {
    let other = many(12, seed).0.into_iter();
    let text = other.filter(|(name, _)| ["raw_text", "text_bert"].contains(name));
    text.fold(samples, |all, (name, column)| all.set(name, column))
}

/// Prepares a file as this data set.
fn prepare(file: &Path, data: &Path, flags: &str) -> assert_cmd::assert::Assert {
    let mut program = program();
    program.args(["prepare", "--rates", "0,0.5"]);
    program.args(words(flags)).arg(file).arg("--data").arg(data);
    program.assert()
}

/// `mosi`, `mosi@asr`, and three folds of `mosi`.
#[cfg(feature = "torch")]
fn prepared(folder: &Path) -> PathBuf {
    let data = folder.join("data");
    let plain = source(folder, "gold.pkl", &many(12, 30));
    prepare(&plain, &data, "--dataset mosi").success();
    let asr = source(folder, "asr.pkl", &heard_otherwise(many(12, 30), 9));
    prepare(&asr, &data, "--dataset mosi --version asr")
        .success()
        .stdout(contains("CMU-MOSI (asr) prepared").and(contains("mosi@asr.h5")));
    for fold in 0..3 {
        let name = format!("fold-{fold}.pkl");
        let file = source(folder, &name, &many(12, 30 + fold));
        prepare(&file, &data, &format!("--dataset mosi:fold={fold}"))
            .success()
            .stdout(contains(format!("mosi@fold={fold}.h5")));
    }
    data
}

#[test]
fn names_of_versions_and_folds_are_checked() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let file = source(folder.path(), "gold.pkl", &many(12, 30));
    let refused = |flags: &str, message: &'static str| {
        prepare(&file, &data, flags)
            .code(2)
            .stderr(contains(message));
    };
    refused(
        "--dataset mossi@asr",
        "unknown data set \"mossi\" (did you mean `mosi`?), expected one of: mosi",
    );
    refused("--dataset mosi@a/b", "a version is NAME@VERSION");
    refused("--dataset mosi:fold=x", "a fold NAME:fold=2");
    refused(
        "--dataset mosi --version a.b",
        "--version \"a.b\" of mosi: expected letters",
    );
    refused("--dataset mosi@gold --version asr", "of mosi@gold");
    assert!(!data.exists());
    prepare(&file, &data, "--dataset mosi@asr:fold=1").success();
    let corpus = Corpus::open(&data.join("mosi@asr@fold=1.h5")).unwrap();
    assert_eq!(
        (corpus.name(), corpus.variant().fold),
        ("mosi@asr:fold=1", Some(1))
    );
    assert_eq!(
        corpus
            .differs()
            .unwrap()
            .matches("is not mosi itself")
            .count(),
        1
    );
    // A file with the name of another version is refused.
    std::fs::copy(data.join("mosi@asr@fold=1.h5"), data.join("mosi@asr.h5")).unwrap();
    assert!(Corpus::open(&data.join("mosi@asr.h5")).is_err());
}

#[cfg(feature = "torch")]
#[test]
fn folds_are_pooled_and_versions_have_a_column_in_every_table() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path());
    let (runs, out) = (folder.path().join("runs"), folder.path().join("report"));
    let train = |datasets: &str, seeds: &str| {
        let mut run = program();
        run.args(words(
            "run --models lf_dnn,constant --rates 0,0.5 --device cpu --threads 1 --epochs 1 --batch-size 8 \
             --encoder mosi=features --seeds",
        ));
        run.args([seeds, "--datasets", datasets, "--data"])
            .arg(&data);
        run.arg("--runs").arg(&runs).assert()
    };
    train("mosi,mosi@asr,mosi:fold=*", "1,2").success();
    train("mosi:fold=7", "1")
        .stderr(contains("mosi@fold=7.h5"))
        .failure();
    train("sims:fold=*", "1")
        .stderr(contains("no fold of sims is prepared"))
        .code(2);
    let report = || {
        let mut report = program();
        report.args(["report", "--out"]).arg(&out).arg(&runs);
        report.assert()
    };
    report().success();
    let text = std::fs::read_to_string(out.join("report.md")).unwrap();
    for part in [
        "## CMU-MOSI (asr)",
        "> CMU-MOSI (asr): ",
        "mosi@asr is not mosi itself",
        "3 folds, pooled: each of 36 samples is tested once",
        "36 of 44 samples are tested: if there are more folds, they are missing here",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let rows = |file: &str| -> Vec<BTreeMap<String, String>> {
        let mut reader = csv::Reader::from_path(out.join(file)).unwrap();
        reader.deserialize().map(Result::unwrap).collect()
    };
    for file in ["scores.csv", "summary.csv"] {
        let rows = rows(file);
        let of = |dataset: &str, version: &str, fold: &str| {
            let found = rows.iter().filter(|row| row["dataset"] == dataset);
            let mut found = found.filter(|row| row["model"] == "lf_dnn").peekable();
            assert!(found.peek().is_some(), "{file} lacks {dataset}");
            assert!(found.all(|row| row["version"] == version && row["fold"] == fold));
        };
        of("mosi@asr", "asr", "");
        assert!(
            rows.iter()
                .any(|row| row["dataset"] == "mosi" && row["fold"] == "0+1+2")
        );
        assert!(
            rows.iter()
                .any(|row| row["dataset"] == "mosi" && row["fold"].is_empty())
        );
        assert!(rows.iter().all(|row| !row["dataset"].contains("fold")));
    }
    // The predictions of a fold name it too.
    let fold = super::program::runs_in(&runs).into_iter().find_map(|run| {
        let (manifest, _) = run.checked_manifest().ok()?;
        (manifest.dataset.fold == Some(1)).then(|| run.path().to_owned())
    });
    let mut predict = program();
    predict
        .arg("predict")
        .arg(fold.unwrap())
        .arg("--data")
        .arg(&data);
    predict.args(["--device", "cpu"]);
    predict
        .assert()
        .success()
        .stdout(contains("dataset,version,fold,split").and(contains("mosi:fold=1,,1,test")));
    program()
        .arg("report")
        .arg("--check")
        .arg(&out)
        .assert()
        .success();
    // A seed without one of the folds.
    train("mosi:fold=0,mosi:fold=1", "3").success();
    report()
        .failure()
        .stderr(contains("seed 3: fold 2 is missing, of folds 0, 1, 2"));
}
