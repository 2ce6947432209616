//! Predicts from features to which two linear layers add what they make of them (MulT's output).

use tch::Tensor;
use tch::nn::{self, Module, Path};

use super::init;

/// The output of a [`ResidualHead`].
#[derive(Debug)]
pub struct ResidualOutput {
    /// (B, hidden) after the rectifier.
    pub hidden: Tensor,
    /// (B, inputs)
    pub joined: Tensor,
    /// (B, 1)
    pub prediction: Tensor,
}

/// Two linear layers with a rectifier and dropout between them, added to their input, and a third.
#[derive(Debug)]
pub struct ResidualHead {
    proj1: nn::Linear,
    proj2: nn::Linear,
    out_layer: nn::Linear,
    dropout: f64,
}

impl ResidualHead {
    /// Parameters: `proj1{suffix}`, `proj2{suffix}`, `out_layer{suffix}`.
    pub fn new(path: &Path<'_>, suffix: &str, [inputs, hidden]: [i64; 2], dropout: f64) -> Self {
        let layer = |name: &str, inputs, outputs| {
            init::linear(path / format!("{name}{suffix}"), inputs, outputs)
        };
        Self {
            proj1: layer("proj1", inputs, hidden),
            proj2: layer("proj2", hidden, inputs),
            out_layer: layer("out_layer", inputs, 1),
            dropout,
        }
    }

    /// From (B, inputs).
    pub fn forward(&self, x: &Tensor, train: bool) -> ResidualOutput {
        let hidden = self.proj1.forward(x).relu();
        let residual = self.proj2.forward(&hidden.dropout(self.dropout, train));
        let joined = x + residual;
        ResidualOutput {
            prediction: self.out_layer.forward(&joined),
            hidden,
            joined,
        }
    }
}
