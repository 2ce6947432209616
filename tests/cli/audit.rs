//! `audit` as a user sees it: findings, forms of tables, refusals and their exit codes.

use std::fs;
use std::path::PathBuf;

use predicates::prelude::*;
use predicates::str::contains;

use super::program::program;

/// A table in a folder of its own.
fn table(folder: &tempfile::TempDir, name: &str, text: &str) -> PathBuf {
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    path
}

/// LNLN's row of the paper's Table 13, language missing.
const SWAPPED: &str =
    "model,MOSEI Acc-2,MOSEI F1\nLNLN,62.85/71.02,77.19/83.06\nMISA,62.85/71.02,48.51/58.99\n";

#[test]
fn an_exchanged_f1_is_found_in_a_table_with_pairs() {
    let folder = tempfile::tempdir().unwrap();
    let path = table(&folder, "mine.csv", SWAPPED);
    program().arg("audit").arg(&path).assert().success().stdout(
        contains("impossible (1)").and(contains("swapped-f1: mosei, F1 (Non0) and F1 (Has0)")),
    );
}

#[test]
fn strict_ends_with_bad_data_where_something_strong_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = table(&folder, "mine.csv", SWAPPED);
    program()
        .args(["audit", "--strict"])
        .arg(&path)
        .assert()
        .code(3)
        .stderr(contains("1 finding"));
    let sound = table(
        &folder,
        "sound.csv",
        "model,MOSEI Acc-2,MOSEI F1\nA,84.1/82.7,84.0/82.6\n",
    );
    program()
        .args(["audit", "--strict"])
        .arg(&sound)
        .assert()
        .success()
        .stdout(contains("nothing found"));
}

#[test]
fn json_names_every_cell() {
    let folder = tempfile::tempdir().unwrap();
    let path = table(&folder, "mine.csv", SWAPPED);
    let output = program()
        .args(["audit", "--json"])
        .arg(&path)
        .output()
        .unwrap();
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let finding = &document["findings"][0];
    assert_eq!(finding["rule"], "swapped-f1");
    assert_eq!(finding["strength"], "impossible");
    assert_eq!(finding["cells"][0]["line"], 2);
    assert_eq!(finding["cells"][0]["column"], 3);
    assert_eq!(finding["cells"][0]["printed"], "77.19");
    assert!(document["rules"].as_array().unwrap().len() > 5);
}

#[test]
fn other_peoples_tables_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let text = "Method,Dataset,Metric,0%,50%,Avg\n\
                NewNet (ours),IEMOCAP,Acc-7,**51.2 \u{b1} 0.4**,41.0%,46.1\n\
                NewNet (ours),IEMOCAP,MAE,-,0.9,\n";
    let path = table(&folder, "theirs.csv", text);
    program().arg("audit").arg(&path).assert().success().stdout(
        contains("theirs.csv: 4 cells\n  read  ")
            .and(contains("Acc-7 41.0 to 51.2, MAE 0.9\n"))
            .and(contains("nothing found")),
    );
}

#[test]
fn a_cell_that_is_no_number_is_bad_data_with_line_and_column() {
    let folder = tempfile::tempdir().unwrap();
    let path = table(&folder, "bad.csv", "method,mosi_mae\nA,0.9\nB,0,9x\n");
    program()
        .arg("audit")
        .arg(&path)
        .assert()
        .code(3)
        .stderr(contains("line 3").and(contains("expected 2 columns")));
    let path = table(&folder, "bad.csv", "method,mosi_mae\nA,0.9\nB,9x\n");
    program()
        .arg("audit")
        .arg(&path)
        .assert()
        .code(3)
        .stderr(contains("line 3, column 2 (`mosi_mae`)"));
}

