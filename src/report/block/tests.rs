//! Computes every error by position a second time, from masks that are drawn and predictions.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use crate::data::dataset::{Modality, SplitName};
use crate::mask::{Block, Condition, MaskProtocol, Phase, Protected, Rows, Scope};
use crate::record::fixture::{TRUTH, manifest, masks, predictions, save};
use crate::record::{Group, Manifest};
use crate::report::recompute_tests::{SEEDS, half_of, mean};
use crate::report::{Options, write_report};

fn run(model: &str, seed: u64, protocol: &str) -> Manifest {
    let mut m = manifest(model, seed, &[]);
    let rates = [0.0, 0.3, 0.6, 1.0].into_iter();
    let rates = rates.filter_map(Condition::of_number);
    m.masks = vec![masks(protocol, rates.collect())];
    m.masks[0].version = Block.version();
    m
}

/// The lines of `summary.csv` on blocks.
fn report(root: &Path, protocol: &str) -> Vec<BTreeMap<String, String>> {
    let (runs, out) = (root.join("runs"), root.join("out"));
    for (model, seed) in SEEDS {
        save(&runs, &run(model, seed, protocol));
    }
    let options = Options {
        resamples: Some(20),
        ..Options::default()
    };
    write_report(&[&runs], &out, &options).unwrap();
    let mut reader = ::csv::Reader::from_path(out.join("summary.csv")).unwrap();
    let lines = reader.deserialize().map(Result::unwrap);
    let is_block = |line: &BTreeMap<String, String>| line["aggregate"].starts_with("block_");
    lines.filter(is_block).collect()
}

/// The fifth in which a sample's block is, by where the masked positions of a long sample begin.
fn position(id: &str, modality: Modality, seed: u64) -> usize {
    const STEPS: usize = 5000;
    let scope = Scope {
        dataset: "toy",
        split: SplitName::Test,
        modality,
        seed,
        phase: Phase::Evaluation,
    };
    let (ids, lengths) = ([id.to_string()], [STEPS as u32]);
    let rows = Rows {
        ids: &ids,
        lengths: &lengths,
        steps: STEPS,
        protected: Protected::Nothing,
    };
    let draws = Block.draws(&scope, rows).unwrap();
    let masked = draws.iter().filter(|draw| **draw <= 0.4).count();
    let begin = draws.iter().position(|draw| *draw <= 0.4).unwrap();
    begin * 5 / (STEPS - masked)
}

/// Fifths by sample, modality and mask seed.
type Fifths = HashMap<(String, Modality, u64), usize>;

/// Those of the samples under both mask seeds of the fixture.
fn fifths(ids: &[String]) -> Fifths {
    let mut all = Fifths::new();
    for id in ids {
        for modality in Modality::ALL {
            for seed in [1, 2] {
                let fifth = position(id, modality, seed);
                all.insert((id.clone(), modality, seed), fifth);
            }
        }
    }
    all
}

/// What a line is of.
struct Place {
    modality: Modality,
    fifth: usize,
    rates: Vec<f64>,
    rise: bool,
}

impl Place {
    /// `block[_rise]_MODALITY_N_of_5[_at_RATE]`.
    fn of(aggregate: &str) -> Self {
        let rise = aggregate.starts_with("block_rise_");
        let rest = aggregate.trim_start_matches("block_");
        let parts: Vec<&str> = rest.trim_start_matches("rise_").split('_').collect();
        let mut modalities = Modality::ALL.into_iter();
        Self {
            modality: modalities.find(|m| m.as_str() == parts[0]).unwrap(),
            fifth: parts[1].parse::<usize>().unwrap() - 1,
            rates: match parts.get(5) {
                Some(rate) => vec![rate.parse().unwrap()],
                None => vec![0.3, 0.6],
            },
            rise,
        }
    }

    /// The value of a run without a sample; NaN where it is undefined.
    fn value(&self, groups: &[Group], left: Option<&String>, fifths: &Fifths) -> f64 {
        let at = |rates: &[f64]| {
            let mut errors = Vec::new();
            for group in groups {
                if !rates.contains(&group.key.condition.rate().unwrap()) {
                    continue;
                }
                for (i, id) in group.ids.iter().enumerate() {
                    let fifth = fifths[&(id.clone(), self.modality, group.key.mask_seed)];
                    if fifth == self.fifth && Some(id) != left {
                        let error = f64::from(group.prediction[i]) - f64::from(group.truth[i]);
                        errors.push(error.abs());
                    }
                }
            }
            mean(&errors)
        };
        let complete = if self.rise { at(&[0.0]) } else { 0.0 };
        at(&self.rates) - complete
    }
}

#[test]
fn every_error_and_interval_is_what_masks_and_predictions_give() {
    let dir = tempfile::tempdir().unwrap();
    let lines = report(dir.path(), "block");
    // Two models; three modalities, five positions; errors at 0, both lengths and these together, and three rises.
    assert_eq!(lines.len(), 2 * 15 * 7);
    let ids: Vec<String> = (0..TRUTH.len()).map(|i| format!("sample$_${i}")).collect();
    let fifths = fifths(&ids);
    let mut checked = [0; 2];
    for line in &lines {
        let place = Place::of(&line["aggregate"]);
        let seeds = SEEDS.iter().filter(|(model, _)| *model == line["model"]);
        let groups: Vec<Vec<Group>> = seeds
            .map(|(model, seed)| predictions(&run(model, *seed, "block")).groups())
            .collect();
        let values = |left: Option<&String>| -> Vec<f64> {
            let one = |groups: &Vec<Group>| place.value(groups, left, &fifths);
            groups.iter().map(one).collect()
        };
        let field = |name: &str| line[name].parse::<f64>().ok();
        let all = values(None);
        if all[0].is_nan() {
            assert_eq!(field("mean"), None, "{line:?}");
            assert!(line["undefined"].contains("no sample"), "{line:?}");
            continue;
        }
        let close = |name: &str, expected: f64| {
            let found = field(name).unwrap_or_else(|| panic!("{name}: {line:?}"));
            assert!(
                (found - expected).abs() < 1e-9,
                "{name} {expected}: {line:?}"
            );
        };
        close("mean", mean(&all));
        checked[0] += 1;
        let n = ids.len() as f64;
        let pseudo = ids
            .iter()
            .map(|id| n * mean(&all) - (n - 1.0) * mean(&values(Some(id))));
        let pseudo: Vec<f64> = pseudo.collect();
        if pseudo.iter().any(|v| v.is_nan()) {
            assert_eq!(field("low"), None, "{line:?}");
            continue;
        }
        let half = half_of(&all, &pseudo);
        close("low", mean(&all) - half);
        close("high", mean(&all) + half);
        checked[1] += 1;
    }
    assert!(checked.iter().all(|count| *count > 60), "{checked:?}");
    let out = dir.path().join("out");
    assert!(out.join("figures/toy-block-rise.svg").exists());
    let page = std::fs::read_to_string(out.join("report.md")).unwrap();
    assert!(
        page.contains("rise of the error by position and length of the missing block"),
        "{page}"
    );
}

#[test]
fn other_masks_have_no_errors_by_position() {
    let dir = tempfile::tempdir().unwrap();
    assert!(report(dir.path(), "temporal").is_empty());
    let figure = dir.path().join("out/figures/toy-block-rise.svg");
    assert!(!figure.exists());
}
