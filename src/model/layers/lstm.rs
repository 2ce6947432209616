//! Runs a long short-term memory over all or only the valid steps.

use std::borrow::Borrow;

use tch::nn::Path;
use tch::{Device, Kind, Tensor};

use super::autocast::Pause;
use super::init;

/// Layout of an [`Lstm`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LstmSize {
    pub inputs: i64,
    pub hidden: i64,
    pub layers: i64,
    pub bidirectional: bool,
    /// Between layers, in training.
    pub dropout: f64,
}

impl LstmSize {
    /// One layer, one direction.
    pub fn single(inputs: i64, hidden: i64) -> Self {
        Self {
            inputs,
            hidden,
            layers: 1,
            bidirectional: false,
            dropout: 0.0,
        }
    }

    fn directions(&self) -> i64 {
        if self.bidirectional { 2 } else { 1 }
    }
}

/// Gates with two biases each, as PyTorch's `nn.LSTM`. tch's own layer fixes at construction
/// whether dropout is active, and takes no valid lengths.
#[derive(Debug)]
pub struct Lstm {
    weights: Vec<Tensor>,
    size: LstmSize,
}

impl Lstm {
    /// Parameters: `weight_ih_l{i}`, `weight_hh_l{i}`, `bias_ih_l{i}`, `bias_hh_l{i}`, with
    /// `_reverse` for the second direction; all from U(±1/sqrt(hidden)).
    pub fn new<'a>(path: impl Borrow<Path<'a>>, size: LstmSize) -> Self {
        let path = path.borrow();
        let mut weights = Vec::new();
        for layer in 0..size.layers {
            let inputs = match layer {
                0 => size.inputs,
                _ => size.hidden * size.directions(),
            };
            for suffix in ["", "_reverse"].iter().take(size.directions() as usize) {
                let name = format!("l{layer}{suffix}");
                weights.extend(direction(path, &name, [inputs, size.hidden, 4]));
            }
        }
        if path.device().is_cuda() && tch::Cuda::cudnn_is_available() {
            // One block of memory, as cuDNN requires; 2 is its number for an LSTM.
            let bidirectional = size.bidirectional;
            let (inputs, hidden, layers) = (size.inputs, size.hidden, size.layers);
            let _ = Tensor::internal_cudnn_rnn_flatten_weight(
                &weights,
                4,
                inputs,
                2,
                hidden,
                0,
                layers,
                true,
                bidirectional,
            );
        }
        Self { weights, size }
    }

    /// (B, T, inputs) to outputs (B, T, directions * hidden) and final hidden states
    /// (layers * directions, B, hidden), padding read like everything else.
    pub fn forward(&self, x: &Tensor, train: bool) -> (Tensor, Tensor) {
        let (_pause, x) = Pause::for_lstm(x);
        let start = self.start(&x);
        let (dropout, train) = self.mode(&x, train);
        let (outputs, hidden, _) = x.lstm(
            &[&start, &start],
            &self.weights.iter().collect::<Vec<_>>(),
            true,
            self.size.layers,
            dropout,
            train,
            self.size.bidirectional,
            true,
        );
        (outputs, hidden)
    }

    /// As [`forward`](Self::forward), reading only the first `lengths` (B) steps of each sample;
    /// outputs beyond them are 0. A sample without any step is read for one, a padded one.
    pub fn forward_valid(&self, x: &Tensor, lengths: &Tensor, train: bool) -> (Tensor, Tensor) {
        let (_pause, x) = Pause::for_lstm(x);
        let packed = Packed::new(&x, lengths);
        let start = self.start(&x);
        let (dropout, train) = self.mode(&x, train);
        let (outputs, hidden, _) = Tensor::lstm_data(
            &packed.data,
            &packed.sizes,
            &[&start, &start],
            &self.weights.iter().collect::<Vec<_>>(),
            true,
            self.size.layers,
            dropout,
            train,
            self.size.bidirectional,
        );
        (
            packed.unpack(&outputs),
            hidden.index_select(1, &packed.back),
        )
    }

    /// The final hidden states of the first `lengths` (B) steps of a single layer, (B, directions * hidden):
    /// those of [`Self::forward_valid`] but for rounding. On a CPU a pass over all steps, read at each
    /// sample's last one, takes a fraction of the time of one that leaves padding out.
    pub fn last_valid(&self, x: &Tensor, lengths: &Tensor) -> Tensor {
        if x.device() != Device::Cpu || self.size.layers != 1 {
            let (_, hidden) = self.forward_valid(x, lengths, false);
            return hidden.transpose(0, 1).flatten(1, -1);
        }
        let (_pause, x) = Pause::for_lstm(x);
        let (rows, steps) = (x.size()[0], x.size()[1]);
        let last = lengths.to_kind(Kind::Int64).clamp(1, steps) - 1;
        let start = Tensor::zeros([1, rows, self.size.hidden], (x.kind(), x.device()));
        let read = |x: &Tensor, weights: &[Tensor]| {
            let weights: Vec<&Tensor> = weights.iter().collect();
            let start = [&start, &start];
            let (outputs, _, _) = x.lstm(&start, &weights, true, 1, 0.0, false, false, true);
            let index = last.view([rows, 1, 1]);
            let index = index.expand([rows, 1, self.size.hidden], false);
            outputs.gather(1, &index, false).squeeze_dim(1)
        };
        let (forward, backward) = self.weights.split_at(4);
        let mut states = vec![read(&x, forward)];
        if self.size.bidirectional {
            // The valid steps from the last to the first.
            let step = Tensor::arange(steps, (Kind::Int64, x.device()));
            let index = (last.unsqueeze(1) - step).clamp_min(0);
            let reversed = x.gather(1, &index.unsqueeze(2).expand_as(&x), false);
            states.push(read(&reversed, backward));
        }
        Tensor::cat(&states, 1)
    }

    /// Dropout, and whether to compute as in training: cuDNN has no backward pass in evaluation
    /// mode, so that on CUDA evaluation is training without dropout.
    fn mode(&self, x: &Tensor, train: bool) -> (f64, bool) {
        let dropout = if train { self.size.dropout } else { 0.0 };
        (dropout, train || x.device().is_cuda())
    }

    fn start(&self, x: &Tensor) -> Tensor {
        let rows = self.size.layers * self.size.directions();
        Tensor::zeros(
            [rows, x.size()[0], self.size.hidden],
            (x.kind(), x.device()),
        )
    }
}