#[test]
fn refusals_have_their_exit_codes() {
    let folder = tempfile::tempdir().unwrap();
    program().arg("audit").assert().code(2);
    program()
        .arg("audit")
        .arg(folder.path().join("absent.csv"))
        .assert()
        .code(6)
        .stderr(contains("absent.csv"));
    let empty = table(&folder, "empty.csv", "");
    program()
        .arg("audit")
        .arg(&empty)
        .assert()
        .code(3)
        .stderr(contains("empty.csv is an empty file"));
    let path = table(&folder, "mine.csv", "model,0,0.5\nA,1,2\n");
    program()
        .arg("audit")
        .arg(&path)
        .assert()
        .code(3)
        .stderr(contains("--metric"));
    program()
        .args(["audit", "--metric", "bleu"])
        .arg(&path)
        .assert()
        .code(3)
        .stderr(contains("`bleu`"));
    program()
        .args(["audit", "--seeds", "0"])
        .arg(&path)
        .assert()
        .code(2);
}

#[test]
fn stated_runs_make_a_count_impossible_and_labels_replace_the_built_in_counts() {
    let folder = tempfile::tempdir().unwrap();
    let path = table(&folder, "mine.csv", "rate,model,mosi_acc7\n0,A,33.30\n");
    program()
        .args(["audit", "--seeds", "1"])
        .arg(&path)
        .assert()
        .success()
        .stdout(contains("impossible-count").and(contains("686 samples")));
    let data = super::program::prepared(folder.path());
    let path = table(
        &folder,
        "mine.csv",
        "rate,model,demo-film_acc7\n0,A,33.31\n",
    );
    program()
        .args(["audit", "--seeds", "1", "--data"])
        .arg(data.join("demo-film.h5"))
        .arg(&path)
        .assert()
        .success()
        .stdout(contains("impossible-count").and(contains("12 samples")));
}

#[test]
fn stated_runs_say_nothing_of_a_table_without_conditions() {
    let folder = tempfile::tempdir().unwrap();
    let path = table(&folder, "mine.csv", "model,mosi_acc7\nA,33.30\n");
    program()
        .args(["audit", "--strict", "--seeds", "1"])
        .arg(&path)
        .assert()
        .success()
        .stdout(contains("nothing found"));
}

#[test]
fn a_constant_is_seen_in_a_table_of_one_metric() {
    let folder = tempfile::tempdir().unwrap();
    let text = "model,0,0.5,1\nlost,57.77,57.77,57.77\nsound,80.12,71.33,57.77\n";
    let path = table(&folder, "mine.csv", text);
    program()
        .args([
            "audit",
            "--strict",
            "--dataset",
            "mosi",
            "--metric",
            "acc2_non0",
        ])
        .arg(&path)
        .assert()
        .success()
        .stdout(
            contains("odd (1)")
                .and(contains("constant-predictor: lost, mosi"))
                .and(contains("at 3 of 3 conditions")),
        );
}

#[test]
fn what_is_left_out_has_an_exit_code_and_the_last_line() {
    let folder = tempfile::tempdir().unwrap();
    let text = "case,model,mosi_mae,bleu\nL,A,1.1,12\nRandom,A,1.2,13\n";
    let path = table(&folder, "mine.csv", text);
    program()
        .arg("audit")
        .arg(&path)
        .assert()
        .code(7)
        .stdout(
            predicates::str::ends_with(
                "warning: 1 line, 1 column not checked (see the notes above)\n",
            )
            .and(contains("nothing found in the rest by")),
        )
        .stderr(contains(
            "warning: 1 line, 1 column of the tables not understood",
        ));
    let output = program()
        .args(["audit", "--json"])
        .arg(&path)
        .output()
        .unwrap();
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["tables"][0]["left_out"]["lines"], 1);
    assert_eq!(document["tables"][0]["left_out"]["columns"], 1);
    // A finding under --strict is what ends the command.
    let text = "model,mosi_mae,bleu\nA,-1.1,12\n";
    let path = table(&folder, "mine.csv", text);
    program()
        .args(["audit", "--strict"])
        .arg(&path)
        .assert()
        .code(3);
}

