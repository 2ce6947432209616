//! Hand-made runs for tests.

use std::path::Path;

use crate::mask::Level;
use crate::metric::{Direction, Metric, Protocol, Sums, Undefined, Unit};
use crate::record::manifest::{
    BuildFacts, DatasetFacts, FORMAT, Manifest, MaskFacts, ModelFacts, SelectionFacts,
    TrainingFacts,
};
use crate::record::{Condition, Predictions, Record, RunDir};

use crate::report::run::scores::{ScoredRun, score_by};
use crate::report::run::section::{Section, sections};

/// Three metrics that can be checked by hand: both directions, both units, undefined cells.
pub static TOY: Protocol = Protocol {
    name: "toy",
    title: "Toy",
    selection: "mae",
    extras: &[],
    classes: &["negative", "positive"],
    class: |v| usize::from(v >= 0.0),
    seed_decimals: None,
    metrics: &[
        Metric {
            name: "acc_2",
            title: "Acc-2",
            direction: Direction::HigherIsBetter,
            unit: Unit::Percent,
            decimals: 2,
            compute: |p, t| {
                Ok(mean(p, t, |p, t| {
                    f64::from(u8::from((p >= 0.0) == (t >= 0.0)))
                }))
            },
            sums: Some(Sums {
                width: 2,
                add: |p, t, s| {
                    s[0] += f64::from(u8::from((p >= 0.0) == (t >= 0.0)));
                    s[1] += 1.0;
                },
                value: |s| Some(s[0] / s[1]),
            }),
        },
        Metric {
            name: "mae",
            title: "MAE",
            direction: Direction::LowerIsBetter,
            unit: Unit::None,
            decimals: 3,
            compute: crate::metric::error::mean_absolute,
            sums: None,
        },
        Metric {
            name: "slope",
            title: "Slope_x",
            direction: Direction::HigherIsBetter,
            unit: Unit::None,
            decimals: 3,
            compute: slope,
            sums: None,
        },
    ],
};

fn mean(p: &[f32], t: &[f32], f: impl Fn(f64, f64) -> f64) -> f64 {
    let each = p
        .iter()
        .zip(t)
        .map(|(p, t)| f(f64::from(*p), f64::from(*t)));
    each.sum::<f64>() / p.len() as f64
}

fn slope(p: &[f32], t: &[f32]) -> Result<f64, Undefined> {
    match p.iter().all(|x| *x == p[0]) {
        true => Err(Undefined::ConstantPrediction),
        false => Ok(mean(p, t, |p, t| p * t) / mean(t, t, |t, _| t * t)),
    }
}

/// Labels of the ten test clips.
pub const TRUTH: [f32; 10] = [-2.4, -1.8, -1.2, -0.6, -0.2, 0.2, 0.8, 1.4, 2.0, 2.6];

/// The eleven rates 0, 0.1, ... 1.
pub fn eleven() -> Vec<f64> {
    (0..=10).map(|i| f64::from(i) * 0.1).collect()
}

/// A manifest whose id tells what it is of.
pub fn manifest(model: &str, seed: u64, rates: &[f64]) -> Manifest {
    Manifest {
        format: FORMAT,
        id: format!("{model}-{seed}"),
        dataset: dataset(),
        model: ModelFacts {
            name: model.into(),
            title: model.to_uppercase(),
            citation: String::new(),
            parameters: 1000,
        },
        seed,
        masks: vec![masks(
            "iid",
            rates.iter().filter_map(|r| Level::of_number(*r)).collect(),
        )],
        training: TrainingFacts {
            encoder: "tiny".into(),
            noise: "fresh".into(),
            epochs: 3,
            batch_size: 8,
            learning_rate: 1e-3,
            weight_decay: 0.0,
            habits: String::new(),
            computing: crate::record::manifest::Computing::default(),
        },
        selection: SelectionFacts {
            rule: "validation".into(),
            metric: "mae".into(),
            levels: [0.0, 0.5]
                .into_iter()
                .filter_map(Level::of_number)
                .collect(),
            epoch: 2,
            chosen: std::collections::BTreeMap::new(),
            hashes: std::collections::BTreeMap::new(),
        },
        build: BuildFacts {
            version: "0.1.0".into(),
            libtorch: "2.11.0".into(),
            device: "cpu".into(),
            threads: 2,
            grade: "B".into(),
        },
        wall_seconds: 90.0,
    }
}

