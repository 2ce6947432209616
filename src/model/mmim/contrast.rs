//! Computes the contrastive bound between fused features and modalities (CPC, van den Oord et al., 2018).

use tch::nn::{self, Module, Path};
use tch::{Kind, Tensor};

use super::config::Config;
use super::linear;

/// Keeps the quotient of a vector of zeros finite.
const EPS: f64 = 1e-12;

/// Predicts one modality's vector from the fused features.
#[derive(Debug)]
struct Prediction {
    /// A tanh follows the first of several.
    layers: Vec<nn::Linear>,
}

impl Prediction {
    /// Parameters: `net` of one layer, `net.{0,2,3,...}` of several.
    fn new(path: &Path<'_>, inputs: i64, outputs: i64, depth: i64) -> Self {
        let net = path / "net";
        if depth == 1 {
            return Self {
                layers: vec![linear(net, inputs, outputs)],
            };
        }
        let layer = |i: i64| match i {
            0 => linear(&net / 0, inputs, outputs),
            _ => linear(&net / (i + 1), outputs, outputs),
        };
        Self {
            layers: (0..depth).map(layer).collect(),
        }
    }

    fn forward(&self, fused: &Tensor) -> Tensor {
        let Some((first, rest)) = self.layers.split_first() else {
            return fused.shallow_clone();
        };
        let x = first.forward(fused);
        let x = if rest.is_empty() { x } else { x.tanh() };
        rest.iter().fold(x, |x, layer| layer.forward(&x))
    }

    /// Minus the log of the share that a sample's own prediction has among those of the batch, by the
    /// cosines, in the mean.
    fn loss(&self, own: &Tensor, fused: &Tensor) -> Tensor {
        let (own, predicted) = (unit(own), unit(&self.forward(fused)));
        let positive = (&own * &predicted).sum_dim_intlist([-1i64].as_slice(), false, None::<Kind>);
        let all = own
            .matmul(&predicted.tr())
            .logsumexp([-1i64].as_slice(), false);
        (all - positive).mean(None::<Kind>)
    }
}

/// (B, n) to vectors of length 1.
fn unit(x: &Tensor) -> Tensor {
    let norm = x.norm_scalaropt_dim(2.0, [1i64], true);
    x / norm.clamp_min(EPS)
}

/// The bounds of all three modalities.
#[derive(Debug)]
pub struct Contrast {
    /// Text, vision, audio: the order in which the reference sums.
    predictions: [Prediction; 3],
}

impl Contrast {
    /// Parameters: `cpc_z{t,v,a}.net`. `widths` are the features of text, audio and vision vectors.
    pub fn new(path: &Path<'_>, [text, audio, vision]: [i64; 3], config: &Config) -> Self {
        let of = |(name, width): (&str, i64)| {
            Prediction::new(&(path / name), config.d_prjh, width, config.cpc_layers)
        };
        Self {
            predictions: [("cpc_zt", text), ("cpc_zv", vision), ("cpc_za", audio)].map(of),
        }
    }

    /// The sum over modalities, from the vectors of text, audio and vision and the fused features.
    pub fn loss(&self, [text, audio, vision]: &[Tensor; 3], fused: &Tensor) -> Tensor {
        let [of_text, of_vision, of_audio] = &self.predictions;
        of_text.loss(text, fused) + of_vision.loss(vision, fused) + of_audio.loss(audio, fused)
    }
}
