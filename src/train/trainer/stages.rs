//! Lists the optimizer steps of an epoch, stage by stage.

use super::Fit;
use crate::model::When;
use crate::train::optimizers::StageIndex;
use crate::train::order;
use crate::train::view::View;

/// An optimizer step to take.
#[derive(Clone)]
pub(super) struct Step {
    pub stage: StageIndex,
    /// Steps of the stage before it in the epoch.
    pub number: usize,
    /// Samples, as rows of the training split: one or more batches.
    pub rows: Vec<i64>,
    /// Counted from 1.
    pub epoch: u32,
}

/// A pass over part of a batch of a step.
pub(super) struct Pass<'a> {
    pub step: &'a Step,
    pub noisy: &'a View,
    /// Batches of the step before its own.
    pub batch: usize,
    /// Passes of the step before it.
    pub number: usize,
}

impl Step {
    /// The step of a stage that runs before a step of the main one, on the same samples.
    pub fn before(&self, stage: usize) -> Self {
        Self {
            stage: Some(stage),
            rows: self.rows.clone(),
            ..*self
        }
    }
}

impl Fit<'_> {
    /// The steps of an epoch: those of stages that come before it, then the main stage's. Batches whose
    /// gradients are summed are one step: a fit stops and resumes between those.
    pub(super) fn steps_of(&self, epoch: u32) -> impl Iterator<Item = Step> + use<> {
        let stages = self.optimizers.stages.iter().enumerate();
        let before = stages.filter_map(|(index, (stage, _))| match stage.when {
            When::BeforeEpoch { share } => {
                let purpose = format!("order, stage {}", stage.name);
                let mut rows = self.shuffled(&purpose, epoch);
                let batch = self.plan.recipe.batch_size;
                let batches = share * rows.len().div_ceil(batch) as f64;
                rows.truncate(batch * batches.ceil() as usize);
                Some((Some(index), rows))
            }
            When::BeforeStep => None,
        });
        let mut orders: Vec<(StageIndex, Vec<i64>)> = before.collect();
        orders.push((None, self.shuffled("order", epoch)));
        let recipe = &self.plan.recipe;
        let rows_of_step = recipe.batch_size * recipe.trainer_options.grad_accum as usize;
        orders.into_iter().flat_map(move |(stage, rows)| {
            let steps = rows.chunks(rows_of_step).enumerate();
            let steps = steps.map(|(number, rows)| Step {
                stage,
                number,
                rows: rows.to_vec(),
                epoch,
            });
            steps.collect::<Vec<_>>()
        })
    }

    fn shuffled(&self, purpose: &str, epoch: u32) -> Vec<i64> {
        order::shuffled_for(purpose, self.data.train.len(), self.plan.seed, epoch)
    }

    /// Name of a stage; `None` for the main one.
    pub(super) fn name_of(&self, stage: StageIndex) -> Option<&'static str> {
        stage.map(|index| self.optimizers.stages[index].0.name)
    }

    /// Places of the stages that run before each step of the main one.
    pub(super) fn before_each_step(&self) -> Vec<usize> {
        let stages = self.optimizers.stages.iter().enumerate();
        let before = stages.filter(|(_, (stage, _))| stage.when == When::BeforeStep);
        before.map(|(index, _)| index).collect()
    }
}
