//! Holds the state of a fit that `last.safetensors` stores with weights and moments.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::epoch_log::Means;
use super::exact_float;
use super::patience::{EarlyStop, Plateau};
use crate::model::Recipe;

/// The state of a fit between two optimizer steps.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// Finished epochs.
    pub epoch: u32,
    /// Steps taken in the epoch after those: of the stages before the main one, then of the main one.
    pub step: usize,
    /// Loss terms of the main stage's steps among these.
    pub means: Means,
    /// Loss terms of the other stages' steps, by stage.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub stage_means: BTreeMap<String, Means>,
    /// Samples per pass; a resumed fit must draw dropout for the same passes.
    pub micro_batch: usize,
    /// The epoch that each monitored metric of the first rule has picked.
    pub picks: Picks,
    /// The same of the other rules, in their order; empty before the first epoch.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_picks: Vec<Picks>,
    /// Of the learning rate's reduction, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plateau: Option<Plateau>,
    /// Of the early stop, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub early_stop: Option<EarlyStop>,
}

/// Picked epochs by monitored metric.
pub type Picks = BTreeMap<String, Pick>;

/// The epochs of these picks, by monitored metric.
pub fn epochs(picks: &Picks) -> BTreeMap<String, u32> {
    let epochs = picks.iter();
    epochs
        .map(|(name, pick)| (name.clone(), pick.epoch))
        .collect()
}

/// The picked epoch of a rule that picks one; the latest of several; 0 before the first.
pub fn selected(picks: &Picks) -> u32 {
    let epochs = picks.values().map(|pick| pick.epoch);
    epochs.max().unwrap_or(0)
}

/// An epoch and why it was picked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pick {
    /// Counted from 1.
    pub epoch: u32,
    /// The value there; `None` where it is undefined. Stored bit for bit, since a tie decides.
    #[serde(with = "exact_float::option")]
    pub score: Option<f64>,
}

impl State {
    /// Where loss terms of a stage are counted; `None` is the main stage.
    pub(super) fn means_of(&mut self, stage: Option<&str>) -> &mut Means {
        match stage {
            None => &mut self.means,
            Some(stage) => self.stage_means.entry(stage.to_owned()).or_default(),
        }
    }

    /// Means of all loss terms of the epoch: the other stages' as `STAGE.TERM`, then the main stage's,
    /// its total last.
    pub fn losses(&self) -> Vec<(String, f64)> {
        let stages = self.stage_means.iter().flat_map(|(stage, means)| {
            let mut terms = means.finish();
            // A single term is the total.
            if terms.len() == 2 {
                terms.pop();
            }
            let named = move |(name, value)| (format!("{stage}.{name}"), value);
            terms.into_iter().map(named)
        });
        stages.chain(self.means.finish()).collect()
    }

    /// The picks of all rules, in their order.
    pub fn all_picks(&self) -> impl Iterator<Item = &Picks> {
        std::iter::once(&self.picks).chain(&self.other_picks)
    }

    /// What is left of the learning rate after its reductions.
    pub fn reduction(&self) -> f64 {
        self.plateau.as_ref().map_or(1.0, Plateau::factor)
    }

    /// Takes in the validation error of the epoch just finished.
    pub fn observe(&mut self, error: f64, recipe: &Recipe) {
        let trainer_options = recipe.trainer_options;
        if let Some(patience) = trainer_options.lr_plateau {
            let plateau = self.plateau.get_or_insert_default();
            let reduction = 1.0 / f64::from(trainer_options.lr_divisor);
            plateau.observe(error, patience, recipe.learning_rate, reduction);
        }
        if trainer_options.early_stop.is_some() {
            let early_stop = self.early_stop.get_or_insert_default();
            early_stop.observe(error, self.epoch);
        }
    }

    /// Whether no epoch is left.
    pub fn is_over(&self, recipe: &Recipe) -> bool {
        let stop = self
            .early_stop
            .as_ref()
            .zip(recipe.trainer_options.early_stop);
        self.epoch >= recipe.epochs
            || stop.is_some_and(|(stop, patience)| stop.is_over(self.epoch, patience))
    }

    /// [`selected`] of the first rule.
    pub fn selected(&self) -> u32 {
        selected(&self.picks)
    }
}
