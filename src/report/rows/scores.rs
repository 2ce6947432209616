//! Scores runs: one score per (run, condition, metric), averaged over the run's mask seeds.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::mask::Condition;
use crate::metric::{Protocol, protocol};
use crate::record::epochs::Pace;
use crate::record::evaluation::EvaluationFiles;
use crate::record::masks::MaskMetadata;
use crate::record::{
    Group, Manifest, MaskGrid, PredictionKey, Record, RunDir, Scores, Sealed, SelectionRule,
};

use super::check;
use super::ends::Ends;
use super::kept::Kept;
use super::samples::Samples;
use crate::record::scores::ScoreEntry;
use crate::report::error::{Error, Result};
use crate::report::stats;

pub use super::values::{Conditions, Value};

/// A run under one mask protocol, reduced to what tables need.
#[derive(Clone, Debug)]
pub struct ScoredRun {
    pub manifest: Arc<Manifest>,
    /// The mask protocol's entry of the manifest.
    pub mask: MaskMetadata,
    /// Files that every score comes from.
    pub evaluations: Vec<EvaluationFiles>,
    pub manifest_hash: String,
    /// Of the log of epochs, where there is one.
    pub log_hash: Option<String>,
    /// Whether the stored scores were compared with the predictions and differ.
    pub scores_differ: bool,
    pub protocol: &'static Protocol,
    pub conditions: Conditions,
    /// Of a run under whole modalities: where it was evaluated on complete data and with everything missing.
    pub ends: Option<Ends>,
    pub pace: Pace,
    source: Source,
}

/// Where a run's predictions are.
#[derive(Clone, Debug)]
enum Source {
    Folder(RunDir),
    /// A run's folder, predictions of other data than those of the training; `own` are the masks that its own
    /// are read under.
    Elsewhere {
        dir: RunDir,
        own: Arc<[MaskGrid]>,
    },
    Memory(Arc<Record>),
    /// Several trainings, each tested at conditions of its own.
    Parts(Vec<ScoredRun>),
    /// One training per fold, each tested on samples of its own.
    Folds(Vec<ScoredRun>),
}

impl ScoredRun {
    /// The predictions behind the scores, sample by sample; where metrics read those of different epochs,
    /// the ones that the protocol's selection metric reads.
    ///
    /// # Errors
    /// As [`Self::kept`].
    pub fn samples(&self) -> Result<Samples> {
        let metric = self.protocol.selection_metric().name;
        Ok(Arc::unwrap_or_clone(self.kept()?.samples(0, metric)?))
    }

    /// The predictions by the weights of every kept epoch.
    ///
    /// # Errors
    /// If the run changed since it was scored, or its predictions are not those that its manifest lists.
    pub fn kept(&self) -> Result<Kept> {
        let mask = &self.mask;
        self.kept_where(&|key| {
            key.mask_protocol == mask.mask_protocol && mask.conditions.contains(&key.condition)
        })
    }

    /// The predictions of these passes alone, of any mask protocol that the run was evaluated under; where
    /// metrics read those of different epochs, the ones that the protocol's selection metric reads.
    ///
    /// # Errors
    /// As [`Self::kept`].
    pub fn samples_where(&self, wanted: &dyn Fn(&PredictionKey) -> bool) -> Result<Samples> {
        let metric = self.protocol.selection_metric().name;
        let kept = self.kept_where(wanted)?;
        Ok(Arc::unwrap_or_clone(kept.samples(0, metric)?))
    }

    fn kept_where(&self, wanted: &dyn Fn(&PredictionKey) -> bool) -> Result<Kept> {
        let each = |runs: &[Self]| {
            let kept = runs.iter().map(|run| run.kept_where(wanted));
            kept.collect::<Result<Vec<_>>>()
        };
        Ok(match &self.source {
            Source::Parts(parts) => Kept::Parts(each(parts)?),
            Source::Folds(folds) => Kept::Folds(each(folds)?),
            Source::Folder(_) | Source::Elsewhere { .. } | Source::Memory(_) => {
                Kept::training(&self.manifest, self.groups()?, wanted)
            }
        })
    }

