//! Implements [`Model`] for networks trained only on the mean absolute error of their prediction.

use tch::Tensor;

use super::batch::{Batch, Inputs};
use super::encoder::TextEncoder;
use super::engine::Engine;
use super::entry::{ADAM_EPSILON, Model};
use super::error::Result;
use super::losses::Losses;
use super::recipe::{ParamGroup, Recipe};
use super::trace::Trace;

/// The form of MMSA's single-task models: the part of [`Model`] in which they differ.
pub trait Regressor: Send {
    /// The registry's name.
    const NAME: &'static str;

    /// (B, 1)
    ///
    /// # Errors
    /// [`ModelError::Input`](super::ModelError::Input) where the inputs do not fit.
    fn forward(&self, inputs: &Inputs, train: bool, trace: &mut Trace) -> Result<Tensor>;

    /// The text encoder inside.
    fn encoder(&self) -> &TextEncoder;

    /// The same, mutable.
    fn encoder_mut(&mut self) -> &mut TextEncoder;

    /// As [`Model::groups`].
    fn param_groups(&self, recipe: &Recipe) -> Vec<ParamGroup> {
        vec![ParamGroup::all(recipe)]
    }

    /// As [`Model::adam_epsilon`].
    fn adam_epsilon(&self) -> f64 {
        ADAM_EPSILON
    }

    /// Whether a batch shares statistics, so that it cannot be computed in parts.
    fn has_batch_statistics(&self) -> bool {
        true
    }
}

impl<N: Regressor> Model for N {
    fn train(&mut self, batch: &Batch, trace: &mut Trace) -> Result<Losses> {
        batch.check(N::NAME)?;
        let prediction = self.forward(&batch.masked, true, trace)?;
        Ok(Losses::l1(prediction, &batch.label))
    }

    fn predict(&self, inputs: &Inputs, trace: &mut Trace) -> Result<Tensor> {
        self.forward(inputs, false, trace)
    }

    fn text_encoder(&self) -> Option<&TextEncoder> {
        Some(self.encoder())
    }

    fn set_engine(&mut self, engine: Engine) {
        self.encoder_mut().set_engine(engine);
    }

    fn adam_epsilon(&self) -> f64 {
        Regressor::adam_epsilon(self)
    }

    fn is_divisible(&self) -> bool {
        !self.has_batch_statistics()
    }

    fn groups(&self, recipe: &Recipe) -> Vec<ParamGroup> {
        self.param_groups(recipe)
    }
}
