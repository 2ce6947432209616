//! Encodes a sample's frames into one vector.

use tch::Tensor;
use tch::nn::{self, Module};

use super::NAME;
use crate::model::batch::check_features;
use crate::model::error::Result;
use crate::model::layers::{Lstm, LstmSize, init};

/// Two stacked bidirectional LSTMs as wide as their input; the sample is both layers' final states.
#[derive(Debug)]
pub struct FrameReader {
    /// The name of its input, for messages.
    what: &'static str,
    rnn1: Lstm,
    norm: nn::LayerNorm,
    rnn2: Lstm,
    width: i64,
}

impl FrameReader {
    /// Parameters: `{letter}rnn1`, `{letter}rnn2`, `{letter}layer_norm`.
    pub fn new(path: &nn::Path<'_>, letter: char, what: &'static str, width: i64) -> Self {
        let rnn = |i: i64, inputs| {
            let size = LstmSize {
                bidirectional: true,
                ..LstmSize::single(inputs, width)
            };
            Lstm::new(path / format!("{letter}rnn{i}"), size)
        };
        Self {
            what,
            rnn1: rnn(1, width),
            rnn2: rnn(2, 2 * width),
            norm: init::layer_norm(path / format!("{letter}layer_norm"), 2 * width),
            width,
        }
    }

    /// (B, T, width) to (B, 4 width): layer 1 and 2 forwards, layer 1 and 2 backwards.
    ///
    /// # Errors
    /// [`ModelError::Input`](crate::model::ModelError::Input) for another width.
    pub fn forward(&self, x: &Tensor, lengths: &Tensor, train: bool) -> Result<Tensor> {
        check_features(x, i64::MAX, self.width, NAME, self.what)?;
        let (outputs, first) = self.rnn1.forward_valid(x, lengths, train);
        let normed = self.norm.forward(&outputs);
        let (_, second) = self.rnn2.forward_valid(&normed, lengths, train);
        Ok(Tensor::cat(&[first, second], 2)
            .transpose(0, 1)
            .flatten(1, 2))
    }
}
