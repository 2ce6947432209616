//! Computes pre-norm transformers over learned tokens (LNLN and ALMT).

use tch::Tensor;
use tch::nn::{self, Path};

use super::attention::Attention;
use super::{dense, init};
use crate::model::engine::Engine;

/// Sizes of one [`Block`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockSize {
    /// Features of every token.
    pub width: i64,
    pub heads: i64,
    /// Features of one head.
    pub head: i64,
    /// Hidden features of the feed-forward net.
    pub hidden: i64,
}

/// t + MHA(LN_q(t), LN_k(s), LN_v(s)), then t + FFN(LN(t)): one layer of self-attention (s = t) or
/// of cross-attention. Three separate norms feed queries, keys and values.
#[derive(Debug)]
pub struct Block {
    norm_q: nn::LayerNorm,
    norm_k: nn::LayerNorm,
    norm_v: nn::LayerNorm,
    attention: Attention,
    norm: nn::LayerNorm,
    up: nn::Linear,
    down: nn::Linear,
    engine: Engine,
}

impl Block {
    /// Parameters: `0.norm_{q,k,v}`, `0.fn.*`, `1.norm`, `1.fn.net.{0,3}`.
    pub fn new(path: &Path<'_>, size: BlockSize) -> Self {
        let (first, second) = (path / 0, path / 1);
        let net = &second / "fn" / "net";
        Self {
            norm_q: init::layer_norm(&first / "norm_q", size.width),
            norm_k: init::layer_norm(&first / "norm_k", size.width),
            norm_v: init::layer_norm(&first / "norm_v", size.width),
            attention: Attention::new(&(&first / "fn"), size.width, size.heads, size.head),
            norm: init::layer_norm(&second / "norm", size.width),
            up: init::linear(&net / 0, size.width, size.hidden),
            down: init::linear(&net / 3, size.hidden, size.width),
            engine: Engine::default(),
        }
    }

    fn set_engine(&mut self, engine: Engine) {
        self.attention.set_engine(engine);
        self.engine = engine;
    }

    /// Target (B, n, width) and source (B, m, width) to (B, n, width).
    pub fn forward(&self, target: &Tensor, source: &Tensor) -> Tensor {
        let norm = |norm: &nn::LayerNorm, x: &Tensor| init::normalize(norm, x, self.engine);
        let (q, k, v) = (
            norm(&self.norm_q, target),
            norm(&self.norm_k, source),
            norm(&self.norm_v, source),
        );
        let target = target + self.attention.forward(&q, &k, &v);
        let linear = |linear: &nn::Linear, x: &Tensor| dense::forward(linear, x, self.engine);
        let hidden = linear(&self.up, &norm(&self.norm, &target)).gelu("none");
        target + linear(&self.down, &hidden)
    }
}

/// Layers of a stack, `layers.0` and on.
fn stack(path: &Path<'_>, depth: i64, size: BlockSize) -> Vec<Block> {
    let layers = path / "layers";
    (0..depth)
        .map(|i| Block::new(&(&layers / i), size))
        .collect()
}

/// Learned tokens in front of a sequence, learned positions, a stack of [`Block`]s.
///
/// No final norm and no mask: padding is attended to, as in the reference.
#[derive(Debug)]
pub struct TokenTransformer {
    positions: Tensor,
    tokens: Option<Tensor>,
    layers: Vec<Block>,
    engine: Engine,
}

impl TokenTransformer {
    /// For at most `frames` steps with `tokens` (or 0) learned tokens in front.
    ///
    /// Parameters: `pos_embedding`, `extra_token`, `encoder.layers.*`.
    pub fn new(path: &Path<'_>, frames: i64, tokens: i64, depth: i64, size: BlockSize) -> Self {
        let token = || init::tokens(path, "extra_token", tokens, size.width, 0.0);
        Self {
            positions: init::positions(path, "pos_embedding", frames + tokens, size.width),
            tokens: (tokens > 0).then(token),
            layers: stack(&(path / "encoder"), depth, size),
            engine: Engine::default(),
        }
    }

    /// Sets how to compute from now on.
    pub fn set_engine(&mut self, engine: Engine) {
        self.engine = engine;
        self.layers
            .iter_mut()
            .for_each(|layer| layer.set_engine(engine));
    }

    /// (B, n, width) to (B, tokens + n, width): tokens prepended, positions added.
    fn embed(&self, x: &Tensor) -> Tensor {
        let rows = |x: &Tensor| self.positions.narrow(1, 0, x.size()[1]);
        match &self.tokens {
            None => x + rows(x),
            Some(tokens) => {
                let tokens = tokens.expand([x.size()[0], -1, -1], false);
                let x = Tensor::cat(&[&tokens, x], 1);
                &x + rows(&x)
            }
        }
    }

    /// (B, n, width) to (B, tokens + n, width).
    pub fn forward(&self, x: &Tensor) -> Tensor {
        self.layers
            .iter()
            .fold(self.embed(x), |x, layer| layer.forward(&x, &x))
    }

