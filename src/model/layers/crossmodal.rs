//! Computes MulT's transformer, in which one modality attends to another (Tsai et al., ACL 2019).

use tch::nn::{self, Module, Path};
use tch::{Device, Kind, Tensor};

use super::init;
use super::joint_attention::JointAttention;
use super::positions::sinusoidal;

/// Sizes and dropouts of a [`Crossmodal`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CrossmodalSize {
    pub width: i64,
    pub heads: i64,
    pub depth: i64,
    pub attention_dropout: f64,
    pub relu_dropout: f64,
    pub residual_dropout: f64,
    pub embedding_dropout: f64,
    /// Whether inputs get [`sinusoidal`] positions.
    pub positions: bool,
    /// Whether step i attends to no step after i + |difference of lengths| of the other sequence.
    pub masked: bool,
}

/// Pre-norm; one layer norm serves queries, keys and values.
#[derive(Debug)]
struct Layer {
    attention: JointAttention,
    norms: [nn::LayerNorm; 2],
    fc1: nn::Linear,
    fc2: nn::Linear,
    relu_dropout: f64,
    residual_dropout: f64,
}

impl Layer {
    fn new(path: &Path<'_>, size: &CrossmodalSize) -> Self {
        let width = size.width;
        let attention = path / "self_attn";
        let out = init::linear_xavier(&attention / "out_proj", width, width);
        Self {
            attention: JointAttention::new(
                &attention,
                width,
                size.heads,
                size.attention_dropout,
                out,
            ),
            norms: [0, 1].map(|i| init::layer_norm(path / "layer_norms" / i, width)),
            fc1: init::linear_xavier(path / "fc1", width, 4 * width),
            fc2: init::linear_xavier(path / "fc2", 4 * width, width),
            relu_dropout: size.relu_dropout,
            residual_dropout: size.residual_dropout,
        }
    }

    fn forward(
        &self,
        x: &Tensor,
        source: Option<[&Tensor; 2]>,
        mask: Option<&Tensor>,
        train: bool,
    ) -> Tensor {
        let [norm0, norm1] = &self.norms;
        let queries = norm0.forward(x);
        let attended = match source {
            None => self
                .attention
                .forward([&queries, &queries, &queries], mask, train),
            Some([keys, values]) => {
                let (keys, values) = (norm0.forward(keys), norm0.forward(values));
                self.attention
                    .forward([&queries, &keys, &values], mask, train)
            }
        };
        let x = x + attended.dropout(self.residual_dropout, train);
        let hidden = self.fc1.forward(&norm1.forward(&x)).relu();
        let output = self.fc2.forward(&hidden.dropout(self.relu_dropout, train));
        x + output.dropout(self.residual_dropout, train)
    }
}

/// A stack of layers; without a source it attends to itself.
#[derive(Debug)]
pub struct Crossmodal {
    layers: Vec<Layer>,
    norm: nn::LayerNorm,
    size: CrossmodalSize,
}

impl Crossmodal {
    /// Parameters: `layers.{i}.*`, `layer_norm`.
    pub fn new(path: &Path<'_>, size: CrossmodalSize) -> Self {
        let layers = path / "layers";
        Self {
            layers: (0..size.depth)
                .map(|i| Layer::new(&(&layers / i), &size))
                .collect(),
            norm: init::layer_norm(path / "layer_norm", size.width),
            size,
        }
    }

    /// `x` (B, n, width) attending to `source` (B, m, width), to (B, n, width).
    pub fn forward(&self, x: &Tensor, source: Option<&Tensor>, train: bool) -> Tensor {
        // Keys and values are dropped out separately, as the reference does.
        let source_pair =
            source.map(|source| [self.embed(source, train), self.embed(source, train)]);
        let pair = source_pair.as_ref().map(|[keys, values]| [keys, values]);
        let (n, m) = (x.size()[1], source.unwrap_or(x).size()[1]);
        let mask = self.size.masked.then(|| look_ahead(n, m, x.device()));
        self.run(x, pair, mask.as_ref(), train)
    }

    /// `x` (B, n, width) attending to itself where `mask`, of any shape that broadcasts to
    /// (B, heads, n, n), is true; to (B, n, width).
    pub fn forward_within(&self, x: &Tensor, mask: &Tensor, train: bool) -> Tensor {
        self.run(x, None, Some(mask), train)
    }

    fn embed(&self, x: &Tensor, train: bool) -> Tensor {
        let scaled = x * (self.size.width as f64).sqrt();
        let placed = if self.size.positions {
            scaled + sinusoidal(x)
        } else {
            scaled
        };
        placed.dropout(self.size.embedding_dropout, train)
    }

    fn run(
        &self,
        x: &Tensor,
        source: Option<[&Tensor; 2]>,
        mask: Option<&Tensor>,
        train: bool,
    ) -> Tensor {
        let start = self.embed(x, train);
        let x = self
            .layers
            .iter()
            .fold(start, |x, layer| layer.forward(&x, source, mask, train));
        self.norm.forward(&x)
    }
}

/// (n, m), true where key j <= query i + |m - n|.
fn look_ahead(n: i64, m: i64, device: Device) -> Tensor {
    Tensor::ones([n, m], (Kind::Bool, device)).tril((m - n).abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mask_lets_each_query_look_as_far_as_the_difference_of_lengths() {
        let seen = |n, m| {
            let rows = look_ahead(n, m, Device::Cpu).sum_dim_intlist(
                [1i64].as_slice(),
                false,
                Kind::Int64,
            );
            Vec::<i64>::try_from(rows).unwrap()
        };
        assert_eq!(seen(3, 3), [1, 2, 3]);
        assert_eq!(seen(2, 5), [4, 5]);
        assert_eq!(seen(4, 2), [2, 2, 2, 2]);
    }
}