    /// The predictions of one training, pass by pass; none for what is made of several.
    ///
    /// # Errors
    /// As [`Self::kept`].
    pub fn groups(&self) -> Result<Vec<Group>> {
        let groups = match &self.source {
            Source::Memory(record) => record.predictions.groups(),
            Source::Folder(dir) | Source::Elsewhere { dir, .. } => dir
                .sealed_on(self.tested_on().as_deref(), Some(&self.grids()))?
                .predictions()?
                .groups(),
            Source::Parts(_) | Source::Folds(_) => return Ok(Vec::new()),
        };
        check::groups(&self.manifest, &groups)?;
        Ok(groups)
    }

    /// Its data, where they are not those of the training ([`key`](crate::record::manifest::DatasetMetadata::key)).
    fn tested_on(&self) -> Option<String> {
        let elsewhere = self.manifest.trained_on.is_some();
        elsewhere.then(|| self.manifest.dataset.key())
    }

    /// The masks that it is read under.
    pub fn grids(&self) -> Vec<MaskGrid> {
        let data = self.tested_on();
        let grid = |masks| MaskGrid::from(masks).tested_on(data.as_deref());
        self.manifest.masks.iter().map(grid).collect()
    }

    /// Predictions of the training's own data by the same weights under the same mask protocol; `None` where
    /// these are the training's own data, or were evaluated under another version of the protocol.
    ///
    /// # Errors
    /// As [`Self::samples`].
    pub fn own_samples(&self) -> Result<Option<Samples>> {
        let (dir, own) = match &self.source {
            Source::Elsewhere { dir, own } => (dir, own),
            Source::Parts(parts) => {
                let parts: Result<Option<Vec<Samples>>> =
                    parts.iter().map(Self::own_samples).collect();
                let parts = parts?.map(|parts| Samples::joined(parts.into_iter().map(Ok)));
                return parts.transpose();
            }
            Source::Folder(_) | Source::Memory(_) | Source::Folds(_) => return Ok(None),
        };
        let (name, version) = (&self.mask.mask_protocol, self.mask.version);
        let same = |grid: &&MaskGrid| grid.mask_protocol == *name && grid.version == version;
        let Some(grid) = own.iter().find(same) else {
            return Ok(None);
        };
        let sealed = dir.sealed_on(None, Some(std::slice::from_ref(grid)))?;
        let groups = sealed.predictions()?.groups();
        check::groups(&sealed.manifest, &groups)?;
        // By the same weights as `samples`.
        let kept = Kept::training(&self.manifest, groups, &|_| true);
        let metric = self.protocol.selection_metric().name;
        Ok(Some(Arc::unwrap_or_clone(kept.samples(0, metric)?)))
    }

    /// blake3 of the predictions behind the scores; of several evaluations joined by `+`.
    pub fn predictions_hash(&self) -> String {
        let hashes = self.evaluations.iter().map(|one| &*one.predictions_blake3);
        hashes.collect::<Vec<_>>().join("+")
    }

    /// The run's directory, if it has one.
    pub fn dir(&self) -> Option<&RunDir> {
        match &self.source {
            Source::Folder(dir) => Some(dir),
            // Its training is that of the section of its own data.
            Source::Elsewhere { .. } => None,
            Source::Memory(_) | Source::Parts(_) | Source::Folds(_) => None,
        }
    }

    /// A curve of several trainings; `manifest` holds what they share.
    pub fn of_parts(
        manifest: Arc<Manifest>,
        mask: MaskMetadata,
        conditions: Conditions,
        parts: Vec<Self>,
    ) -> Self {
        Self::of_several(manifest, mask, conditions, parts, Source::Parts)
    }

    /// The trainings of all folds as one run; `manifest` holds what they share.
    pub fn of_folds(
        manifest: Arc<Manifest>,
        mask: MaskMetadata,
        conditions: Conditions,
        folds: Vec<Self>,
    ) -> Self {
        Self::of_several(manifest, mask, conditions, folds, Source::Folds)
    }

    fn of_several(
        manifest: Arc<Manifest>,
        mask: MaskMetadata,
        conditions: Conditions,
        parts: Vec<Self>,
        source: fn(Vec<Self>) -> Source,
    ) -> Self {
        let hashes: Vec<&str> = parts.iter().map(|part| &*part.manifest_hash).collect();
        Self {
            evaluations: parts
                .iter()
                .flat_map(|part| part.evaluations.clone())
                .collect(),
            manifest_hash: hashes.join("+"),
            log_hash: None,
            scores_differ: parts.iter().any(|part| part.scores_differ),
            protocol: parts[0].protocol,
            pace: Pace::default(),
            ends: None,
            source: source(parts),
            manifest,
            mask,
            conditions,
        }
    }

