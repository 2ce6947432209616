//! Joined predictions as a finished run directory.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Serialize;

use super::error::{Error, Result};
use super::join::Joined;
use super::{Options, Scored};
use crate::data::dataset::{Corpus, SplitName};
use crate::mask::{self, Condition};
use crate::metric::protocol;
use crate::record::manifest::{
    BuildMetadata, Computing, DatasetMetadata, FORMAT, MaskMetadata, ModelMetadata,
    SelectionMetadata, TrainingMetadata,
};
use crate::record::{EXTERNAL, Manifest, PredictionKey, Predictions, RunDir, VERSION, hash_bytes};
use crate::support::fs::write_atomic;

/// The file the predictions come from.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    pub name: String,
    /// blake3 of its bytes, hexadecimal.
    pub hash: String,
    pub rows: usize,
}

/// `config.toml` of such a run.
#[derive(Serialize)]
struct Config<'a> {
    origin: &'static str,
    file: &'a str,
    file_blake3: &'a str,
    file_rows: usize,
    dataset: &'a str,
    content_hash: &'a str,
    model: &'a str,
    seed: u64,
}

/// Writes one run, unless it is there already.
pub(super) fn write(
    run: &Joined,
    corpus: &Corpus,
    runs: &Path,
    options: &Options,
    origin: &Origin,
) -> Result<Scored> {
    let id = identity(run, corpus);
    let dir = RunDir::create(runs, &id)?;
    let new = !dir.is_done();
    if new {
        let config = Config {
            origin: EXTERNAL,
            file: &origin.name,
            file_blake3: &origin.hash,
            file_rows: origin.rows,
            dataset: corpus.name(),
            content_hash: &corpus.content_hash,
            model: &run.model,
            seed: run.seed,
        };
        let config = toml::to_string(&config).map_err(|e| Error::Format {
            file: origin.name.clone(),
            reason: e.to_string(),
        })?;
        write_atomic(&dir.config(), config.as_bytes())?;
        let manifest = manifest(&id, run, corpus, options, origin)?;
        dir.finish(&manifest, &predictions(run, corpus)?)?;
    }
    Ok(Scored {
        path: dir.path().to_owned(),
        model: run.model.clone(),
        seed: run.seed,
        new,
        foreign_masks: foreign_masks(run),
    })
}

/// Short blake3 of the data, the model's name, the seed and every prediction: what decides the
/// scores, and not the file that brought them.
pub(super) fn identity(run: &Joined, corpus: &Corpus) -> String {
    let mut text = format!(
        "{EXTERNAL}\n{}\n{}\n{}\n",
        corpus.content_hash, run.model, run.seed
    );
    let mut bytes = Vec::new();
    for ((mask_protocol, mask_seed, condition), pass) in &run.passes {
        text.push_str(&format!("{mask_protocol}\n{mask_seed}\n{condition}\n"));
        bytes.extend(pass.iter().flat_map(|p| p.to_le_bytes()));
    }
    text.push_str(&hash_bytes(&bytes));
    hash_bytes(text.as_bytes())[..12].to_string()
}

fn predictions(run: &Joined, corpus: &Corpus) -> Result<Predictions> {
    let ids = corpus.outline(SplitName::Test)?.ids;
    let truth = corpus.labels(SplitName::Test)?;
    let mut out = Predictions::new();
    for ((mask_protocol, mask_seed, condition), pass) in &run.passes {
        let key = PredictionKey {
            dataset: corpus.name().to_string(),
            split: SplitName::Test.as_str().to_string(),
            mask_protocol: mask_protocol.clone(),
            mask_seed: *mask_seed,
            condition: *condition,
        };
        out.extend(&key, &ids, &truth, pass)?;
    }
    Ok(out)
}

fn manifest(
    id: &str,
    run: &Joined,
    corpus: &Corpus,
    options: &Options,
    origin: &Origin,
) -> Result<Manifest> {
    let protocol = protocol(&corpus.spec.protocol)?;
    let train = corpus.labels(SplitName::Train)?;
    Ok(Manifest {
        format: FORMAT,
        id: id.to_string(),
        dataset: DatasetMetadata::of(corpus, protocol, &train),
        model: ModelMetadata {
            name: run.model.clone(),
            title: options.title.clone().unwrap_or_else(|| run.model.clone()),
            citation: options.citation.clone().unwrap_or_default(),
            // 0 is what reports take for unknown.
            parameters: options.parameters.unwrap_or_default(),
        },
        seed: run.seed,
        masks: masks(run),
        training: TrainingMetadata {
            encoder: EXTERNAL.to_string(),
            noise: EXTERNAL.to_string(),
            epochs: 0,
            batch_size: 0,
            learning_rate: 0.0,
            weight_decay: 0.0,
            trainer_options: String::new(),
            computing: Computing::default(),
        },
        selection: SelectionMetadata {
            rule: EXTERNAL.to_string(),
            metric: EXTERNAL.to_string(),
            conditions: Vec::new(),
            epoch: 0,
            chosen: BTreeMap::new(),
            hashes: BTreeMap::new(),
        },
        build: BuildMetadata {
            version: VERSION.to_string(),
            libtorch: "not used".to_string(),
            device: format!(
                "{EXTERNAL} predictions from {} (blake3 {})",
                origin.name, origin.hash
            ),
            threads: 0,
            grade: EXTERNAL.to_string(),
        },
        wall_seconds: 0.0,
    })
}

fn foreign_masks(run: &Joined) -> Vec<String> {
    let mask_protocols: BTreeSet<&String> = run
        .passes
        .keys()
        .map(|(mask_protocol, ..)| mask_protocol)
        .collect();
    let foreign = mask_protocols
        .into_iter()
        .filter(|name| mask::find(name).is_err());
    foreign.cloned().collect()
}

/// The masks the file says it used. Hashes are left out: nobody can tell from predictions which
/// masks they were made with.
fn masks(run: &Joined) -> Vec<MaskMetadata> {
    let mut mask_protocols: BTreeMap<&str, (BTreeSet<u64>, BTreeSet<Condition>)> = BTreeMap::new();
    for (mask_protocol, mask_seed, condition) in run.passes.keys() {
        let (seeds, conditions) = mask_protocols.entry(mask_protocol).or_default();
        seeds.insert(*mask_seed);
        conditions.insert(*condition);
    }
    let facts =
        |(mask_protocol, (seeds, conditions)): (&str, (BTreeSet<u64>, BTreeSet<Condition>))| {
            MaskMetadata {
                mask_protocol: mask_protocol.to_string(),
                // A mask protocol of somebody else's has no version here.
                version: mask::find(mask_protocol).map_or(0, |f| f.version()),
                seeds: seeds.into_iter().collect(),
                conditions: conditions.into_iter().collect(),
                hashes: BTreeMap::new(),
                realised: BTreeMap::new(),
            }
        };
    mask_protocols.into_iter().map(facts).collect()
}
