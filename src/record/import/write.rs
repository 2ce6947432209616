//! Writes joined predictions as a finished run directory.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Serialize;

use super::error::{Error, Result};
use super::first_scores::FirstScores;
use super::join::Joined;
use super::verify::Verified;
use super::{Options, Scored};
use crate::data::dataset::{Corpus, SplitName};
use crate::mask::{self, Condition};
use crate::metric::protocol;
use crate::record::manifest::{
    BuildMetadata, DatasetMetadata, ExternalMetadata, FORMAT, ModelMetadata,
};
use crate::record::masks::{MaskMetadata, VariantMetadata};
use crate::record::selection::SelectionMetadata;
use crate::record::training::TrainingMetadata;
use crate::record::{
    Evaluation, Manifest, PredictionKey, Predictions, RunDir, VERSION, hash_bytes,
};
use crate::support::fs::write_atomic;

/// `config.toml` of such a run.
#[derive(Serialize)]
struct Config<'a> {
    dataset: &'a str,
    content_hash: &'a str,
    model: &'a str,
    seed: u64,
    external: External<'a>,
}

/// The file of predictions.
#[derive(Serialize)]
struct External<'a> {
    file: &'a str,
    blake3: &'a str,
    rows: usize,
}

/// Writes one run, unless it exists.
pub(super) fn write(
    run: &Joined,
    corpus: &Corpus,
    runs: &Path,
    options: &Options,
    (source, verified): (&ExternalMetadata, &Verified),
) -> Result<Scored> {
    let id = identity(run, corpus);
    let truth = corpus.labels(SplitName::Test)?;
    let dir = RunDir::create(runs, &id)?;
    // A copy in part may lack the evaluation alone.
    let new = !dir.is_done() || dir.evaluated().is_empty();
    if new {
        let config = Config {
            dataset: corpus.name(),
            content_hash: &corpus.content_hash,
            model: &run.model,
            seed: run.seed,
            external: External {
                file: &source.file,
                blake3: &source.blake3,
                rows: source.rows,
            },
        };
        let config = toml::to_string(&config).map_err(|e| Error::Format {
            file: source.file.clone(),
            reason: e.to_string(),
        })?;
        write_atomic(&dir.config(), config.as_bytes())?;
        let manifest = manifest(&id, run, corpus, options, source)?;
        let evaluation = Evaluation {
            format: FORMAT,
            tested_on: None,
            masks: masks(run, verified),
            build: manifest.build.clone(),
            wall_seconds: 0.0,
        };
        dir.finish(&manifest, &evaluation, &predictions(run, corpus, &truth)?)?;
    }
    Ok(Scored {
        path: dir.path().to_owned(),
        model: run.model.clone(),
        seed: run.seed,
        new,
        unknown_masks: unknown_masks(run),
        masks_verified: run.passes.keys().all(|key| verified.contains_key(key)),
        first_scores: FirstScores::of(run, &truth),
    })
}

/// Short blake3 of the data, the model's name, the seed and every prediction: everything that decides
/// the scores, so that the same predictions from another file are the same run.
pub(super) fn identity(run: &Joined, corpus: &Corpus) -> String {
    let mut text = format!(
        "external\n{}\n{}\n{}\n",
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

fn predictions(run: &Joined, corpus: &Corpus, truth: &[f32]) -> Result<Predictions> {
    let ids = corpus.outline(SplitName::Test)?.ids;
    let mut out = Predictions::new();
    for ((mask_protocol, mask_seed, condition), pass) in &run.passes {
        let key = PredictionKey {
            dataset: corpus.name().to_string(),
            split: SplitName::Test.as_str().to_string(),
            mask_protocol: mask_protocol.clone(),
            mask_seed: *mask_seed,
            condition: *condition,
        };
        out.extend(&key, &ids, truth, pass)?;
    }
    Ok(out)
}

fn manifest(
    id: &str,
    run: &Joined,
    corpus: &Corpus,
    options: &Options,
    source: &ExternalMetadata,
) -> Result<Manifest> {
    let protocol = protocol(&corpus.spec.protocol)?;
    let train = corpus.labels(SplitName::Train)?;
    Ok(Manifest {
        format: FORMAT,
        id: id.to_string(),
        external: Some(source.clone()),
        trained_on: None,
        dataset: DatasetMetadata::of(corpus, protocol, &train),
        model: ModelMetadata {
            name: run.model.clone(),
            title: options.title.clone().unwrap_or_else(|| run.model.clone()),
            citation: options.citation.clone().unwrap_or_default(),
            parameters: options.parameters,
        },
        seed: run.seed,
        masks: Vec::new(),
        training: TrainingMetadata::unknown(),
        selection: SelectionMetadata::unknown(),
        other_selections: Vec::new(),
        search: None,
        weights: BTreeMap::new(),
        build: BuildMetadata {
            version: VERSION.to_string(),
            libtorch: None,
            device: None,
            threads: None,
            grade: None,
        },
        wall_seconds: 0.0,
    })
}

/// The mask protocols that this program does not know.
fn unknown_masks(run: &Joined) -> Vec<String> {
    let names: BTreeSet<&String> = run.passes.keys().map(|(name, ..)| name).collect();
    let unknown = names.into_iter().filter(|name| mask::find(name).is_err());
    unknown.cloned().collect()
}

/// The masks that the file names. Variants are those that its hashes prove; predictions alone do not show
/// which masks they were made with.
fn masks(run: &Joined, verified: &Verified) -> Vec<MaskMetadata> {
    let mut named: BTreeMap<&str, (BTreeSet<u64>, BTreeSet<Condition>)> = BTreeMap::new();
    for (mask_protocol, mask_seed, condition) in run.passes.keys() {
        let (seeds, conditions) = named.entry(mask_protocol).or_default();
        seeds.insert(*mask_seed);
        conditions.insert(*condition);
    }
    let masks = named
        .into_iter()
        .map(|(mask_protocol, (seeds, conditions))| MaskMetadata {
            variants: proved(mask_protocol, run, verified),
            mask_protocol: mask_protocol.to_string(),
            version: mask::find(mask_protocol).map_or(0, |known| known.version()),
            seeds: seeds.into_iter().collect(),
            conditions: conditions.into_iter().collect(),
        });
    masks.collect()
}

/// The variants of a mask protocol that hashes prove.
fn proved(mask_protocol: &str, run: &Joined, verified: &Verified) -> Vec<VariantMetadata> {
    let own = run.passes.keys().filter(|key| key.0 == mask_protocol);
    own.filter_map(|key| verified.get(key).cloned()).collect()
}
