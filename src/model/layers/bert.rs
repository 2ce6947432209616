//! BERT (Devlin et al., 2019) as Hugging Face's `BertModel` computes it.

use std::cell::RefCell;

use tch::nn::{self, Init, Module, Path};
use tch::{Kind, Tensor};

use super::attention::{literal, merge_heads, split_heads};
use super::bert_config::BertConfig;
use super::bert_pass::Pass;
use crate::model::engine::Engine;
use crate::model::error::Result;

/// N(0, 0.02) weight and zero bias: BERT's own initialisation.
fn linear(path: Path<'_>, inputs: i64, outputs: i64) -> nn::Linear {
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

fn layer_norm(path: Path<'_>, config: &BertConfig) -> nn::LayerNorm {
    let eps = config.layer_norm_eps;
    let norm = nn::LayerNormConfig {
        eps,
        ..Default::default()
    };
    nn::layer_norm(path, vec![config.hidden_size], norm)
}

fn table(path: Path<'_>, rows: i64, width: i64, padding_idx: i64) -> nn::Embedding {
    let ws_init = Init::Randn {
        mean: 0.0,
        stdev: 0.02,
    };
    let config = nn::EmbeddingConfig {
        ws_init,
        padding_idx,
        ..Default::default()
    };
    nn::embedding(path, rows, width, config)
}

/// Word, position and segment tables, summed and normalised.
#[derive(Debug)]
struct Embeddings {
    words: nn::Embedding,
    positions: nn::Embedding,
    segments: nn::Embedding,
    norm: nn::LayerNorm,
}

impl Embeddings {
    fn new(path: &Path<'_>, c: &BertConfig) -> Self {
        let width = c.hidden_size;
        // The padding row (id 0) is read like any other, but gets no gradient.
        let words = table(path / "word_embeddings", c.vocab_size, width, 0);
        let _ = tch::no_grad(|| words.ws.get(0).zero_());
        Self {
            words,
            positions: table(
                path / "position_embeddings",
                c.max_position_embeddings,
                width,
                -1,
            ),
            segments: table(path / "token_type_embeddings", c.type_vocab_size, width, -1),
            norm: layer_norm(path / "LayerNorm", c),
        }
    }

    /// Ids and segments (B, T) to (B, T, hidden), before dropout.
    fn forward(&self, ids: &Tensor, segments: &Tensor) -> Tensor {
        let positions = self.positions.ws.narrow(0, 0, ids.size()[1]);
        let sum = self.words.forward(ids) + self.segments.forward(segments) + positions;
        self.norm.forward(&sum)
    }
}

/// A dense layer whose dropped-out result joins the residual under a norm.
#[derive(Debug)]
struct Output {
    dense: nn::Linear,
    norm: nn::LayerNorm,
}

impl Output {
    fn new(path: &Path<'_>, inputs: i64, c: &BertConfig) -> Self {
        Self {
            dense: linear(path / "dense", inputs, c.hidden_size),
            norm: layer_norm(path / "LayerNorm", c),
        }
    }

    fn forward(&self, x: &Tensor, residual: &Tensor, dropout: f64) -> Tensor {
        let x = self.dense.forward(x).dropout(dropout, dropout > 0.0);
        self.norm.forward(&(x + residual))
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
    plain: bool,
}

impl Layer {
    fn new(path: &Path<'_>, c: &BertConfig) -> Self {
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
            plain: false,
        }
    }

    pub(super) fn forward(&self, x: &Tensor, mask: &Tensor, dropout: Dropout) -> Tensor {
        let split = |linear: &nn::Linear| split_heads(&linear.forward(x), self.heads);
        let [q, k, v] = [&self.query, &self.key, &self.value].map(split);
        let context = if self.plain {
            literal(&q, &k, &v, Some(mask), dropout.attention)
        } else {
            let mask = Some(mask);
            Tensor::scaled_dot_product_attention(
                &q,
                &k,
                &v,
                mask,
                dropout.attention,
                false,
                None,
                false,
            )
        };
        let x = self
            .attention_output
            .forward(&merge_heads(&context), x, dropout.hidden);
        let wide = self.intermediate.forward(&x).gelu("none");
        self.output.forward(&wide, &x, dropout.hidden)
    }
}

/// Probabilities in force: the configured ones in training, zero otherwise.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dropout {
    hidden: f64,
    attention: f64,
}

