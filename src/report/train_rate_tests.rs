//! Tests the table of training rates against test rates of written reports against the predictions.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::fixture::{evaluation, manifest, noise, predictions};
use super::manifest::ReportManifest;
use super::recompute_tests::{Training, half_width, left_out, mean, number, variance};
use super::{Options, write_report};
use crate::metric::{fixed, protocol};
use crate::record::RunDir;

const TRAINED: [&str; 3] = ["0", "0.3", "0.6"];
const TESTED: [f64; 3] = [0.0, 0.3, 0.6];

/// A rate as tables print it.
fn shown(rate: &str) -> String {
    format!("{:.1}", rate.parse::<f64>().unwrap())
}

/// A run of a model that was trained at a rate, predicting a little differently at each.
fn save(root: &Path, model: &str, seed: u64, trained: &str) {
    let mut m = manifest(model, seed, &TESTED);
    m.id = format!("{model}-{seed}-{trained}");
    m.training.noise = Some(noise("fresh", trained));
    let mut other = m.clone();
    other.seed += (trained.parse::<f64>().unwrap() * 20.0) as u64;
    let run = RunDir::create(root, &m.id).unwrap();
    run.finish(&m, &evaluation(&m), &predictions(&other))
        .unwrap();
}

/// The trainings of a row by condition, and the labels.
fn row(root: &Path, model: &str, seeds: &[u64], trained: &str) -> (Vec<Training>, Vec<f32>) {
    let mut labels = Vec::new();
    let trainings = seeds.iter().map(|seed| {
        let run = RunDir::open(root.join(format!("{model}-{seed}-{trained}")));
        let mut training = Training::new();
        for group in run.load().unwrap().predictions.groups() {
            let passes = training.entry(group.key.condition.to_string());
            passes.or_default().push(group.prediction);
            labels = group.truth;
        }
        training
    });
    (trainings.collect(), labels)
}

fn report(root: &Path) -> (String, ReportManifest) {
    let out = root.join("out");
    let options = Options {
        resamples: Some(20),
        ..Options::default()
    };
    write_report(&[root.join("runs")], &out, &options).unwrap();
    let manifest = fs::read(out.join("manifest.json")).unwrap();
    (
        fs::read_to_string(out.join("report.md")).unwrap(),
        ReportManifest::parse(&manifest).unwrap(),
    )
}

#[test]
fn every_cell_of_the_matrix_is_what_the_predictions_give() {
    let dir = tempfile::tempdir().unwrap();
    let runs = dir.path().join("runs");
    let models: [(&str, &[u64]); 2] = [("lnln", &[11, 12, 15]), ("other", &[11, 12])];
    for (model, seeds) in models {
        for trained in TRAINED {
            seeds
                .iter()
                .for_each(|seed| save(&runs, model, *seed, trained));
        }
    }
    let (text, m) = report(dir.path());
    let table = &m.tables["toy-train-rate"];
    assert!(m.figures.contains_key("figures/toy-train-rate"));
    assert_eq!(table.rows.len(), 6);
    let mae = protocol("mosi").unwrap().metric("mae").unwrap();
    let mut lines = table.rows.iter();
    for (model, seeds) in models {
        let (base, _) = row(&runs, model, seeds, "0");
        for trained in TRAINED {
            let line = lines.next().unwrap();
            assert_eq!(
                line.row,
                format!("{}, {}", shown(trained), model.to_uppercase())
            );
            let (own, labels) = row(&runs, model, seeds, trained);
            let numbers = |all: &[Training], labels: &[f32], rate: &str| -> Vec<f64> {
                let at = [(rate.to_owned(), 1.0)];
                all.iter().map(|t| number(mae, t, labels, &at)).collect()
            };
            let cells: BTreeMap<&str, &str> = line
                .cells
                .iter()
                .map(|(c, (text, _))| (&**c, &**text))
                .collect();
            for tested in TRAINED {
                let scores = numbers(&own, &labels, tested);
                let (mean, sd) = (
                    mean(&scores),
                    (variance(&scores) * scores.len() as f64).sqrt(),
                );
                let expected = format!("{} ± {}", fixed(mean, 3), fixed(sd, 3));
                assert!(
                    cells[&*shown(tested)].starts_with(&expected),
                    "{expected}: {cells:?}"
                );
            }
            if trained == "0" {
                assert_eq!(cells["complete_change"], "-");
                continue;
            }
            let pseudo = |all: &[Training]| -> Vec<f64> {
                let n = labels.len() as f64;
                let whole = mean(&numbers(all, &labels, "0"));
                let one = |left: usize| {
                    let labels = [&labels[..left], &labels[left + 1..]].concat();
                    n * whole - (n - 1.0) * mean(&numbers(&left_out(all, left), &labels, "0"))
                };
                (0..labels.len()).map(one).collect()
            };
            let pairs = pseudo(&own).into_iter().zip(pseudo(&base));
            let gaps: Vec<f64> = pairs.map(|(a, b)| a - b).collect();
            let (a, b) = (numbers(&own, &labels, "0"), numbers(&base, &labels, "0"));
            let difference = mean(&a) - mean(&b);
            let (va, vb) = (variance(&a), variance(&b));
            let df = |all: &[f64]| all.len() as f64 - 1.0;
            let welch = (va + vb).powi(2) / (va * va / df(&a) + vb * vb / df(&b));
            let parts = [(va + vb, welch), (variance(&gaps), df(&gaps))];
            let half = half_width(&parts, 0.05);
            for (name, expected) in [
                ("complete_change", difference),
                ("complete_low", difference - half),
                ("complete_high", difference + half),
            ] {
                assert_eq!(cells[name], fixed(expected, 3), "{name}: {cells:?}");
            }
            let worse = difference - half > 0.0;
            let sentence = format!(
                "{} on complete data, by MAE against training at 0",
                model.to_uppercase()
            );
            let (_, after) = text.split_once(&sentence).unwrap();
            let (after, _) = after.split_once('\n').unwrap();
            let (before, _) = after
                .split_once(&format!("{trained} ({}", fixed(difference, 3)))
                .unwrap();
            let words = before.rsplit(';').next().unwrap();
            let open = difference - half <= 0.0 && difference + half >= 0.0;
            assert_eq!(words.contains("worse after"), worse, "{after}");
            assert_eq!(words.contains("not told apart"), open, "{after}");
        }
    }
}

#[test]
fn one_training_rate_has_no_matrix() {
    let dir = tempfile::tempdir().unwrap();
    let runs = dir.path().join("runs");
    save(&runs, "lnln", 11, "0.3");
    save(&runs, "other", 11, "0.6");
    let (_, m) = report(dir.path());
    assert!(!m.tables.contains_key("toy-train-rate"));
    // A second rate, and one seed: no interval.
    save(&runs, "lnln", 11, "0.6");
    let (text, m) = report(dir.path());
    assert_eq!(m.tables["toy-train-rate"].rows.len(), 2);
    assert!(
        text.contains("not told apart after training at 0.6"),
        "{text}"
    );
    assert!(text.contains("No interval: it takes two seeds"), "{text}");
}
