//! Convolves a modality over time to the common width.

use tch::{Tensor, nn};

use super::init;
use crate::model::batch::check_features;
use crate::model::error::{ModelError, Result};

/// A bias-free convolution over time without padding, left out where the width is right already.
#[derive(Debug)]
pub struct TimeConv {
    weight: Tensor,
    /// The names of its model and of its input, for messages.
    model: &'static str,
    what: &'static str,
    inputs: i64,
    outputs: i64,
    kernel: i64,
}

/// Sizes of a [`TimeConv`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimeConvSize {
    /// Steps of its input, at most.
    pub steps: i64,
    pub inputs: i64,
    pub outputs: i64,
    pub kernel: i64,
}

impl TimeConv {
    /// Parameters: `weight`. `what` names the features, for messages of `model`.
    ///
    /// # Errors
    /// [`ModelError::Config`] where the input has fewer steps than the kernel.
    pub fn new(
        path: &nn::Path<'_>,
        model: &'static str,
        what: &'static str,
        size: TimeConvSize,
    ) -> Result<Self> {
        let TimeConvSize {
            steps,
            inputs,
            outputs,
            kernel,
        } = size;
        let size = [outputs, inputs, kernel];
        let conv = Self {
            weight: path.var("weight", &size, init::fan_in(inputs * kernel)),
            model,
            what,
            inputs,
            outputs,
            kernel,
        };
        if conv.reads(steps) {
            Ok(conv)
        } else {
            Err(ModelError::Config {
                model,
                what,
                expected: conv.needed(),
                got: format!("{steps} in the data"),
            })
        }
    }

    /// Steps of the output for an input of `steps`.
    pub fn steps_after(&self, steps: i64) -> i64 {
        if self.is_left_out() {
            steps
        } else {
            steps - self.kernel + 1
        }
    }

    fn is_left_out(&self) -> bool {
        self.inputs == self.outputs
    }

    fn reads(&self, steps: i64) -> bool {
        self.is_left_out() || steps >= self.kernel
    }

    fn needed(&self) -> String {
        format!(
            "at least {} steps, the width of its convolution",
            self.kernel
        )
    }

    /// (B, T, inputs) to (B, T - kernel + 1, outputs).
    ///
    /// # Errors
    /// [`ModelError::Input`] for another width, or fewer steps than it is wide.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        check_features(x, i64::MAX, self.inputs, self.model, self.what)?;
        let steps = x.size()[1];
        if !self.reads(steps) {
            return Err(ModelError::Input {
                model: self.model,
                what: self.what,
                expected: self.needed(),
                got: format!("{steps} steps"),
            });
        }
        if self.is_left_out() {
            return Ok(x.shallow_clone());
        }
        let convolved = x
            .transpose(1, 2)
            .conv1d(&self.weight, None::<&Tensor>, 1, 0, 1, 1);
        Ok(convolved.transpose(1, 2))
    }
}
