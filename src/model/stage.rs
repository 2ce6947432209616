//! Describes the stages of a model's training that have an optimizer of their own.
//!
//! Every model has a main stage: [`Model::train`](super::Model::train) over all batches of an epoch, with
//! the groups of [`Model::groups`](super::Model::groups). A model whose authors step other parameters on
//! another loss declares further stages; their moments are stored and resumed with the main stage's.

use super::recipe::{GradClip, ParamGroup, Recipe, Rule};

/// A stage of training besides the main one.
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    /// Names the stage in logs, seeds and checkpoints.
    pub name: &'static str,
    pub when: When,
    /// Parameters that the stage moves; a parameter in none of its groups stays as it is.
    pub groups: Vec<ParamGroup>,
    pub rule: Rule,
    pub clip: GradClip,
    /// Whether schedule and plateau multiply its learning rates, as they do the main stage's.
    pub scheduled: bool,
}

/// When a stage runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum When {
    /// Before the main stage of every epoch, over batches in an order of its own.
    BeforeEpoch {
        /// Of the epoch's batches, rounded up.
        share: f64,
    },
    /// Before every step of the main stage, on the samples of that step.
    BeforeStep,
}

impl Stage {
    /// A stage with the recipe's rule and clipping, at constant rates.
    pub fn new(name: &'static str, when: When, recipe: &Recipe, groups: Vec<ParamGroup>) -> Self {
        Self {
            name,
            when,
            groups,
            rule: recipe.rule,
            clip: recipe.clip,
            scheduled: false,
        }
    }
}
