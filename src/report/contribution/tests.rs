//! Computes every contribution of a report a second time, plainly, from the predictions.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::mask::Condition;
use crate::metric::protocol;
use crate::record::fixture::{TRUTH, evaluation, manifest, masks, save};
use crate::record::{Manifest, PredictionKey, Predictions, RunDir};
use crate::report::recompute_tests::{SEEDS, both, half_of, mean, read};
use crate::report::{Options, write_report};

/// A run under whole modalities and, with `ends`, under two rates and a third.
fn run(model: &str, seed: u64, ends: bool) -> Manifest {
    let mut m = manifest(model, seed, &[]);
    let rates = [0.0, 0.5, 1.0].into_iter().filter_map(Condition::of_number);
    m.masks = vec![masks("modality", Condition::SUBSETS.to_vec())];
    m.masks
        .extend(ends.then(|| masks("random", rates.collect())));
    m
}

/// Predictions that lose most without text and least without vision, each seed a little differently.
fn predictions(m: &Manifest) -> Predictions {
    let ids: Vec<String> = (0..TRUTH.len()).map(|i| format!("s{i}")).collect();
    let mut out = Predictions::new();
    for masks in &m.masks {
        for &mask_seed in &masks.seeds {
            for &condition in &masks.conditions {
                let key = PredictionKey {
                    dataset: m.dataset.name.clone(),
                    split: "test".into(),
                    mask_protocol: masks.mask_protocol.clone(),
                    mask_seed,
                    condition,
                };
                let [text, audio, vision] = condition.rates();
                let lost = 0.6 * text + 0.25 * audio - 0.05 * vision + 0.1 * text * audio;
                let guess = |i: usize| {
                    let noise =
                        ((i as u64 * 7 + m.seed * 5 + m.model.name.len() as u64) % 11) as f32;
                    TRUTH[i] * (1.0 - lost as f32) + (noise / 11.0 - 0.5) * 0.8
                };
                let guesses: Vec<f32> = (0..TRUTH.len()).map(guess).collect();
                out.extend(&key, &ids, &TRUTH, &guesses).unwrap();
            }
        }
    }
    out
}

fn save_run(runs: &Path, m: &Manifest) {
    let dir = RunDir::create(runs, &m.id).unwrap();
    dir.finish(m, &evaluation(m), &predictions(m)).unwrap();
}

/// Shapley's definition over all orders, as weights of conditions by their names.
fn weights(part: &str) -> Vec<(String, f64)> {
    let orders = [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ];
    let name = |missing: [f64; 3]| Condition::new(missing).unwrap().to_string();
    if part == "together" {
        return vec![(name([0.0; 3]), 1.0), (name([1.0; 3]), -1.0)];
    }
    let modality = ["text", "audio", "vision"].iter().position(|n| *n == part);
    let mut all = Vec::new();
    for order in orders {
        let mut missing = [1.0; 3];
        for added in order {
            let before = name(missing);
            missing[added] = 0.0;
            if Some(added) == modality {
                all.extend([(name(missing), 1.0 / 6.0), (before, -1.0 / 6.0)]);
            }
        }
    }
    all
}

fn report(root: &Path, resamples: usize) -> Vec<BTreeMap<String, String>> {
    let (runs, out) = (root.join("runs"), root.join("out"));
    let options = Options {
        resamples: Some(resamples),
        ..Options::default()
    };
    write_report(&[&runs], &out, &options).unwrap();
    let mut reader = ::csv::Reader::from_path(out.join("summary.csv")).unwrap();
    let lines = reader.deserialize::<BTreeMap<String, String>>();
    let lines = lines.map(Result::unwrap);
    lines
        .filter(|line| line["aggregate"].starts_with("contribution_"))
        .collect()
}

