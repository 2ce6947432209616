//! Computes the attention of a unit: keys and values from one projection, padding left out.

use tch::nn::{self, Module, Path};
use tch::{Kind, Tensor};

use crate::model::engine::Engine;
use crate::model::layers::attention::{literal, merge_heads, split_heads};
use crate::model::layers::init;
use crate::model::layers::valid;

/// What a masked score becomes, finite so that a row of such scores is attended to evenly, as in the
/// reference.
const MASKED: f64 = -1e30;

/// (B, 1, 1, steps) to be added to scores: 0 for the first `lengths` (B) steps, [`MASKED`] beyond.
pub fn padding(lengths: &Tensor, steps: i64, kind: Kind) -> Tensor {
    let beyond = valid(lengths, steps).logical_not().to_kind(kind) * MASKED;
    beyond.unsqueeze(1).unsqueeze(1)
}

/// Attention of `heads` heads within `width` features.
#[derive(Debug)]
pub struct Attention {
    to_q: nn::Linear,
    to_kv: nn::Linear,
    to_out: nn::Linear,
    heads: i64,
    dropout: f64,
    pub engine: Engine,
}

impl Attention {
    /// Parameters: `to_q`, `to_kv`, `to_out`.
    pub fn new(path: &Path<'_>, width: i64, heads: i64, dropout: f64) -> Self {
        Self {
            to_q: init::linear_without_bias(path / "to_q", width, width),
            to_kv: init::linear_without_bias(path / "to_kv", width, 2 * width),
            to_out: init::linear(path / "to_out", width, width),
            heads,
            dropout,
            engine: Engine::default(),
        }
    }

    /// (B, n, width) to the queries (B, heads, n, size).
    pub fn queries(&self, x: &Tensor) -> Tensor {
        split_heads(&self.to_q.forward(x), self.heads)
    }

    /// (B, m, width) to keys and values (B, heads, m, size).
    pub fn keys_and_values(&self, x: &Tensor) -> [Tensor; 2] {
        let pair = self.to_kv.forward(x).chunk(2, 2);
        [&pair[0], &pair[1]].map(|x| split_heads(x, self.heads))
    }

    /// Queries attending to keys and values, with a mask that is added to the scores, to (B, n, width)
    /// before the output projection.
    pub fn attend(
        &self,
        queries: &Tensor,
        [keys, values]: [&Tensor; 2],
        mask: Option<&Tensor>,
        train: bool,
    ) -> Tensor {
        let dropout = if train { self.dropout } else { 0.0 };
        merge_heads(&if self.engine.reference {
            literal(queries, keys, values, mask, dropout)
        } else {
            Tensor::scaled_dot_product_attention(
                queries, keys, values, mask, dropout, false, None, false,
            )
        })
    }

    /// The output projection of (B, n, width).
    pub fn project(&self, attended: &Tensor) -> Tensor {
        self.to_out.forward(attended)
    }
}
