//! Injects the tokens of three modalities into those of a proxy (P-RMF, QDRF).

use tch::Tensor;
use tch::nn::{self, Module, Path};

use super::attention::attend;
use super::init;
use crate::model::engine::Engine;

/// Queries of the proxy, keys and values of one modality, and the projection of what is attended to.
#[derive(Debug)]
struct Attention {
    norm_q: nn::LayerNorm,
    norm_kv: nn::LayerNorm,
    to_q: nn::Linear,
    to_k: nn::Linear,
    to_v: nn::Linear,
    to_out: nn::Linear,
}

impl Attention {
    fn new(path: &Path<'_>, width: i64, inner: i64) -> Self {
        let into = |name: &str| init::linear(path / name, width, inner);
        Self {
            norm_q: init::layer_norm(path / "modality1_ln", width),
            norm_kv: init::layer_norm(path / "modality2_ln", width),
            to_q: into("proj_modality1"),
            to_k: into("proj_modality2_k"),
            to_v: into("proj_modality2_v"),
            to_out: init::linear(path / "proj", inner, width),
        }
    }

    fn query(&self, proxy: &Tensor) -> Tensor {
        self.to_q.forward(&self.norm_q.forward(proxy))
    }

    fn key_and_value(&self, tokens: &Tensor) -> (Tensor, Tensor) {
        let tokens = self.norm_kv.forward(tokens);
        (self.to_k.forward(&tokens), self.to_v.forward(&tokens))
    }
}

/// Keys and values of the three modalities, (B, 3, n, inner) each.
#[derive(Debug)]
pub struct Sources {
    keys: Tensor,
    values: Tensor,
}

/// Sizes of an [`Injection`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InjectionSize {
    pub width: i64,
    /// Features of queries, keys and values.
    pub inner: i64,
    pub dropout: f64,
}

/// y plus, for each modality, its weight times single-head attention to its tokens; then the same plus
/// dropout of a linear layer of its norm.
#[derive(Debug)]
pub struct Injection {
    /// To text, audio and vision.
    attentions: [Attention; 3],
    norm: nn::LayerNorm,
    linear: nn::Linear,
    dropout: f64,
    engine: Engine,
}

impl Injection {
    /// Parameters: `cma_{t,a,v}.*`, `layernorm`, `fc`.
    pub fn new(path: &Path<'_>, size: InjectionSize) -> Self {
        let attention = |name| Attention::new(&(path / name), size.width, size.inner);
        Self {
            attentions: ["cma_t", "cma_a", "cma_v"].map(attention),
            norm: init::layer_norm(path / "layernorm", size.width),
            linear: init::linear(path / "fc", size.width, size.width),
            dropout: size.dropout,
            engine: Engine::default(),
        }
    }

    /// Sets how to compute from now on.
    pub fn set_engine(&mut self, engine: Engine) {
        self.engine = engine;
    }

    /// Keys and values of text, audio and vision, (B, n, width) each: they serve every application of
    /// the layer to the same tokens.
    pub fn sources(&self, tokens: [&Tensor; 3]) -> Sources {
        let pairs = self.attentions.iter().zip(tokens);
        let pairs = pairs.map(|(attention, tokens)| attention.key_and_value(tokens));
        let (keys, values): (Vec<Tensor>, Vec<Tensor>) = pairs.unzip();
        Sources {
            keys: Tensor::stack(&keys, 1),
            values: Tensor::stack(&values, 1),
        }
    }

    /// Proxy (B, n, width), and weights of text, audio and vision that broadcast over it, to
    /// (B, n, width).
    pub fn forward(
        &self,
        proxy: &Tensor,
        sources: &Sources,
        weights: &[Tensor; 3],
        train: bool,
    ) -> Tensor {
        let queries = self.attentions.each_ref().map(|a| a.query(proxy));
        let queries = Tensor::stack(&queries, 1);
        // A modality is a head of its own.
        let found = attend(&queries, &sources.keys, &sources.values, self.engine).unbind(1);
        let attentions = self.attentions.iter().zip(&found);
        let injected = attentions
            .zip(weights)
            .map(|((attention, found), weight)| attention.to_out.forward(found) * weight)
            .reduce(|sum, one| sum + one);
        let y = match injected {
            Some(injected) => injected + proxy,
            None => proxy.shallow_clone(),
        };
        let hidden = self.linear.forward(&self.norm.forward(&y));
        y + hidden.dropout(self.dropout, train)
    }
}
