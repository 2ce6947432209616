//! Searches the settings of each model: random draws, halved by their score on the validation split.
//!
//! A search is a row of stages, each a sweep of its own: the rungs of the halving, whose runs are trials and touch no
//! test split, and at the end the chosen settings with every seed of the suite, tested. A stage follows from the
//! finished runs of the one before, so that the same command finds the same stages again wherever it stopped.

mod halving;
mod stages;
mod trial;
mod weights;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use halving::{Rung, rungs};
pub(super) use stages::is_settled;
pub use stages::{Budget, begin, budgets, forgive, next, now};
pub(super) use trial::{Trial, check_equal, trials};
pub use weights::remove_weights;

/// Seed of the draws where a suite names none.
pub const SEED: u64 = 1111;

/// A stage of a search, as the suite of its sweep holds it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// Rung of the halving, from 0; `None` for the chosen settings with every seed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rung: Option<usize>,
    /// Seed of the trials' runs.
    pub training_seed: u64,
    /// Trials that are in it, by search: the id of a run of the published settings for the full number of epochs.
    /// Not read in rung 0, which has all trials.
    pub trials: BTreeMap<String, Vec<u32>>,
}
