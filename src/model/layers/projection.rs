//! Summarizes a modality in a few tokens (the embedding of ALMT and LNLN).

use tch::Tensor;
use tch::nn::{self, Module, Path};

use super::init;
use super::transformer::{BlockSize, TokenTransformer};
use crate::model::batch::check_features;
use crate::model::engine::Engine;
use crate::model::error::Result;
use crate::model::setup::Shapes;

/// Linear to the common width, then a [`TokenTransformer`] whose output is the learned tokens
/// alone.
#[derive(Debug)]
pub struct Projection {
    linear: nn::Linear,
    transformer: TokenTransformer,
    inputs: i64,
    steps: i64,
    /// Outputs that are read.
    tokens: i64,
}

impl Projection {
    /// For at most `steps` steps of `inputs` features.
    ///
    /// Parameters: `0` (linear) and `1` (transformer).
    pub fn new(
        path: &Path<'_>,
        inputs: i64,
        steps: i64,
        tokens: i64,
        depth: i64,
        size: BlockSize,
    ) -> Self {
        Self {
            linear: init::linear(path / 0, inputs, size.width),
            transformer: TokenTransformer::new(&(path / 1), steps, tokens, depth, size),
            inputs,
            steps,
            tokens,
        }
    }

    /// Sets how to compute from now on.
    pub fn set_engine(&mut self, engine: Engine) {
        self.transformer.set_engine(engine);
    }

    /// (B, T, inputs) to (B, tokens, width); `what` names the features where they do not fit.
    ///
    /// # Errors
    /// [`ModelError::Input`](crate::model::ModelError::Input) for another width or more steps than there are positions.
    pub fn forward(&self, x: &Tensor, model: &'static str, what: &'static str) -> Result<Tensor> {
        check_features(x, self.steps, self.inputs, model, what)?;
        Ok(self.transformer.read(&self.linear.forward(x), self.tokens))
    }
}

/// The [`Projection`]s of text, audio and vision.
#[derive(Debug)]
pub struct Projections {
    pub text: Projection,
    pub audio: Projection,
    pub vision: Projection,
}

impl Projections {
    /// Parameters: `proj_l`, `proj_a`, `proj_v`. `text_width` is that of the text's states.
    pub fn new(
        path: &Path<'_>,
        text_width: i64,
        shapes: &Shapes,
        [tokens, depth]: [i64; 2],
        size: BlockSize,
    ) -> Self {
        let project = |name: &str, width, steps| {
            Projection::new(&(path / name), width, steps, tokens, depth, size)
        };
        Self {
            text: project("proj_l", text_width, shapes.text_steps),
            audio: project("proj_a", shapes.audio_width, shapes.audio_steps),
            vision: project("proj_v", shapes.vision_width, shapes.vision_steps),
        }
    }

    /// The same, of which the first `rows` outputs are read rather than one for each learned token.
    pub fn reading(mut self, rows: i64) -> Self {
        for projection in [&mut self.text, &mut self.audio, &mut self.vision] {
            projection.tokens = rows;
        }
        self
    }

    /// Sets how to compute from now on.
    pub fn set_engine(&mut self, engine: Engine) {
        for projection in [&mut self.text, &mut self.audio, &mut self.vision] {
            projection.set_engine(engine);
        }
    }

    /// Tokens of text states, audio and vision.
    ///
    /// # Errors
    /// Those of [`Projection::forward`].
    pub fn forward(
        &self,
        [text, audio, vision]: [&Tensor; 3],
        model: &'static str,
    ) -> Result<[Tensor; 3]> {
        Ok([
            self.text.forward(text, model, "text features")?,
            self.audio.forward(audio, model, "audio features")?,
            self.vision.forward(vision, model, "vision features")?,
        ])
    }
}
