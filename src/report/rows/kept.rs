//! Holds the predictions of a run by the weights of every kept epoch.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::samples::Samples;
use crate::record::{Group, Manifest};
use crate::report::error::Result;

/// Predictions under one mask protocol, by training and epoch.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    /// One, or those of a curve of trainings at one condition each.
    trainings: Vec<(Arc<Manifest>, BTreeMap<u32, Arc<Samples>>)>,
}

impl Kept {
    /// Adds a training with its predictions.
    pub fn add(&mut self, manifest: &Arc<Manifest>, groups: Vec<Group>, mask_protocol: &str) {
        let mut by_epoch: BTreeMap<u32, Vec<Group>> = BTreeMap::new();
        for group in groups {
            by_epoch.entry(group.epoch).or_default().push(group);
        }
        let samples = |groups| Arc::new(Samples::new(groups, mask_protocol));
        let by_epoch = by_epoch.into_iter().map(|(epoch, g)| (epoch, samples(g)));
        self.trainings
            .push((Arc::clone(manifest), by_epoch.collect()));
    }

    /// Whether metrics or rules read the predictions of different epochs.
    pub fn has_several_epochs(&self) -> bool {
        self.trainings.iter().any(|(_, epochs)| epochs.len() > 1)
    }

    /// The predictions that a metric of this name is read from by the rule at this index of the run's
    /// rules. A run without that rule has the same weights by all of them: it was not trained.
    ///
    /// # Errors
    /// If the trainings of a curve predicted different samples.
    pub fn samples(&self, rule: usize, metric: &str) -> Result<Arc<Samples>> {
        let of = |(manifest, epochs): &(Arc<Manifest>, BTreeMap<u32, Arc<Samples>>)| {
            let selection = manifest.selections().nth(rule);
            let epoch = selection.unwrap_or(&manifest.selection).weights_for(metric);
            epochs.get(&epoch).cloned()
        };
        match &self.trainings[..] {
            [only] => Ok(of(only).unwrap_or_default()),
            several => {
                let parts = several
                    .iter()
                    .map(|one| Ok((*of(one).unwrap_or_default()).clone()));
                Ok(Arc::new(Samples::joined(parts)?))
            }
        }
    }
}
