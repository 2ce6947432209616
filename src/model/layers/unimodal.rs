//! Computes the three small networks at the start of TFN, LMF and LF-DNN.

use tch::{Kind, Tensor, nn};

use super::{LastState, SubNet};
use crate::model::batch::{Inputs, check_features};
use crate::model::error::Result;
use crate::model::trace::Trace;

/// Sizes of a [`Unimodal`].
#[derive(Clone, Copy, Debug)]
pub struct UnimodalSize {
    /// Text (LSTM state), audio, vision.
    hidden: [i64; 3],
    text_out: i64,
    /// Audio, vision.
    dropouts: [f64; 2],
}

impl UnimodalSize {
    /// From tuples in MMSA's orders: hidden sizes (text, audio, vision), dropouts (audio, vision and
    /// any others).
    pub fn new(hidden: [i64; 3], text_out: i64, [audio, vision, ..]: [f64; 4]) -> Self {
        Self {
            hidden,
            text_out,
            dropouts: [audio, vision],
        }
    }

    /// Features of text, audio and vision that come out.
    pub fn outputs(&self) -> [i64; 3] {
        [self.text_out, self.hidden[1], self.hidden[2]]
    }
}

/// Audio and vision are averaged over all steps, padding included, and go through a [`SubNet`]
/// each; the text's states go through an LSTM read at its last step.
#[derive(Debug)]
pub struct Unimodal {
    audio: SubNet,
    vision: SubNet,
    text: LastState,
    /// Features of audio and vision.
    widths: [i64; 2],
}

/// One vector per sample and modality, each (B, features).
#[derive(Debug)]
pub struct Features {
    pub text: Tensor,
    pub audio: Tensor,
    pub vision: Tensor,
}

impl Unimodal {
    /// Parameters: `audio_subnet`, `video_subnet`, `text_subnet`. `widths` are the features of text
    /// states, audio and vision.
    pub fn new(path: &nn::Path<'_>, size: UnimodalSize, widths: [i64; 3]) -> Self {
        let [text, audio, vision] = size.hidden;
        let [text_width, audio_width, vision_width] = widths;
        let subnet = |name: &str, inputs, hidden, dropout| {
            SubNet::new(&(path / name), inputs, hidden, dropout)
        };
        let rnn = path / "text_subnet";
        Self {
            audio: subnet("audio_subnet", audio_width, audio, size.dropouts[0]),
            vision: subnet("video_subnet", vision_width, vision, size.dropouts[1]),
            text: LastState::new(&rnn, text_width, text, size.text_out),
            widths: [audio_width, vision_width],
        }
    }

    /// The samples' vectors, traced as `feature_t`, `feature_a`, `feature_v`; `states` (B, T, text
    /// features) are the text's.
    ///
    /// # Errors
    /// [`ModelError::Input`](crate::model::ModelError::Input) where audio or vision have other
    /// widths.
    pub fn forward(
        &self,
        states: &Tensor,
        inputs: &Inputs,
        model: &'static str,
        train: bool,
        trace: &mut Trace,
    ) -> Result<Features> {
        let [audio, vision] = self.widths;
        check_features(&inputs.audio, i64::MAX, audio, model, "audio features")?;
        check_features(&inputs.vision, i64::MAX, vision, model, "vision features")?;
        let mean = |x: &Tensor| x.mean_dim(1, false, None::<Kind>);
        let features = Features {
            audio: self.audio.forward(&mean(&inputs.audio), train),
            vision: self.vision.forward(&mean(&inputs.vision), train),
            text: self.text.forward(states),
        };
        trace.record("feature_t", &features.text);
        trace.record("feature_a", &features.audio);
        trace.record("feature_v", &features.vision);
        Ok(features)
    }
}

/// (B, n) to (B, n + 1) with a constant 1 in front, so that products keep their lower orders.
pub fn prepend_one(x: &Tensor) -> Tensor {
    let one = Tensor::ones([x.size()[0], 1], (x.kind(), x.device()));
    Tensor::cat(&[&one, x], 1)
}
