//! Help, listings and completions come straight from the registries.

use predicates::prelude::*;
use predicates::str::contains;

use super::program::program;

#[test]
fn every_subcommand_explains_itself_with_an_example() {
    for subcommand in [
        "prepare", "inspect", "verify", "export", "report", "selftest", "list", "run", "predict",
        "score",
    ] {
        program()
            .args([subcommand, "--help"])
            .assert()
            .success()
            .stdout(contains("Examples:").and(contains("lnln-bench")));
    }
}

#[test]
fn list_shows_what_is_built_in() {
    program().arg("list").assert().success().stdout(
        contains("mosi")
            .and(contains("random"))
            .and(contains("acc7")),
    );
}

#[test]
fn list_masks_says_what_each_mask_protocol_takes() {
    let output = program().args(["list", "masks"]).assert().success();
    let text = String::from_utf8(output.get_output().stdout.clone()).unwrap();
    // Cells are wrapped: neighboring words of a cell may be on two lines.
    let table: Vec<&str> = text.split_whitespace().collect();
    let table = table.join(" ");
    for mask_protocol in lnln_bench::mask::MASK_PROTOCOLS {
        assert!(
            table.contains(mask_protocol.name()),
            "{}",
            mask_protocol.name()
        );
        for kind in mask_protocol.kinds() {
            let word = kind.describe().split(' ').next().unwrap();
            assert!(table.contains(word), "{word} is not in {text}");
        }
    }
    assert!(table.contains("conditions"), "{text}");
}

#[test]
fn a_typo_is_a_usage_error() {
    program()
        .arg("reprot")
        .assert()
        .code(2)
        .stderr(contains("report"));
}

#[test]
fn completions_are_printed_for_a_shell() {
    program()
        .args(["completions", "bash"])
        .assert()
        .success()
        .stdout(contains("lnln-bench"));
}

#[test]
fn every_command_has_a_manual_page() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("man1");
    program()
        .args(["man", "--out"])
        .arg(&out)
        .assert()
        .success();
    for (page, part) in [
        ("lnln-bench.1", "prepare"),
        ("lnln-bench-run.1", "print\\-config"),
        ("lnln-bench-mask-export.1", "npz"),
    ] {
        let text = std::fs::read_to_string(out.join(page)).unwrap();
        assert!(text.contains(".TH"), "{page}: {text}");
        assert!(text.contains(part), "{page}: {text}");
    }
}

#[test]
fn doctor_answers_on_any_machine() {
    program()
        .arg("doctor")
        .assert()
        .success()
        .stdout(contains("memory"));
}
