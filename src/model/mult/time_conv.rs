//! Convolves a modality over time to the common width.

use tch::{Tensor, nn};

use super::NAME;
use crate::model::batch::check_features;
use crate::model::error::{ModelError, Result};
use crate::model::layers::init;

/// A bias-free convolution over time without padding, left out where the width is right already.
#[derive(Debug)]
pub struct TimeConv {
    weight: Tensor,
    /// The name of its input, for messages.
    what: &'static str,
    pub inputs: i64,
    outputs: i64,
    kernel: i64,
}

impl TimeConv {
    /// For inputs of `steps` steps.
    ///
    /// # Errors
    /// [`ModelError::Config`] where these are fewer than it is wide.
    pub fn new(
        path: &nn::Path<'_>,
        what: &'static str,
        [steps, inputs]: [i64; 2],
        outputs: i64,
        kernel: i64,
    ) -> Result<Self> {
        let size = [outputs, inputs, kernel];
        let conv = Self {
            weight: path.var("weight", &size, init::fan_in(inputs * kernel)),
            what,
            inputs,
            outputs,
            kernel,
        };
        if conv.reads(steps) {
            Ok(conv)
        } else {
            Err(ModelError::Config {
                model: NAME,
                what,
                expected: conv.needed(),
                got: format!("{steps} in the data"),
            })
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
        check_features(x, i64::MAX, self.inputs, NAME, self.what)?;
        let steps = x.size()[1];
        if !self.reads(steps) {
            return Err(ModelError::Input {
                model: NAME,
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
