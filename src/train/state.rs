//! How far a fit has come: what `last.safetensors` carries beside weights and moments.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::epoch_log::Means;
use super::exact;

/// The state of a fit between two optimiser steps.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// Finished epochs.
    pub epoch: u32,
    /// Steps taken in the epoch after those.
    pub step: usize,
    /// Loss terms of these steps.
    pub means: Means,
    /// Clips per pass; a resumed fit must draw dropout for the same passes.
    pub micro_batch: usize,
    /// The epoch that each watched metric has picked.
    pub picks: BTreeMap<String, Pick>,
}

/// An epoch and why it was picked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pick {
    /// Counted from 1.
    pub epoch: u32,
    /// The value there; `None` where it is undefined. Stored bit for bit, since a tie decides.
    #[serde(with = "exact::option")]
    pub score: Option<f64>,
}

impl State {
    /// The picked epochs by watched metric.
    pub fn epochs(&self) -> BTreeMap<String, u32> {
        let epochs = self.picks.iter();
        epochs
            .map(|(name, pick)| (name.clone(), pick.epoch))
            .collect()
    }

    /// The picked epoch of a rule that picks one; the latest of several; 0 before the first.
    pub fn selected(&self) -> u32 {
        self.picks
            .values()
            .map(|pick| pick.epoch)
            .max()
            .unwrap_or(0)
    }
}
