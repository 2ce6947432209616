//! Computes TETFN's core: sequences of a common width that attend to each other.

use tch::Tensor;
use tch::nn::Path;

use super::config::Config;
use crate::model::layers::{Crossmodal, CrossmodalSize, Lstm, LstmSize, init};
use crate::model::setup::Setup;

/// A bias-free convolution over time, without padding.
#[derive(Debug)]
pub struct Projection {
    weight: Tensor,
}

impl Projection {
    /// Parameters: `weight`.
    pub fn new(path: &Path<'_>, inputs: i64, outputs: i64, kernel: i64) -> Self {
        let size = [outputs, inputs, kernel];
        Self {
            weight: path.var("weight", &size, init::fan_in(inputs * kernel)),
        }
    }

    /// (B, T, inputs) to (B, T - kernel + 1, outputs).
    pub fn forward(&self, x: &Tensor) -> Tensor {
        let x = x.transpose(1, 2);
        let convolved = x.conv1d(&self.weight, None::<&Tensor>, 1, 0, 1, 1);
        convolved.transpose(1, 2)
    }
}

/// An LSTM over all steps, padding included, and a convolution of its outputs.
#[derive(Debug)]
struct Reader {
    rnn: Lstm,
    conv: Projection,
}

impl Reader {
    /// Parameters: `rnn.*_l0`, `conv.weight`.
    fn new(path: &Path<'_>, [inputs, hidden, outputs, kernel]: [i64; 4]) -> Self {
        Self {
            rnn: Lstm::new(path / "rnn", LstmSize::single(inputs, hidden)),
            conv: Projection::new(&(path / "conv"), hidden, outputs, kernel),
        }
    }

    fn forward(&self, x: &Tensor) -> Tensor {
        let (outputs, _) = self.rnn.forward(x, false);
        self.conv.forward(&outputs)
    }
}

/// Reads audio and vision.
#[derive(Debug)]
pub struct Readers([Reader; 2]);

impl Readers {
    /// Parameters: `audio_model.*`, `video_model.*`.
    pub fn new(setup: &Setup<'_>, config: &Config) -> Self {
        let [_, audio, vision] = setup.widths();
        let width = config.dst_feature_dims;
        let [_, audio_kernel, vision_kernel] = config.kernels();
        let reader = |name: &str, sizes| Reader::new(&(&setup.path / name), sizes);
        let (a, v) = (config.a_lstm_hidden_size, config.v_lstm_hidden_size);
        Self([
            reader("audio_model", [audio, a, width, audio_kernel]),
            reader("video_model", [vision, v, width, vision_kernel]),
        ])
    }

    /// Aligned audio and vision (B, T, features) to (B, T', width) each.
    pub fn forward(&self, [audio, vision]: [&Tensor; 2]) -> [Tensor; 2] {
        let Self([of_audio, of_vision]) = self;
        [of_audio.forward(audio), of_vision.forward(vision)]
    }
}

/// The text-enhanced block: one modality queries the text, another one what comes of it.
#[derive(Debug)]
struct TextEnhanced {
    lower: Crossmodal,
    upper: Crossmodal,
}

impl TextEnhanced {
    /// Parameters: `lower_mha.*`, `upper_mha.*`.
    fn new(path: &Path<'_>, config: &Config) -> Self {
        let stack = |name: &str, depth| {
            let size = config.stack(config.dst_feature_dims, depth, config.attn_dropout);
            let size = CrossmodalSize {
                positions: true,
                ..size
            };
            Crossmodal::new(&(path / name), size).fused()
        };
        Self {
            lower: stack("lower_mha", 1),
            upper: stack("upper_mha", 2),
        }
    }

    /// As long as `target`.
    fn forward(&self, target: &Tensor, other: &Tensor, text: &Tensor, train: bool) -> Tensor {
        let found = self.lower.forward(other, Some(text), train);
        self.upper.forward(target, Some(&found), train)
    }
}

/// Layers of every plain transformer.
const DEPTH: i64 = 2;

/// Every modality attending to the other two.
#[derive(Debug)]
pub struct Attending {
    text_with: [Crossmodal; 2],
    /// Audio, vision.
    with_text: [Crossmodal; 2],
    /// Audio with vision, vision with audio.
    enhanced: [TextEnhanced; 2],
    /// Text, audio, vision.
    memories: [Crossmodal; 3],
}

impl Attending {
    /// Parameters: `trans_l_with_{a,v}`, `trans_{a,v}_with_l`, `trans_a_with_v`, `trans_v_with_a`,
    /// `trans_{l,a,v}_mem`.
    pub fn new(path: &Path<'_>, config: &Config) -> Self {
        let width = config.dst_feature_dims;
        let plain = |name: &str, width, dropout| {
            Crossmodal::new(&(path / name), config.stack(width, DEPTH, dropout)).fused()
        };
        let pair = |name: &str, dropout| plain(name, width, dropout);
        let enhanced = |name: &str| TextEnhanced::new(&(path / name), config);
        let memory = |name: &str| plain(name, 2 * width, config.attn_dropout);
        Self {
            text_with: [
                pair("trans_l_with_a", config.attn_dropout_a),
                pair("trans_l_with_v", config.attn_dropout_v),
            ],
            with_text: [
                pair("trans_a_with_l", config.attn_dropout),
                pair("trans_v_with_l", config.attn_dropout),
            ],
            enhanced: ["trans_a_with_v", "trans_v_with_a"].map(enhanced),
            memories: ["trans_l_mem", "trans_a_mem", "trans_v_mem"].map(memory),
        }
    }

    /// Text, audio and vision (B, T, width) to (B, 6 width).
    pub fn forward(&self, [text, audio, vision]: [&Tensor; 3], train: bool) -> Tensor {
        let from =
            |stack: &Crossmodal, x: &Tensor, source: &Tensor| stack.forward(x, Some(source), train);
        let pairs = [
            [
                from(&self.text_with[0], text, audio),
                from(&self.text_with[1], text, vision),
            ],
            [
                from(&self.with_text[0], audio, text),
                self.enhanced[0].forward(audio, vision, text, train),
            ],
            [
                from(&self.with_text[1], vision, text),
                self.enhanced[1].forward(vision, audio, text, train),
            ],
        ];
        let last = |(memory, pair): (&Crossmodal, &[Tensor; 2])| {
            memory.forward_last(&Tensor::cat(pair, 2), train)
        };
        let last: Vec<Tensor> = self.memories.iter().zip(&pairs).map(last).collect();
        Tensor::cat(&last, 1)
    }
}
