//! Tests the selection gap of written reports against the predictions.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::fixture::{eleven, evaluation, manifest, predictions};
use super::recompute_tests::{Training, half_width, left_out, mean, number, variance, weights};
use super::{Options, write_report};
use crate::data::dataset::SplitName;
use crate::metric::protocol;
use crate::record::selection::SelectionMetadata;
use crate::record::{Manifest, Predictions, RunDir, SelectionRule};

const RULES: [&str; 3] = ["valid:mae", "paper", "last"];

/// Epochs of a metric by each rule; `paper` has another one for accuracies.
fn epochs(metric: &str) -> [u32; 3] {
    let paper = if metric.starts_with("acc") { 3 } else { 4 };
    [2, paper, 5]
}

/// A run whose metrics read the epochs of [`epochs`] by these rules.
fn with_rules(model: &str, seed: u64, rules: &[usize]) -> Manifest {
    let mut m = manifest(model, seed, &eleven());
    let of = |rule: &usize| {
        let metrics = protocol("mosi").unwrap().metrics.iter();
        let chosen = metrics.map(|metric| (metric.name.to_owned(), epochs(metric.name)[*rule]));
        let (kind, metric, split) = [
            (SelectionRule::Validation, Some("mae"), SplitName::Valid),
            (SelectionRule::Paper, None, SplitName::Test),
            (SelectionRule::Last, Some("mae"), SplitName::Valid),
        ][*rule];
        SelectionMetadata {
            rule: Some(kind),
            metric: metric.map(str::to_owned),
            split: Some(split),
            chosen: chosen.collect(),
            ..m.selection.clone()
        }
    };
    let mut selections: Vec<SelectionMetadata> = rules.iter().map(of).collect();
    m.selection = selections.remove(0);
    m.other_selections = selections;
    m
}

/// Stores it; each epoch predicts a little differently.
fn save(root: &Path, m: &Manifest) {
    let mut all = Predictions::new();
    for epoch in m.evaluated_epochs() {
        let mut other = m.clone();
        other.seed += u64::from(epoch * epoch);
        all.set_epoch(epoch);
        for group in predictions(&other).groups() {
            let (truth, prediction) = (&group.truth, &group.prediction);
            all.extend(&group.key, &group.ids, truth, prediction)
                .unwrap();
        }
    }
    let run = RunDir::create(root, &m.id).unwrap();
    run.finish(m, &evaluation(m), &all).unwrap();
}

/// A training as a metric reads it by a rule, and the labels.
fn training(root: &Path, id: &str, epoch: u32) -> (Training, Vec<f32>) {
    let record = RunDir::open(root.join(id)).load().unwrap();
    let (mut training, mut labels) = (Training::new(), Vec::new());
    for group in record.predictions.groups() {
        if group.epoch == epoch {
            let passes = training.entry(group.key.condition.to_string());
            passes.or_default().push(group.prediction);
            labels = group.truth;
        }
    }
    (training, labels)
}

fn report(root: &Path) -> (String, Vec<BTreeMap<String, String>>) {
    let (runs, out) = (root.join("runs"), root.join("out"));
    let options = Options {
        resamples: Some(20),
        ..Options::default()
    };
    write_report(&[&runs], &out, &options).unwrap();
    let text = fs::read(out.join("summary.csv")).unwrap();
    let mut reader = ::csv::Reader::from_reader(&text[..]);
    let lines = reader.deserialize().map(Result::unwrap).collect();
    (fs::read_to_string(out.join("report.md")).unwrap(), lines)
}

