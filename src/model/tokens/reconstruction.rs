//! Reconstructs complete tokens from masked ones, as an auxiliary task.

use tch::nn::Path;
use tch::{Reduction, Tensor};

use super::Tokens;
use crate::model::engine::Engine;
use crate::model::layers::{BlockSize, TokenTransformer};
use crate::model::trace::Trace;

/// One transformer each for audio, vision and language.
#[derive(Debug)]
pub struct Reconstruction {
    transformers: [TokenTransformer; 3],
}

impl Reconstruction {
    /// Of `tokens` tokens a modality. Parameters: `reconstructor.{0,1,2}`.
    pub fn new(path: &Path<'_>, tokens: i64, depth: i64, block: BlockSize) -> Self {
        let reconstructor = path / "reconstructor";
        let transformers = [0, 1, 2]
            .map(|i| TokenTransformer::new(&(&reconstructor / i), tokens, 0, depth, block));
        Self { transformers }
    }

    /// Sets how to compute from now on.
    pub fn set_engine(&mut self, engine: Engine) {
        for transformer in &mut self.transformers {
            transformer.set_engine(engine);
        }
    }

    /// Mean squared error between tokens reconstructed from masked ones and those of the complete inputs,
    /// which are not detached: the encoders are trained through both.
    pub fn loss(&self, masked: &Tokens, complete: &Tokens, trace: &mut Trace) -> Tensor {
        let order = [&masked.audio, &masked.vision, &masked.text];
        let rebuilt: Vec<Tensor> = self
            .transformers
            .iter()
            .zip(order)
            .map(|(transformer, tokens)| transformer.forward(tokens))
            .collect();
        let rebuilt = Tensor::cat(&rebuilt, 1);
        let target = Tensor::cat(&[&complete.audio, &complete.vision, &complete.text], 1);
        trace.record("rec", &rebuilt);
        trace.record("complete", &target);
        rebuilt.mse_loss(&target, Reduction::Mean)
    }
}
