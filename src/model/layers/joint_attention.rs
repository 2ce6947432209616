//! Computes attention whose query, key and value projections are one matrix, as in PyTorch's
//! `nn.MultiheadAttention` and in fairseq.

use tch::nn::{self, Init, Module, Path};
use tch::{Kind, Tensor};

use super::attention::{merge_heads, split_heads};
use super::{fused_attention, init, low_memory};

/// Attention of `heads` heads within `width` features.
#[derive(Debug)]
pub struct JointAttention {
    in_proj_weight: Tensor,
    in_proj_bias: Tensor,
    out_proj: nn::Linear,
    heads: i64,
    dropout: f64,
}

impl JointAttention {
    /// Parameters: `in_proj_weight`, `in_proj_bias`, `out_proj`. Weights are Xavier-uniform, biases
    /// 0, in fairseq's form for all and in PyTorch's for all but `out_proj.weight`.
    pub fn new(path: &Path<'_>, width: i64, heads: i64, dropout: f64, out: nn::Linear) -> Self {
        Self {
            in_proj_weight: path.var(
                "in_proj_weight",
                &[3 * width, width],
                init::xavier_uniform(width, 3 * width),
            ),
            in_proj_bias: path.var("in_proj_bias", &[3 * width], Init::Const(0.0)),
            out_proj: out,
            heads,
            dropout,
        }
    }

    /// Queries (B, n, width), keys and values (B, m, width), to (B, n, width). `mask` (n, m), where
    /// given, is true where a query may attend.
    pub fn forward(
        &self,
        [queries, keys, values]: [&Tensor; 3],
        mask: Option<&Tensor>,
        train: bool,
    ) -> Tensor {
        let weights = self.in_proj_weight.chunk(3, 0);
        let biases = self.in_proj_bias.chunk(3, 0);
        let project = |x: &Tensor, i: usize| {
            split_heads(&x.linear(&weights[i], Some(&biases[i])), self.heads)
        };
        let dropout = if train { self.dropout } else { 0.0 };
        let [q, k, v] = [project(queries, 0), project(keys, 1), project(values, 2)];
        let attended = low_memory::dropout_attention([&q, &k, &v], mask, dropout);
        self.out_proj.forward(&merge_heads(&attended))
    }

    /// As [`Self::forward`], where query i attends to the keys up to i + `reach`; by the fused kernel where
    /// it takes the tensors and heads, with draws of dropout other than those of [`Self::forward`].
    pub fn forward_fused(&self, x: [&Tensor; 3], reach: i64, train: bool) -> Tensor {
        let width = x[0].size()[2] / self.heads;
        if !fused_attention::takes(x[0]) || width > fused_attention::WIDEST {
            let (n, m) = (x[0].size()[1], x[1].size()[1]);
            let mask = Tensor::ones([n, m], (Kind::Bool, x[0].device())).tril(reach);
            return self.forward(x, Some(&mask), train);
        }
        let weights = self.in_proj_weight.chunk(3, 0);
        let biases = self.in_proj_bias.chunk(3, 0);
        let project = |i: usize| x[i].linear(&weights[i], Some(&biases[i]));
        let [q, k, v] = [0, 1, 2].map(project);
        let dropout = if train { self.dropout } else { 0.0 };
        let attended = fused_attention::attend([&q, &k, &v], self.heads, reach, dropout);
        self.out_proj.forward(&attended)
    }
}
