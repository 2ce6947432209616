//! Extends a BERT from inside: a change of the states before one of its layers, and the settings in
//! which a published model's own BERT differs from Hugging Face's.

use std::fmt::Debug;

use tch::{Kind, Tensor};

use crate::model::engine::Engine;
use crate::model::trace::Trace;

/// Changes the states before one layer of a BERT by what the model reads beside the text.
///
/// Its parameters are the BERT's neighbors: build it under a path of the same store. It may run twice per
/// training pass ([`Engine::recompute`]), under the same random draws.
pub trait Hook: Debug + Send {
    /// Number of layers before it; 0 for one that reads the embedding.
    fn depth(&self) -> usize;

    /// (B, T, hidden) states to states of the same shape.
    fn forward(&self, states: &Tensor, beside: &Beside, train: bool, trace: &mut Trace) -> Tensor;

    /// Sets how to compute from now on; no effect on a hook with one way to compute.
    fn set_engine(&mut self, _engine: Engine) {}
}

/// What a hook reads beside the states, for B samples. It carries no gradient.
#[derive(Debug)]
pub struct Beside {
    /// (B, Ta, da)
    pub audio: Tensor,
    /// (B, Tv, dv)
    pub vision: Tensor,
    /// (B) int64 valid frames.
    pub audio_lengths: Tensor,
    /// (B) int64 valid frames.
    pub vision_lengths: Tensor,
}

impl Beside {
    /// The same tensors.
    pub fn shallow_clone(&self) -> Self {
        Self {
            audio: self.audio.shallow_clone(),
            vision: self.vision.shallow_clone(),
            audio_lengths: self.audio_lengths.shallow_clone(),
            vision_lengths: self.vision_lengths.shallow_clone(),
        }
    }
}

/// Settings in which a published model's own BERT differs from Hugging Face's; the default is Hugging
/// Face's.
#[derive(Debug, Default)]
pub struct Extension {
    pub hook: Option<Box<dyn Hook>>,
    /// What padding adds to the scores of attention, in place of the most negative finite number.
    pub padding_score: Option<f64>,
    /// Whether the embedding is computed without gradient.
    pub fixed_embedding: bool,
}

impl Extension {
    /// What padding adds to the scores of attention in this kind.
    pub(super) fn padding_score(&self, kind: Kind) -> f64 {
        self.padding_score.unwrap_or(match kind {
            Kind::Double => f64::MIN,
            _ => f64::from(f32::MIN),
        })
    }

    /// The hook, if it runs before the layer that has `depth` layers before it.
    pub(super) fn hook_at(&self, depth: usize) -> Option<&dyn Hook> {
        let hook = self.hook.as_deref()?;
        (hook.depth() == depth).then_some(hook)
    }
}
