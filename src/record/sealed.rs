//! Joins the evaluations of a finished run.

use std::collections::{BTreeMap, BTreeSet};

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

impl Sealed {
    /// A run under the masks of `wanted`, or under all that its evaluations share; the masks that are
    /// wanted and lacking are the error.
    pub(super) fn new(
        mut manifest: Manifest,
        evaluations: Vec<SealedEvaluation>,
        wanted: Option<&[MaskGrid]>,
    ) -> std::result::Result<Self, Vec<MaskGrid>> {
        let stored: Vec<&MaskMetadata> = (evaluations.iter())
            .flat_map(|one| &one.evaluation.masks)
            .collect();
        manifest.masks = match wanted {
            None => masks::together(&stored),
            Some(wanted) => masks::chosen(&stored, wanted)?,
        };
        let used = manifest.masks.iter().map(MaskGrid::from);
        let used: Vec<MaskGrid> = used.collect();
        let mut owner: BTreeMap<MaskKey, Option<usize>> = (used.iter().flat_map(MaskGrid::keys))
            .map(|key| (key, None))
            .collect();
        let mut unused = 0;
        for (index, one) in evaluations.iter().enumerate() {
            for grid in one.evaluation.grids() {
                let is_newest = used.iter().any(|one| {
                    one.mask_protocol == grid.mask_protocol && one.version == grid.version
                });
                for key in grid.keys() {
                    match owner.get_mut(&key).filter(|_| is_newest) {
                        Some(owner) => drop(owner.get_or_insert(index)),
                        None => unused += 1,
                    }
                }
            }
        }
        let own = |index: usize| {
            let own = owner.iter().filter(|(_, by)| **by == Some(index));
            own.map(|(key, _)| key.clone()).collect::<BTreeSet<_>>()
        };
        let evaluations = evaluations.into_iter().enumerate();
        let evaluations = evaluations.map(|(index, one)| (one, own(index)));
        let evaluations: Vec<_> = evaluations.filter(|(_, keys)| !keys.is_empty()).collect();
        // Those that are not used change nothing in a report.
        let seconds = evaluations
            .iter()
            .map(|(one, _)| one.evaluation.wall_seconds);
        manifest.wall_seconds += seconds.sum::<f64>();
        Ok(Self {
            evaluations,
            manifest,
            manifest_hash: String::new(),
            epochs: Vec::new(),
            epochs_hash: None,
            unused,
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
