//! Hand-made runs for tests of this room and of those that read it.

use std::collections::BTreeMap;
use std::path::Path;

use super::manifest::{
    BuildFacts, Computing, DatasetFacts, FORMAT, Manifest, MaskFacts, ModelFacts, SelectionFacts,
    TrainingFacts,
};
use super::{Condition, Predictions, RunDir};
use crate::mask::Level;

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
            computing: Computing::default(),
        },
        selection: SelectionFacts {
            rule: "validation".into(),
            metric: "mae".into(),
            levels: [0.0, 0.5]
                .into_iter()
                .filter_map(Level::of_number)
                .collect(),
            epoch: 2,
            chosen: BTreeMap::new(),
            hashes: Default::default(),
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

/// A finished run on disk.
pub fn save(root: &Path, m: &Manifest) -> RunDir {
    let run = RunDir::create(root, &m.id).unwrap();
    run.finish(m, &predictions(m)).unwrap();
    run
}
