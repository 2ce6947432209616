//! Computes MulT's transformer, in which one modality attends to another (Tsai et al., ACL 2019).

use tch::nn::{self, Module, Path};
use tch::{Device, Kind, Tensor};

use super::joint_attention::JointAttention;
use super::positions::sinusoidal;
use super::{fused_attention, init};

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

/// How far a query looks, and how attention is computed.
#[derive(Clone, Copy, Debug)]
enum Reach<'a> {
    /// Where the mask (n, m) is true; everywhere without one.
    Mask(Option<&'a Tensor>),
    /// To so many steps ahead, by the fused kernel.
    Fused(i64),
}

impl Reach<'_> {
    fn is_fused(self) -> bool {
        matches!(self, Reach::Fused(_))
    }
}

/// In training, by counted draws where `fused` and the kernel takes the tensor.
fn dropout(x: &Tensor, chance: f64, train: bool, fused: bool) -> Tensor {
    if train && fused && fused_attention::takes(x) {
        fused_attention::dropout(x, chance)
    } else {
        x.dropout(chance, train)
    }
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
        reach: Reach<'_>,
        train: bool,
    ) -> Tensor {
        let [norm0, norm1] = &self.norms;
        let queries = norm0.forward(x);
        let attend = |x| match reach {
            Reach::Mask(mask) => self.attention.forward(x, mask, train),
            Reach::Fused(steps) => self.attention.forward_fused(x, steps, train),
        };
        let drop = |x: Tensor, chance| dropout(&x, chance, train, reach.is_fused());
        let attended = match source {
            None => attend([&queries, &queries, &queries]),
            Some([keys, values]) if std::ptr::eq(keys, values) => {
                let both = norm0.forward(keys);
                attend([&queries, &both, &both])
            }
            Some([keys, values]) => {
                let (keys, values) = (norm0.forward(keys), norm0.forward(values));
                attend([&queries, &keys, &values])
            }
        };
        let x = x + drop(attended, self.residual_dropout);
        let hidden = self.fc1.forward(&norm1.forward(&x)).relu();
        let output = self.fc2.forward(&drop(hidden, self.relu_dropout));
        x + drop(output, self.residual_dropout)
    }
}

/// A stack of layers; without a source it attends to itself.
#[derive(Debug)]
pub struct Crossmodal {
    layers: Vec<Layer>,
    norm: nn::LayerNorm,
    size: CrossmodalSize,
    fused: bool,
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
            fused: false,
        }
    }

    /// Computes attention by the fused kernel: equal but for rounding and for the draws of dropout.
    #[must_use]
    pub fn fused(mut self) -> Self {
        self.fused = true;
        self
    }

    /// `x` (B, n, width) attending to `source` (B, m, width), to (B, n, width).
    pub fn forward(&self, x: &Tensor, source: Option<&Tensor>, train: bool) -> Tensor {
        let embed = |x: &Tensor| self.embed(x, train);
        // Keys and values are dropped out separately, as the reference does.
        let keys = source.map(embed);
        let drops = train && self.size.embedding_dropout > 0.0;
        let values = source.filter(|_| drops || !self.fused).map(embed);
        let pair = keys
            .as_ref()
            .map(|keys| [keys, values.as_ref().unwrap_or(keys)]);
        let (n, m) = (x.size()[1], source.unwrap_or(x).size()[1]);
        let masked = self.size.masked;
        let mask = (masked && !self.fused).then(|| look_ahead(n, m, x.device()));
        let reach = if self.fused {
            Reach::Fused(if masked { (m - n).abs() } else { m })
        } else {
            Reach::Mask(mask.as_ref())
        };
        let start = embed(x);
        let layers = self.layers.iter();
        let x = layers.fold(start, |x, layer| layer.forward(&x, pair, reach, train));
        self.norm.forward(&x)
    }

    /// `x` (B, n, width) attending to itself where `mask`, of any shape that broadcasts to
    /// (B, heads, n, n), is true; to (B, n, width). Never by the fused kernel.
    pub fn forward_within(&self, x: &Tensor, mask: &Tensor, train: bool) -> Tensor {
        let start = self.embed(x, train);
        let layers = self.layers.iter();
        let x = layers.fold(start, |x, layer| {
            layer.forward(&x, None, Reach::Mask(Some(mask)), train)
        });
        self.norm.forward(&x)
    }

    /// The last step, (B, width), of `x` (B, n, width) attending to itself: of the last layer no other step
    /// is computed.
    pub fn forward_last(&self, x: &Tensor, train: bool) -> Tensor {
        let n = x.size()[1];
        let mask = (self.size.masked && !self.fused).then(|| look_ahead(n, n, x.device()));
        // The last step sees all.
        let [among, over] = if self.fused {
            [if self.size.masked { 0 } else { n }, n].map(Reach::Fused)
        } else {
            [Reach::Mask(mask.as_ref()), Reach::Mask(None)]
        };
        let start = self.embed(x, train);
        let before = self.layers.iter().rev().skip(1).rev();
        let x = before.fold(start, |x, layer| layer.forward(&x, None, among, train));
        let step = x.narrow(1, n - 1, 1);
        let last = match self.layers.last() {
            Some(layer) => layer.forward(&step, Some([&x, &x]), over, train),
            None => step,
        };
        self.norm.forward(&last).squeeze_dim(1)
    }

    /// Scales (B, n, width), and adds positions where inputs get them.
    fn embed(&self, x: &Tensor, train: bool) -> Tensor {
        let scaled = x * (self.size.width as f64).sqrt();
        let placed = if self.size.positions {
            scaled + sinusoidal(x)
        } else {
            scaled
        };
        dropout(&placed, self.size.embedding_dropout, train, self.fused)
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
    fn last_step_alone_and_fused_attention_give_the_same() {
        let _rng = crate::model::rng::seeded(3);
        let mut store = nn::VarStore::new(Device::Cpu);
        let size = CrossmodalSize {
            width: 6,
            heads: 2,
            depth: 2,
            attention_dropout: 0.5,
            relu_dropout: 0.5,
            residual_dropout: 0.5,
            embedding_dropout: 0.5,
            positions: true,
            masked: true,
        };
        let mut stack = Crossmodal::new(&store.root(), size);
        store.set_kind(Kind::Float);
        let x = Tensor::randn([2, 19, 6], (Kind::Float, Device::Cpu));
        let source = Tensor::randn([2, 30, 6], (Kind::Float, Device::Cpu));
        let ways = |stack: &Crossmodal| {
            let own = stack.forward(&x, None, false);
            (
                own.select(1, -1),
                stack.forward_last(&x, false),
                stack.forward(&x, Some(&source), false),
            )
        };
        let (expected, last, across) = ways(&stack);
        stack = stack.fused();
        let (fused, fused_last, fused_across) = ways(&stack);
        for found in [last, fused, fused_last] {
            assert!(found.allclose(&expected, 1e-5, 1e-5, false));
        }
        assert!(fused_across.allclose(&across, 1e-5, 1e-5, false));
    }

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
