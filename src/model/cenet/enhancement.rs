//! Adds to every word what it finds in audio and vision: CENET's cross-modal enhancement block.

use tch::nn::{self, Module, Path};
use tch::{Kind, Tensor};

use crate::model::engine::Engine;
use crate::model::layers::attention::{merge_heads, split_heads};
use crate::model::layers::{Beside, Hook, bert_linear};
use crate::model::trace::Trace;

/// Sizes of an [`Enhancement`].
#[derive(Clone, Copy, Debug)]
pub struct EnhancementSize {
    /// Features of a word's state, a frame of audio, a frame of vision.
    pub width: i64,
    pub audio: i64,
    pub vision: i64,
    pub heads: i64,
    /// Factor of the scores.
    pub score_scale: f64,
    /// Layers of BERT before the block.
    pub depth: usize,
    /// Whether padding is a frame like any other.
    pub reads_padding: bool,
}

/// The block.
#[derive(Debug)]
pub struct Enhancement {
    vision: Stream,
    audio: Stream,
    connect: nn::Linear,
    depth: usize,
    reads_padding: bool,
    reference: bool,
}

impl Enhancement {
    /// Parameters: `visual_transform.0`, `.2`, `acoustic_transform.0`, `.2`, `hv` and `ha` with `Wq`, `Wk`,
    /// `Wv` each, `cat_connect`.
    pub fn new(path: &Path<'_>, size: EnhancementSize) -> Self {
        let stream = |transform: &str, attention: &str, inputs: i64| {
            Stream::new(&(path / transform), &(path / attention), inputs, size)
        };
        Self {
            vision: stream("visual_transform", "hv", size.vision),
            audio: stream("acoustic_transform", "ha", size.audio),
            connect: bert_linear(path / "cat_connect", 2 * size.width, size.width),
            depth: size.depth,
            reads_padding: size.reads_padding,
            reference: false,
        }
    }

    /// (B, T, width) what the words find in these frames.
    fn found(&self, stream: &Stream, words: &Tensor, frames: &Tensor, lengths: &Tensor) -> Tensor {
        let padding = (!self.reads_padding).then(|| padding(frames, lengths));
        if self.reference {
            stream.literal(words, frames, padding.as_ref())
        } else {
            stream.folded(words, frames, padding.as_ref())
        }
    }
}

impl Hook for Enhancement {
    fn depth(&self) -> usize {
        self.depth
    }

    fn forward(&self, words: &Tensor, beside: &Beside, _train: bool, trace: &mut Trace) -> Tensor {
        trace.record("layer0", words);
        let vision = self.found(&self.vision, words, &beside.vision, &beside.vision_lengths);
        let audio = self.found(&self.audio, words, &beside.audio, &beside.audio_lengths);
        let out = self.connect.forward(&Tensor::cat(&[vision, audio], 2)) + words;
        trace.record("ce", &out);
        out
    }

    fn set_engine(&mut self, engine: Engine) {
        self.reference = engine.reference;
    }
}

/// (B, 1, 1, frames), true on padding; on none of a sample without any frame.
fn padding(frames: &Tensor, lengths: &Tensor) -> Tensor {
    let steps = frames.size()[1];
    let lengths = lengths.to_kind(Kind::Int64);
    let lengths = lengths.masked_fill(&lengths.eq(0), steps);
    let positions = Tensor::arange(steps, (Kind::Int64, frames.device()));
    let padding = positions.unsqueeze(0).ge_tensor(&lengths.unsqueeze(1));
    padding.unsqueeze(1).unsqueeze(1)
}

/// The attention of words to the frames of one modality.
#[derive(Debug)]
struct Stream {
    /// A frame f becomes e = second(relu(first(f))).
    first: nn::Linear,
    second: nn::Linear,
    query: nn::Linear,
    key: nn::Linear,
    value: nn::Linear,
    heads: i64,
    score_scale: f64,
}

impl Stream {
    fn new(transform: &Path<'_>, attention: &Path<'_>, inputs: i64, size: EnhancementSize) -> Self {
        let width = size.width;
        let project = |name: &str| bert_linear(attention / name, width, width);
        Self {
            first: bert_linear(transform / 0, inputs, width),
            second: bert_linear(transform / 2, width, width),
            query: project("Wq"),
            key: project("Wk"),
            value: project("Wv"),
            heads: size.heads,
            score_scale: size.score_scale,
        }
    }

    /// As published: every frame becomes a key and a value.
    fn literal(&self, words: &Tensor, frames: &Tensor, padding: Option<&Tensor>) -> Tensor {
        let frames = self.second.forward(&self.first.forward(frames).relu());
        let q = split_heads(&self.query.forward(words), self.heads);
        let k = split_heads(&self.key.forward(&frames), self.heads);
        let v = split_heads(&self.value.forward(&frames), self.heads);
        let scores = q.matmul(&k.transpose(-1, -2)) * self.score_scale;
        merge_heads(&weights(&scores, padding).matmul(&v))
    }

