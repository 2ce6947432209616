//! `selftest` says what agrees with the reference, and fails where something does not.

use std::fs;
use std::path::{Path, PathBuf};

use predicates::prelude::*;
use predicates::str::contains;

use super::program::program;

fn golden(case: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(case)
}

#[test]
fn models_are_held_to_the_reference_in_both_precisions() {
    for more in [&["--device", "cpu"][..], &["--plain"]] {
        program()
            .arg("selftest")
            .arg("--golden")
            .arg(golden("lf_dnn"))
            .args(more)
            .assert()
            .success()
            .stdout(contains("float32").and(contains("2 cases within tolerance")));
    }
}

#[test]
fn a_number_that_is_another_fails_and_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["schedule.json", "plateau.json"] {
        let text = fs::read_to_string(golden("schedule").join(name)).unwrap();
        let changed = match name {
            "schedule.json" => text.replacen("\"base_lr\": ", "\"base_lr\": 1", 1),
            _ => text.clone(),
        };
        assert_eq!(changed == text, name == "plateau.json");
        fs::write(folder.path().join(name), changed).unwrap();
    }
    program()
        .arg("selftest")
        .arg("--golden")
        .arg(folder.path())
        .assert()
        .code(1)
        .stdout(contains("FAILED"))
        .stderr(contains("above their tolerance"));
    let empty = tempfile::tempdir().unwrap();
    program()
        .arg("selftest")
        .arg("--golden")
        .arg(empty.path())
        .assert()
        .failure()
        .stderr(contains("found none"));
}