/// The encoder. The pooler's parameters exist, so that names match a checkpoint's, but nothing
/// reads what it computes, and only the plain engine computes it.
#[derive(Debug)]
pub struct Bert {
    config: BertConfig,
    embeddings: Embeddings,
    layers: Vec<Layer>,
    pooler: nn::Linear,
    engine: Engine,
    /// Passes whose way back is still to come.
    tape: RefCell<Vec<Pass>>,
}

impl Bert {
    /// Parameters: `embeddings.*`, `encoder.layer.*`, `pooler.dense.*`, as in Hugging Face's.
    pub fn new(path: &Path<'_>, config: &BertConfig) -> Self {
        let layers = path / "encoder" / "layer";
        let hidden = config.hidden_size;
        Self {
            config: config.clone(),
            embeddings: Embeddings::new(&(path / "embeddings"), config),
            layers: (0..config.num_hidden_layers)
                .map(|i| Layer::new(&(&layers / i), config))
                .collect(),
            pooler: linear(path / "pooler" / "dense", hidden, hidden),
            engine: Engine::default(),
            tape: RefCell::default(),
        }
    }

    /// How to compute from now on.
    pub fn set_engine(&mut self, engine: Engine) {
        self.engine = engine;
        for layer in &mut self.layers {
            layer.plain = engine.plain;
        }
    }

    /// The sizes it was built with.
    pub fn config(&self) -> &BertConfig {
        &self.config
    }

    /// Token ids, attention mask and segment ids (B, 3, T) int64 to the last hidden states
    /// (B, T, hidden) of all positions, padding included.
    ///
    /// The attention mask enters as (1 - mask) * the most negative finite number, added to the
    /// scores of the keys.
    ///
    /// # Errors
    /// Those of [`BertConfig::check_tokens`]. Ids on a CUDA device are not checked again here: that
    /// would wait for the device at every step.
    pub fn forward(&self, text: &Tensor, train: bool) -> Result<Tensor> {
        if text.device() == tch::Device::Cpu {
            self.config.check_tokens(text)?;
        }
        if train && self.engine.recompute {
            return self.forward_on_tape(text);
        }
        let dropout = self.dropout(train);
        let mask = self.mask(&text.select(1, 1));
        let x = self
            .layers
            .iter()
            .fold(self.embed(text, train), |x, layer| {
                layer.forward(&x, &mask, dropout)
            });
        if self.engine.plain {
            let _ = self.pooler.forward(&x.select(1, 0)).tanh();
        }
        Ok(x)
    }

    /// Tokens to the input of the first layer.
    pub(super) fn embed(&self, text: &Tensor, train: bool) -> Tensor {
        let x = self
            .embeddings
            .forward(&text.select(1, 0), &text.select(1, 2));
        x.dropout(self.dropout(train).hidden, train)
    }

    pub(super) fn layers(&self) -> &[Layer] {
        &self.layers
    }

    pub(super) fn tape(&self) -> &RefCell<Vec<Pass>> {
        &self.tape
    }

    /// Floats kept for the way back, for one clip of `steps` positions.
    pub fn kept(&self, steps: i64) -> i64 {
        self.kept_as(steps, self.engine.recompute)
    }

    /// [`Self::kept`] where activations are computed twice, or kept.
    pub fn kept_as(&self, steps: i64, recompute: bool) -> i64 {
        let c = &self.config;
        let (layers, width, wide) = (c.num_hidden_layers, c.hidden_size, c.intermediate_size);
        let dropped = |rate: f64| i64::from(rate > 0.0);
        let hidden = dropped(c.hidden_dropout_prob);
        // Whole matrices of weights: softmax, draws, product. Fused attention keeps none, but the
        // CPU has no fused kernel with dropout.
        let scores = match (c.attention_probs_dropout_prob > 0.0, self.engine.plain) {
            (true, _) => 3,
            (false, true) => 1,
            (false, false) => 0,
        };
        let layer = steps * ((9 + 2 * hidden) * width + 2 * wide)
            + scores * c.num_attention_heads * steps * steps;
        match recompute {
            true => layers * steps * width + layer,
            false => layers * layer + (1 + hidden) * steps * width,
        }
    }