    /// The same with the linear layers between relu and attention applied to the words, of which there
    /// are few, in place of the frames: q . key(second(r)) is (q K W) . r and a number that is one for
    /// all frames, which the softmax cancels; and since weights add up to 1, the mean of value(second(r))
    /// is value(second(mean of r)).
    fn folded(&self, words: &Tensor, frames: &Tensor, padding: Option<&Tensor>) -> Tensor {
        let frames = self.first.forward(frames).relu().unsqueeze(1);
        let mut queries = self.query.forward(words) * self.score_scale;
        if let Some(bias) = &self.key.bs {
            // It has a gradient, of zero: weight decay reaches it, as in the published form.
            queries += bias.sum(bias.kind()) * 0.0;
        }
        let by_frame = split_heads(&queries, self.heads)
            .matmul(&self.by_head(&self.key.ws))
            .matmul(&self.second.ws);
        let scores = by_frame.matmul(&frames.transpose(-1, -2));
        let mean = weights(&scores, padding).matmul(&frames);
        let value = self.by_head(&self.value.ws).transpose(-1, -2);
        let found = merge_heads(&self.second.forward(&mean).matmul(&value));
        match &self.value.bs {
            Some(bias) => found + bias,
            None => found,
        }
    }

    /// The weight (outputs, inputs) of a projection as (heads, outputs of a head, inputs).
    fn by_head(&self, weight: &Tensor) -> Tensor {
        let inputs = weight.size()[1];
        weight.view([self.heads, -1, inputs])
    }
}

/// Softmax over the frames (B, heads, T, frames), padding left out.
fn weights(scores: &Tensor, padding: Option<&Tensor>) -> Tensor {
    let scores = match padding {
        Some(padding) => scores.masked_fill(padding, f64::NEG_INFINITY),
        None => scores.shallow_clone(),
    };
    scores.softmax(-1, scores.kind())
}

#[cfg(test)]
mod tests {
    use tch::{Device, nn::VarStore};

    use super::*;

    fn block(store: &VarStore, heads: i64, reads_padding: bool) -> Enhancement {
        let size = EnhancementSize {
            width: 6,
            audio: 3,
            vision: 4,
            heads,
            score_scale: 8.0,
            depth: 1,
            reads_padding,
        };
        let block = Enhancement::new(&store.root(), size);
        for (_, mut parameter) in store.variables() {
            let _ = tch::no_grad(|| parameter.uniform_(-0.5, 0.5));
        }
        block
    }

    fn noise(size: &[i64]) -> Tensor {
        Tensor::randn(size, (Kind::Double, Device::Cpu))
    }

    fn beside() -> Beside {
        Beside {
            audio: noise(&[2, 7, 3]),
            vision: noise(&[2, 5, 4]),
            audio_lengths: Tensor::from_slice(&[4i64, 7]),
            vision_lengths: Tensor::from_slice(&[5i64, 0]),
        }
    }

    #[test]
    fn folded_and_literal_attention_agree_with_several_heads_and_padding() {
        for heads in [1, 3] {
            for reads_padding in [false, true] {
                let _rng = crate::model::rng::seeded(3);
                let mut store = VarStore::new(Device::Cpu);
                store.set_kind(Kind::Double);
                let mut block = block(&store, heads, reads_padding);
                let (words, beside) = (noise(&[2, 4, 6]), beside());
                let mut run = |engine| {
                    block.set_engine(engine);
                    let out = block.forward(&words, &beside, true, &mut Trace::off());
                    (&out * &out).sum(Kind::Double).backward();
                    let mut all: Vec<_> = store.variables().into_iter().collect();
                    all.sort_by(|a, b| a.0.cmp(&b.0));
                    let gradients = all.into_iter().map(|(_, mut parameter)| {
                        let gradient = parameter.grad().copy();
                        parameter.zero_grad();
                        gradient
                    });
                    (out, gradients.collect::<Vec<_>>())
                };
                let (fast, of_fast) = run(Engine::default());
                let (slow, of_slow) = run(Engine::REFERENCE);
                assert!(fast.allclose(&slow, 1e-12, 1e-12, false));
                for (a, b) in of_fast.iter().zip(&of_slow) {
                    assert!(a.allclose(b, 1e-10, 1e-10, false));
                }
            }
        }
    }

    #[test]
    fn padding_is_no_frame_unless_as_published() {
        for reads_padding in [false, true] {
            let _rng = crate::model::rng::seeded(3);
            let mut store = VarStore::new(Device::Cpu);
            store.set_kind(Kind::Double);
            let block = block(&store, 1, reads_padding);
            let (words, beside) = (noise(&[2, 4, 6]), beside());
            let before = block.forward(&words, &beside, false, &mut Trace::off());
            let _ = beside.audio.get(0).narrow(0, 4, 3).fill_(9.0);
            let after = block.forward(&words, &beside, false, &mut Trace::off());
            assert_eq!(!before.equal(&after), reads_padding);
        }
    }
}
