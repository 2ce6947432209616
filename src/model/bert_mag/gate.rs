//! Shifts word vectors by audio and vision: the multimodal adaptation gate.

use tch::Tensor;
use tch::nn::{self, Module, Path};

use crate::model::layers::{Beside, Hook, bert_linear, init};
use crate::model::trace::Trace;

/// Keeps the quotient of two lengths finite.
const EPS: f64 = 1e-6;

/// Sizes of a [`Gate`].
#[derive(Clone, Copy, Debug)]
pub struct GateSize {
    /// Features of a word's vector, a frame of audio, a frame of vision.
    pub width: i64,
    pub audio: i64,
    pub vision: i64,
    /// Largest length of a shift, as a multiple of that of the word's vector.
    pub beta_shift: f64,
    pub dropout: f64,
}

/// The gate, on the output of the embedding.
///
/// Of a word's vector t and its frames a and v the shift is
/// h = relu(W_hv [v; t]) * W_v v + relu(W_ha [a; t]) * W_a a, scaled by
/// min(beta |t| / (|h| + 1e-6), 1), where a length |h| of 0 counts as 1; the result is
/// dropout(LayerNorm(t + scaled h)).
#[derive(Debug)]
pub struct Gate {
    /// Of vision and audio: the linear layers of the gate and of the shift.
    vision: [nn::Linear; 2],
    audio: [nn::Linear; 2],
    norm: nn::LayerNorm,
    beta_shift: f64,
    dropout: f64,
}

impl Gate {
    /// Parameters: `W_hv`, `W_ha`, `W_v`, `W_a`, `LayerNorm`.
    pub fn new(path: &Path<'_>, size: GateSize) -> Self {
        let GateSize {
            width,
            audio,
            vision,
            ..
        } = size;
        Self {
            vision: [
                bert_linear(path / "W_hv", vision + width, width),
                bert_linear(path / "W_v", vision, width),
            ],
            audio: [
                bert_linear(path / "W_ha", audio + width, width),
                bert_linear(path / "W_a", audio, width),
            ],
            norm: init::layer_norm(path / "LayerNorm", width),
            beta_shift: size.beta_shift,
            dropout: size.dropout,
        }
    }
}

impl Hook for Gate {
    fn depth(&self) -> usize {
        0
    }

    /// Audio and vision have a frame per word.
    fn forward(&self, words: &Tensor, beside: &Beside, train: bool, trace: &mut Trace) -> Tensor {
        let part = |[gate, shift]: &[nn::Linear; 2], frames: &Tensor| {
            let gate = gate.forward(&Tensor::cat(&[frames, words], 2)).relu();
            gate * shift.forward(frames)
        };
        let shift = part(&self.vision, &beside.vision) + part(&self.audio, &beside.audio);
        let length = |x: &Tensor| x.norm_scalaropt_dim(2, [-1i64].as_slice(), true);
        let of_shift = length(&shift);
        let none = tch::no_grad(|| of_shift.eq(0.0));
        let of_shift = of_shift.masked_fill(&none, 1.0);
        let scale = (length(words) / (of_shift + EPS) * self.beta_shift).clamp_max(1.0);
        let shifted = self.norm.forward(&(words + scale * shift));
        let out = shifted.dropout(self.dropout, train);
        trace.record("mag", &out);
        out
    }
}

#[cfg(test)]
mod tests {
    use tch::{Device, Kind, nn::VarStore};

    use super::*;

    fn gate(store: &VarStore, beta_shift: f64) -> Gate {
        let size = GateSize {
            width: 6,
            audio: 3,
            vision: 4,
            beta_shift,
            dropout: 0.0,
        };
        let gate = Gate::new(&store.root(), size);
        for (_, mut parameter) in store.variables() {
            let _ = tch::no_grad(|| parameter.uniform_(-1.0, 1.0));
        }
        gate
    }

    fn beside(scale: f64) -> Beside {
        let noise = |width: i64| Tensor::randn([2, 5, width], (Kind::Double, Device::Cpu)) * scale;
        Beside {
            audio: noise(3),
            vision: noise(4),
            audio_lengths: Tensor::from_slice(&[5i64, 5]),
            vision_lengths: Tensor::from_slice(&[5i64, 5]),
        }
    }

    /// What the norm gets: the words and a shift no longer than they are.
    #[test]
    fn large_shifts_are_cut_to_the_words_length_and_small_ones_stay() {
        let _rng = crate::model::rng::seeded(3);
        let mut store = VarStore::new(Device::Cpu);
        store.set_kind(Kind::Double);
        let gate = gate(&store, 0.5);
        let _ = tch::no_grad(|| gate.norm.ws.as_ref().map(|w| w.shallow_clone().fill_(1.0)));
        let words = Tensor::randn([2, 5, 6], (Kind::Double, Device::Cpu));
        let direction = |scale: f64| {
            tch::manual_seed(4);
            gate.forward(&words, &beside(scale), false, &mut Trace::off())
        };
        // Cut shifts depend on the direction of the frames' part alone, but for the biases.
        let far = (direction(1e6) - direction(2e6)).abs().max();
        assert!(far.double_value(&[]) < 1e-4, "{far:?}");
        let near = (direction(1e-1) - direction(2e-1)).abs().max();
        assert!(near.double_value(&[]) > 1e-3, "{near:?}");
    }

    #[test]
    fn no_shift_has_a_finite_gradient() {
        let _rng = crate::model::rng::seeded(3);
        let mut store = VarStore::new(Device::Cpu);
        store.set_kind(Kind::Double);
        let gate = gate(&store, 1.0);
        for (name, mut parameter) in store.variables() {
            if name.starts_with("W_") && name.ends_with("bias") {
                let _ = tch::no_grad(|| parameter.zero_());
            }
        }
        let words = Tensor::randn([2, 5, 6], (Kind::Double, Device::Cpu));
        let words = words.set_requires_grad(true);
        let out = gate.forward(&words, &beside(0.0), true, &mut Trace::off());
        out.square().sum(Kind::Double).backward();
        let gradient = words.grad();
        assert_eq!(gradient.isfinite().all().int64_value(&[]), 1);
    }
}
