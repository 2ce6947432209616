//! `selftest` says what agrees with the reference, and fails where something does not.

use std::fs;
use std::path::{Path, PathBuf};

use predicates::prelude::*;
use predicates::str::contains;

use super::program::program;

/// A copy of a case, said to be of another model.
fn case(folder: &Path, model: &str) {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/lf_dnn/sims");
    let own = folder.join(model).join("sims");
    fs::create_dir_all(&own).unwrap();
    let tensors = "expected.safetensors";
    fs::copy(golden.join(tensors), own.join(tensors)).unwrap();
    let text = fs::read_to_string(golden.join("case.json")).unwrap();
    let renamed = text.replacen("\"lf_dnn\"", &format!("\"{model}\""), 1);
    assert!(renamed.contains(&format!("\"{model}\"")), "{text}");
    fs::write(own.join("case.json"), renamed).unwrap();
}

fn selftest(folder: &Path) -> assert_cmd::assert::Assert {
    let mut command = program();
    command.arg("selftest").arg("--golden").arg(folder).assert()
}

#[test]
fn a_case_of_a_model_that_is_not_built_in_is_named_in_the_summary() {
    let folder = tempfile::tempdir().unwrap();
    case(folder.path(), "lf_dnn");
    let summary = "2 cases within tolerance";
    selftest(folder.path())
        .success()
        .stdout(contains(summary).and(contains("skipped").not()));
    case(folder.path(), "mfn");
    selftest(folder.path()).success().stdout(
        contains("2 cases within tolerance; 1 skipped: ")
            .and(contains("no such model is built in")),
    );
}

#[test]
fn a_case_of_a_model_that_should_know_it_is_a_failure() {
    let folder = tempfile::tempdir().unwrap();
    case(folder.path(), "constant");
    selftest(folder.path())
        .failure()
        .stderr(contains("expected the model to read its reference cases"));
}

#[test]
fn a_missing_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    case(folder.path(), "lf_dnn");
    let tensors = folder.path().join("lf_dnn/sims/expected.safetensors");
    fs::remove_file(&tensors).unwrap();
    let path = tensors.display().to_string();
    selftest(folder.path()).failure().stderr(contains(path));
}

/// Either file of a schedule's folder is a case.
#[test]
fn a_schedule_without_a_plateau_is_compared() {
    for (file, rows) in [
        ("schedule.json", "epochs from"),
        ("plateau.json", "plateau"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        fs::copy(golden("schedule").join(file), folder.path().join(file)).unwrap();
        let mut command = program();
        let assert = command.args(["selftest", "--all", "--golden"]);
        let assert = assert.arg(folder.path()).assert().success();
        assert.stdout(contains(rows));
    }
}

fn golden(case: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(case)
}

#[test]
fn models_are_held_to_the_reference_in_both_precisions() {
    for more in [&["--device", "cpu"][..], &["--engine", "reference"]] {
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
