//! Versions and folds of a data set, side by side in one folder.

use std::path::{Path, PathBuf};

use lnln_bench::data::dataset::Corpus;
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

/// Prepares a file as this data set.
fn prepare(file: &Path, data: &Path, flags: &str) -> assert_cmd::assert::Assert {
    let mut program = program();
    program.args(["prepare", "--rates", "0,0.5"]);
    program.args(words(flags)).arg(file).arg("--data").arg(data);
    program.assert()
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
        "unknown data set \"mossi\", expected one of: mosi",
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
