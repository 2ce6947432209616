//! Computes PyTorch's `nn.TransformerEncoderLayer`: post-norm, with ReLU.

use tch::Tensor;
use tch::nn::{self, Init, Module, Path};

use super::init;
use super::joint_attention::JointAttention;

/// Sizes of an [`EncoderLayer`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EncoderLayerSize {
    pub width: i64,
    pub heads: i64,
    /// Width between the two linear layers.
    pub hidden: i64,
    pub dropout: f64,
}

/// Self-attention and two linear layers, each added to its input and normalized.
#[derive(Debug)]
pub struct EncoderLayer {
    attention: JointAttention,
    linear1: nn::Linear,
    linear2: nn::Linear,
    norm1: nn::LayerNorm,
    norm2: nn::LayerNorm,
    dropout: f64,
}

impl EncoderLayer {
    /// Parameters: `self_attn.{in_proj_weight,in_proj_bias,out_proj}`, `linear{1,2}`, `norm{1,2}`.
    pub fn new(path: &Path<'_>, size: EncoderLayerSize) -> Self {
        let (width, attention) = (size.width, path / "self_attn");
        let config = nn::LinearConfig {
            ws_init: init::fan_in(width),
            bs_init: Some(Init::Const(0.0)),
            bias: true,
        };
        let out = nn::linear(&attention / "out_proj", width, width, config);
        Self {
            attention: JointAttention::new(&attention, width, size.heads, size.dropout, out),
            linear1: init::linear(path / "linear1", width, size.hidden),
            linear2: init::linear(path / "linear2", size.hidden, width),
            norm1: init::layer_norm(path / "norm1", width),
            norm2: init::layer_norm(path / "norm2", width),
            dropout: size.dropout,
        }
    }

    /// (B, n, width) to (B, n, width).
    pub fn forward(&self, x: &Tensor, train: bool) -> Tensor {
        let drop = |x: Tensor| x.dropout(self.dropout, train);
        let attended = self.attention.forward([x, x, x], None, train);
        let x = self.norm1.forward(&(x + drop(attended)));
        let hidden = drop(self.linear1.forward(&x).relu());
        self.norm2
            .forward(&(&x + drop(self.linear2.forward(&hidden))))
    }
}