    /// The first `rows` output tokens, (B, rows, width).
    ///
    /// The last layer computes queries, output projection and feed-forward net for these rows
    /// alone, which changes no number: rows interact only in attention, as keys and values.
    pub fn read(&self, x: &Tensor, rows: i64) -> Tensor {
        if self.engine.reference {
            return self.forward(x).narrow(1, 0, rows);
        }
        let Some((last, layers)) = self.layers.split_last() else {
            return self.embed(x).narrow(1, 0, rows);
        };
        let x = layers
            .iter()
            .fold(self.embed(x), |x, layer| layer.forward(&x, &x));
        last.forward(&x.narrow(1, 0, rows), &x)
    }

    /// The embedded input and the output of every layer: depth + 1 tensors (B, tokens + n, width).
    pub fn scales(&self, x: &Tensor) -> Vec<Tensor> {
        let mut scales = vec![self.embed(x)];
        for layer in &self.layers {
            let x = &scales[scales.len() - 1];
            let next = layer.forward(x, x);
            scales.push(next);
        }
        scales
    }
}

/// Target tokens that query source tokens, layer after layer; the source is the same for all layers.
#[derive(Debug)]
pub struct CrossTransformer {
    token: Tensor,
    source_positions: Tensor,
    target_positions: Tensor,
    layers: Vec<Block>,
    engine: Engine,
}

impl CrossTransformer {
    /// For `frames` tokens on either side, plus one shared learned token.
    ///
    /// Parameters: `extra_token`, `pos_embedding_s`, `pos_embedding_t`,
    /// `CrossTransformerEncoder.layers.*`.
    pub fn new(path: &Path<'_>, frames: i64, depth: i64, size: BlockSize) -> Self {
        let positions = |name| init::positions(path, name, frames + 1, size.width);
        Self {
            token: init::tokens(path, "extra_token", 1, size.width, 0.0),
            source_positions: positions("pos_embedding_s"),
            target_positions: positions("pos_embedding_t"),
            layers: stack(&(path / "CrossTransformerEncoder"), depth, size),
            engine: Engine::default(),
        }
    }

    /// Sets how to compute from now on.
    pub fn set_engine(&mut self, engine: Engine) {
        self.engine = engine;
        self.layers
            .iter_mut()
            .for_each(|layer| layer.set_engine(engine));
    }

    /// Source and target (B, n, width) to (B, 1 + n, width), the learned token first.
    pub fn forward(&self, source: &Tensor, target: &Tensor) -> Tensor {
        let (source, target) = self.embed(source, target);
        self.layers
            .iter()
            .fold(target, |target, layer| layer.forward(&target, &source))
    }

    /// Rows `from` to `from + rows` of the result of [`Self::forward`]. The last layer computes no
    /// others, since target rows do not depend on each other.
    pub fn read(&self, source: &Tensor, target: &Tensor, from: i64, rows: i64) -> Tensor {
        if self.engine.reference {
            return self.forward(source, target).narrow(1, from, rows);
        }
        let (source, target) = self.embed(source, target);
        let target = target.narrow(1, from, rows);
        self.layers
            .iter()
            .fold(target, |target, layer| layer.forward(&target, &source))
    }

    fn embed(&self, source: &Tensor, target: &Tensor) -> (Tensor, Tensor) {
        let embed = |x: &Tensor, positions: &Tensor| {
            let token = self.token.expand([x.size()[0], -1, -1], false);
            Tensor::cat(&[&token, x], 1) + positions
        };
        (
            embed(source, &self.source_positions),
            embed(target, &self.target_positions),
        )
    }
}

#[cfg(test)]
mod tests {
    use tch::{Device, Kind, nn::VarStore};

    use super::*;

    const SIZE: BlockSize = BlockSize {
        width: 16,
        heads: 2,
        head: 4,
        hidden: 8,
    };

    #[test]
    fn reading_fewer_rows_changes_nothing() {
        let _rng = crate::model::rng::seeded(11);
        let mut vs = VarStore::new(Device::Cpu);
        vs.set_kind(Kind::Double);
        let transformer = TokenTransformer::new(&vs.root(), 9, 3, 2, SIZE);
        let x = Tensor::randn([2, 9, 16], (Kind::Double, Device::Cpu));
        let all = transformer.forward(&x);
        assert_eq!(all.size(), [2, 12, 16]);
        let error = (transformer.read(&x, 3) - all.narrow(1, 0, 3)).abs().max();
        assert!(error.double_value(&[]) < 1e-14);
        let scales = transformer.scales(&x);
        assert_eq!(scales.len(), 3);
        assert!(scales[2].equal(&all));
    }

    #[test]
    fn target_rows_never_meet() {
        let _rng = crate::model::rng::seeded(11);
        let mut vs = VarStore::new(Device::Cpu);
        let cross = CrossTransformer::new(&vs.root(), 4, 3, SIZE);
        vs.set_kind(Kind::Double);
        let draw = || Tensor::randn([2, 4, 16], (Kind::Double, Device::Cpu));
        let (source, target) = (draw(), draw());
        let all = cross.forward(&source, &target);
        for (from, rows) in [(1, 4), (0, 1)] {
            let got = cross.read(&source, &target, from, rows);
            let error = (got - all.narrow(1, from, rows)).abs().max();
            assert!(error.double_value(&[]) < 1e-14);
        }
    }
}
