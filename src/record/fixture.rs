//! Makes runs by hand for tests of this module and of those that read it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::manifest::{BuildMetadata, DatasetMetadata, FORMAT, Grade, Manifest, ModelMetadata};
use super::masks::{MaskMetadata, RealizedRates, VariantMetadata};
use super::selection::{SelectionMetadata, SelectionRule};
use super::training::{Computing, NoiseMetadata, TrainingMetadata};
use super::{
    EngineKind, Evaluation, Precision, PredictionKey, Predictions, RunDir, TrainerOptions,
};
use crate::data::dataset::SplitName;
use crate::mask::Condition;

/// Labels of the ten test samples.
pub const TRUTH: [f32; 10] = [-2.4, -1.8, -1.2, -0.6, -0.2, 0.2, 0.8, 1.4, 2.0, 2.6];

/// The eleven rates 0, 0.1, ... 1.
pub fn eleven() -> Vec<f64> {
    (0..=10).map(|i| f64::from(i) * 0.1).collect()
}

/// A manifest whose id names model and seed.
pub fn manifest(model: &str, seed: u64, rates: &[f64]) -> Manifest {
    Manifest {
        format: FORMAT,
        id: format!("{model}-{seed}"),
        external: None,
        dataset: dataset(),
        trained_on: None,
        model: ModelMetadata {
            name: model.into(),
            title: model.to_uppercase(),
            citation: String::new(),
            parameters: Some(1000),
        },
        seed,
        masks: vec![masks(
            "iid",
            rates
                .iter()
                .filter_map(|r| Condition::of_number(*r))
                .collect(),
        )],
        training: TrainingMetadata {
            encoder: Some("tiny".into()),
            encoder_folder: None,
            noise: Some(noise("fresh", "half-complete")),
            first_noise: None,
            epochs: 3,
            published_epochs: None,
            batch_size: 8,
            learning_rate: 1e-3,
            weight_decay: 0.0,
            trainer_options: TrainerOptions::NONE,
            computing: Some(Computing {
                evaluation_batch: 64,
                precision: Precision::Fp32,
                engine: EngineKind::Fast,
                micro_batch: 0,
                recompute_encoder: false,
            }),
        },
        selection: SelectionMetadata {
            rule: Some(SelectionRule::Validation),
            metric: Some("mae".into()),
            split: Some(SplitName::Valid),
            conditions: [0.0, 0.5]
                .into_iter()
                .filter_map(Condition::of_number)
                .collect(),
            epoch: 2,
            chosen: BTreeMap::new(),
            masks: Vec::new(),
        },
        other_selections: Vec::new(),
        search: None,
        weights: BTreeMap::new(),
        build: BuildMetadata {
            version: "0.1.0".into(),
            libtorch: Some("2.11.0".into()),
            device: Some("cpu".into()),
            threads: Some(2),
            grade: Some(Grade::B),
        },
        wall_seconds: 90.0,
    }
}

/// One mask protocol's masks, two seeds.
pub fn masks(mask_protocol: &str, conditions: Vec<Condition>) -> MaskMetadata {
    let variants = [1, 2].into_iter().flat_map(|mask_seed| {
        conditions.iter().map(move |&condition| VariantMetadata {
            mask_seed,
            condition,
            hash: format!("h-{mask_seed}-{condition}"),
            realized: RealizedRates::default(),
        })
    });
    let variants = variants.collect();
    MaskMetadata {
        mask_protocol: mask_protocol.into(),
        version: 1,
        seeds: vec![1, 2],
        variants,
        conditions,
    }
}

/// Training noise by its name and rates, under `random`.
pub fn noise(noise: &str, rates: &str) -> NoiseMetadata {
    NoiseMetadata {
        noise: noise.parse().unwrap(),
        mask_protocol: "random".into(),
        version: 1,
        rates: rates.parse().unwrap(),
    }
}

fn dataset() -> DatasetMetadata {
    DatasetMetadata {
        name: "toy".into(),
        version: None,
        fold: None,
        title: "Toy & co_1".into(),
        synthetic: true,
        protocol: "mosi".into(),
        label_range: [-3.0, 3.0],
        source_name: "toy.pkl".into(),
        source_sha256: "5a".into(),
        content_hash: "c0ffee00".into(),
        counts: [20, 5, TRUTH.len()],
        shapes: None,
        baselines: Default::default(),
        citation: String::new(),
        published: None,
        difference: None,
        note: String::new(),
        warnings: Vec::new(),
    }
}

/// Predictions that shrink as more is missing, each seed a little differently; `constant` always
/// predicts 0.3, `flat` does so when all is missing.
pub fn predictions(m: &Manifest) -> Predictions {
    let ids: Vec<String> = (0..TRUTH.len()).map(|i| format!("sample$_${i}")).collect();
    let mut out = Predictions::new();
    let grid = m.masks.iter().flat_map(|mask| {
        let conditions = move |seed| {
            mask.conditions
                .iter()
                .map(move |condition| (mask, seed, condition))
        };
        mask.seeds.iter().copied().flat_map(conditions)
    });
    for (mask, mask_seed, condition) in grid {
        let key = PredictionKey {
            dataset: m.dataset.name.clone(),
            split: "test".into(),
            mask_protocol: mask.mask_protocol.clone(),
            mask_seed,
            condition: *condition,
        };
        let rate = condition.rates().iter().sum::<f64>() / 3.0;
        let guess = |i: usize| predict(&m.model.name, m.seed + mask_seed, rate, i);
        let guesses: Vec<f32> = (0..TRUTH.len()).map(guess).collect();
        out.extend(&key, &ids, &TRUTH, &guesses).unwrap();
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
    run.finish(m, &evaluation(m), &predictions(m)).unwrap();
    run
}

/// The evaluation under all masks of a manifest.
pub fn evaluation(m: &Manifest) -> Evaluation {
    Evaluation {
        format: FORMAT,
        tested_on: None,
        masks: m.masks.clone(),
        build: m.build.clone(),
        wall_seconds: 0.0,
    }
}

/// Folder of the only evaluation of a run.
pub fn only_evaluation(run: &RunDir) -> PathBuf {
    let [folder] = run.evaluation_folders().try_into().unwrap();
    folder
}
