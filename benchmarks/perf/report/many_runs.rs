//! Makes thousands of run directories from a recorded one, to see how long reports and listings take.
//!
//! `cargo run --release --example many_runs -- RECORDED OUT COUNT [DATASETS [SAMPLES]]`: ten data sets of
//! twenty models with as many seeds as the count allows, each on the recorded test samples, repeated
//! until there are SAMPLES. Every model's first seeds have predictions of their own; later ones share
//! those, scores and logs by hard links. Manifests and configurations differ. A sweep names all of them and
//! as many again that have not begun.

use std::error::Error;
use std::fs;
use std::path::Path;

use lnln_bench::record::manifest::FORMAT;
use lnln_bench::record::{
    Evaluation, Manifest, MaskGrid, Predictions, Record, RunDir, SweepDir, SweepManifest, SweepRun,
};

const MODELS: usize = 20;

/// Seeds with predictions of their own.
const DIFFERENT: usize = 3;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [recorded, out, count, more @ ..] = arguments.as_slice() else {
        return Err("expected RECORDED OUT COUNT [DATASETS [SAMPLES]]".into());
    };
    let (out, count): (&Path, usize) = (out.as_ref(), count.parse()?);
    let datasets: usize = more.first().map_or(Ok(10), |text| text.parse())?;
    let recorded = RunDir::open(recorded);
    let record = recorded.load()?;
    let recorded_samples = record.manifest.dataset.counts[2];
    let samples: usize = more
        .get(1)
        .map_or(Ok(recorded_samples), |text| text.parse())?;
    let record = repeated(record, samples);
    let own: toml::Table = fs::read_to_string(recorded.config())?.parse()?;
    for number in 0..count {
        let (dataset, model) = (number % datasets, number / datasets % MODELS);
        let seed = number / datasets / MODELS;
        let manifest = manifest(&record, number, dataset, model, seed);
        let dir = RunDir::create(out, &manifest.id)?;
        fs::write(dir.config(), config(&own, &manifest)?)?;
        if seed < DIFFERENT {
            if recorded.metrics().is_file() {
                fs::copy(recorded.metrics(), dir.metrics())?;
            }
            let shift = (model * DIFFERENT + seed) as f32;
            let predictions = predictions(&record, &manifest, shift);
            let evaluation = Evaluation {
                format: FORMAT,
                tested_on: None,
                masks: manifest.masks.clone(),
                build: manifest.build.clone(),
                wall_seconds: 0.0,
            };
            dir.finish(&manifest, &evaluation, &predictions)?;
        } else {
            let first = number % (datasets * MODELS * DIFFERENT);
            copy(&RunDir::open(out.join(id(first))), &dir, &manifest)?;
        }
    }
    sweep(out, &record, 2 * count, datasets)
}

/// The record on so many samples: the recorded ones, then the same under other ids.
fn repeated(mut record: Record, samples: usize) -> Record {
    let groups = record.predictions.groups();
    let mut ids = groups.first().map_or(Vec::new(), |group| group.ids.clone());
    ids.sort();
    let mut predictions = Predictions::new();
    for copy in 0..samples.div_ceil(ids.len()) {
        let last = ids.get(samples - copy * ids.len());
        for mut row in record.predictions.iter() {
            if last.is_none_or(|last| row.id < *last) {
                row.id = format!("{}-{copy}", row.id);
                predictions.push(&row);
            }
        }
    }
    record.predictions = predictions;
    record.manifest.dataset.counts[2] = samples;
    record
}

/// A sweep over the runs and more.
fn sweep(out: &Path, record: &Record, count: usize, datasets: usize) -> Result<()> {
    let run = |index: usize| {
        let (dataset, model) = (index % datasets, index / datasets % MODELS);
        let manifest = manifest(record, index, dataset, model, index / datasets / MODELS);
        Some(SweepRun {
            index,
            id: manifest.id,
            dataset: manifest.dataset.name,
            model: manifest.model.name,
            seed: manifest.seed,
            noise: manifest.training.noise?,
            selection: manifest.selection.rule?,
            epochs: manifest.training.epochs,
            masks: manifest.masks.iter().map(MaskGrid::from).collect(),
        })
    };
    let runs: Option<Vec<_>> = (0..count).map(run).collect();
    let runs = runs.ok_or("the recorded run was not trained by this program")?;
    let suite = serde_json::Value::Null;
    SweepDir::create(
        out,
        &SweepManifest::new("many", "/data".into(), suite, runs),
    )?;
    Ok(())
}

/// The recorded run's configuration with what differs.
fn config(own: &toml::Table, manifest: &Manifest) -> Result<String> {
    let mut config = own.clone();
    config.insert("dataset".into(), manifest.dataset.name.clone().into());
    config.insert("model".into(), manifest.model.name.clone().into());
    config.insert("seed".into(), i64::try_from(manifest.seed)?.into());
    Ok(toml::to_string(&config)?)
}

fn id(number: usize) -> String {
    format!("{number:012x}")
}

fn manifest(record: &Record, number: usize, dataset: usize, model: usize, seed: usize) -> Manifest {
    let mut manifest = record.manifest.clone();
    manifest.id = id(number);
    manifest.dataset.name = format!("data{dataset}");
    manifest.dataset.title = format!("Data {dataset}");
    manifest.dataset.content_hash = format!("{dataset:064x}");
    manifest.model.name = format!("model{model}");
    manifest.model.title = format!("Model {model}");
    manifest.seed = seed as u64;
    manifest
}

/// The recorded predictions, each moved a little, by a pattern that `shift` decides.
fn predictions(record: &Record, manifest: &Manifest, shift: f32) -> Predictions {
    let mut predictions = Predictions::new();
    for (place, mut row) in record.predictions.iter().enumerate() {
        row.dataset.clone_from(&manifest.dataset.name);
        row.prediction += 0.3 * (place as f32 * 0.7 + shift).sin() + 0.01 * shift;
        predictions.push(&row);
    }
    predictions
}

/// A run with this manifest and the other files of another run.
fn copy(from: &RunDir, to: &RunDir, manifest: &Manifest) -> Result<()> {
    for folder in from.evaluation_folders() {
        let copied = to.path().join(folder.strip_prefix(from.path())?);
        fs::create_dir_all(&copied)?;
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            fs::hard_link(entry.path(), copied.join(entry.file_name()))?;
        }
    }
    if from.metrics().is_file() {
        fs::hard_link(from.metrics(), to.metrics())?;
    }
    let manifest = Manifest {
        masks: Vec::new(),
        ..manifest.clone()
    };
    let manifest = serde_json::to_string_pretty(&manifest)?;
    fs::write(to.manifest(), &manifest)?;
    let done = fs::read_to_string(from.done())?;
    let line = |line: &str| {
        if line.ends_with("  manifest.json") {
            format!(
                "{}  manifest.json\n",
                blake3::hash(manifest.as_bytes()).to_hex()
            )
        } else {
            format!("{line}\n")
        }
    };
    let done = done.lines().map(line).collect::<String>();
    Ok(fs::write(to.done(), done)?)
}
