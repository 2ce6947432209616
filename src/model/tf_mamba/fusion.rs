//! Fuses text, audio and vision of equal length: in pairs with the text, then by queries of the text.

use tch::Tensor;
use tch::nn::{self, Module, Path};

use super::Config;
use super::enhancement::Enhanced;
use crate::model::engine::Engine;
use crate::model::layers::{Attention, MambaLayer, init};
use crate::model::trace::Trace;

/// The context and the query stage.
#[derive(Debug)]
pub struct Fusion {
    /// Audio with text and vision with text, per layer.
    context: Vec<[MambaLayer<2>; 2]>,
    attention: Attention,
    norm: nn::LayerNorm,
    query: Vec<MambaLayer<1>>,
}

impl Fusion {
    /// Parameters: `text_based_context_mamba.{at,vt}_mamba_layers.{i}.*`, `text_guided_attention.*`,
    /// `text_based_query_mamba.mamba_layers.{i}.*`.
    pub fn new(path: &Path<'_>, config: &Config) -> Self {
        let (size, eps) = (config.mamba(), config.layer_norm_eps);
        let context = path / "text_based_context_mamba";
        let query = path / "text_based_query_mamba" / "mamba_layers";
        let attention = path / "text_guided_attention";
        // As published the second branch is named for vision, and reads the text.
        let pair = |layers: &str, i: i64| {
            MambaLayer::new(&(&context / layers / i), ["a_", "v_"], &size, eps)
        };
        Self {
            context: (0..config.tc_layers)
                .map(|i| [pair("at_mamba_layers", i), pair("vt_mamba_layers", i)])
                .collect(),
            attention: Attention::new(
                &(&attention / "cross_attention"),
                config.width,
                config.attn_heads,
                config.attn_dim_head,
            ),
            norm: init::layer_norm_eps(&attention / "norm", config.width, eps),
            query: (0..config.tq_layers)
                .map(|i| MambaLayer::new(&(&query / i), [""], &size, eps))
                .collect(),
        }
    }

    /// Sets how to compute from now on.
    pub fn set_engine(&mut self, engine: Engine) {
        self.attention.set_engine(engine);
    }

    /// To (B, T, width).
    pub fn forward(&self, enhanced: &Enhanced, engine: Engine, trace: &mut Trace) -> Tensor {
        let Enhanced {
            text,
            audio,
            vision,
        } = enhanced;
        let mut x = [text, audio, vision].map(Tensor::shallow_clone);
        for [with_audio, with_vision] in &self.context {
            let [text, audio, vision] = &x;
            let [audio, one] = with_audio.forward([audio, text], engine);
            let [vision, other] = with_vision.forward([vision, text], engine);
            x = [(one + other) * 0.5, audio, vision];
        }
        for (name, one) in ["tc_t", "tc_a", "tc_v"].into_iter().zip(&x) {
            trace.record(name, one);
        }
        let [text, audio, vision] = x;
        let source = Tensor::cat(&[audio, vision], 1);
        let attended = self.attention.forward(&text, &source, &source);
        let start = &text + self.norm.forward(&attended);
        trace.record("attn", &start);
        let fused = self.query.iter().fold(start, |x, layer| {
            let [x] = layer.forward([&x], engine);
            x
        });
        trace.record("tq", &fused);
        fused
    }
}
