//! Predicts from the tokens of three modalities: dominant-modality-based learning.

use tch::nn::{self, Module, Path};
use tch::{Kind, Tensor};

use super::{Config, Tokens};
use crate::model::engine::Engine;
use crate::model::layers::{CrossTransformer, HyperLayers, TokenTransformer, init};
use crate::model::trace::Trace;

/// The published fusion, or a concatenation.
#[derive(Debug)]
pub enum Learning {
    Dominant(Box<Dominant>),
    /// The concatenated means over each modality's tokens enter the regression.
    Concat(nn::Linear),
}

/// Language guides the hyper-modality learned from audio and vision, and both are fused.
#[derive(Debug)]
pub struct Dominant {
    scales: TokenTransformer,
    initial_hyper: Tensor,
    hyper: HyperLayers,
    fusion: CrossTransformer,
    regression: nn::Linear,
    tokens: i64,
}

impl Learning {
    /// Parameters: `dmml.0`, `h_hyper`, `dmml.1`, `dmml.2`, `dmml.3`; without the learning the last
    /// alone.
    pub fn new(path: &Path<'_>, c: &Config) -> Self {
        let (dmml, block) = (path / "dmml", c.block());
        if c.concat_fusion {
            return Self::Concat(init::linear(&dmml / 3, 3 * c.width, 1));
        }
        let scales = &dmml / 0;
        Self::Dominant(Box::new(Dominant {
            scales: TokenTransformer::new(&scales, c.tokens, 0, c.dominant_depth, block),
            initial_hyper: init::tokens(path, "h_hyper", c.tokens, c.width, 1.0),
            hyper: HyperLayers::new(&(&dmml / 1), c.hyper_depth, c.width, c.heads, c.hyper_head),
            fusion: CrossTransformer::new(&(&dmml / 2), c.tokens, c.fusion_depth, block),
            regression: init::linear(&dmml / 3, c.width, 1),
            tokens: c.tokens,
        }))
    }

    /// Sets how to compute from now on.
    pub fn set_engine(&mut self, engine: Engine) {
        if let Self::Dominant(learning) = self {
            learning.hyper.set_engine(engine);
            learning.fusion.set_engine(engine);
            learning.scales.set_engine(engine);
        }
    }

    /// (B, 1) prediction from the dominant tokens and those of audio and vision.
    pub fn forward(&self, dominant: &Tensor, tokens: &Tokens, trace: &mut Trace) -> Tensor {
        let prediction = match self {
            Self::Dominant(learning) => learning.forward(dominant, tokens, trace),
            Self::Concat(regression) => {
                let parts = [dominant, &tokens.audio, &tokens.vision];
                let means = parts.map(|part| part.mean_dim(1, false, None::<Kind>));
                regression.forward(&Tensor::cat(&means, 1))
            }
        };
        trace.record("pred", &prediction);
        prediction
    }
}

impl Dominant {
    fn forward(&self, dominant: &Tensor, tokens: &Tokens, trace: &mut Trace) -> Tensor {
        let scales = self.scales.scales(dominant);
        let start = &self.initial_hyper;
        let hyper = self
            .hyper
            .forward(&scales, &tokens.audio, &tokens.vision, start);
        trace.record("h_hyper", &hyper);
        for (name, scale) in ["d0", "d1", "d2"].into_iter().zip(&scales) {
            trace.record(name, scale);
        }
        let last = &scales[scales.len() - 1];
        // The learned token, first of the fused ones, is left out of the mean.
        let fused = self.fusion.read(&hyper, last, 1, self.tokens);
        trace.compute("fused", || self.fusion.forward(&hyper, last));
        let pooled = fused.mean_dim(1, false, None::<Kind>);
        self.regression.forward(&pooled)
    }
}
