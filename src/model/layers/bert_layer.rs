//! Computes one layer of a BERT.

use tch::nn::{self, Init, Module, Path};
use tch::{Device, Tensor};

use super::attention::{literal, merge, project};
use super::bert_config::BertConfig;
use super::bert_keys::Keys;
use super::{dense, low_memory};
use crate::model::engine::Engine;

/// N(0, 0.02) weight and zero bias: BERT's own initialization.
pub(in crate::model) fn linear(path: Path<'_>, inputs: i64, outputs: i64) -> nn::Linear {
    let config = nn::LinearConfig {
        ws_init: Init::Randn {
            mean: 0.0,
            stdev: 0.02,
        },
        bs_init: Some(Init::Const(0.0)),
        bias: true,
    };
    nn::linear(path, inputs, outputs, config)
}

pub(super) fn layer_norm(path: Path<'_>, config: &BertConfig) -> nn::LayerNorm {
    let eps = config.layer_norm_eps;
    let norm = nn::LayerNormConfig {
        eps,
        ..Default::default()
    };
    nn::layer_norm(path, vec![config.hidden_size], norm)
}

/// A dense layer with dropout, added to the residual and normalized.
#[derive(Debug)]
struct Output {
    dense: nn::Linear,
    norm: nn::LayerNorm,
    eps: f64,
}

impl Output {
    fn new(path: &Path<'_>, inputs: i64, c: &BertConfig) -> Self {
        Self {
            dense: linear(path / "dense", inputs, c.hidden_size),
            norm: layer_norm(path / "LayerNorm", c),
            eps: c.layer_norm_eps,
        }
    }

    fn join(&self, made: &Tensor, residual: &Tensor, (dropout, engine): (f64, Engine)) -> Tensor {
        let sum = low_memory::dropout(made, dropout) + residual;
        if engine.reference {
            self.norm.forward(&sum)
        } else {
            dense::layer_norm(&self.norm, self.eps, &sum)
        }
    }
}

/// One post-norm encoder layer.
#[derive(Debug)]
pub(super) struct Layer {
    query: nn::Linear,
    key: nn::Linear,
    value: nn::Linear,
    attention_output: Output,
    intermediate: nn::Linear,
    output: Output,
    heads: i64,
    engine: Engine,
}

impl Layer {
    pub(super) fn new(path: &Path<'_>, c: &BertConfig) -> Self {
        let (hidden, attention) = (c.hidden_size, path / "attention");
        let project = |name: &str| linear(&attention / "self" / name, hidden, hidden);
        Self {
            query: project("query"),
            key: project("key"),
            value: project("value"),
            attention_output: Output::new(&(&attention / "output"), hidden, c),
            intermediate: linear(path / "intermediate" / "dense", hidden, c.intermediate_size),
            output: Output::new(&(path / "output"), c.intermediate_size, c),
            heads: c.num_attention_heads,
            engine: Engine::default(),
        }
    }

    /// Sets how to compute from now on.
    pub(super) fn set_engine(&mut self, engine: Engine) {
        self.engine = engine;
    }

    /// (B, T, hidden) to (B, T, hidden).
    pub(super) fn forward(&self, x: &Tensor, keys: &Keys, dropout: Dropout) -> Tensor {
        let (engine, hidden) = (self.engine, (dropout.hidden, self.engine));
        let context = self.attend(x, keys, dropout.attention);
        let made = merge(&self.attention_output.dense, &context, engine);
        let x = self.attention_output.join(&made, x, hidden);
        let wide = dense::forward(&self.intermediate, &x, engine);
        let made = if engine.reference {
            self.output.dense.forward(&wide.gelu("none"))
        } else {
            low_memory::gelu_linear(&wide, &self.output.dense)
        };
        self.output.join(&made, &x, hidden)
    }

    /// (B, heads, T, hidden / heads)
    fn attend(&self, x: &Tensor, keys: &Keys, dropout: f64) -> Tensor {
        let source = keys.gather(x);
        let q = project(&self.query, x, self.heads, self.engine);
        let [k, v] = [&self.key, &self.value]
            .map(|linear| keys.project(linear, &source, self.heads, self.engine));
        let mask = keys.mask();
        if self.engine.reference {
            return literal(&q, &k, &v, Some(mask), dropout);
        }
        // The CPU has no fused kernel with dropout.
        if dropout > 0.0 && x.device() == Device::Cpu {
            return low_memory::attention(&q, &k, &v, mask, dropout);
        }
        let fused = Tensor::scaled_dot_product_attention::<&Tensor>;
        fused(&q, &k, &v, Some(mask), dropout, false, None, false)
    }
}

/// Probabilities in force: the configured ones in training, zero otherwise.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dropout {
    pub(super) hidden: f64,
    pub(super) attention: f64,
}
