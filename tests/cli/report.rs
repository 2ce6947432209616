//! `report` as a user sees it: what it refuses, and what `--check` says.

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use lnln_bench::data::dataset::{Corpus, SplitName};
use predicates::prelude::*;
use predicates::str::contains;

use super::program::{prepared, program, runs_in};

/// A folder of two runs: external predictions of a model, two seeds at two rates.
fn runs(folder: &Path) -> PathBuf {
    titled(folder, "mine")
}

fn titled(folder: &Path, title: &str) -> PathBuf {
    let data = prepared(folder).join("demo-film.h5");
    let ids = Corpus::open(&data)
        .unwrap()
        .outline(SplitName::Test)
        .unwrap()
        .ids;
    let mut text = "id,rate,seed,prediction\n".to_string();
    for (seed, rate) in [(1, 0.0), (1, 0.5), (2, 0.0), (2, 0.5)] {
        for (i, id) in ids.iter().enumerate() {
            let guess = i as f64 * 0.1 - f64::from(seed);
            text += &format!("{id},{rate},{seed},{guess}\n");
        }
    }
    let (file, runs) = (folder.join("mine.csv"), folder.join("runs"));
    fs::write(&file, text).unwrap();
    program()
        .arg("score")
        .arg(&file)
        .arg("--data")
        .arg(&data)
        .arg("--runs")
        .arg(&runs)
        .args(["--title", title])
        .assert()
        .success();
    runs
}

#[test]
fn characters_without_a_font_are_one_warning() {
    let folder = tempfile::tempdir().unwrap();
    let (runs, out) = (titled(folder.path(), "我们的"), folder.path().join("out"));
    report(&runs, &out)
        .assert()
        .success()
        .stderr(contains("WARN").not());
    let done = report(&runs, &out).args(["--figures", "png"]).assert();
    let said = String::from_utf8(done.success().get_output().stderr.clone()).unwrap();
    assert_eq!(said.matches("WARN").count(), 1, "{said}");
    assert!(said.contains("their font lacks (们 我 的)"), "{said}");
}

fn report(runs: &Path, out: &Path) -> Command {
    let mut command = program();
    command.arg("report").arg(runs).arg("--out").arg(out);
    command
}

#[test]
fn a_check_succeeds_until_a_file_or_a_run_changes() {
    let folder = tempfile::tempdir().unwrap();
    let (runs, out) = (runs(folder.path()), folder.path().join("out"));
    report(&runs, &out).assert().success();
    let check = || {
        let mut command = program();
        command.args(["report", "--check"]).arg(&out);
        command
    };
    check()
        .assert()
        .success()
        .stdout(contains("files are what the runs give"));
    let page = out.join("report.md");
    let text = fs::read_to_string(&page).unwrap();
    fs::write(&page, format!("{text} ")).unwrap();
    check()
        .assert()
        .code(3)
        .stdout(contains("report.md is not what the runs give"))
        .stderr(contains("1 difference between"));
    fs::write(&page, text).unwrap();
    let run = runs_in(&runs).remove(0);
    let file = run.evaluation_folders()[0].join("predictions.parquet");
    let mut bytes = fs::read(&file).unwrap();
    bytes.push(0);
    fs::write(&file, bytes).unwrap();
    check()
        .assert()
        .code(3)
        .stderr(contains("predictions.parquet changed after the run"));
    // A check takes what the report was made with, and a folder without one has nothing to check.
    check().args(["--layout", "paper"]).assert().code(2);
    program()
        .args(["report", "--check"])
        .arg(&runs)
        .assert()
        .code(3)
        .stderr(contains("holds no report"));
}

