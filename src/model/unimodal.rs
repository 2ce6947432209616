//! The three small networks that TFN, LMF and LF-DNN start with.

use tch::{Kind, Tensor, nn};

use super::batch::{Inputs, check_features};
use super::encoder::{EncoderSetup, TextEncoder};
use super::engine::Engine;
use super::error::Result;
use super::layers::{LastState, SubNet};
use super::trace::Trace;

/// Sizes as MMSA orders them.
#[derive(Clone, Copy, Debug)]
pub struct UnimodalSize {
    /// Text (LSTM state), audio, vision.
    pub hidden: [i64; 3],
    pub text_out: i64,
    /// Audio, vision.
    pub dropouts: [f64; 2],
}

/// Audio and vision are averaged over all steps, padding included, and go through a [`SubNet`]
/// each; the text goes through an LSTM read at its last step.
#[derive(Debug)]
pub struct Unimodal {
    encoder: TextEncoder,
    audio: SubNet,
    vision: SubNet,
    text: LastState,
    /// Features of audio and vision.
    widths: [i64; 2],
}

/// One vector per clip and modality, each (B, features).
#[derive(Debug)]
pub struct Features {
    pub text: Tensor,
    pub audio: Tensor,
    pub vision: Tensor,
}

impl Unimodal {
    /// Parameters: `audio_subnet`, `video_subnet`, `text_subnet`, and the encoder's under
    /// `bertmodel.model`. `widths` are the features of audio and vision.
    ///
    /// # Errors
    /// Those of [`TextEncoder::new`].
    pub fn new(
        path: &nn::Path<'_>,
        size: UnimodalSize,
        encoder: &EncoderSetup,
        widths: [i64; 2],
    ) -> Result<Self> {
        let [text, audio, vision] = size.hidden;
        let subnet = |name: &str, inputs, hidden, dropout| {
            SubNet::new(&(path / name), inputs, hidden, dropout)
        };
        Ok(Self {
            encoder: TextEncoder::new(&(path / "bertmodel" / "model"), encoder)?,
            audio: subnet("audio_subnet", widths[0], audio, size.dropouts[0]),
            vision: subnet("video_subnet", widths[1], vision, size.dropouts[1]),
            text: LastState::new(
                &(path / "text_subnet"),
                encoder.width(),
                text,
                size.text_out,
            ),
            widths,
        })
    }

    /// The encoder inside.
    pub fn encoder(&self) -> &TextEncoder {
        &self.encoder
    }

    /// How to compute from now on.
    pub fn set_engine(&mut self, engine: Engine) {
        self.encoder.set_engine(engine);
    }

    /// The clips' vectors, traced as `feature_t`, `feature_a`, `feature_v`.
    ///
    /// # Errors
    /// [`ModelError::Input`](super::ModelError::Input) where the inputs have other widths.
    pub fn forward(
        &self,
        inputs: &Inputs,
        model: &'static str,
        train: bool,
        trace: &mut Trace,
    ) -> Result<Features> {
        check_features(&inputs.audio, i64::MAX, self.widths[0], model)?;
        check_features(&inputs.vision, i64::MAX, self.widths[1], model)?;
        let mean = |x: &Tensor| x.mean_dim(1, false, None::<Kind>);
        let states = self.encoder.encode(&inputs.text, model, train)?;
        let features = Features {
            audio: self.audio.forward(&mean(&inputs.audio), train),
            vision: self.vision.forward(&mean(&inputs.vision), train),
            text: self.text.forward(&states),
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
