//! Reads the frames of audio and vision.

use tch::nn::{self, Module, Path};
use tch::{Kind, Tensor};

use super::NAME;
use crate::model::batch::check_features;
use crate::model::error::Result;
use crate::model::layers::{Lstm, LstmSize, init};

/// A one-layer LSTM over the valid frames; all its states and the last one go through a linear layer.
#[derive(Debug)]
pub struct FrameReader {
    rnn: Lstm,
    /// `None` where the states have as many features as are wanted.
    linear: Option<nn::Linear>,
    width: i64,
    /// The name of its input, for messages.
    what: &'static str,
}

impl FrameReader {
    /// Parameters: `rnn.*_l0`, `linear_1`. Sizes are the features of inputs, states and outputs.
    pub fn new(path: &Path<'_>, [inputs, hidden, outputs]: [i64; 3], what: &'static str) -> Self {
        Self {
            rnn: Lstm::new(path / "rnn", LstmSize::single(inputs, hidden)),
            linear: (hidden != outputs).then(|| init::linear(path / "linear_1", hidden, outputs)),
            width: inputs,
            what,
        }
    }

    /// (B, T, inputs) with `lengths` (B) valid frames to (B, longest, outputs) and (B, outputs): every
    /// frame, cut to the longest sample of the batch, and the last valid one.
    ///
    /// # Errors
    /// [`ModelError::Input`](crate::model::ModelError::Input) for another width.
    pub fn forward(&self, x: &Tensor, lengths: &Tensor) -> Result<(Tensor, Tensor)> {
        check_features(x, i64::MAX, self.width, NAME, self.what)?;
        let longest = lengths.to_kind(Kind::Int64).max().int64_value(&[]);
        let x = x.narrow(1, 0, longest.clamp(1, x.size()[1]));
        let (states, last) = self.rnn.forward_valid(&x, lengths, false);
        let last = last.squeeze_dim(0);
        Ok(match &self.linear {
            Some(linear) => (linear.forward(&states), linear.forward(&last)),
            None => (states, last),
        })
    }
}
