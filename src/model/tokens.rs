//! Summarizes the modalities in a few tokens each, of masked and complete inputs (LNLN, P-RMF, QDRF).

use tch::Tensor;
use tch::nn::Path;

use super::batch::Inputs;
use super::encoder::TextEncoder;
use super::engine::Engine;
use super::error::Result;
use super::layers::{BlockSize, Joint, Projections};
use super::setup::Setup;
use super::trace::Trace;

mod groups;
mod reconstruction;

pub use groups::{RECONSTRUCTOR, groups};
pub use reconstruction::Reconstruction;

/// Tokens of the three modalities, (B, tokens, width) each.
#[derive(Debug)]
pub struct Tokens {
    pub text: Tensor,
    pub audio: Tensor,
    pub vision: Tensor,
}

impl Tokens {
    /// Records them as `h_l`, `h_a`, `h_v`.
    pub fn record(&self, trace: &mut Trace) {
        for (name, tensor) in [
            ("h_l", &self.text),
            ("h_a", &self.audio),
            ("h_v", &self.vision),
        ] {
            trace.record(name, tensor);
        }
    }
}

/// Numbers of tokens, and layers of the modalities' transformers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenCount {
    /// Learned tokens in front of each modality.
    pub learned: i64,
    /// The first of the transformer's outputs, which are all that is read.
    pub read: i64,
    pub depth: i64,
}

/// A text encoder and the [`Projections`] of the three modalities.
#[derive(Debug)]
pub struct TokenEncoder {
    pub encoder: TextEncoder,
    projections: Projections,
    engine: Engine,
    model: &'static str,
}

impl TokenEncoder {
    /// Parameters: `bertmodel.model`, `proj_l`, `proj_a`, `proj_v`. Errors name `model`.
    ///
    /// # Errors
    /// Those of [`TextEncoder::new`].
    pub fn new(
        path: &Path<'_>,
        setup: &Setup<'_>,
        count: TokenCount,
        block: BlockSize,
        model: &'static str,
    ) -> Result<Self> {
        let (width, size) = (setup.encoder.width(), [count.learned, count.depth]);
        Ok(Self {
            encoder: TextEncoder::new(&(path / "bertmodel" / "model"), &setup.encoder)?,
            projections: Projections::new(path, width, &setup.shapes, size, block)
                .reading(count.read),
            engine: Engine::default(),
            model,
        })
    }

    /// Sets how to compute from now on.
    pub fn set_engine(&mut self, engine: Engine) {
        self.encoder.set_engine(engine);
        self.projections.set_engine(engine);
        self.engine = engine;
    }

    /// Tokens of one version of the inputs.
    ///
    /// # Errors
    /// [`ModelError::Input`](super::ModelError::Input) where they do not fit.
    pub fn read(&self, inputs: &Inputs, train: bool) -> Result<Tokens> {
        let states = self.encoder.encode(&inputs.text, self.model, train)?;
        self.project(&states, &inputs.audio, &inputs.vision)
    }

    /// Tokens of the masked and of the complete inputs in training, with the same weights.
    ///
    /// Samples whose two versions agree in a modality are projected once. Text under dropout is
    /// encoded twice all the same, since the reference draws two independent dropout masks.
    ///
    /// # Errors
    /// Those of [`Self::read`].
    pub fn read_both(
        &self,
        masked: &Inputs,
        complete: &Inputs,
        trace: &mut Trace,
    ) -> Result<(Tokens, Tokens)> {
        if self.engine.reference {
            return self.read_apart(masked, complete, trace);
        }
        let pairs = [
            (masked.text.tensor(), complete.text.tensor()),
            (&masked.audio, &complete.audio),
            (&masked.vision, &complete.vision),
        ];
        let [mut text, audio, vision] = Joint::of(pairs);
        if !self.encoder.is_deterministic() {
            text = Joint::all(pairs[0].0, pairs[0].1);
        }
        let tokens = masked.text.map(|_| text.input.shallow_clone());
        let states = self.encoder.encode(&tokens, self.model, true)?;
        trace.record("bert_m", &states.narrow(0, 0, masked.len()));
        let tokens = self.project(&states, &audio.input, &vision.input)?;
        let (text, audio, vision) = (
            text.split(&tokens.text),
            audio.split(&tokens.audio),
            vision.split(&tokens.vision),
        );
        Ok((
            Tokens {
                text: text.0,
                audio: audio.0,
                vision: vision.0,
            },
            Tokens {
                text: text.1,
                audio: audio.1,
                vision: vision.1,
            },
        ))
    }

    /// One pass each, as the reference does it.
    fn read_apart(
        &self,
        masked: &Inputs,
        complete: &Inputs,
        trace: &mut Trace,
    ) -> Result<(Tokens, Tokens)> {
        let states = self.encoder.encode(&masked.text, self.model, true)?;
        trace.record("bert_m", &states);
        let first = self.project(&states, &masked.audio, &masked.vision)?;
        Ok((first, self.read(complete, true)?))
    }

    fn project(&self, text: &Tensor, audio: &Tensor, vision: &Tensor) -> Result<Tokens> {
        let tokens = self
            .projections
            .forward([text, audio, vision], self.model)?;
        let [text, audio, vision] = tokens;
        Ok(Tokens {
            text,
            audio,
            vision,
        })
    }
}
