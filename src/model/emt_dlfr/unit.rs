//! Computes the mutual promotion unit: cross-attention, self-attention, gated feed-forward, all pre-norm.

use tch::Tensor;
use tch::nn::{self, Module, Path};

use super::Config;
use super::attention::Attention;
use crate::model::engine::Engine;
use crate::model::layers::init;

/// The unit that serves all layers, modalities and both directions. Its two uses,
/// [`to_steps`](Self::to_steps) and [`to_context`](Self::to_context), take the modalities together
/// wherever a step is computed alone.
#[derive(Debug)]
pub struct Unit {
    cross: Attention,
    cross_norm: nn::LayerNorm,
    source_norm: nn::LayerNorm,
    own: Attention,
    own_norm: nn::LayerNorm,
    feed: [nn::Linear; 2],
    feed_norm: nn::LayerNorm,
    dropout: f64,
}

impl Unit {
    /// Parameters: `{0,1,2}.norm`, `0.norm_context`, `{0,1}.fn.{to_q,to_kv,to_out}`, `2.fn.net.{0,2}`.
    pub fn new(path: &Path<'_>, config: &Config) -> Self {
        let (width, hidden) = (config.d_model, config.d_model * config.ff_expansion);
        let attention = |path: &Path<'_>| {
            Attention::new(&(path / "fn"), width, config.heads, config.attn_dropout)
        };
        let (cross, own, feed) = (path / 0, path / 1, path / 2);
        let net = &feed / "fn" / "net";
        Self {
            cross: attention(&cross),
            cross_norm: init::layer_norm(&cross / "norm", width),
            source_norm: init::layer_norm(&cross / "norm_context", width),
            own: attention(&own),
            own_norm: init::layer_norm(&own / "norm", width),
            feed: [
                init::linear(&net / 0, width, 2 * hidden),
                init::linear(&net / 2, hidden, width),
            ],
            feed_norm: init::layer_norm(&feed / "norm", width),
            dropout: config.ff_dropout,
        }
    }

    /// Sets how to compute from now on.
    pub fn set_engine(&mut self, engine: Engine) {
        (self.cross.engine, self.own.engine) = (engine, engine);
    }

    /// The steps of three modalities (B, sum of `steps`, width) after each attended to the context
    /// (B, 3, width) and to the steps of its own modality. Masks are those of the modalities.
    pub fn to_steps(
        &self,
        x: &Tensor,
        context: &Tensor,
        (steps, masks): (&[i64; 3], &[Tensor; 3]),
        train: bool,
    ) -> Tensor {
        let queries = self.cross.queries(&self.cross_norm.forward(x));
        let [keys, values] = self
            .cross
            .keys_and_values(&self.source_norm.forward(context));
        let attended = self.cross.attend(&queries, [&keys, &values], None, train);
        let x = x + self.cross.project(&attended);
        let y = self.own_norm.forward(&x);
        let queries = split(&self.own.queries(&y), steps);
        let [keys, values] = self.own.keys_and_values(&y);
        let (keys, values) = (split(&keys, steps), split(&values, steps));
        let attended = [0, 1, 2].map(|i: usize| {
            let pair = [&keys[i], &values[i]];
            self.own.attend(&queries[i], pair, Some(&masks[i]), train)
        });
        let x = x + self.own.project(&Tensor::cat(&attended, 1));
        self.feed_forward(x, train)
    }

    /// The context (B, 3, width) after it attended to the steps of one modality and to itself, for each of
    /// the three: (B, 3 modalities, 3, width).
    pub fn to_context(
        &self,
        context: &Tensor,
        x: &Tensor,
        (steps, masks): (&[i64; 3], &[Tensor; 3]),
        train: bool,
    ) -> Tensor {
        let queries = self.cross.queries(&self.cross_norm.forward(context));
        let [keys, values] = self.cross.keys_and_values(&self.source_norm.forward(x));
        let (keys, values) = (split(&keys, steps), split(&values, steps));
        let attended = [0, 1, 2].map(|i: usize| {
            let pair = [&keys[i], &values[i]];
            self.cross.attend(&queries, pair, Some(&masks[i]), train)
        });
        let attended = self.cross.project(&Tensor::stack(&attended, 1));
        let context = (context.unsqueeze(1) + attended).flatten(0, 1);
        let y = self.own_norm.forward(&context);
        let [keys, values] = self.own.keys_and_values(&y);
        let attended = self
            .own
            .attend(&self.own.queries(&y), [&keys, &values], None, train);
        let context = context + self.own.project(&attended);
        self.feed_forward(context, train).unflatten(0, [-1, 3])
    }

    fn feed_forward(&self, x: Tensor, train: bool) -> Tensor {
        let [first, second] = &self.feed;
        let pair = first.forward(&self.feed_norm.forward(&x)).chunk(2, 2);
        let hidden = &pair[0] * pair[1].gelu("none");
        x + second.forward(&hidden).dropout(self.dropout, train)
    }
}

/// (B, heads, sum of `steps`, size) apart by modality.
fn split(x: &Tensor, steps: &[i64; 3]) -> [Tensor; 3] {
    let [text, audio, vision] = *steps;
    [
        x.narrow(2, 0, text),
        x.narrow(2, text, audio),
        x.narrow(2, text + audio, vision),
    ]
}