#[test]
fn unknown_names_are_usage_errors_that_list_the_known_ones() {
    let folder = tempfile::tempdir().unwrap();
    let (runs, out) = (runs(folder.path()), folder.path().join("out"));
    let refused = |flag: &str, value: &str, words: &str| {
        report(&runs, &out)
            .args([flag, value])
            .assert()
            .code(2)
            .stderr(contains(words));
        assert!(!out.exists(), "{flag}");
    };
    refused(
        "--layout",
        "wide",
        "expected `full` or `paper`, found `wide`",
    );
    refused(
        "--curves",
        "gray",
        "expected `all`, `focus` or `panels`, found `gray`",
    );
    refused(
        "--reference",
        "nobody",
        "--reference nobody: expected one of mine",
    );
    refused(
        "--metrics",
        "f3",
        "--metrics f3 (did you mean `f1`?): expected one of acc2, acc2_has0",
    );
    refused(
        "--models",
        "nobody",
        "--models nobody: expected one of mine",
    );
    refused(
        "--matrix-rates",
        "0.7",
        "--matrix-rates 0.7: expected one of 0, 0.5",
    );
    report(&runs, &out)
        .args(["--reference", "mine", "--matrix-rates", "0.5"])
        .args(["--curves", "panels"])
        .assert()
        .success()
        .stdout(contains("Demo film\n- mine reaches MAE"))
        .stdout(contains("figures: index.html and report.md in "));
    // The choice of curves is kept, so that a check repeats it.
    let manifest = fs::read(out.join("manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
    assert_eq!(manifest["options"]["curves"], "panels");
    let caption = "Gray: the other models; dashed: the baseline.";
    assert!(
        fs::read_to_string(out.join("report.md"))
            .unwrap()
            .contains(caption)
    );
    program()
        .args(["report", "--check"])
        .arg(&out)
        .assert()
        .success();
}

#[test]
fn rows_figures_and_the_reference_are_by_choice_and_checked() {
    let folder = tempfile::tempdir().unwrap();
    let (runs, out) = (runs(folder.path()), folder.path().join("out"));
    let output = report(&runs, &out)
        .args([
            "--no-baseline",
            "--reference-row",
            "last",
            "--models",
            "MINE",
        ])
        .args(["--figures", "pdf", "--untitled", "--json"])
        .assert()
        .success();
    let record: serde_json::Value = serde_json::from_slice(&output.get_output().stdout).unwrap();
    let reference = &record["references"][0];
    assert_eq!([&reference["title"], &reference["why"]], ["mine", "first"]);
    assert_eq!(record["left_out"], serde_json::json!([]));
    let sentence = record["findings"][0]["sentences"][0].as_str().unwrap();
    assert!(sentence.starts_with("mine reaches MAE"), "{sentence}");
    let files: Vec<&str> = record["files"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|f| f.as_str())
        .collect();
    let table = fs::read_to_string(out.join("tables/demo-film-overview.tex")).unwrap();
    assert!(!table.contains("Best training constant"), "{table}");
    let figures = files.iter().filter(|file| file.ends_with(".svg"));
    for figure in figures {
        assert!(
            files.contains(&&*figure.replace(".svg", ".pdf")),
            "{figure}"
        );
    }
    program()
        .args(["report", "--check"])
        .arg(&out)
        .assert()
        .success();
    report(&runs, &out).assert().success().stdout(contains(
        "reference mine (there is no LNLN, so the first model by title)",
    ));
    assert!(!out.join("figures/demo-film-mae.pdf").exists());
    report(&runs, &out)
        .args(["--reference-row", "middle"])
        .assert()
        .code(2)
        .stderr(contains("expected `first` or `last`, found `middle`"));
}

/// The line of docs/reports.md that reads the means and spreads of MAE over the rates.
#[test]
fn one_line_of_python_has_the_mean_and_spread_of_a_metric_over_the_rates() {
    let Some(python) = super::python::python(&["polars"]) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let (runs, out) = (runs(folder.path()), folder.path().join("out"));
    report(&runs, &out).assert().success();
    let page = include_str!("../../docs/reports.md");
    let mut lines = page.lines();
    let line = lines
        .find(|line| line.starts_with("curve = pl.read_parquet("))
        .unwrap();
    let path = out.join("summary.parquet");
    let line = line.replace("reports/demo/summary.parquet", path.to_str().unwrap());
    let script = format!(
        "import polars as pl\n{line}\nfor row in curve.iter_rows(): print(*row[:2], round(row[2], 4), row[3] is None)\n"
    );
    let mut command = std::process::Command::new(python);
    let printed = super::python::run(command.args(["-c", &script]));
    let lines: Vec<&str> = printed.lines().collect();
    let of = |title: &str| lines.iter().filter(|line| line.starts_with(title)).count();
    assert_eq!(
        (of("mine"), of("Best training constant (baseline)")),
        (2, 2),
        "{printed}"
    );
    // The same from scores.csv, by hand.
    let mut scores = csv::Reader::from_path(out.join("scores.csv")).unwrap();
    let heads = scores.headers().unwrap().clone();
    let at = |name: &str| heads.iter().position(|head| head == name).unwrap();
    let records = scores.records().map(Result::unwrap);
    let own = records.filter(|r| &r[at("metric")] == "mae" && &r[at("rate_text")] == "0.5");
    let values: Vec<f64> = own.map(|r| r[at("value")].parse().unwrap()).collect();
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let expected = format!("mine 0.5 {} False", (mean * 1e4).round() / 1e4);
    assert!(lines.contains(&&*expected), "{expected}: {printed}");
}

#[test]
fn a_file_of_predictions_is_no_folder_of_runs() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.csv");
    fs::write(&file, "id,rate,seed,prediction\n").unwrap();
    program()
        .arg("report")
        .arg(&file)
        .arg("--out")
        .arg(folder.path().join("out"))
        .assert()
        .failure()
        .stderr(contains("expected the folder of a run, found a file").and(contains("score")));
}

#[test]
fn a_folder_with_other_files_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (runs, out) = (runs(folder.path()), folder.path().join("out"));
    fs::create_dir(&out).unwrap();
    fs::write(out.join("notes.txt"), "mine").unwrap();
    report(&runs, &out)
        .assert()
        .code(2)
        .stderr(contains("is in the way").and(contains("choose another --out")));
    assert_eq!(fs::read_dir(&out).unwrap().count(), 1);
    // Beside a report they stay, and a check does not mind them.
    fs::remove_file(out.join("notes.txt")).unwrap();
    report(&runs, &out).assert().success();
    fs::write(out.join("notes.txt"), "mine").unwrap();
    report(&runs, &out).assert().success();
    assert_eq!(fs::read_to_string(out.join("notes.txt")).unwrap(), "mine");
    program()
        .args(["report", "--check"])
        .arg(&out)
        .assert()
        .success();
}

#[test]
fn unfinished_runs_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let (runs, out) = (runs(folder.path()), folder.path().join("out"));
    fs::create_dir(runs.join("abandoned")).unwrap();
    fs::write(runs.join("abandoned/config.toml"), "").unwrap();
    report(&runs, &out).assert().success().stderr(contains(
        "left out of the report, since not finished (1): abandoned",
    ));
}

#[cfg(feature = "torch")]
#[test]
fn every_citation_of_a_model_becomes_an_entry_of_its_own() {
    let mut keys = std::collections::BTreeSet::new();
    for entry in lnln_bench::model::MODELS
        .iter()
        .filter(|e| !e.citation.is_empty())
    {
        let cited = lnln_bench::report::format::citations::entry(entry.citation);
        let (key, _) = cited.unwrap_or_else(|| panic!("{}: {}", entry.name, entry.citation));
        assert!(keys.insert(key), "{}", entry.name);
    }
    assert!(keys.len() > 5);
}
