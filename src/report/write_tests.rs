//! Tests whole reports on disk.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::fixture::{eleven, manifest, only_evaluation, predictions, save};
use super::{FigureFormat, Options, check, write_report};
use crate::record::RunDir;

/// Every file below `dir` with its bytes.
fn contents(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut out = BTreeMap::new();
    for folder in [dir.to_path_buf(), dir.join("figures"), dir.join("tables")] {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let name = path.strip_prefix(dir).unwrap().display().to_string();
                out.insert(name, fs::read(path).unwrap());
            }
        }
    }
    out
}

pub(super) fn save_all(root: &Path) {
    for (model, seed) in [("lnln", 11), ("lnln", 12), ("flat", 11), ("constant", 11)] {
        save(root, &manifest(model, seed, &eleven()));
    }
}

#[test]
fn the_same_runs_give_the_same_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let (runs, one, two) = (
        dir.path().join("runs"),
        dir.path().join("1"),
        dir.path().join("2"),
    );
    save_all(&runs);
    let written = write_report(&[&runs], &one, &Options::default()).unwrap();
    write_report(&[&runs], &two, &Options::default()).unwrap();
    let (first, second) = (contents(&one), contents(&two));
    assert!(first == second);
    write_report(&[&runs], &one, &Options::default()).unwrap();
    assert!(contents(&one) == first);
    assert_eq!((written.runs, written.overviews.len()), (4, 1));
    let mut files = written.files.clone();
    files.sort();
    assert_eq!(files, first.keys().cloned().collect::<Vec<_>>());
    let text = String::from_utf8(first["report.md"].clone()).unwrap();
    assert!(text.contains("n/a") && !text.contains("NaN"));
}

#[test]
fn pictures_are_rendered_where_asked_for_and_removed_where_not() {
    let dir = tempfile::tempdir().unwrap();
    let (runs, out) = (dir.path().join("runs"), dir.path().join("out"));
    save_all(&runs);
    let options = |figures: &[FigureFormat]| Options {
        metrics: vec!["mae".into()],
        resamples: Some(0),
        figures: figures.to_vec(),
        ..Options::default()
    };
    let pictures = || {
        let all = contents(&out).into_iter();
        all.filter(|(name, _)| name.ends_with(".png") || name.ends_with(".pdf"))
            .collect::<Vec<_>>()
    };
    write_report(
        &[&runs],
        &out,
        &options(&[FigureFormat::Pdf, FigureFormat::Png]),
    )
    .unwrap();
    let figures = contents(&out)
        .keys()
        .filter(|n| n.ends_with(".svg"))
        .count();
    assert!(figures > 3 && pictures().len() == 2 * figures);
    assert!(
        pictures()
            .iter()
            .all(|(name, bytes)| bytes.starts_with(if name.ends_with("g") {
                b"\x89PNG"
            } else {
                b"%PDF"
            }))
    );
    assert!(check(&out, &[]).unwrap().differences.is_empty());
    write_report(&[&runs], &out, &options(&[])).unwrap();
    assert!(pictures().is_empty());
}

#[test]
fn a_tampered_run_is_caught_and_named() {
    let dir = tempfile::tempdir().unwrap();
    let (runs, out) = (dir.path().join("runs"), dir.path().join("out"));
    save_all(&runs);
    let run = RunDir::open(runs.join("lnln-12"));
    let mut better = predictions(&manifest("lnln", 12, &eleven()));
    better
        .extend(&condition_of(&better), &["x".into()], &[1.0], &[1.0])
        .unwrap();
    let evaluation = only_evaluation(&run);
    better
        .write(&evaluation.join("predictions.parquet"))
        .unwrap();
    let message = write_report(&[&runs], &out, &Options::default())
        .unwrap_err()
        .to_string();
    assert!(
        message.contains("lnln-12/evaluations/")
            && message.contains("/predictions.parquet changed after the run"),
        "{message}"
    );
    assert!(!out.exists());
}

fn condition_of(predictions: &crate::record::Predictions) -> crate::record::PredictionKey {
    predictions.groups().swap_remove(0).key
}

#[test]
fn an_empty_folder_of_runs_is_an_error_and_nothing_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    let message = write_report(&[dir.path()], &out, &Options::default())
        .unwrap_err()
        .to_string();
    assert!(message.contains("holds no run"), "{message}");
    assert!(!out.exists());
}

#[test]
fn a_folder_with_other_things_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let (runs, out) = (dir.path().join("runs"), dir.path().join("out"));
    save_all(&runs);
    fs::create_dir(&out).unwrap();
    fs::write(out.join("thesis.tex"), "years of work").unwrap();
    let message = write_report(&[&runs], &out, &Options::default())
        .unwrap_err()
        .to_string();
    assert!(message.contains("out is in the way"), "{message}");
    let message = write_report(&[&runs], &runs.join("lnln-11"), &Options::default())
        .unwrap_err()
        .to_string();
    assert!(message.contains("lnln-11 is in the way"), "{message}");
    assert_eq!(fs::read_dir(&out).unwrap().count(), 1);
}

#[test]
fn a_selection_shows_what_was_asked_for_and_drops_old_figures() {
    let dir = tempfile::tempdir().unwrap();
    let (runs, out) = (dir.path().join("runs"), dir.path().join("out"));
    save_all(&runs);
    write_report(&[&runs], &out, &Options::default()).unwrap();
    let all = contents(&out).len();
    // As an earlier version wrote it.
    let json = fs::read_to_string(out.join("manifest.json")).unwrap();
    fs::write(
        out.join("manifest.json"),
        json.replace("\"sources\"", "\"roots\""),
    )
    .unwrap();
    let options = Options {
        metrics: vec!["mae".into()],
        models: vec!["lnln".into()],
        ..Options::default()
    };
    let written = write_report(&[&runs], &out, &options).unwrap();
    let left = contents(&out);
    assert!(left.len() < all && left.contains_key("figures/toy-mae.svg"));
    assert!(!left.contains_key("figures/toy-corr.svg"));
    let labels: Vec<_> = written.overviews[0]
        .rows
        .iter()
        .map(|r| r.label.as_str())
        .collect();
    assert_eq!(labels, ["LNLN", "CONSTANT (baseline)"]);
}

#[test]
fn an_unknown_name_is_answered_with_the_known_ones() {
    let dir = tempfile::tempdir().unwrap();
    save_all(dir.path());
    let out = dir.path().join("out");
    let ask = |metrics: &[&str], models: &[&str]| {
        let options = Options {
            metrics: metrics.iter().map(|m| m.to_string()).collect(),
            models: models.iter().map(|m| m.to_string()).collect(),
            ..Options::default()
        };
        write_report(&[dir.path()], &out, &options)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        ask(&[], &["lnnl"]),
        "--models lnnl (did you mean `lnln`?): expected one of constant, flat, lnln, the models of these runs"
    );
    assert!(ask(&["f2"], &[]).starts_with("--metrics f2 (did you mean `f1`?): expected one of "));
    // A stem selects the metrics with and without labels of zero.
    let options = Options {
        metrics: vec!["F1-swapped".into()],
        resamples: Some(0),
        ..Options::default()
    };
    let written = write_report(&[dir.path()], &out, &options).unwrap();
    let names: Vec<_> = written.overviews[0]
        .columns
        .iter()
        .map(|c| c.name.as_str())
        .collect();
    let expected = [
        "mae",
        "mae_above_baseline",
        "f1_swapped_non0",
        "f1_swapped_has0",
    ];
    assert_eq!(names, expected);
}
