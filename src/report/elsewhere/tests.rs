//! Computes every change of a report a second time, plainly, from the predictions of both data sets.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::metric::{Metric, protocol};
use crate::record::fixture::{TRUTH, evaluation, manifest, predictions, save};
use crate::record::manifest::DatasetMetadata;
use crate::record::{Evaluation, Manifest, PredictionKey, Predictions, RunDir};
use crate::report::recompute_tests::{SEEDS, half_of, mean};
use crate::report::{Options, check, write_report};

const RATES: [f64; 3] = [0.0, 0.5, 1.0];

/// Another data set, without the first sample and with one more.
fn other(m: &Manifest) -> DatasetMetadata {
    DatasetMetadata {
        name: "toy-asr".into(),
        title: "Toy as heard".into(),
        content_hash: "beefbeefbeefbeef".into(),
        ..m.dataset.clone()
    }
}

/// Its predictions, off by more than those of the training's own data.
fn elsewhere(m: &Manifest) -> Predictions {
    let mut out = Predictions::new();
    let ids: Vec<String> = (1..=TRUTH.len()).map(|i| format!("sample$_${i}")).collect();
    let truth: Vec<f32> = TRUTH[1..].iter().copied().chain([0.9]).collect();
    for group in predictions(m).groups() {
        let key = PredictionKey {
            dataset: "toy-asr".into(),
            ..group.key
        };
        let shifted = |i: usize| {
            let own = group.prediction.get(i + 1).copied().unwrap_or(0.4);
            own * 0.8 + ((i as u64 * 5 + m.seed) % 7) as f32 * 0.11 - 0.3
        };
        let guesses: Vec<f32> = (0..truth.len()).map(shifted).collect();
        out.extend(&key, &ids, &truth, &guesses).unwrap();
    }
    out
}

fn save_all(runs: &Path) {
    for (model, seed) in SEEDS {
        let m = manifest(model, seed, &RATES);
        let run = save(runs, &m);
        let tested = Evaluation {
            tested_on: Some(other(&m)),
            ..evaluation(&m)
        };
        run.add_evaluation(&tested, &elsewhere(&m)).unwrap();
    }
}

fn report(root: &Path) {
    let options = Options {
        resamples: Some(20),
        ..Options::default()
    };
    write_report(&[root.join("runs")], &root.join("out"), &options).unwrap();
}

fn lines(root: &Path) -> Vec<BTreeMap<String, String>> {
    let mut reader = ::csv::Reader::from_path(root.join("out/summary.csv")).unwrap();
    reader.deserialize().map(Result::unwrap).collect()
}

/// By condition, a list of predictions with their labels, by id and for each mask seed.
type Side = BTreeMap<String, Vec<BTreeMap<String, [f32; 2]>>>;

fn side(predictions: &Predictions) -> Side {
    let mut side = Side::new();
    for group in predictions.groups() {
        let rows = group
            .ids
            .iter()
            .zip(group.truth.iter().zip(&group.prediction));
        let rows = rows.map(|(id, (truth, guess))| (id.clone(), [*truth, *guess]));
        let condition = group.key.condition.to_string();
        side.entry(condition).or_default().push(rows.collect());
    }
    side
}

/// The metric on the samples `ids`, weighted over conditions.
fn number(metric: &Metric, side: &Side, ids: &[String], at: &[(&str, f64)]) -> f64 {
    let one = |(condition, weight): &(&str, f64)| {
        let passes = &side[*condition];
        let score = |pass: &BTreeMap<String, [f32; 2]>| {
            let truth: Vec<f32> = ids.iter().map(|id| pass[id][0]).collect();
            let guess: Vec<f32> = ids.iter().map(|id| pass[id][1]).collect();
            (metric.compute)(&guess, &truth).unwrap_or(f64::NAN)
        };
        weight * passes.iter().map(score).sum::<f64>() / passes.len() as f64
    };
    at.iter().map(one).sum()
}

