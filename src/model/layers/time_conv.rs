//! Convolves a modality over time to the common width.

use tch::{Tensor, nn};

use super::init;
use crate::model::batch::check_features;
use crate::model::error::Result;

/// A bias-free convolution over time, left out where the width is right already. It adds no padding to an input
/// of as many steps as it is wide; a shorter one is padded with zeros at the end, which the reference, made
/// for longer ones, cannot read.
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
    pub inputs: i64,
    pub outputs: i64,
    pub kernel: i64,
}

impl TimeConv {
    /// Parameters: `weight`. `what` names the features, for messages of `model`.
    pub fn new(
        path: &nn::Path<'_>,
        model: &'static str,
        what: &'static str,
        size: TimeConvSize,
    ) -> Self {
        let TimeConvSize {
            inputs,
            outputs,
            kernel,
        } = size;
        let size = [outputs, inputs, kernel];
        Self {
            weight: path.var("weight", &size, init::fan_in(inputs * kernel)),
            model,
            what,
            inputs,
            outputs,
            kernel,
        }
    }

    /// Steps of the output for an input of `steps`.
    pub fn steps_after(&self, steps: i64) -> i64 {
        if self.is_left_out() {
            steps
        } else {
            steps.max(self.kernel) - self.kernel + 1
        }
    }

    fn is_left_out(&self) -> bool {
        self.inputs == self.outputs
    }

    /// (B, T, inputs) to (B, max(T, kernel) - kernel + 1, outputs).
    ///
    /// # Errors
    /// [`ModelError::Input`](crate::model::ModelError::Input) for another width.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        check_features(x, i64::MAX, self.inputs, self.model, self.what)?;
        if self.is_left_out() {
            return Ok(x.shallow_clone());
        }
        let missing = self.kernel - x.size()[1];
        let channels_first = x.transpose(1, 2);
        let padded = if missing > 0 {
            channels_first.constant_pad_nd([0, missing])
        } else {
            channels_first
        };
        let convolved = padded.conv1d(&self.weight, None::<&Tensor>, 1, 0, 1, 1);
        Ok(convolved.transpose(1, 2))
    }
}
