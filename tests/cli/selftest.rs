//! `selftest`: what is held against the reference, and what cannot be.

use std::fs;
use std::path::Path;

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
    let summary = "1 cases within tolerance";
    selftest(folder.path())
        .success()
        .stdout(contains(summary).and(contains("skipped").not()));
    case(folder.path(), "mmim");
    selftest(folder.path()).success().stdout(
        contains("1 cases within tolerance; 1 skipped: ")
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
