//! Makes thousands of run directories from a recorded one, to see how long a report over them takes.
//!
//! `cargo run --release --example many_runs -- RECORDED OUT COUNT`: ten data sets of twenty models
//! with as many seeds as the count allows. Predictions are shared by hard links; manifests differ.

use std::error::Error;
use std::fs;
use std::path::Path;

use lnln_bench::record::RunDir;

const DATASETS: usize = 10;
const MODELS: usize = 20;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [recorded, out, count] = arguments.as_slice() else {
        return Err("expected RECORDED OUT COUNT".into());
    };
    let (out, count): (&Path, usize) = (out.as_ref(), count.parse()?);
    let record = RunDir::open(recorded).load()?;
    for dataset in 0..DATASETS {
        let mut manifest = record.manifest.clone();
        manifest.dataset.name = format!("data{dataset}");
        manifest.dataset.title = format!("Data {dataset}");
        manifest.dataset.content_hash = format!("{dataset:064x}");
        let mut predictions = lnln_bench::record::Predictions::new();
        for mut row in record.predictions.iter() {
            row.dataset.clone_from(&manifest.dataset.name);
            predictions.push(&row);
        }
        let mut first = None;
        for number in (dataset..count).step_by(DATASETS) {
            let (model, seed) = (number / DATASETS % MODELS, number / DATASETS / MODELS);
            manifest.model.name = format!("model{model}");
            manifest.model.title = format!("Model {model}");
            manifest.seed = seed as u64;
            manifest.id = format!("{number:012x}");
            let dir = RunDir::create(out, &manifest.id)?;
            match &first {
                None => {
                    dir.finish(&manifest, &predictions)?;
                    first = Some(dir);
                }
                Some(first) => copy(first, &dir, &serde_json::to_string_pretty(&manifest)?)?,
            }
        }
    }
    Ok(())
}

/// A run with this manifest and another run's predictions.
fn copy(from: &RunDir, to: &RunDir, manifest: &str) -> Result<(), Box<dyn Error>> {
    fs::hard_link(from.predictions(), to.predictions())?;
    fs::hard_link(from.scores(), to.scores())?;
    fs::write(to.manifest(), manifest)?;
    let done = fs::read_to_string(from.done())?;
    let line = |line: &str| match line.ends_with("  manifest.json") {
        true => format!(
            "{}  manifest.json\n",
            blake3::hash(manifest.as_bytes()).to_hex()
        ),
        false => format!("{line}\n"),
    };
    Ok(fs::write(
        to.done(),
        done.lines().map(line).collect::<String>(),
    )?)
}