#[test]
fn every_change_and_interval_is_what_both_predictions_give() {
    let dir = tempfile::tempdir().unwrap();
    save_all(&dir.path().join("runs"));
    report(dir.path());
    // Samples 1 to 9 are in both.
    let ids: Vec<String> = (1..TRUTH.len()).map(|i| format!("sample$_${i}")).collect();
    let mut checked = [0; 2];
    for line in lines(dir.path()) {
        let Some(name) = line["aggregate"].strip_prefix("change_") else {
            continue;
        };
        let third = 1.0 / 3.0;
        let at: Vec<(&str, f64)> = match name {
            "mean" => vec![("0", third), ("0.5", third), ("1", third)],
            "auc" => vec![("0", 0.25), ("0.5", 0.5), ("1", 0.25)],
            "0.0" => vec![("0", 1.0)],
            "1.0" => vec![("1", 1.0)],
            rate => vec![(rate, 1.0)],
        };
        let metric = protocol("mosi").unwrap().metric(&line["metric"]).unwrap();
        let seeds = SEEDS.iter().filter(|(model, _)| *model == line["model"]);
        let sides: Vec<[Side; 2]> = seeds
            .map(|(model, seed)| {
                let m = manifest(model, *seed, &RATES);
                [side(&elsewhere(&m)), side(&predictions(&m))]
            })
            .collect();
        let changes = |ids: &[String]| -> Vec<f64> {
            let change = |[here, there]: &[Side; 2]| {
                number(metric, here, ids, &at) - number(metric, there, ids, &at)
            };
            sides.iter().map(change).collect()
        };
        let all = changes(&ids);
        let value = |name: &str| line[name].parse::<f64>().ok();
        if all.iter().any(|v| v.is_nan()) {
            assert!(
                value("mean").is_none() && !line["undefined"].is_empty(),
                "{line:?}"
            );
            continue;
        }
        let found = value("mean").unwrap();
        assert!((found - mean(&all)).abs() < 1e-9, "{line:?} {all:?}");
        assert_eq!(line["dataset"], "toy-asr");
        assert_eq!(line["configuration"], "trained on toy");
        checked[0] += 1;
        let n = ids.len() as f64;
        let pseudo = |left: usize| {
            let rest = [&ids[..left], &ids[left + 1..]].concat();
            n * mean(&all) - (n - 1.0) * mean(&changes(&rest))
        };
        let pseudo: Vec<f64> = (0..ids.len()).map(pseudo).collect();
        if pseudo.iter().any(|v| v.is_nan()) {
            assert_eq!(value("low"), None, "{line:?}");
            continue;
        }
        let half = half_of(&all, &pseudo);
        assert!(
            (value("low").unwrap() - (found - half)).abs() < 1e-9,
            "{line:?} {half}"
        );
        assert!(
            (value("high").unwrap() - (found + half)).abs() < 1e-9,
            "{line:?} {half}"
        );
        checked[1] += 1;
    }
    // Two models, five aggregates.
    let metrics = protocol("mosi").unwrap().metrics.len();
    assert!(
        checked[0] > 8 * metrics && checked[1] > 6 * metrics,
        "{checked:?}"
    );
}

#[test]
fn other_data_are_a_section_of_their_own_and_change_no_number_of_the_others() {
    let dir = tempfile::tempdir().unwrap();
    let (alone, both) = (dir.path().join("alone"), dir.path().join("both"));
    for (model, seed) in SEEDS {
        save(&alone.join("runs"), &manifest(model, seed, &RATES));
    }
    save_all(&both.join("runs"));
    report(&alone);
    report(&both);
    let scores = |root: &Path| -> Vec<String> {
        let text = fs::read_to_string(root.join("out/scores.csv")).unwrap();
        text.lines()
            .filter(|line| !line.starts_with("toy-asr"))
            .map(str::to_owned)
            .collect()
    };
    assert_eq!(scores(&alone), scores(&both));
    let page = fs::read_to_string(both.join("out/report.md")).unwrap();
    for part in [
        "## Trained on Toy & co_1, tested on Toy as heard",
        "change against Toy & co_1",
        "the 9 samples that both test splits have by their ids, of 10 of Toy as heard and 10 of Toy & co_1",
    ] {
        let part = crate::report::format::markdown::escape(part);
        assert!(page.contains(&part), "{part}");
    }
    let checked = check(&both.join("out"), &[]).unwrap();
    assert!(checked.differences.is_empty(), "{checked:?}");
    // Further tests of the same runs change nothing in an earlier report.
    for (model, seed) in SEEDS {
        let m = manifest(model, seed, &RATES);
        let tested = Evaluation {
            tested_on: Some(other(&m)),
            ..evaluation(&m)
        };
        let run = RunDir::open(alone.join("runs").join(&m.id));
        run.add_evaluation(&tested, &elsewhere(&m)).unwrap();
    }
    let checked = check(&alone.join("out"), &[]).unwrap();
    assert!(checked.differences.is_empty(), "{checked:?}");
}

#[test]
fn an_id_in_the_report_leads_to_the_folder_and_the_other_data() {
    let dir = tempfile::tempdir().unwrap();
    save_all(&dir.path().join("runs"));
    report(dir.path());
    let json = fs::read(dir.path().join("out/manifest.json")).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    let run = &json["runs"]["lnln-11@toy-asr@beefbeef"];
    assert_eq!(run["dataset"], "toy-asr");
    let name = run["evaluations"][0]["name"].as_str().unwrap();
    let folder = dir.path().join("runs/lnln-11/evaluations").join(name);
    let bytes = fs::read(folder.join("predictions.parquet")).unwrap();
    let hash = blake3::hash(&bytes).to_hex().to_string();
    assert_eq!(run["evaluations"][0]["predictions_blake3"], hash);
}
