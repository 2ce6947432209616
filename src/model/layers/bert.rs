//! Computes BERT (Devlin et al., 2019) as Hugging Face's `BertModel` does.

use std::cell::RefCell;

use tch::Tensor;
use tch::nn::{self, Init, Module, Path};

use super::bert_config::BertConfig;
use super::bert_hook::{Beside, Extension};
use super::bert_keys::Keys;
use super::bert_layer::{Dropout, Layer, layer_norm, linear};
use super::bert_pass::{Context, Pass};
use super::distinct::Distinct;
use super::low_memory;
use crate::model::engine::Engine;
use crate::model::error::{ModelError, Result};
use crate::model::trace::Trace;

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

/// Word, position and segment tables, summed and normalized.
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

/// The encoder. The pooler's parameters exist, so that names match a checkpoint's; where no model asks
/// for its output ([`Self::pool`]), only the reference engine computes it.
#[derive(Debug)]
pub struct Bert {
    config: BertConfig,
    embeddings: Embeddings,
    layers: Vec<Layer>,
    pooler: nn::Linear,
    engine: Engine,
    extension: Extension,
    /// Passes that wait for their backward pass.
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
            extension: Extension::default(),
            tape: RefCell::default(),
        }
    }

    /// The same encoder in a published model's own form.
    pub fn with(mut self, extension: Extension) -> Self {
        if extension.fixed_embedding {
            let Embeddings {
                words,
                positions,
                segments,
                norm,
            } = &self.embeddings;
            let tables = [words, positions, segments].map(|table| Some(&table.ws));
            for tensor in tables
                .into_iter()
                .chain([norm.ws.as_ref(), norm.bs.as_ref()])
            {
                let _ = tensor.map(|tensor| tensor.set_requires_grad(false));
            }
        }
        self.extension = extension;
        self
    }

    /// Whether its states depend on the text alone.
    pub fn reads_text_alone(&self) -> bool {
        self.extension.hook.is_none()
    }

    /// Sets how to compute from now on.
    pub fn set_engine(&mut self, engine: Engine) {
        self.engine = engine;
        for layer in &mut self.layers {
            layer.set_engine(engine);
        }
        if let Some(hook) = &mut self.extension.hook {
            hook.set_engine(engine);
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
    /// Those of [`BertConfig::check_tokens`], on a CPU. On a CUDA device ids are not checked, which
    /// would synchronize at every step: code that reads them from a file checks them on the host, once.
    pub fn forward(&self, text: &Tensor, train: bool) -> Result<Tensor> {
        self.check(text)?;
        if !self.reads_text_alone() {
            return Err(ModelError::Input {
                model: "bert",
                what: "text",
                expected: "audio and vision beside it, which its hook reads".to_owned(),
                got: "text alone".to_owned(),
            });
        }
        if train && self.engine.recompute {
            return Ok(self.forward_on_tape(text, None, &mut Trace::off()));
        }
        if !train
            && !self.engine.reference
            && let Some(distinct) = Distinct::of(text)
        {
            let states = self.states(&distinct.rows, None, false, &mut Trace::off());
            return Ok(distinct.spread(&states));
        }
        Ok(self.states(text, None, train, &mut Trace::off()))
    }

    /// [`Self::forward`] of an encoder with a hook. The trace gets the output of the embedding and what
    /// the hook records.
    ///
    /// # Errors
    /// As [`Self::forward`].
    pub fn forward_beside(
        &self,
        text: &Tensor,
        beside: &Beside,
        train: bool,
        trace: &mut Trace,
    ) -> Result<Tensor> {
        self.check(text)?;
        if train && self.engine.recompute {
            return Ok(self.forward_on_tape(text, Some(beside), trace));
        }
        Ok(self.states(text, Some(beside), train, trace))
    }

    /// States (B, T, hidden) to the pooler's output (B, hidden): the first state through a linear layer
    /// and tanh.
    pub fn pool(&self, states: &Tensor) -> Tensor {
        self.pooler.forward(&states.select(1, 0)).tanh()
    }

    fn check(&self, text: &Tensor) -> Result<()> {
        if text.device() == tch::Device::Cpu {
            self.config.check_tokens(text)?;
        }
        Ok(())
    }

    /// Checked tokens to hidden states.
    fn states(
        &self,
        text: &Tensor,
        beside: Option<&Beside>,
        train: bool,
        trace: &mut Trace,
    ) -> Tensor {
        let keys = &self.keys(text);
        let context = Context { keys, beside };
        let mut x = self.embed(text, train);
        trace.record("embedding", &x);
        for depth in 0..self.layers.len() {
            x = self.part(depth, &x, context, train, trace);
        }
        if self.engine.reference {
            let _ = self.pool(&x);
        }
        x
    }

    /// The layer after `depth` others, and the hook where it is before this one.
    pub(super) fn part(
        &self,
        depth: usize,
        x: &Tensor,
        context: Context<'_>,
        train: bool,
        trace: &mut Trace,
    ) -> Tensor {
        let (layer, dropout) = (&self.layers[depth], self.dropout(train));
        let Context { keys, beside } = context;
        match (self.extension.hook_at(depth), beside) {
            (Some(hook), Some(beside)) => {
                let x = hook.forward(x, beside, train, trace);
                layer.forward(&x, keys, dropout)
            }
            _ => layer.forward(x, keys, dropout),
        }
    }

    /// Tokens to the input of the first layer.
    pub(super) fn embed(&self, text: &Tensor, train: bool) -> Tensor {
        let x = self
            .embeddings
            .forward(&text.select(1, 0), &text.select(1, 2));
        low_memory::dropout(&x, self.dropout(train).hidden)
    }

    /// Whether the embedding has a gradient.
    pub(super) fn trains_embedding(&self) -> bool {
        !self.extension.fixed_embedding
    }

    /// Number of layers.
    pub(super) fn depth(&self) -> usize {
        self.layers.len()
    }

    pub(super) fn tape(&self) -> &RefCell<Vec<Pass>> {
        &self.tape
    }

    pub(super) fn dropout(&self, train: bool) -> Dropout {
        let on = f64::from(u8::from(train));
        Dropout {
            hidden: on * self.config.hidden_dropout_prob,
            attention: on * self.config.attention_probs_dropout_prob,
        }
    }

    /// The keys of tokens (B, 3, T).
    pub(super) fn keys(&self, text: &Tensor) -> Keys {
        let (attended, kind) = (text.select(1, 1), self.embeddings.words.ws.kind());
        let padding = self.extension.padding_score(kind);
        if self.engine.reference {
            Keys::all(&attended, kind, padding)
        } else {
            Keys::attended(&attended, kind, padding)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use tch::{Device, Kind, nn::VarStore};

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
            if drawn {
                let error = 5.0 / (tensor.numel() as f64).sqrt();
                assert!((std / 0.02 - 1.0).abs() < error, "{name}: std {std}");
                assert!(mean.abs() < 0.02 * error, "{name}: mean {mean}");
            } else {
                assert!(tensor.equal(&tensor.full_like(f64::from(norm))), "{name}")
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
