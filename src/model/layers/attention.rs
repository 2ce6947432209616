//! Computes scaled dot-product attention with several heads (Vaswani et al., 2017), without mask.

use tch::Tensor;
use tch::nn::{self, Module, Path};

use super::{dense, init};
use crate::model::engine::Engine;

/// (B, n, heads * size) to (B, heads, n, size); feature index = head * size + offset.
pub fn split_heads(x: &Tensor, heads: i64) -> Tensor {
    let size = x.size();
    x.view([size[0], size[1], heads, size[2] / heads])
        .transpose(1, 2)
}

/// (B, heads, n, size) to (B, n, heads * size).
pub fn merge_heads(x: &Tensor) -> Tensor {
    x.transpose(1, 2).flatten(2, 3)
}

/// softmax(q k^T / sqrt(size)) v over (B, heads, n, size). Only the reference engine stores
/// the whole matrix of scores.
pub fn attend(q: &Tensor, k: &Tensor, v: &Tensor, engine: Engine) -> Tensor {
    if engine.reference {
        literal(q, k, v, None, 0.0)
    } else {
        Tensor::scaled_dot_product_attention(q, k, v, None::<Tensor>, 0.0, false, None, false)
    }
}

/// A projection of (B, n, width) to (B, heads, n, size).
pub(super) fn project(linear: &nn::Linear, x: &Tensor, heads: i64, engine: Engine) -> Tensor {
    if engine.reference {
        split_heads(&linear.forward(x), heads)
    } else {
        dense::linear_to_heads(linear, x, heads)
    }
}

/// A linear layer over the merged heads of (B, heads, n, size).
pub(super) fn merge(linear: &nn::Linear, x: &Tensor, engine: Engine) -> Tensor {
    if engine.reference {
        linear.forward(&merge_heads(x))
    } else {
        dense::linear_from_heads(linear, x)
    }
}

/// Attention by its formula, with an additive mask and dropout of the weights.
pub fn literal(q: &Tensor, k: &Tensor, v: &Tensor, mask: Option<&Tensor>, dropout: f64) -> Tensor {
    let size = q.size()[3] as f64;
    let scores = q.matmul(&k.transpose(-1, -2)) / size.sqrt();
    let scores = match mask {
        Some(mask) => scores + mask,
        None => scores,
    };
    let weights = scores.softmax(-1, scores.kind());
    weights.dropout(dropout, dropout > 0.0).matmul(v)
}

/// Attention of `heads` heads of `head` features: bias-free projections of queries, keys and values,
/// an output projection with bias.
///
/// Parameters: `to_q`, `to_k`, `to_v`, `to_out.0`.
#[derive(Debug)]
pub struct Attention {
    to_q: nn::Linear,
    to_k: nn::Linear,
    to_v: nn::Linear,
    to_out: nn::Linear,
    heads: i64,
    engine: Engine,
}

impl Attention {
    /// Attention within `width` features.
    pub fn new(path: &Path<'_>, width: i64, heads: i64, head: i64) -> Self {
        let inner = heads * head;
        Self {
            to_q: init::linear_without_bias(path / "to_q", width, inner),
            to_k: init::linear_without_bias(path / "to_k", width, inner),
            to_v: init::linear_without_bias(path / "to_v", width, inner),
            to_out: init::linear(path / "to_out" / 0, inner, width),
            heads,
            engine: Engine::default(),
        }
    }

    /// Sets how to compute from now on.
    pub fn set_engine(&mut self, engine: Engine) {
        self.engine = engine;
    }

    /// Queries (B, n, width), keys and values (B, m, width), to (B, n, width).
    pub fn forward(&self, queries: &Tensor, keys: &Tensor, values: &Tensor) -> Tensor {
        let split = |linear: &nn::Linear, x| project(linear, x, self.heads, self.engine);
        let q = split(&self.to_q, queries);
        let k = split(&self.to_k, keys);
        let v = split(&self.to_v, values);
        merge(&self.to_out, &attend(&q, &k, &v, self.engine), self.engine)
    }
}

#[cfg(test)]
mod tests {
    use tch::{Device, Kind};

    use super::*;

    #[test]
    fn fused_attention_is_the_formula() {
        let _rng = crate::model::rng::seeded(5);
        let draw = |n: i64| Tensor::randn([2, 3, n, 4], (Kind::Double, Device::Cpu));
        let (q, k, v) = (draw(5), draw(7), draw(7));
        let expected = attend(&q, &k, &v, Engine::REFERENCE);
        let error = (attend(&q, &k, &v, Engine::default()) - expected)
            .abs()
            .max()
            .double_value(&[]);
        assert!(error < 1e-14, "{error}");
    }

    #[test]
    fn heads_are_slices_of_the_features() {
        let x = Tensor::arange(24, (Kind::Float, Device::Cpu)).view([1, 3, 8]);
        let heads = split_heads(&x, 2);
        assert_eq!(heads.size(), [1, 2, 3, 4]);
        assert_eq!(heads.double_value(&[0, 1, 0, 0]), 4.0);
        assert!(merge_heads(&heads).equal(&x));
    }
}
