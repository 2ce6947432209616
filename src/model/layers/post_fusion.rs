//! Computes the three linear layers at the end of MMSA's baselines.

use tch::Tensor;
use tch::nn::{self, Module, Path};

use super::init;

/// The output of a [`PostFusion`].
#[derive(Debug)]
pub struct PostFusionOutput {
    /// (B, hidden) after the first layer and its rectifier.
    pub feature: Tensor,
    /// (B, 1)
    pub prediction: Tensor,
}

/// Dropout, two linear layers with rectifiers, one linear layer to a single number.
#[derive(Debug)]
pub struct PostFusion {
    linears: [nn::Linear; 3],
    dropout: f64,
}

impl PostFusion {
    /// Parameters: `{name}_layer_{1,2,3}`.
    pub fn new(path: &Path<'_>, name: &str, inputs: i64, hidden: i64, dropout: f64) -> Self {
        let sizes = [(1, inputs, hidden), (2, hidden, hidden), (3, hidden, 1)];
        let layer = |(i, inputs, outputs): (i64, i64, i64)| {
            init::linear(path / format!("{name}_layer_{i}"), inputs, outputs)
        };
        Self {
            linears: sizes.map(layer),
            dropout,
        }
    }

    /// From (B, inputs).
    pub fn forward(&self, x: &Tensor, train: bool) -> PostFusionOutput {
        let [first, second, third] = &self.linears;
        let feature = first.forward(&x.dropout(self.dropout, train)).relu();
        let prediction = third.forward(&second.forward(&feature).relu());
        PostFusionOutput {
            feature,
            prediction,
        }
    }
}
