//! Computes one half of an autoencoder over tokens (P-RMF, QDRF).

use tch::Tensor;
use tch::nn::{self, Module, Path};

use super::init;
use super::transformer::{BlockSize, TokenTransformer};
use crate::model::engine::Engine;

/// Linear, ReLU and a [`TokenTransformer`] without learned tokens.
#[derive(Debug)]
pub struct TokenCoder {
    first: nn::Linear,
    transformer: TokenTransformer,
}

impl TokenCoder {
    /// For `tokens` tokens. Parameters: `fc1` and, under the half's own name, `{half}.0`.
    pub fn new(path: &Path<'_>, half: &str, tokens: i64, depth: i64, size: BlockSize) -> Self {
        Self {
            first: init::linear(path / "fc1", size.width, size.width),
            transformer: TokenTransformer::new(&(path / half / 0), tokens, 0, depth, size),
        }
    }

    /// Sets how to compute from now on.
    pub fn set_engine(&mut self, engine: Engine) {
        self.transformer.set_engine(engine);
    }

    /// (B, tokens, width) to (B, tokens, width).
    pub fn forward(&self, x: &Tensor) -> Tensor {
        self.transformer.forward(&self.first.forward(x).relu())
    }
}
