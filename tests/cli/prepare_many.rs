//! `prepare` with several files and with the options that change what is stored.

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::assert::Assert;
use lnln_bench::data::dataset::synthetic::{self, Demo};
use lnln_bench::data::store;
use predicates::prelude::*;
use predicates::str::contains;

use super::program::program;

fn corpora(folder: &Path) -> Vec<PathBuf> {
    let write = |demo: Demo| {
        let path = folder.join(format!("{}.pkl", demo.name()));
        synthetic::write_demo(demo, &path, 7, 0.05).unwrap();
        path
    };
    Demo::ALL.map(write).into()
}

fn prepare(files: &[PathBuf], data: &Path, more: &[&str]) -> Assert {
    let mut command = program();
    command.arg("prepare").args(files).arg("--data").arg(data);
    command.args(["--rates", "0,0.5"]).args(more).assert()
}

#[test]
fn many_files_at_once_give_what_one_after_the_other_gives() {
    let folder = tempfile::tempdir().unwrap();
    let files = corpora(folder.path());
    let hashes = |data: &str, more: &[&str]| {
        let data = folder.path().join(data);
        prepare(&files, &data, more).success();
        ["demo-film.h5", "demo-talk.h5"].map(|name| {
            let verified = store::verify(&data.join(name), |_| ()).unwrap();
            verified.content_hash
        })
    };
    assert_eq!(hashes("one", &[]), hashes("two", &["--jobs", "2"]));
}

#[test]
fn a_bad_file_stops_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let mut files = corpora(folder.path());
    let bad = folder.path().join("bad.pkl");
    fs::write(&bad, "hello").unwrap();
    files.insert(0, bad);
    let data = folder.path().join("data");
    prepare(&files, &data, &["--jobs", "3"])
        .code(3)
        .stderr(contains("bad.pkl"));
    assert!(data.join("demo-film.h5").is_file() && data.join("demo-talk.h5").is_file());
}

/// Two files of one data set want the same name; the second must not win silently.
#[test]
fn two_files_of_one_data_set_do_not_overwrite_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let [one, two] = [1, 2].map(|seed| {
        let path = folder.path().join(format!("{seed}.pkl"));
        synthetic::write_demo(Demo::Film, &path, seed, 0.05).unwrap();
        path
    });
    for jobs in ["1", "2"] {
        let data = folder.path().join(jobs);
        prepare(&[one.clone(), two.clone()], &data, &["--jobs", jobs])
            .code(3)
            .stderr(contains("--force"));
        store::verify(&data.join("demo-film.h5"), |_| ()).unwrap();
        assert_eq!(
            fs::read_dir(&data).unwrap().count(),
            3,
            "data, masks and what they are"
        );
    }
}

#[test]
fn a_check_writes_nothing_and_lists_its_results() {
    let folder = tempfile::tempdir().unwrap();
    let files = corpora(folder.path());
    let data = folder.path().join("data");
    prepare(&files, &data, &["--check"]).success().stdout(
        contains("checked, nothing written")
            .and(contains("ok       ids: unique, no sample in two splits"))
            .and(contains("warning  split sizes: 24/6/12, official ")),
    );
    assert!(!data.exists());
}

#[test]
fn finished_inputs_are_skipped_unless_the_options_differ() {
    let folder = tempfile::tempdir().unwrap();
    let files = corpora(folder.path());
    let data = folder.path().join("data");
    prepare(&files, &data, &[]).success();
    prepare(&files, &data, &[])
        .success()
        .stdout(contains("already prepared").count(2));
    prepare(&files, &data, &["--standardize"])
        .code(3)
        .stderr(contains("not standardized").and(contains("--force")));
    prepare(&files, &data, &["--standardize", "--force"]).success();
}

#[test]
fn compressed_files_hold_the_same_content() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("film.pkl");
    synthetic::write_demo(Demo::Film, &source, 7, 2.0).unwrap();
    let [plain, small] = ["none", "blosc-lz4"].map(|how| {
        let data = folder.path().join(how);
        prepare(std::slice::from_ref(&source), &data, &["--compress", how]).success();
        data.join("demo-film.h5")
    });
    let size = |path: &Path| fs::metadata(path).unwrap().len();
    assert!(
        size(&small) < size(&plain) * 9 / 10,
        "{} {}",
        size(&small),
        size(&plain)
    );
    let content = |path: &Path| store::verify(path, |_| ()).unwrap().content_hash;
    assert_eq!(content(&plain), content(&small));
    prepare(&[source], folder.path(), &["--compress", "gzip"])
        .code(2)
        .stderr(contains("expected none or blosc-lz4"));
}