/// One family's masks, two seeds.
pub fn masks(family: &str, levels: Vec<Level>) -> MaskFacts {
    let hashes = [1, 2].into_iter().flat_map(|seed| {
        let hash = move |level: &Level| (format!("{seed}/{level}"), format!("h-{seed}-{level}"));
        levels.iter().map(hash).collect::<Vec<_>>()
    });
    MaskFacts {
        family: family.into(),
        version: 1,
        seeds: vec![1, 2],
        hashes: hashes.collect(),
        realised: Default::default(),
        levels,
    }
}

fn dataset() -> DatasetFacts {
    DatasetFacts {
        name: "toy".into(),
        title: "Toy & co_1".into(),
        synthetic: true,
        protocol: "mosi".into(),
        label_range: [-3.0, 3.0],
        source_name: "toy.pkl".into(),
        source_sha256: "5a".into(),
        content_hash: "c0ffee00".into(),
        counts: [20, 5, TRUTH.len()],
        floors: Default::default(),
        citation: String::new(),
    }
}

/// A model that grows timid as more is missing, each seed a little differently; `constant` says
/// 0.3 whatever it sees, `flat` does so when all is missing.
pub fn predictions(m: &Manifest) -> Predictions {
    let ids: Vec<String> = (0..TRUTH.len()).map(|i| format!("clip$_${i}")).collect();
    let mut out = Predictions::new();
    let grid = m.masks.iter().flat_map(|mask| {
        let levels = move |seed| mask.levels.iter().map(move |level| (mask, seed, level));
        mask.seeds.iter().copied().flat_map(levels)
    });
    for (mask, mask_seed, level) in grid {
        let condition = Condition {
            dataset: m.dataset.name.clone(),
            split: "test".into(),
            family: mask.family.clone(),
            mask_seed,
            level: *level,
        };
        let rate = level.rates().iter().sum::<f64>() / 3.0;
        let guess = |i: usize| predict(&m.model.name, m.seed + mask_seed, rate, i);
        let guesses: Vec<f32> = (0..TRUTH.len()).map(guess).collect();
        out.extend(&condition, &ids, &TRUTH, &guesses).unwrap();
    }
    out
}

fn predict(model: &str, seed: u64, rate: f64, i: usize) -> f32 {
    if model == "constant" || (model == "flat" && rate > 0.95) {
        return 0.3;
    }
    let noise = ((i as u64 * 7 + seed * 3) % 11) as f32 / 11.0 - 0.5;
    let skill = if model == "lnln" { 1.0 } else { 0.7 };
    TRUTH[i] * skill * (1.0 - rate as f32) + noise * (1.2 - skill)
}

/// A run in memory.
pub fn record(m: Manifest) -> Record {
    Record {
        predictions: predictions(&m),
        predictions_hash: format!("p-{}", m.id),
        manifest_hash: format!("m-{}", m.id),
        manifest: m,
    }
}

/// A scored run.
pub fn scored(m: Manifest) -> ScoredRun {
    score_by(&TOY, record(m)).unwrap().swap_remove(0)
}

/// A finished run on disk.
pub fn save(root: &Path, m: &Manifest) -> RunDir {
    let run = RunDir::create(root, &m.id).unwrap();
    run.finish(m, &predictions(m)).unwrap();
    run
}

/// Two models, one of them without a score at the last rate, and the floor.
pub fn section(rates: &[f64]) -> Section {
    let seeds = [
        ("flat", 11),
        ("flat", 12),
        ("lnln", 11),
        ("lnln", 12),
        ("constant", 11),
    ];
    let runs = seeds.map(|(model, seed)| scored(manifest(model, seed, rates)));
    sections(runs.to_vec()).unwrap().swap_remove(0)
}
