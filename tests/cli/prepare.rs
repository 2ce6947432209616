//! `prepare`, `inspect` and `verify`: what is written, and what is refused with which code.

use std::fs;
use std::path::Path;

use predicates::prelude::*;
use predicates::str::contains;

use super::program::{pickle, program};

#[test]
fn prepare_and_inspect_accept_what_the_demo_writes() {
    let folder = tempfile::tempdir().unwrap();
    let pickle = pickle(folder.path());
    let data = folder.path().join("data");
    program()
        .arg("prepare")
        .arg(&pickle)
        .args(["--rates", "0:1:0.1", "--data"])
        .arg(&data)
        .assert()
        .success();
    assert!(data.join("demo-film.h5").is_file() && data.join("demo-film.masks.h5").is_file());
    program()
        .arg("verify")
        .arg(data.join("demo-film.h5"))
        .assert()
        .success();
    program()
        .arg("inspect")
        .arg(&pickle)
        .assert()
        .success()
        .stdout(contains("text_bert"));
}

/// Prepare `input`, expecting this exit code and these words, and nothing left behind.
fn refused(input: &Path, folder: &Path, code: i32, words: &str) {
    let data = folder.join("data");
    program()
        .arg("prepare")
        .arg(input)
        .arg("--data")
        .arg(&data)
        .assert()
        .code(code)
        .stderr(contains("error:").and(contains(words)));
    let left: Vec<_> = fs::read_dir(&data).into_iter().flatten().collect();
    assert!(left.is_empty(), "left behind: {left:?}");
}

#[test]
fn a_truncated_pickle_is_bad_data() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = fs::read(pickle(folder.path())).unwrap();
    let cut = folder.path().join("cut.pkl");
    fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();
    refused(&cut, folder.path(), 3, "cut.pkl");
}

#[test]
fn a_forbidden_global_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("evil.pkl");
    fs::write(
        &path,
        b"\x80\x02cposix\nsystem\nX\x04\x00\x00\x00true\x85R.",
    )
    .unwrap();
    refused(&path, folder.path(), 3, "posix.system");
}

#[test]
fn a_folder_is_no_pickle() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("corpus");
    fs::create_dir(&path).unwrap();
    refused(&path, folder.path(), 3, "folder");
}

#[test]
fn a_missing_file_is_an_input_error() {
    let folder = tempfile::tempdir().unwrap();
    refused(
        &folder.path().join("absent.pkl"),
        folder.path(),
        6,
        "absent.pkl",
    );
}