    pub(super) fn dropout(&self, train: bool) -> Dropout {
        let on = f64::from(u8::from(train));
        Dropout {
            hidden: on * self.config.hidden_dropout_prob,
            attention: on * self.config.attention_probs_dropout_prob,
        }
    }

    /// (B, T) to the additive mask (B, 1, 1, T).
    pub(super) fn mask(&self, keep: &Tensor) -> Tensor {
        let kind = self.embeddings.words.ws.kind();
        let lowest = if kind == Kind::Double {
            f64::MIN
        } else {
            f64::from(f32::MIN)
        };
        let missing: Tensor = 1.0 - keep.to_kind(kind);
        (missing * lowest).unsqueeze(1).unsqueeze(1)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use tch::{Device, nn::VarStore};

    use super::*;

    fn text(ids: &[i64], mask: &[i64]) -> Tensor {
        let row = |values: &[i64]| Tensor::from_slice(values).view([1, -1]);
        let segments = Tensor::zeros([1, ids.len() as i64], (Kind::Int64, Device::Cpu));
        Tensor::stack(&[row(ids), row(mask), segments], 1)
    }

    #[test]
    fn masked_keys_do_not_matter_but_padding_rows_are_computed() {
        let _rng = crate::model::rng::seeded(7);
        let vs = VarStore::new(Device::Cpu);
        let bert = Bert::new(&vs.root(), &BertConfig::tiny(20));
        let mask = [1, 1, 1, 0];
        let a = bert.forward(&text(&[3, 4, 5, 0], &mask), false).unwrap();
        let b = bert.forward(&text(&[3, 4, 5, 9], &mask), false).unwrap();
        assert_eq!(a.size(), [1, 4, 32]);
        assert!(
            a.narrow(1, 0, 3)
                .allclose(&b.narrow(1, 0, 3), 0.0, 1e-6, false)
        );
        assert!(!a.select(1, 3).allclose(&b.select(1, 3), 0.0, 1e-3, false));
    }

    #[test]
    fn initial_moments_are_those_of_hugging_face() {
        let _rng = crate::model::rng::seeded(7);
        let vs = VarStore::new(Device::Cpu);
        Bert::new(&vs.root(), &BertConfig::tiny(2000));
        for (name, tensor) in vs.variables() {
            let norm = name.contains("LayerNorm.weight");
            let drawn = name.ends_with("weight") && !norm;
            let std = tensor.std(false).double_value(&[]);
            let mean = tensor.mean(Kind::Float).double_value(&[]);
            match drawn {
                true => {
                    let error = 5.0 / (tensor.numel() as f64).sqrt();
                    assert!((std / 0.02 - 1.0).abs() < error, "{name}: std {std}");
                    assert!(mean.abs() < 0.02 * error, "{name}: mean {mean}");
                }
                false => assert!(tensor.equal(&tensor.full_like(f64::from(norm))), "{name}"),
            }
        }
        let words = &vs.variables()["embeddings.word_embeddings.weight"];
        assert_eq!(words.get(0).abs().max().double_value(&[]), 0.0);
    }

    #[test]
    fn dropout_draws_only_in_training() {
        let _rng = crate::model::rng::seeded(7);
        let vs = VarStore::new(Device::Cpu);
        let bert = Bert::new(&vs.root(), &BertConfig::tiny(20));
        let text = text(&[3, 4, 5], &[1, 1, 1]);
        let run = |train| bert.forward(&text, train).unwrap();
        assert!(run(false).equal(&run(false)));
        assert!(!run(true).equal(&run(true)));
    }

    #[test]
    fn parameter_names_are_those_built() {
        let _rng = crate::model::rng::seeded(7);
        let vs = VarStore::new(Device::Cpu);
        let config = BertConfig::tiny(20);
        Bert::new(&vs.root(), &config);
        let built: BTreeSet<String> = vs.variables().into_keys().collect();
        assert_eq!(built, config.parameter_names().into_iter().collect());
        let count: usize = vs.variables().values().map(Tensor::numel).sum();
        assert_eq!(count as i64, config.parameter_count());
    }
}
