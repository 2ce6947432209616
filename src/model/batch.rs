//! What a model is fed.

use tch::Tensor;

use super::error::{ModelError, Result, shape};

/// The text of a batch of B clips with T positions.
#[derive(Debug)]
pub enum Text {
    /// (B, 3, T) int64: token ids, attention mask, segment ids, for an encoder inside the model.
    Tokens(Tensor),
    /// (B, T, H): hidden states of a frozen encoder, or the data file's own text features.
    States(Tensor),
}

impl Text {
    /// The tensor, whichever kind it is.
    pub fn tensor(&self) -> &Tensor {
        match self {
            Self::Tokens(tensor) | Self::States(tensor) => tensor,
        }
    }

    /// Applies `f` to the tensor, whichever kind it is.
    pub fn map(&self, f: impl FnOnce(&Tensor) -> Tensor) -> Self {
        match self {
            Self::Tokens(tensor) => Self::Tokens(f(tensor)),
            Self::States(tensor) => Self::States(f(tensor)),
        }
    }
}

/// One version, masked or complete, of the three modalities of B clips.
///
/// Lengths are valid steps per clip, padding excluded. Models of the LNLN family attend to padding
/// and ignore them; MulT and MISA need them.
#[derive(Debug)]
pub struct Inputs {
    pub text: Text,
    /// (B, Ta, da)
    pub audio: Tensor,
    /// (B, Tv, dv)
    pub vision: Tensor,
    /// (B) int64
    pub text_lengths: Tensor,
    /// (B) int64
    pub audio_lengths: Tensor,
    /// (B) int64
    pub vision_lengths: Tensor,
}

impl Inputs {
    /// Number of clips.
    pub fn len(&self) -> i64 {
        self.audio.size()[0]
    }

    /// Whether there is no clip.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The clips `start..start + length` as views.
    pub fn narrow(&self, start: i64, length: i64) -> Self {
        let cut = |tensor: &Tensor| tensor.narrow(0, start, length);
        Self {
            text: self.text.map(cut),
            audio: cut(&self.audio),
            vision: cut(&self.vision),
            text_lengths: cut(&self.text_lengths),
            audio_lengths: cut(&self.audio_lengths),
            vision_lengths: cut(&self.vision_lengths),
        }
    }
}

/// A training batch of B clips.
#[derive(Debug)]
pub struct Batch {
    /// What is left after masking.
    pub masked: Inputs,
    /// The same clips with nothing missing; `None` for models that never look at them.
    pub complete: Option<Inputs>,
    /// (B, 1) regression label, in the data set's own range.
    pub label: Tensor,
    /// (B, 1) nominal missing rate of text, audio and vision.
    pub missing_rate: [Tensor; 3],
    /// Position of each clip in the training split, for models that keep a state per clip.
    pub index: Vec<i64>,
    /// Current epoch, counted from 1.
    pub epoch: u32,
}

impl Batch {
    /// The complete inputs.
    ///
    /// # Errors
    /// [`ModelError::Input`] where the batch was made without them.
    pub fn complete(&self, model: &'static str) -> Result<&Inputs> {
        self.complete.as_ref().ok_or(ModelError::Input {
            model,
            what: "complete inputs",
            expected: shape(&self.masked.audio.size()),
            got: "none".to_owned(),
        })
    }
}