    /// Leaves out all but these conditions.
    pub fn restrict(&mut self, conditions: &[Condition]) {
        let kept = |condition: &Condition| conditions.contains(condition);
        self.mask.conditions.retain(kept);
        self.mask
            .variants
            .retain(|variant| kept(&variant.condition));
        for curve in self.conditions.values_mut() {
            curve.retain(|condition, _| kept(condition));
        }
        if let Source::Parts(parts) | Source::Folds(parts) = &mut self.source {
            parts.iter_mut().for_each(|part| part.restrict(conditions));
            parts.retain(|part| !part.mask.conditions.is_empty());
        }
    }

    /// The trainings of a curve that is made of several; empty for a run.
    pub fn parts(&self) -> &[Self] {
        match &self.source {
            Source::Parts(parts) => parts,
            Source::Folder(_) | Source::Elsewhere { .. } | Source::Memory(_) | Source::Folds(_) => {
                &[]
            }
        }
    }

    /// The trainings of several folds that are pooled, by the number of the fold; empty for others.
    pub fn folds(&self) -> &[Self] {
        match &self.source {
            Source::Folds(folds) => folds,
            // Each part pools the same folds.
            Source::Parts(parts) => parts.first().map_or(&[], Self::folds),
            Source::Folder(_) | Source::Elsewhere { .. } | Source::Memory(_) => &[],
        }
    }

    /// The runs behind it: those of its parts or folds, or itself.
    pub fn trainings(&self) -> Box<dyn Iterator<Item = &Self> + '_> {
        match &self.source {
            Source::Parts(several) | Source::Folds(several) => {
                Box::new(several.iter().flat_map(Self::trainings))
            }
            Source::Folder(_) | Source::Elsewhere { .. } | Source::Memory(_) => {
                Box::new(std::iter::once(self))
            }
        }
    }
}

/// What a run's scores are taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// The scores that the run stored; its predictions where it has none of this build's metrics.
    Stored,
    /// The predictions, with which the stored scores are compared.
    Predictions,
}

/// Scores one run by every metric of its data set's protocol, once per mask protocol.
///
/// # Errors
/// If the protocol is unknown, or the predictions are not exactly one per test sample for every
/// mask seed and condition of the manifest.
pub fn score(dir: &RunDir, sealed: Sealed, basis: Basis) -> Result<Vec<ScoredRun>> {
    score_from(Source::Folder(dir.clone()), sealed, basis)
}

/// [`score`] of predictions of other data than those of the training, whose own are read under `own`.
///
/// # Errors
/// As [`score`].
pub fn score_elsewhere(
    dir: &RunDir,
    own: &Arc<[MaskGrid]>,
    sealed: Sealed,
    basis: Basis,
) -> Result<Vec<ScoredRun>> {
    let (dir, own) = (dir.clone(), Arc::clone(own));
    score_from(Source::Elsewhere { dir, own }, sealed, basis)
}

fn score_from(source: Source, sealed: Sealed, basis: Basis) -> Result<Vec<ScoredRun>> {
    let protocol = protocol(&sealed.manifest.dataset.protocol).map_err(|e| Error::Protocol {
        run: sealed.manifest.id.clone(),
        reason: e.to_string(),
    })?;
    let masks = sealed.manifest.masks.iter();
    let conditions = masks.map(|m| m.seeds.len() * m.conditions.len()).sum();
    let (scores, scores_differ) = match (sealed.scores(), basis) {
        (Some(stored), Basis::Stored) if stored.covers(protocol, conditions) => (stored, false),
        (stored, _) => {
            let scores = from_predictions(protocol, &sealed.manifest, &sealed.predictions()?)?;
            let differ = stored.is_some_and(|stored| stored.contradicts(&scores));
            (scores, differ)
        }
    };
    let base = Base {
        evaluations: sealed.files(),
        manifest: Arc::new(sealed.manifest),
        manifest_hash: sealed.manifest_hash,
        log_hash: sealed.epochs_hash,
        scores_differ,
        protocol,
        pace: Pace::of(&sealed.epochs),
        source,
    };
    base.by_mask_protocol(&scores)
}