#[test]
fn every_contribution_and_interval_is_what_the_predictions_give() {
    let dir = tempfile::tempdir().unwrap();
    for (model, seed) in SEEDS {
        save_run(&dir.path().join("runs"), &run(model, seed, true));
    }
    let lines = report(dir.path(), 20);
    let (models, labels) = read(&dir.path().join("runs"), &SEEDS);
    let mut checked = [0; 2];
    for line in &lines {
        let metric = protocol("mosi").unwrap().metric(&line["metric"]).unwrap();
        let value = |name: &str| line[name].parse::<f64>().ok();
        let part = line["aggregate"].trim_start_matches("contribution_");
        let (all, pseudo) = both(metric, &models[&line["model"]], &labels, &weights(part));
        assert_eq!(line["n"], all.len().to_string());
        if !all.iter().all(|v| v.is_finite()) {
            assert!(
                value("mean").is_none() && !line["undefined"].is_empty(),
                "{line:?}"
            );
            continue;
        }
        let found = value("mean").unwrap();
        assert!((found - mean(&all)).abs() < 1e-9, "{line:?} {all:?}");
        checked[0] += 1;
        if pseudo.iter().all(|v| v.is_finite()) {
            let half = half_of(&all, &pseudo);
            let ends = [value("low").unwrap(), value("high").unwrap()];
            assert!((ends[0] - (found - half)).abs() < 1e-9, "{line:?} {half}");
            assert!((ends[1] - (found + half)).abs() < 1e-9, "{line:?} {half}");
            checked[1] += 1;
        } else {
            assert_eq!(value("low"), None, "{line:?}");
        }
    }
    let metrics = protocol("mosi").unwrap().metrics.len();
    assert_eq!(lines.len(), 2 * 4 * metrics);
    assert!(
        checked.iter().all(|count| *count > lines.len() / 2),
        "{checked:?}"
    );
}

#[test]
fn the_three_modalities_add_up_to_complete_less_nothing() {
    let dir = tempfile::tempdir().unwrap();
    for (model, seed) in SEEDS {
        save_run(&dir.path().join("runs"), &run(model, seed, true));
    }
    let lines = report(dir.path(), 0);
    let mut sums: BTreeMap<(&str, &str), [f64; 2]> = BTreeMap::new();
    for line in &lines {
        assert_eq!(line["low"], "", "no tests, no intervals");
        let Ok(value) = line["mean"].parse::<f64>() else {
            continue;
        };
        let sums = sums.entry((&line["model"], &line["metric"])).or_default();
        sums[usize::from(line["aggregate"] == "contribution_together")] += value;
    }
    assert!(sums.len() > 8, "{sums:?}");
    for (key, [modalities, together]) in sums {
        assert!((modalities - together).abs() < 1e-12, "{key:?}");
        assert!(together.abs() > 0.01, "{key:?} {together}");
    }
}

#[test]
fn tables_and_figure_are_in_every_format_and_name_the_ends() {
    let dir = tempfile::tempdir().unwrap();
    for (model, seed) in SEEDS {
        save_run(&dir.path().join("runs"), &run(model, seed, true));
    }
    report(dir.path(), 20);
    let text = |name: &str| fs::read_to_string(dir.path().join("out").join(name)).unwrap();
    for name in ["report.md", "index.html", "tables.tex"] {
        assert!(
            text(name).contains("contribution of each modality"),
            "{name}"
        );
        assert!(text(name).contains("of masks random"), "{name}");
    }
    assert!(text("figures/toy-masks-modality-v1-contributions.svg").contains("Shapley"));
}

#[test]
fn without_both_ends_there_are_no_contributions() {
    let dir = tempfile::tempdir().unwrap();
    for (model, seed) in SEEDS {
        save_run(&dir.path().join("runs"), &run(model, seed, false));
    }
    assert!(report(dir.path(), 20).is_empty());
    let page = fs::read_to_string(dir.path().join("out/report.md")).unwrap();
    assert!(!page.contains("contribution"));
}

#[test]
fn a_rate_of_one_that_leaves_a_modality_is_no_end() {
    let mut m = run("lnln", 11, true);
    m.masks[1].mask_protocol = "modality-random".into();
    let dir = tempfile::tempdir().unwrap();
    save_run(&dir.path().join("runs"), &m);
    // The rates of a baseline count as those of a model.
    save(
        &dir.path().join("runs"),
        &manifest("constant", 11, &[0.0, 1.0]),
    );
    assert!(report(dir.path(), 20).is_empty());
}
