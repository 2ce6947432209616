//! Learns an adaptive hyper-modality (ALMT, Zhang et al., EMNLP 2023).

use tch::Tensor;
use tch::nn::{self, Path};

use super::attention::{attend, merge, project};
use super::init;
use crate::model::engine::Engine;

/// n4(h) + Wo(att(q, k_a, v_a) + att(q, k_v, v_v)), q from the language tokens.
///
/// The residual is the normalized h, and the output projection is shared: its bias counts once.
#[derive(Debug)]
struct HyperLayer {
    norms: [nn::LayerNorm; 4],
    to_q: nn::Linear,
    to_k_audio: nn::Linear,
    to_k_vision: nn::Linear,
    to_v_audio: nn::Linear,
    to_v_vision: nn::Linear,
    to_out: nn::Linear,
    heads: i64,
    engine: Engine,
}

impl HyperLayer {
    fn new(path: &Path<'_>, width: i64, heads: i64, head: i64) -> Self {
        let inner = heads * head;
        let attention = path / "fn";
        let project = |name: &str| init::linear_without_bias(&attention / name, width, inner);
        Self {
            norms: [1, 2, 3, 4].map(|i| init::layer_norm(path / format!("norm{i}"), width)),
            to_q: project("to_q"),
            to_k_audio: project("to_k_ta"),
            to_k_vision: project("to_k_tv"),
            to_v_audio: project("to_v_ta"),
            to_v_vision: project("to_v_tv"),
            to_out: init::linear(&attention / "to_out" / 0, inner, width),
            heads,
            engine: Engine::default(),
        }
    }

    fn forward(
        &self,
        language: &Tensor,
        audio: &Tensor,
        vision: &Tensor,
        hyper: &Tensor,
    ) -> Tensor {
        let [n1, n2, n3, n4] = &self.norms;
        let norm = |norm: &nn::LayerNorm, x: &Tensor| init::normalize(norm, x, self.engine);
        let (audio, vision) = (norm(n2, audio), norm(n3, vision));
        let split = |linear: &nn::Linear, x: &Tensor| project(linear, x, self.heads, self.engine);
        let q = split(&self.to_q, &norm(n1, language));
        let from_audio = attend(
            &q,
            &split(&self.to_k_audio, &audio),
            &split(&self.to_v_audio, &audio),
            self.engine,
        );
        let from_vision = attend(
            &q,
            &split(&self.to_k_vision, &vision),
            &split(&self.to_v_vision, &vision),
            self.engine,
        );
        norm(n4, hyper) + merge(&self.to_out, &(from_audio + from_vision), self.engine)
    }
}

/// A stack of hyper layers, one per scale of the language tokens.
#[derive(Debug)]
pub struct HyperLayers {
    layers: Vec<HyperLayer>,
}

impl HyperLayers {
    /// Parameters: `layers.{i}.0.norm{1..4}`, `layers.{i}.0.fn.*`.
    pub fn new(path: &Path<'_>, depth: i64, width: i64, heads: i64, head: i64) -> Self {
        let layers = path / "layers";
        let layer = |i: i64| HyperLayer::new(&(&layers / i / 0), width, heads, head);
        Self {
            layers: (0..depth).map(layer).collect(),
        }
    }

    /// Sets how to compute from now on.
    pub fn set_engine(&mut self, engine: Engine) {
        self.layers
            .iter_mut()
            .for_each(|layer| layer.engine = engine);
    }

    /// Language scales, audio, vision and the initial hyper tokens (all (B, n, width)) to the final
    /// hyper tokens (B, n, width). Layer i reads scale i.
    pub fn forward(
        &self,
        scales: &[Tensor],
        audio: &Tensor,
        vision: &Tensor,
        hyper: &Tensor,
    ) -> Tensor {
        let start = hyper.expand_as(audio);
        let layers = self.layers.iter().zip(scales);
        layers.fold(start, |h, (layer, language)| {
            layer.forward(language, audio, vision, &h)
        })
    }
}