/// Scores a run in memory by every metric of this protocol; see [`score`].
///
/// # Errors
/// As [`score`].
pub fn score_by(protocol: &'static Protocol, record: Record) -> Result<Vec<ScoredRun>> {
    let scores = from_predictions(protocol, &record.manifest, &record.predictions)?;
    let base = Base {
        manifest: Arc::new(record.manifest.clone()),
        evaluations: record.evaluations.clone(),
        manifest_hash: record.manifest_hash.clone(),
        log_hash: None,
        scores_differ: false,
        protocol,
        pace: Pace::default(),
        source: Source::Memory(Arc::new(record)),
    };
    base.by_mask_protocol(&scores)
}

fn from_predictions(
    protocol: &Protocol,
    manifest: &Manifest,
    predictions: &crate::record::Predictions,
) -> Result<Scores> {
    let groups = predictions.groups();
    check::groups(manifest, &groups)?;
    Ok(Scores::by(protocol, &manifest.selection, &groups))
}

/// What a run's scores under all mask protocols share.
struct Base {
    manifest: Arc<Manifest>,
    evaluations: Vec<EvaluationFiles>,
    manifest_hash: String,
    log_hash: Option<String>,
    scores_differ: bool,
    protocol: &'static Protocol,
    pace: Pace,
    source: Source,
}

impl Base {
    fn by_mask_protocol(self, scores: &Scores) -> Result<Vec<ScoredRun>> {
        let grid = scores.entries.iter();
        let found: BTreeSet<_> = grid
            .map(|e| (&*e.mask_protocol, e.mask_seed, e.condition))
            .collect();
        check::grid(&self.manifest, &found)?;
        let mask_protocol = |mask: &MaskMetadata| ScoredRun {
            manifest: Arc::clone(&self.manifest),
            mask: mask.clone(),
            evaluations: self.evaluations.clone(),
            manifest_hash: self.manifest_hash.clone(),
            log_hash: self.log_hash.clone(),
            scores_differ: self.scores_differ,
            protocol: self.protocol,
            conditions: self.conditions(scores, &mask.mask_protocol),
            ends: Ends::of(mask, &self.manifest.masks, |protocol| {
                self.conditions(scores, protocol)
            }),
            pace: self.pace,
            source: self.source.clone(),
        };
        Ok(self.manifest.masks.iter().map(mask_protocol).collect())
    }

    /// One mask protocol's scores.
    fn conditions(&self, scores: &Scores, mask_protocol: &str) -> Conditions {
        let entries = scores.entries.iter();
        let own = entries.filter(|entry| *entry.mask_protocol == *mask_protocol);
        curves(self.protocol, &self.manifest, own)
    }
}

/// Scores by metric and condition, each the mean over mask seeds; rounded as published where the weights
/// were selected as published, and only there.
pub fn curves<'a>(
    protocol: &Protocol,
    manifest: &Manifest,
    entries: impl Iterator<Item = &'a ScoreEntry>,
) -> Conditions {
    let mut by: BTreeMap<&'static str, BTreeMap<Condition, Vec<Value>>> = BTreeMap::new();
    for entry in entries {
        if let Some(metric) = protocol.metric(&entry.metric) {
            let curve = by.entry(metric.name).or_default();
            let values = curve.entry(entry.condition).or_default();
            values.push(entry.score.clone());
        }
    }
    let published = manifest.selection.rule == Some(SelectionRule::Paper);
    let mean = |values: Vec<Value>| {
        if published {
            average(values).map(|v| protocol.published_seed_value(v))
        } else {
            average(values)
        }
    };
    let curve = |c: BTreeMap<Condition, Vec<Value>>| c.into_iter().map(|(l, v)| (l, mean(v)));
    by.into_iter()
        .map(|(name, c)| (name, curve(c).collect()))
        .collect()
}

/// The mean of all, or the first reason why one is missing: a mean over the rest would flatter.
pub fn average(values: impl IntoIterator<Item = Value>) -> Value {
    let values: Vec<f64> = values.into_iter().collect::<std::result::Result<_, _>>()?;
    stats::mean(&values).ok_or_else(|| "there is no value".to_string())
}
