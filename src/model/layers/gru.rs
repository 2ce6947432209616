//! Runs a bidirectional gated recurrent unit over the valid steps.

use std::borrow::Borrow;

use tch::nn::Path;
use tch::{Device, Kind, Tensor};

use super::lstm::{Packed, direction};
use super::valid;

/// Gates of a unit.
const GATES: i64 = 3;

/// Layers of two directions with two biases each, as PyTorch's `nn.GRU(bidirectional=True)`.
#[derive(Debug)]
pub struct Gru {
    weights: Vec<Tensor>,
    hidden: i64,
    layers: i64,
}

impl Gru {
    /// Parameters: `weight_ih_l{i}`, `weight_hh_l{i}`, `bias_ih_l{i}`, `bias_hh_l{i}`, with `_reverse`
    /// for the second direction; all from U(±1/sqrt(hidden)).
    pub fn new<'a>(path: impl Borrow<Path<'a>>, inputs: i64, hidden: i64, layers: i64) -> Self {
        let path = path.borrow();
        let mut weights = Vec::new();
        for layer in 0..layers {
            let inputs = if layer == 0 { inputs } else { 2 * hidden };
            for suffix in ["", "_reverse"] {
                let name = format!("l{layer}{suffix}");
                weights.extend(direction(path, &name, [inputs, hidden, GATES]));
            }
        }
        Self {
            weights,
            hidden,
            layers,
        }
    }

    /// (B, T, inputs) to (B, T, 2 hidden), reading the first `lengths` (B) steps of each sample; outputs
    /// beyond them are 0. A sample without any step is read for one, a padded one.
    ///
    /// On a CPU the steps beyond are computed too and made 0, which takes a fraction of the time of leaving
    /// them out.
    pub fn forward_valid(&self, x: &Tensor, lengths: &Tensor, train: bool) -> Tensor {
        if x.device() == Device::Cpu {
            return self.forward_all(x, lengths);
        }
        let packed = Packed::new(x, lengths);
        let start = Tensor::zeros(
            [2 * self.layers, x.size()[0], self.hidden],
            (x.kind(), x.device()),
        );
        let weights: Vec<&Tensor> = self.weights.iter().collect();
        // cuDNN has no backward pass in evaluation mode.
        let train = train || x.device().is_cuda();
        let (outputs, _) = Tensor::gru_data(
            &packed.data,
            &packed.sizes,
            &start,
            &weights,
            true,
            self.layers,
            0.0,
            train,
            true,
        );
        packed.unpack(&outputs)
    }

    /// Every layer over all steps: forward, and from each sample's last valid step backward.
    fn forward_all(&self, x: &Tensor, lengths: &Tensor) -> Tensor {
        let (rows, steps) = (x.size()[0], x.size()[1]);
        let lengths = lengths.to_kind(Kind::Int64).clamp(1, steps);
        let valid = valid(&lengths, steps).unsqueeze(2).to_kind(x.kind());
        let step = Tensor::arange(steps, (Kind::Int64, x.device()));
        let mirror = (lengths.unsqueeze(1) - 1 - step).clamp_min(0).unsqueeze(2);
        let turn = |x: &Tensor| x.gather(1, &mirror.expand_as(x), false);
        let start = Tensor::zeros([1, rows, self.hidden], (x.kind(), x.device()));
        let read = |x: &Tensor, weights: &[Tensor]| {
            let weights: Vec<&Tensor> = weights.iter().collect();
            x.gru(&start, &weights, true, 1, 0.0, false, false, true).0
        };
        let layers = self.weights.chunks(8);
        layers.fold(x.shallow_clone(), |x, weights| {
            let (forward, backward) = weights.split_at(4);
            let outputs = [read(&x, forward), turn(&read(&turn(&x), backward))];
            Tensor::cat(&outputs, 2) * &valid
        })
    }
}

#[cfg(test)]
mod tests {
    use tch::nn::VarStore;

    use super::*;

    #[test]
    fn valid_steps_alone_decide() {
        let _rng = crate::model::rng::seeded(5);
        let store = VarStore::new(Device::Cpu);
        let gru = Gru::new(store.root(), 3, 4, 2);
        let x = Tensor::randn([2, 6, 3], (Kind::Float, Device::Cpu));
        let lengths = Tensor::from_slice(&[2i64, 6]);
        let outputs = gru.forward_valid(&x, &lengths, false);
        assert_eq!(outputs.size(), [2, 6, 8]);
        let alone = gru.forward_valid(
            &x.narrow(0, 0, 1).narrow(1, 0, 2),
            &lengths.narrow(0, 0, 1),
            false,
        );
        let row = outputs.narrow(0, 0, 1);
        assert!(row.narrow(1, 0, 2).allclose(&alone, 1e-6, 1e-6, false));
        assert_eq!(row.narrow(1, 2, 4).abs().max().double_value(&[]), 0.0);
    }
}
