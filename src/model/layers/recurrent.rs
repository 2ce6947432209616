//! A one-layer LSTM read at its last step (MMSA's text sub-network).

use tch::Tensor;
use tch::nn::{self, Module, Path, RNN};

use super::init;

/// LSTM over all steps, padding included; the final hidden state goes through a linear layer.
#[derive(Debug)]
pub struct LastState {
    rnn: nn::LSTM,
    linear: nn::Linear,
}

impl LastState {
    /// Parameters: `rnn.*_l0`, `linear_1`.
    pub fn new(path: &Path<'_>, inputs: i64, hidden: i64, outputs: i64) -> Self {
        Self {
            rnn: init::lstm(path / "rnn", inputs, hidden),
            linear: init::linear(path / "linear_1", hidden, outputs),
        }
    }

    /// (B, T, inputs) to (B, outputs).
    pub fn forward(&self, x: &Tensor) -> Tensor {
        let (_, state) = self.rnn.seq(x);
        self.linear.forward(&state.h().squeeze_dim(0))
    }
}
