//! Holds the predictions of a run by the weights of every kept epoch.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::samples::Samples;
use crate::record::{Group, Manifest, PredictionKey};
use crate::report::error::Result;

/// Predictions under one mask protocol.
#[derive(Clone, Debug)]
pub enum Kept {
    /// Of one training, by epoch.
    Training(Arc<Manifest>, BTreeMap<u32, Arc<Samples>>),
    /// Of several trainings, each tested at conditions of its own.
    Parts(Vec<Kept>),
    /// Of a training per fold, each tested on samples of its own.
    Folds(Vec<Kept>),
}

impl Kept {
    /// The wanted passes of one training.
    pub fn training(
        manifest: &Arc<Manifest>,
        groups: Vec<Group>,
        wanted: &dyn Fn(&PredictionKey) -> bool,
    ) -> Self {
        let mut by_epoch: BTreeMap<u32, Vec<Group>> = BTreeMap::new();
        for group in groups {
            by_epoch.entry(group.epoch).or_default().push(group);
        }
        let samples = |groups| Arc::new(Samples::new(groups, wanted));
        let by_epoch = by_epoch.into_iter().map(|(epoch, g)| (epoch, samples(g)));
        Self::Training(Arc::clone(manifest), by_epoch.collect())
    }

    /// Whether metrics or rules read the predictions of different epochs.
    pub fn has_several_epochs(&self) -> bool {
        match self {
            Self::Training(_, epochs) => epochs.len() > 1,
            Self::Parts(several) | Self::Folds(several) => {
                several.iter().any(Self::has_several_epochs)
            }
        }
    }

    /// The predictions that a metric of this name is read from by the rule at this index of the run's
    /// rules. A run without that rule has the same weights by all of them: it was not trained.
    ///
    /// # Errors
    /// If the trainings of a curve predicted different samples.
    pub fn samples(&self, rule: usize, metric: &str) -> Result<Arc<Samples>> {
        let each = |several: &[Self]| {
            let samples = several.iter().map(|one| one.samples(rule, metric));
            let own = samples.map(|one| one.map(Arc::unwrap_or_clone));
            own.collect::<Result<Vec<Samples>>>()
        };
        match self {
            Self::Training(manifest, epochs) => {
                let selection = manifest.selections().nth(rule);
                let selection = selection.unwrap_or(&manifest.selection);
                let epoch = selection.weights_for(metric);
                Ok(epochs.get(&epoch).cloned().unwrap_or_default())
            }
            Self::Parts(parts) => {
                let parts = each(parts)?.into_iter().map(Ok);
                Ok(Arc::new(Samples::joined(parts)?))
            }
            Self::Folds(folds) => Ok(Arc::new(Samples::pooled(each(folds)?))),
        }
    }
}
