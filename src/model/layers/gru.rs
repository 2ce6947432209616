//! Runs a bidirectional gated recurrent unit over the valid steps.

use std::borrow::Borrow;

use tch::Tensor;
use tch::nn::Path;

use super::lstm::{Packed, direction};

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
    pub fn forward_valid(&self, x: &Tensor, lengths: &Tensor, train: bool) -> Tensor {
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
}

#[cfg(test)]
mod tests {
    use tch::{Device, Kind, nn::VarStore};

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