/// The valid steps of a batch without its padding, as PyTorch packs them: longest sample first.
#[derive(Debug)]
pub(super) struct Packed {
    pub data: Tensor,
    /// Samples that have a step, per step.
    pub sizes: Tensor,
    /// Undoes the sorting.
    pub back: Tensor,
    steps: i64,
}

impl Packed {
    /// The first `lengths` (B) steps, at least one, of (B, T, width).
    pub fn new(x: &Tensor, lengths: &Tensor) -> Self {
        let steps = x.size()[1];
        let lengths = lengths.to_kind(Kind::Int64).clamp(1, steps);
        let (sorted, order) = lengths.sort(0, true);
        let (data, sizes) = x
            .index_select(0, &order)
            .internal_pack_padded_sequence(&sorted.to_device(Device::Cpu), true);
        Self {
            data,
            sizes,
            back: order.argsort(0, false),
            steps,
        }
    }

    /// Outputs for the packed steps as (B, T, width), 0 beyond each length.
    pub fn unpack(&self, outputs: &Tensor) -> Tensor {
        let (outputs, _) =
            Tensor::internal_pad_packed_sequence(outputs, &self.sizes, true, 0.0, self.steps);
        outputs.index_select(0, &self.back)
    }
}

/// The weights and biases of one direction of a layer, for so many gates.
pub(super) fn direction(
    path: &Path<'_>,
    suffix: &str,
    [inputs, hidden, gates]: [i64; 3],
) -> [Tensor; 4] {
    let init = init::fan_in(hidden);
    let rows = gates * hidden;
    [
        path.var(&format!("weight_ih_{suffix}"), &[rows, inputs], init),
        path.var(&format!("weight_hh_{suffix}"), &[rows, hidden], init),
        path.var(&format!("bias_ih_{suffix}"), &[rows], init),
        path.var(&format!("bias_hh_{suffix}"), &[rows], init),
    ]
}

