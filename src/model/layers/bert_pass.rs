//! Stores what the backward pass needs of a training pass without saved activations.

use tch::Tensor;

use super::bert_hook::Beside;
use super::bert_keys::Keys;

/// What a layer and its hook read beside the states.
#[derive(Clone, Copy, Debug)]
pub(super) struct Context<'a> {
    pub(super) keys: &'a Keys,
    pub(super) beside: Option<&'a Beside>,
}

/// What the backward pass needs of one forward pass.
#[derive(Debug)]
pub(super) struct Pass {
    pub(super) text: Tensor,
    pub(super) keys: Keys,
    /// What the hook reads, where there is one.
    pub(super) beside: Option<Beside>,
    /// Base of the seeds of the parts' draws.
    pub(super) seed: i64,
    /// Input of each layer, without graph.
    pub(super) inputs: Vec<Tensor>,
    /// The hidden states as a leaf: the gradient of the rest of the network stops here.
    pub(super) output: Tensor,
}

impl Pass {
    /// What its layers read beside the states.
    pub(super) fn context(&self) -> Context<'_> {
        Context {
            keys: &self.keys,
            beside: self.beside.as_ref(),
        }
    }
}
