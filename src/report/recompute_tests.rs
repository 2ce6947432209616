//! Computes every difference, interval and p-value of a report a second time, plainly, from the predictions.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::fixture::{eleven, manifest, save};
use super::stats::permute::SEED;
use super::stats::random::Random;
use super::stats::student::quantile;
use super::{Options, write_report};
use crate::metric::{Metric, protocol};
use crate::record::RunDir;

const PERMUTATIONS: usize = 60;

/// Models with three and with two seeds.
pub(in crate::report) const SEEDS: [(&str, u64); 5] = [
    ("lnln", 11),
    ("lnln", 12),
    ("lnln", 15),
    ("other", 11),
    ("other", 12),
];

/// A training: predictions by condition, a vector per mask seed; samples in the order of their ids.
pub(in crate::report) type Training = BTreeMap<String, Vec<Vec<f32>>>;

/// Trainings by model, and the labels.
pub(in crate::report) type Models = (BTreeMap<String, Vec<Training>>, Vec<f32>);

pub(in crate::report) fn read(runs: &Path, seeds: &[(&str, u64)]) -> Models {
    let (mut models, mut labels) = (BTreeMap::<String, Vec<Training>>::new(), Vec::new());
    for (model, seed) in seeds {
        let record = RunDir::open(runs.join(format!("{model}-{seed}")))
            .load()
            .unwrap();
        let mut training = Training::new();
        for group in record.predictions.groups() {
            let mut order: Vec<usize> = (0..group.ids.len()).collect();
            order.sort_by_key(|i| &group.ids[*i]);
            let sorted = |all: &[f32]| order.iter().map(|i| all[*i]).collect::<Vec<f32>>();
            labels = sorted(&group.truth);
            let condition = group.key.condition.to_string();
            training
                .entry(condition)
                .or_default()
                .push(sorted(&group.prediction));
        }
        models.entry(model.to_string()).or_default().push(training);
    }
    (models, labels)
}

/// Conditions of a line, each with its weight.
pub(in crate::report) fn weights(condition: &str, aggregate: &str) -> Vec<(String, f64)> {
    let rates = || (0..=10).map(|i| (f64::from(i) / 10.0).to_string());
    match aggregate {
        "" => vec![(condition.to_string(), 1.0)],
        "mean_0_0.9" => rates().take(10).map(|r| (r, 0.1)).collect(),
        _ => {
            let ends = |i: usize| if i == 0 || i == 10 { 0.05 } else { 0.1 };
            rates().enumerate().map(|(i, r)| (r, ends(i))).collect()
        }
    }
}

fn score(metric: &Metric, predictions: &[f32], labels: &[f32]) -> f64 {
    (metric.compute)(predictions, labels).unwrap_or(f64::NAN)
}

/// A training's number: the mean over mask seeds, weighted over conditions.
pub(in crate::report) fn number(
    metric: &Metric,
    training: &Training,
    labels: &[f32],
    at: &[(String, f64)],
) -> f64 {
    let one = |(condition, weight): &(String, f64)| {
        let passes = &training[condition];
        let sum: f64 = passes.iter().map(|p| score(metric, p, labels)).sum();
        weight * sum / passes.len() as f64
    };
    at.iter().map(one).sum()
}

fn without(all: &[f32], left: usize) -> Vec<f32> {
    [&all[..left], &all[left + 1..]].concat()
}

/// The number of every training without this sample.
pub(in crate::report) fn left_out(model: &[Training], left: usize) -> Vec<Training> {
    let less = |passes: &Vec<Vec<f32>>| passes.iter().map(|p| without(p, left)).collect();
    let one = |t: &Training| t.iter().map(|(c, p)| (c.clone(), less(p))).collect();
    model.iter().map(one).collect()
}

pub(in crate::report) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Variance of a mean, by its values.
pub(in crate::report) fn variance(values: &[f64]) -> f64 {
    let (mean, n) = (mean(values), values.len() as f64);
    values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0) / n
}

/// Numbers of all trainings, and the jackknife's pseudo-values of their mean.
pub(in crate::report) fn both(
    metric: &Metric,
    model: &[Training],
    labels: &[f32],
    at: &[(String, f64)],
) -> (Vec<f64>, Vec<f64>) {
    let numbers = |model: &[Training], labels: &[f32]| -> Vec<f64> {
        model
            .iter()
            .map(|t| number(metric, t, labels, at))
            .collect()
    };
    let (all, n) = (numbers(model, labels), labels.len() as f64);
    let pseudo = |left: usize| {
        let less = mean(&numbers(&left_out(model, left), &without(labels, left)));
        n * mean(&all) - (n - 1.0) * less
    };
    let pseudo = (0..labels.len()).map(pseudo).collect();
    (all, pseudo)
}

/// The half-width of a 95 % interval of a mean over trainings: their values, and pseudovalues of the samples.
pub(in crate::report) fn half_of(all: &[f64], pseudo: &[f64]) -> f64 {
    let part = |values: &[f64]| (variance(values), values.len() as f64 - 1.0);
    half_width(&[part(all), part(pseudo)], 0.05)
}

/// The half-width at a level: variances, each with its degrees of freedom.
pub(in crate::report) fn half_width(parts: &[(f64, f64)], level: f64) -> f64 {
    let square = |(variance, df): &(f64, f64)| {
        if *variance > 0.0 {
            quantile(level, *df).powi(2) * variance
        } else {
            0.0
        }
    };
    parts.iter().map(square).sum::<f64>().sqrt()
}

