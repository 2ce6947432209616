//! Reads each modality by a gated recurrent unit and predicts from all three.

use tch::Tensor;
use tch::nn::{self, Module, ModuleT, Path};

use super::Config;
use crate::model::layers::{Gru, init};
use crate::model::trace::Trace;

/// Bidirectional GRU, a gate per step from its neighbors, maximum over all steps, padding included.
#[derive(Debug)]
struct GatedReader {
    gru: Gru,
    gate: nn::Conv1D,
    linear: nn::Linear,
    dropout: f64,
}

impl GatedReader {
    fn new(path: &Path<'_>, inputs: i64, hidden: i64, config: &Config) -> Self {
        let gate = nn::ConvConfig {
            padding: 1,
            ws_init: init::fan_in(2 * hidden * 3),
            bs_init: init::fan_in(2 * hidden * 3),
            ..Default::default()
        };
        Self {
            gru: Gru::new(
                path / "gru" / "gru",
                inputs,
                hidden,
                config.fusion_gru_layers,
            ),
            gate: nn::conv1d(path / "cnn", 2 * hidden, 1, 3, gate),
            linear: init::linear(path / "fc", 2 * hidden + inputs, hidden),
            dropout: config.fusion_dropout,
        }
    }

    /// (B, T, inputs) with `lengths` (B) valid steps to (B, hidden).
    fn forward(&self, x: &Tensor, lengths: &Tensor, train: bool) -> Tensor {
        let states = self.gru.forward_valid(x, lengths, train);
        let gate = self.gate.forward(&states.transpose(1, 2)).transpose(1, 2);
        let gated = states.tanh() * gate.sigmoid();
        let steps = self.linear.forward(&Tensor::cat(&[x, &gated], 2)).tanh();
        steps.amax([1i64], false).dropout(self.dropout, train)
    }
}

/// The readers of text, audio and vision, and the classifier over their results.
#[derive(Debug)]
pub struct Fusion {
    readers: [GatedReader; 3],
    norm: nn::BatchNorm,
    hidden: nn::Linear,
    last: nn::Linear,
    dropout: f64,
}

impl Fusion {
    /// Parameters: `{text,audio,vision}_encoder.{gru.gru,cnn,fc}`,
    /// `classifier.linear_trans_{norm,hidden,final}`.
    pub fn new(path: &Path<'_>, config: &Config) -> Self {
        let inputs = 3 * config.dst_feature_dim_nheads[0];
        let widths = [
            config.fusion_t_hid,
            config.fusion_a_hid,
            config.fusion_v_hid,
        ];
        let reader = |name: &str, i: usize| {
            GatedReader::new(
                &(path / format!("{name}_encoder")),
                inputs,
                widths[i],
                config,
            )
        };
        let (classifier, joined) = (path / "classifier", widths.iter().sum());
        Self {
            readers: [reader("text", 0), reader("audio", 1), reader("vision", 2)],
            norm: init::batch_norm(&classifier / "linear_trans_norm", joined),
            hidden: init::linear(
                &classifier / "linear_trans_hidden",
                joined,
                config.cls_hidden_dim,
            ),
            last: init::linear(&classifier / "linear_trans_final", config.cls_hidden_dim, 1),
            dropout: config.cls_dropout,
        }
    }

    /// (B, T, inputs) and valid steps (B) of each modality to the prediction (B, 1).
    pub fn forward(
        &self,
        aligned: &[Tensor; 3],
        lengths: [&Tensor; 3],
        train: bool,
        trace: &mut Trace,
    ) -> Tensor {
        let read: [Tensor; 3] =
            std::array::from_fn(|i| self.readers[i].forward(&aligned[i], lengths[i], train));
        for (name, one) in ["rep_t", "rep_a", "rep_v"].into_iter().zip(&read) {
            trace.record(name, one);
        }
        let joined = Tensor::cat(&read, 1);
        // One sample has no variance, where PyTorch stops with an error; a last batch of one is normalized
        // by the running statistics instead.
        let batch_statistics = train && joined.size()[0] > 1;
        let joined = self.norm.forward_t(&joined, batch_statistics);
        // With PyTorch's default slope, 0.01.
        let hidden = self
            .hidden
            .forward(&joined)
            .leaky_relu()
            .dropout(self.dropout, train);
        let prediction = self.last.forward(&hidden);
        trace.record("pred", &prediction);
        prediction
    }
}