#[cfg(test)]
mod tests {
    use tch::nn::VarStore;

    use super::*;

    fn lstm(store: &VarStore, dropout: f64) -> Lstm {
        let size = LstmSize {
            inputs: 3,
            hidden: 4,
            layers: 2,
            bidirectional: true,
            dropout,
        };
        Lstm::new(store.root(), size)
    }

    fn noise(size: &[i64]) -> Tensor {
        Tensor::randn(size, (Kind::Float, Device::Cpu))
    }

    #[test]
    fn valid_steps_alone_decide_and_samples_do_not_mix() {
        let _rng = crate::model::rng::seeded(5);
        let store = VarStore::new(Device::Cpu);
        let (lstm, x) = (lstm(&store, 0.0), noise(&[3, 6, 3]));
        let lengths = Tensor::from_slice(&[2i64, 6, 4]);
        let (outputs, hidden) = lstm.forward_valid(&x, &lengths, false);
        for (sample, steps) in [(0, 2), (1, 6), (2, 4)] {
            let alone = x.narrow(0, sample, 1).narrow(1, 0, steps);
            let (own_outputs, own_hidden) = lstm.forward(&alone, false);
            let row = outputs.narrow(0, sample, 1);
            assert!(
                row.narrow(1, 0, steps)
                    .allclose(&own_outputs, 1e-6, 1e-6, false)
            );
            assert_eq!(
                row.narrow(1, steps, 6 - steps)
                    .abs()
                    .sum(None)
                    .double_value(&[]),
                0.0
            );
            assert!(
                hidden
                    .narrow(1, sample, 1)
                    .allclose(&own_hidden, 1e-6, 1e-6, false)
            );
        }
    }

    #[test]
    fn last_states_are_those_of_a_pass_without_padding() {
        let _rng = crate::model::rng::seeded(5);
        for bidirectional in [false, true] {
            let store = VarStore::new(Device::Cpu);
            let size = LstmSize {
                bidirectional,
                ..LstmSize::single(3, 4)
            };
            let lstm = Lstm::new(store.root(), size);
            let (x, lengths) = (noise(&[4, 6, 3]), Tensor::from_slice(&[2i64, 6, 0, 4]));
            let (_, hidden) = lstm.forward_valid(&x, &lengths, false);
            let ways = [
                hidden.transpose(0, 1).flatten(1, -1),
                lstm.last_valid(&x, &lengths),
            ];
            let [expected, found] = ways.map(|states| {
                states.square().sum(Kind::Float).backward();
                let gradients = lstm.weights.iter().map(|weight| {
                    let mut gradient = weight.grad();
                    let copy = gradient.copy().flatten(0, -1);
                    let _ = gradient.zero_();
                    copy
                });
                Tensor::cat(
                    &gradients.chain([states.flatten(0, -1)]).collect::<Vec<_>>(),
                    0,
                )
            });
            assert!(found.allclose(&expected, 1e-4, 1e-5, false));
        }
    }

    #[test]
    fn dropout_is_for_training_and_a_sample_without_steps_is_read() {
        let _rng = crate::model::rng::seeded(5);
        let store = VarStore::new(Device::Cpu);
        let (lstm, x) = (lstm(&store, 0.5), noise(&[2, 5, 3]));
        let once = |train| lstm.forward(&x, train).1;
        assert!(once(false).equal(&once(false)));
        assert!(!once(true).equal(&once(true)));
        let (_, hidden) = lstm.forward_valid(&x, &Tensor::from_slice(&[0i64, 5]), false);
        assert_eq!(hidden.isfinite().all().int64_value(&[]), 1);
    }
}
