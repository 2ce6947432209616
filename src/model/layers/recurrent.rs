//! Reads a sequence by a one-layer LSTM and returns its last state (MMSA's text sub-network).

use tch::Tensor;
use tch::nn::{self, Module, Path};

use super::init;
use super::lstm::{Lstm, LstmSize};

/// The final hidden state of an LSTM goes through a linear layer.
#[derive(Debug)]
pub struct LastState {
    rnn: Lstm,
    linear: nn::Linear,
}

impl LastState {
    /// Parameters: `rnn.*_l0`, `linear_1`.
    pub fn new(path: &Path<'_>, inputs: i64, hidden: i64, outputs: i64) -> Self {
        Self {
            rnn: Lstm::new(path / "rnn", LstmSize::single(inputs, hidden)),
            linear: init::linear(path / "linear_1", hidden, outputs),
        }
    }

    /// (B, T, inputs) to (B, outputs), all steps read, padding included.
    pub fn forward(&self, x: &Tensor) -> Tensor {
        let (_, hidden) = self.rnn.forward(x, false);
        self.linear.forward(&hidden.squeeze_dim(0))
    }

    /// (B, T, inputs) to (B, outputs), the first `lengths` (B) steps read.
    pub fn forward_valid(&self, x: &Tensor, lengths: &Tensor) -> Tensor {
        let (_, hidden) = self.rnn.forward_valid(x, lengths, false);
        self.linear.forward(&hidden.squeeze_dim(0))
    }
}
