//! Holds the optimizers of a fit: the main stage's and one for each further stage of the model.

use tch::{Tensor, nn::VarStore};

use super::optimizer::{Optimizer, OptimizerError};
use crate::model::{Model, Recipe, Stage};

/// A stage's place among [`Optimizers::stages`]; `None` for the main stage.
pub type StageIndex = Option<usize>;

/// The optimizers of a model's stages.
#[derive(Debug)]
pub struct Optimizers {
    pub main: Optimizer,
    /// In the order of [`Model::stages`].
    pub stages: Vec<(Stage, Optimizer)>,
}

impl Optimizers {
    /// The optimizers that `model` asks for under this recipe.
    ///
    /// # Errors
    /// [`OptimizerError::EmptyGroup`].
    pub fn new(
        store: &VarStore,
        recipe: &Recipe,
        model: &dyn Model,
    ) -> Result<Self, OptimizerError> {
        let main = Optimizer::new(store, recipe, &model.groups(recipe))?;
        let stages = model.stages(recipe).into_iter().map(|stage| {
            let optimizer = Optimizer::of_stage(store, &stage)?;
            Ok((stage, optimizer.stopping_with(&main)))
        });
        Ok(Self {
            stages: stages.collect::<Result<_, _>>()?,
            main: main.with_epsilon(model.adam_epsilon()),
        })
    }

    /// The optimizer of a stage.
    pub fn of(&mut self, stage: StageIndex) -> &mut Optimizer {
        match stage {
            None => &mut self.main,
            Some(index) => &mut self.stages[index].1,
        }
    }

    /// Bytes of the moments of the stages besides the main one, once all are made.
    pub fn stage_bytes(&self) -> u64 {
        let stages = self.stages.iter();
        stages.map(|(_, optimizer)| optimizer.moment_bytes()).sum()
    }

    /// Everything to be saved, as [`Optimizer::state`].
    pub fn state(&self) -> Vec<(String, Tensor)> {
        let stages = self.stages.iter().map(|(_, optimizer)| optimizer);
        let all = std::iter::once(&self.main).chain(stages);
        all.flat_map(Optimizer::state).collect()
    }

    /// Takes back what [`Self::state`] gave.
    ///
    /// # Errors
    /// As [`Optimizer::load_state`].
    pub fn load_state(&mut self, state: &[(String, Tensor)]) -> Result<(), OptimizerError> {
        self.main.load_state(state)?;
        let mut stages = self.stages.iter_mut();
        stages.try_for_each(|(_, optimizer)| optimizer.load_state(state))
    }
}
