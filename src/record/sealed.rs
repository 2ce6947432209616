//! Joins the evaluations of a finished run.

use std::collections::BTreeSet;

use super::error::Result;
use super::evaluation::{EvaluationFiles, SealedEvaluation};
use super::manifest::Manifest;
use super::masks::{self, MaskGrid, MaskKey, MaskMetadata};
use super::predictions::Predictions;
use super::scores::Scores;

/// A finished run, its files checked against their checksums, its predictions not yet decoded.
#[derive(Clone, Debug)]
pub struct Sealed {
    /// With the masks of all evaluations.
    pub manifest: Manifest,
    /// blake3 of `manifest.json`, in hexadecimal.
    pub manifest_hash: String,
    /// The log of epochs; empty where nothing was trained.
    pub epochs: Vec<u8>,
    /// Its hash, where there is one.
    pub epochs_hash: Option<String>,
    /// Passes over the test split that are stored and not used: under mask seeds or versions of a mask
    /// protocol that not all conditions share.
    pub unused: usize,
    /// Those that are used, sorted by name, with the masks that each is read for: of several evaluations
    /// under one mask the first.
    evaluations: Vec<(SealedEvaluation, BTreeSet<MaskKey>)>,
}

/// The files of a training, checked against their checksums.
pub(super) struct SealedTraining {
    pub manifest: Manifest,
    pub manifest_hash: String,
    pub epochs: Vec<u8>,
    pub epochs_hash: Option<String>,
}

impl Sealed {
    /// A run under the masks of `wanted`, or under all that its evaluations share; the masks that are
    /// wanted and lacking are the error.
    pub(super) fn new(
        training: SealedTraining,
        evaluations: Vec<SealedEvaluation>,
        wanted: Option<&[MaskGrid]>,
    ) -> std::result::Result<Self, Vec<MaskGrid>> {
        let stored: Vec<&MaskMetadata> = (evaluations.iter())
            .flat_map(|one| &one.evaluation.masks)
            .collect();
        let mut manifest = training.manifest;
        manifest.masks = match wanted {
            None => masks::together(&stored),
            Some(wanted) => masks::chosen(&stored, wanted)?,
        };
        let used: Vec<MaskGrid> = manifest.masks.iter().map(MaskGrid::from).collect();
        let (shares, unused) = shares(&evaluations, &used);
        let evaluations = evaluations.into_iter().zip(shares);
        let evaluations: Vec<_> = evaluations.filter(|(_, keys)| !keys.is_empty()).collect();
        // Those that are not used change nothing in a report.
        let seconds = (evaluations.iter()).map(|(one, _)| one.evaluation.wall_seconds);
        manifest.wall_seconds += seconds.sum::<f64>();
        Ok(Self {
            manifest,
            manifest_hash: training.manifest_hash,
            epochs: training.epochs,
            epochs_hash: training.epochs_hash,
            unused,
            evaluations,
        })
    }

    /// The files that predictions and scores are read from.
    pub fn files(&self) -> Vec<EvaluationFiles> {
        self.evaluations
            .iter()
            .map(|(one, _)| one.files.clone())
            .collect()
    }

    /// Decodes the predictions.
    ///
    /// # Errors
    /// As [`Predictions::read`].
    pub fn predictions(&self) -> Result<Predictions> {
        let mut all = Predictions::new();
        for (one, keys) in &self.evaluations {
            all.append(&one.predictions()?, keys);
        }
        Ok(all)
    }

    /// The stored scores; `None` where some were made by other definitions of the metrics.
    pub fn scores(&self) -> Option<Scores> {
        if let [(one, keys)] = &self.evaluations[..]
            && one.masks() == *keys
        {
            return one.scores.clone();
        }
        let mut entries = Vec::new();
        for (one, keys) in &self.evaluations {
            let own = one.scores.as_ref()?.entries.iter();
            entries.extend(own.filter(|entry| keys.contains(&entry.key())).cloned());
        }
        Some(Scores { entries })
    }
}

/// The masks that each evaluation is read for, of those that are used; and how many passes are not used.
fn shares(evaluations: &[SealedEvaluation], used: &[MaskGrid]) -> (Vec<BTreeSet<MaskKey>>, usize) {
    let mut left: BTreeSet<MaskKey> = used.iter().flat_map(MaskGrid::keys).collect();
    let all = left.clone();
    let mut unused = 0;
    let share = |one: &SealedEvaluation| {
        let mut share = BTreeSet::new();
        for grid in one.evaluation.grids() {
            let is_used = used
                .iter()
                .any(|one| one.mask_protocol == grid.mask_protocol && one.version == grid.version);
            for key in grid.keys() {
                if !is_used || !all.contains(&key) {
                    unused += 1;
                } else if left.remove(&key) {
                    share.insert(key);
                }
            }
        }
        share
    };
    let shares = evaluations.iter().map(share).collect();
    (shares, unused)
}