/// The share of permutations with a difference as large, seeds paired in order.
fn permuted(
    metric: &Metric,
    models: [&[Training]; 2],
    labels: &[f32],
    at: &[(String, f64)],
) -> f64 {
    let gap = |swapped: &dyn Fn(usize) -> bool| {
        let pairs = models[0].iter().zip(models[1]);
        let gaps = pairs.map(|(a, b)| {
            let mixed = |one: &Training, other: &Training| -> Training {
                let mix = |(condition, passes): (&String, &Vec<Vec<f32>>)| {
                    let pairs = passes.iter().zip(&other[condition]);
                    let mixed = pairs.map(|(own, other)| {
                        let pick = |i: usize| if swapped(i) { other[i] } else { own[i] };
                        (0..own.len()).map(pick).collect()
                    });
                    (condition.clone(), mixed.collect())
                };
                one.iter().map(mix).collect()
            };
            number(metric, &mixed(a, b), labels, at) - number(metric, &mixed(b, a), labels, at)
        });
        mean(&gaps.collect::<Vec<f64>>())
    };
    let observed = gap(&|_| false).abs();
    let beyond = (0..PERMUTATIONS).filter(|number| {
        let bits = Random::new(SEED, 2 * *number as u64 + 1).bits();
        let found = gap(&|i| (bits >> i) & 1 == 1).abs();
        found.is_nan() || found >= observed * (1.0 - 1e-9) - 1e-12
    });
    (beyond.count() + 1) as f64 / (PERMUTATIONS + 1) as f64
}

#[test]
fn every_interval_and_p_value_is_what_the_predictions_give() {
    let dir = tempfile::tempdir().unwrap();
    let (runs, out) = (dir.path().join("runs"), dir.path().join("out"));
    let seeds = [
        ("lnln", 11),
        ("lnln", 12),
        ("lnln", 15),
        ("flat", 11),
        ("flat", 12),
        ("flat", 15),
        ("other", 11),
        ("other", 12),
    ];
    for (model, seed) in seeds {
        save(&runs, &manifest(model, seed, &eleven()));
    }
    let options = Options {
        resamples: Some(PERMUTATIONS),
        ..Options::default()
    };
    write_report(&[&runs], &out, &options).unwrap();
    let (models, labels) = read(&runs, &seeds);
    let text = fs::read(out.join("summary.csv")).unwrap();
    let mut reader = ::csv::Reader::from_reader(&text[..]);
    let heads = reader.headers().unwrap().clone();
    let place = |name: &str| heads.iter().position(|h| h == name).unwrap();
    let (mut checked, mut cut) = ([0; 4], 0);
    for row in reader.records().map(Result::unwrap) {
        let field = |name: &str| &row[place(name)];
        let Some(metric) = protocol("mosi").unwrap().metric(field("metric")) else {
            continue;
        };
        let value = |name: &str| field(name).parse::<f64>().ok();
        let close = |name: &str, expected: f64| {
            let found = value(name).unwrap_or_else(|| panic!("{name}: {row:?}"));
            assert!(
                (found - expected).abs() < 1e-9,
                "{name} {expected}: {row:?}"
            );
        };
        let at = weights(field("condition"), field("aggregate"));
        let own = &models[field("model")];
        let (all, pseudo) = both(metric, own, &labels, &at);
        let known = |values: &[f64]| values.iter().all(|v| v.is_finite());
        let samples_df = labels.len() as f64 - 1.0;
        if known(&all) && known(&pseudo) {
            let parts = [
                (variance(&all), all.len() as f64 - 1.0),
                (variance(&pseudo), samples_df),
            ];
            let [lowest, highest] = metric.range;
            let half = half_width(&parts, 0.05);
            close("low", (mean(&all) - half).max(lowest));
            close("high", (mean(&all) + half).min(highest));
            cut += usize::from(mean(&all) - half < lowest || mean(&all) + half > highest);
            checked[0] += 1;
        } else {
            assert_eq!(value("low"), None, "{row:?}");
        }
        if field("difference").is_empty() {
            continue;
        }
        let (theirs, their_pseudo) = both(metric, &models["lnln"], &labels, &at);
        let difference = mean(&all) - mean(&theirs);
        close("difference", difference);
        checked[1] += 1;
        let gaps: Vec<f64> = pseudo
            .iter()
            .zip(&their_pseudo)
            .map(|(a, b)| a - b)
            .collect();
        let (a, b) = (variance(&all), variance(&theirs));
        if known(&gaps) {
            let (df_a, df_b) = (all.len() as f64 - 1.0, theirs.len() as f64 - 1.0);
            let welch = (a + b).powi(2) / (a * a / df_a + b * b / df_b);
            let parts = [(a + b, welch), (variance(&gaps), samples_df)];
            close("difference_low", difference - half_width(&parts, 0.05));
            close("difference_high", difference + half_width(&parts, 0.05));
            let p = value("p_raw").unwrap();
            if p > 1e-15 && p < 1.0 {
                let edge = half_width(&parts, p);
                assert!((edge - difference.abs()).abs() < 1e-7, "{edge}: {row:?}");
            }
            checked[2] += 1;
        }
        if let Some(found) = value("p_permutation") {
            // Both have the same seeds.
            let pair = [&own[..], &models["lnln"][..]];
            assert_eq!(found, permuted(metric, pair, &labels, &at), "{row:?}");
            checked[3] += 1;
        }
    }
    assert!(cut > 0, "no interval reaches beyond the possible values");
    // One of the two rows has as many seeds as the reference, which permutations take.
    assert!(
        checked[..3].iter().all(|count| *count > 150) && checked[3] > 75,
        "{checked:?}"
    );
}