#[test]
fn every_number_of_the_gap_is_what_the_predictions_give() {
    let dir = tempfile::tempdir().unwrap();
    let runs = dir.path().join("runs");
    for (model, seed) in [
        ("lnln", 11),
        ("lnln", 12),
        ("lnln", 15),
        ("other", 11),
        ("other", 12),
    ] {
        save(&runs, &with_rules(model, seed, &[0, 1, 2]));
    }
    let (text, lines) = report(dir.path());
    let mut checked = [0; 2];
    for line in &lines {
        let Some((_, rule)) = line["configuration"].split_once("selected by ") else {
            continue;
        };
        let rule = RULES.iter().position(|name| *name == rule).unwrap();
        let metric = protocol("mosi").unwrap().metric(&line["metric"]).unwrap();
        let seeds: &[u64] = match &*line["model"] {
            "lnln" => &[11, 12, 15],
            _ => &[11, 12],
        };
        let at = weights("", &line["aggregate"]);
        let by = |rule: usize| {
            let all = seeds.iter().map(|seed| {
                let id = format!("{}-{seed}", line["model"]);
                training(&runs, &id, epochs(metric.name)[rule])
            });
            let (trainings, mut labels): (Vec<Training>, Vec<Vec<f32>>) = all.unzip();
            (trainings, labels.swap_remove(0))
        };
        let (own, labels) = by(rule);
        let numbers = |model: &[Training], labels: &[f32]| -> Vec<f64> {
            let all = model.iter().map(|t| number(metric, t, labels, &at));
            all.collect()
        };
        let close = |name: &str, expected: f64| {
            let found: f64 = line[name].parse().unwrap();
            assert!(
                (found - expected).abs() < 1e-9,
                "{name} {expected}: {line:?}"
            );
        };
        let scores = numbers(&own, &labels);
        if scores.iter().any(|score| score.is_nan()) {
            assert!(!line["undefined"].is_empty(), "{line:?}");
            continue;
        }
        close("mean", mean(&scores));
        checked[0] += 1;
        if rule == 0 {
            assert_eq!(line["difference"], "");
            continue;
        }
        let (first, _) = by(0);
        let gaps = |own: &[Training], first: &[Training], labels: &[f32]| -> Vec<f64> {
            let pairs = numbers(own, labels).into_iter().zip(numbers(first, labels));
            pairs.map(|(a, b)| a - b).collect()
        };
        let found = gaps(&own, &first, &labels);
        close("difference", mean(&found));
        let n = labels.len() as f64;
        let pseudo = |left: usize| {
            let labels = [&labels[..left], &labels[left + 1..]].concat();
            let less = gaps(&left_out(&own, left), &left_out(&first, left), &labels);
            n * mean(&found) - (n - 1.0) * mean(&less)
        };
        let pseudo: Vec<f64> = (0..labels.len()).map(pseudo).collect();
        if pseudo.iter().all(|value| value.is_finite()) {
            let parts = [
                (variance(&found), found.len() as f64 - 1.0),
                (variance(&pseudo), n - 1.0),
            ];
            close("difference_low", mean(&found) - half_width(&parts, 0.05));
            close("difference_high", mean(&found) + half_width(&parts, 0.05));
            checked[1] += 1;
        }
    }
    assert!(checked[0] > 40 && checked[1] > 20, "{checked:?}");
    assert!(text.contains("The order of the models by MAE"), "{text}");
    assert!(
        text.contains("The rule paper takes for each metric"),
        "{text}"
    );
}

/// A paper run of several epochs: each metric's interval is of the predictions that it is read from.
#[test]
fn tests_read_the_predictions_of_the_metric_s_own_epoch() {
    let dir = tempfile::tempdir().unwrap();
    let runs = dir.path().join("runs");
    for seed in [11, 12] {
        save(&runs, &with_rules("lnln", seed, &[1]));
    }
    let (_, lines) = report(dir.path());
    let mut checked = 0;
    for name in ["acc7", "mae"] {
        let metric = protocol("mosi").unwrap().metric(name).unwrap();
        let line = lines
            .iter()
            .find(|l| l["metric"] == name && l["condition"] == "0.5")
            .unwrap();
        let (all, labels): (Vec<Training>, Vec<Vec<f32>>) = [11, 12]
            .map(|seed| training(&runs, &format!("lnln-{seed}"), epochs(name)[1]))
            .into_iter()
            .unzip();
        let labels = &labels[0];
        let at = [("0.5".to_owned(), 1.0)];
        let numbers = |all: &[Training], labels: &[f32]| -> Vec<f64> {
            all.iter().map(|t| number(metric, t, labels, &at)).collect()
        };
        let n = labels.len() as f64;
        let scores = numbers(&all, labels);
        let pseudo = |left: usize| {
            let labels = [&labels[..left], &labels[left + 1..]].concat();
            let less = mean(&numbers(&left_out(&all, left), &labels));
            n * mean(&scores) - (n - 1.0) * less
        };
        let pseudo: Vec<f64> = (0..labels.len()).map(pseudo).collect();
        let parts = [(variance(&scores), 1.0), (variance(&pseudo), n - 1.0)];
        let found: f64 = line["low"].parse().unwrap();
        // Scores of each seed are rounded to four decimals here.
        let expected = mean(&scores) - half_width(&parts, 0.05);
        assert!((found - expected).abs() < 2e-3, "{found} {expected} {name}");
        checked += 1;
    }
    assert_eq!(checked, 2);
}

#[test]
fn one_rule_has_no_gap_and_one_seed_no_interval() {
    let dir = tempfile::tempdir().unwrap();
    let runs = dir.path().join("runs");
    save(&runs, &with_rules("lnln", 11, &[0]));
    let (text, lines) = report(dir.path());
    assert!(!text.contains("selection gap") && !text.contains("Selection gap"));
    assert!(
        lines
            .iter()
            .all(|l| !l["configuration"].contains("selected by"))
    );
    save(&runs, &with_rules("other", 11, &[0, 1]));
    let (text, lines) = report(dir.path());
    assert!(
        text.contains("Not shown: LNLN (only the weights of one rule were kept)"),
        "{text}"
    );
    let of_paper =
        |l: &&BTreeMap<String, String>| l["configuration"].ends_with("selected by paper");
    let line = lines.iter().find(of_paper).unwrap();
    assert!(!line["difference"].is_empty() && line["difference_low"].is_empty());
    assert!(text.contains("No interval: it takes two seeds"), "{text}");
}