#[test]
fn tables_are_named_by_their_paths_as_given() {
    let folder = tempfile::tempdir().unwrap();
    for paper in ["p", "q"] {
        fs::create_dir(folder.path().join(paper)).unwrap();
        let text = "model,mosi_mae\nA,-1\n";
        fs::write(folder.path().join(paper).join("overall.csv"), text).unwrap();
    }
    let output = program()
        .current_dir(folder.path())
        .args(["audit", "--json", "p/overall.csv", "q/overall.csv"])
        .output()
        .unwrap();
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let names = [0, 1].map(|i| document["findings"][i]["cells"][0]["table"].clone());
    assert_eq!(names, ["p/overall.csv", "q/overall.csv"]);
    assert_eq!(document["tables"][1]["name"], "q/overall.csv");
    program()
        .current_dir(folder.path())
        .args(["audit", "p/overall.csv"])
        .assert()
        .success()
        .stdout(contains("p/overall.csv:2:2"));
}

#[test]
fn assumptions_are_printed_and_flags_replace_them() {
    let folder = tempfile::tempdir().unwrap();
    let text = "Model,MOSI Acc-2\nTFN,69.97/70.73\nMulT,73.18/74.70\nMISA,79.59/80.34\n";
    let path = table(&folder, "mine.csv", text);
    let audit = |flags: &[&str]| {
        let output = program().arg("audit").args(flags).arg(&path).output();
        String::from_utf8(output.unwrap().stdout).unwrap()
    };
    let assumed = audit(&[]);
    assert!(assumed.contains("are read as Has0/Non0"), "{assumed}");
    assert!(!audit(&["--pair", "has0-non0"]).contains("are read as"));
    let text = "case,model,mosi_mae\nL,A,1.1\n";
    let path = table(&folder, "cases.csv", text);
    program()
        .args(["audit", "--modalities", "present"])
        .arg(&path)
        .assert()
        .success()
        .stdout(contains("read as the").not());
}

#[test]
fn files_that_hold_no_table_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.csv");
    for (bytes, kind, help) in [
        (&b"{\"a\": 1}"[..], "a JSON file", "read_json"),
        (b"%PDF-1.7\n", "a PDF file", "pdftotext"),
        (b"\xff\xfea\0,\0b\0", "UTF-16", "iconv"),
    ] {
        fs::write(&path, bytes).unwrap();
        program()
            .arg("audit")
            .arg(&path)
            .assert()
            .code(3)
            .stderr(contains(kind).and(contains(help)));
    }
    fs::write(&path, "Model,MOSI Acc-2\n").unwrap();
    program()
        .arg("audit")
        .arg(&path)
        .assert()
        .code(3)
        .stderr(contains(
            "expected lines of numbers below the headings, found none",
        ));
    program()
        .arg("audit")
        .arg(folder.path())
        .assert()
        .code(3)
        .stderr(contains("a folder"));
}

/// Blocks of docs/audit.md that show a file and what `audit` prints for it.
fn examples() -> Vec<(String, String, String)> {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/audit.md");
    let page = fs::read_to_string(page).unwrap();
    let blocks = page
        .split("```")
        .filter(|b| b.trim_start().starts_with("$ cat "));
    let example = |block: &str| {
        let mut parts = block.trim_start().split("$ ").skip(1);
        let (cat, audit) = (parts.next().unwrap(), parts.next().unwrap());
        let (name, file) = cat.strip_prefix("cat ").unwrap().split_once('\n').unwrap();
        let (_, printed) = audit.split_once('\n').unwrap();
        (name.to_string(), file.to_string(), printed.to_string())
    };
    blocks.map(example).collect()
}

#[test]
fn the_examples_of_the_documentation_are_what_is_printed() {
    let folder = tempfile::tempdir().unwrap();
    let all = examples();
    assert!(all.len() > 1);
    for (name, file, printed) in all {
        table(&folder, &name, &file);
        let output = program()
            .current_dir(folder.path())
            .args(["audit", &name])
            .output()
            .unwrap();
        let mut found = String::from_utf8(output.stdout).unwrap();
        found += &String::from_utf8(output.stderr).unwrap();
        if !output.status.success() {
            found += &format!("{}\n", output.status.code().unwrap());
        }
        // The number of rules is not what the example shows.
        let rules = |text: &str| {
            let words = text.split_inclusive(' ');
            words
                .filter(|w| w.trim().parse::<u32>().is_err())
                .collect::<String>()
        };
        assert_eq!(rules(&found), rules(&printed), "{name}");
    }
}
