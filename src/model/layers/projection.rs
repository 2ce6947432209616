//! A modality summed up in a few tokens (ALMT and LNLN's embedding).

use tch::Tensor;
use tch::nn::{self, Module, Path};

use super::init;
use super::transformer::{BlockSize, TokenTransformer};
use crate::model::batch::check_features;
use crate::model::engine::Engine;
use crate::model::error::Result;

/// Linear to the common width, then a [`TokenTransformer`] of which only the learned tokens are
/// kept.
#[derive(Debug)]
pub struct Projection {
    linear: nn::Linear,
    transformer: TokenTransformer,
    inputs: i64,
    steps: i64,
    tokens: i64,
}

impl Projection {
    /// For at most `steps` steps of `inputs` features.
    ///
    /// Parameters: `0` (linear) and `1` (transformer).
    pub fn new(
        path: &Path<'_>,
        inputs: i64,
        steps: i64,
        tokens: i64,
        depth: i64,
        size: BlockSize,
    ) -> Self {
        Self {
            linear: init::linear(path / 0, inputs, size.width),
            transformer: TokenTransformer::new(&(path / 1), steps, tokens, depth, size),
            inputs,
            steps,
            tokens,
        }
    }

    /// How to compute from now on.
    pub fn set_engine(&mut self, engine: Engine) {
        self.transformer.set_engine(engine);
    }

    /// Floats kept for the way back, for one clip of all steps.
    pub fn kept(&self) -> i64 {
        self.steps * self.inputs + self.transformer.kept(self.steps, Some(self.tokens))
    }

    /// (B, T, inputs) to (B, tokens, width).
    ///
    /// # Errors
    /// [`ModelError::Input`](crate::model::ModelError::Input) for another width or more steps than there are positions.
    pub fn forward(&self, x: &Tensor, model: &'static str) -> Result<Tensor> {
        check_features(x, self.steps, self.inputs, model)?;
        Ok(self.transformer.read(&self.linear.forward(x), self.tokens))
    }
}
