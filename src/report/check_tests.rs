//! Tests that scores which were edited together with their checksum are found.

use std::fs;
use std::path::Path;

use super::write_tests::save_all;
use super::{Options, check, write_report};
use crate::record::fixture::only_evaluation;
use crate::record::{RunDir, hash_bytes};

/// Puts other bytes in place of a sealed file, and their hash into `DONE`.
fn replace(path: &Path, edit: impl Fn(&str) -> String) {
    let old = fs::read_to_string(path).unwrap();
    let new = edit(&old);
    assert_ne!(old, new);
    fs::write(path, &new).unwrap();
    let done = path.with_file_name("DONE");
    let seal = fs::read_to_string(&done).unwrap();
    let hash = |text: &str| hash_bytes(text.as_bytes());
    fs::write(done, seal.replace(&hash(&old), &hash(&new))).unwrap();
}

/// The first mean absolute error in a run's scores is halved.
fn flatter(run: &RunDir) {
    replace(&only_evaluation(run).join("scores.csv"), |text| {
        let line = text.lines().find(|l| l.contains(",mae,")).unwrap();
        let (head, tail) = line.split_once(",mae,").unwrap();
        let (value, rest) = tail.split_once(',').unwrap();
        let better = value.parse::<f64>().unwrap() / 2.0;
        text.replace(line, &format!("{head},mae,{better},{rest}"))
    });
}

fn options() -> Options {
    Options {
        metrics: vec!["mae".into()],
        resamples: Some(0),
        ..Options::default()
    }
}

#[test]
fn scores_that_were_edited_and_sealed_again_are_caught() {
    let dir = tempfile::tempdir().unwrap();
    let (runs, out) = (dir.path().join("runs"), dir.path().join("out"));
    save_all(&runs);
    flatter(&RunDir::open(runs.join("lnln-12")));
    write_report(&[&runs], &out, &options()).unwrap();
    let differences = check(&out, &[]).unwrap().differences.join("\n");
    assert!(
        differences.contains("the scores.csv of run lnln-12 is not what its predictions give"),
        "{differences}"
    );
    assert!(
        differences.contains("summary.csv is not what the runs give"),
        "{differences}"
    );
    assert!(!differences.contains("lnln-11"), "{differences}");
}

#[test]
fn scores_edited_after_the_report_are_caught_too() {
    let dir = tempfile::tempdir().unwrap();
    let (runs, out) = (dir.path().join("runs"), dir.path().join("out"));
    save_all(&runs);
    write_report(&[&runs], &out, &options()).unwrap();
    assert!(check(&out, &[]).unwrap().differences.is_empty());
    flatter(&RunDir::open(runs.join("flat-11")));
    let differences = check(&out, &[]).unwrap().differences;
    let named = |text: &&String| text.contains("the scores.csv of run flat-11");
    assert_eq!(
        differences.iter().filter(named).count(),
        1,
        "{differences:?}"
    );
    // The report names the scores it was made of by their hash.
    let manifest = |text: &&String| text.starts_with("manifest.json");
    assert_eq!(
        differences.iter().filter(manifest).count(),
        1,
        "{differences:?}"
    );
}

#[test]
fn a_metric_that_the_stored_scores_lack_is_computed_from_the_predictions() {
    let dir = tempfile::tempdir().unwrap();
    let (runs, whole, out) = (
        dir.path().join("runs"),
        dir.path().join("whole"),
        dir.path().join("out"),
    );
    save_all(&runs);
    write_report(&[&runs], &whole, &options()).unwrap();
    let run = RunDir::open(runs.join("lnln-11"));
    replace(&only_evaluation(&run).join("scores.csv"), |text| {
        let kept = text.lines().filter(|l| !l.contains(",mae,"));
        kept.map(|l| format!("{l}\n")).collect()
    });
    write_report(&[&runs], &out, &options()).unwrap();
    let read = |dir: &Path| fs::read_to_string(dir.join("scores.csv")).unwrap();
    assert_eq!(read(&whole), read(&out));
    assert!(check(&out, &[]).unwrap().differences.is_empty());
}

#[test]
fn a_check_passes_until_something_changes() {
    let dir = tempfile::tempdir().unwrap();
    let (runs, out) = (dir.path().join("runs"), dir.path().join("out"));
    save_all(&runs);
    let options = Options {
        metrics: vec!["mae".into()],
        resamples: Some(50),
        ..Options::default()
    };
    let written = write_report(&[&runs], &out, &options).unwrap();
    let checked = check(&out, &[]).unwrap();
    assert_eq!(
        (checked.files, checked.differences.len()),
        (written.files.len(), 0)
    );
    let page = fs::read_to_string(out.join("report.md")).unwrap();
    fs::write(out.join("report.md"), page.replacen("0.", "0.0", 1)).unwrap();
    fs::remove_file(out.join("tables.tex")).unwrap();
    let differences = check(&out, std::slice::from_ref(&runs))
        .unwrap()
        .differences;
    assert_eq!(differences.len(), 2, "{differences:?}");
    let evaluation = only_evaluation(&RunDir::open(runs.join("flat-11")));
    fs::write(evaluation.join("predictions.parquet"), "better").unwrap();
    let message = check(&out, &[]).unwrap_err().to_string();
    assert!(
        message.contains("flat-11/evaluations/")
            && message.contains("/predictions.parquet changed"),
        "{message}"
    );
    let message = check(&runs, &[]).unwrap_err().to_string();
    assert!(message.contains("holds no report"), "{message}");
}

#[test]
fn a_run_that_is_gone_is_named_before_the_files_that_differ_for_it() {
    let dir = tempfile::tempdir().unwrap();
    let (runs, out) = (dir.path().join("runs"), dir.path().join("out"));
    save_all(&runs);
    write_report(&[&runs], &out, &options()).unwrap();
    fs::rename(runs.join("lnln-12"), dir.path().join("lnln-12")).unwrap();
    let differences = check(&out, &[]).unwrap().differences;
    let first = "run lnln-12 is in the report and not among the runs now";
    assert_eq!(differences[0], first, "{differences:?}");
    assert!(differences.len() > 1, "{differences:?}");
}
