//! MulT, multimodal transformer for unaligned sequences (Tsai et al., ACL 2019; MMSA's form).
//!
//! Each modality, brought to a common width by a convolution over time, attends to each of the other two
//! through a crossmodal transformer; the two results, joined, go through a transformer of their own, and
//! the last steps of all three are fused. Formulas and defaults: MMSA v2.2.1,
//! [MULT.py](https://github.com/thuiar/MMSA/blob/a94e65d/src/MMSA/models/singleTask/MULT.py),
//! [transformer.py](https://github.com/thuiar/MMSA/blob/a94e65d/src/MMSA/models/subNets/transformers_encoder/transformer.py) and
//! [config_regression.json](https://github.com/thuiar/MMSA/blob/a94e65d/src/MMSA/config/config_regression.json).
//!
//! The authors' design has no padding mask and no positions, so that the last step of a sample that is
//! shorter than the longest is padding that has attended to the sample. Both are as published. Every
//! attention has a dropout of its own here (`attn_dropout_l_with_a`: text attends to audio;
//! `attn_dropout_mem`: the transformers after the pairs); MMSA's three values (`attn_dropout` where text
//! is attended to and for those transformers, `attn_dropout_a`, `attn_dropout_v`) are distributed over
//! them.
//!
//! MMSA's steps over eight batches, its reduced learning rate and its early stop apply only where a run
//! requests them. MMSA drops the batches that fill no group at the end of an epoch; here they always make
//! a step of their own, since a loss of up to seven batches depends on the number of samples and on no
//! choice of the authors. MMSA's configuration names a weight decay that its trainer never uses: there is
//! none here.
//!
//! Text as published is a frozen BERT's states (`--encoder frozen:DIR`, or the data file's own text
//! features, which are such states: `--encoder features`); with `bert:DIR` the BERT is fine-tuned.

use tch::Tensor;

use super::batch::Inputs;
use super::encoder::TextEncoder;
use super::entry::{Entry, Model, read_config};
use super::error::Result;
use super::layers::{CrossmodalTarget, ResidualHead, TimeConv, TimeConvSize};
use super::reference;
use super::regressor::Regressor;
use super::search_space;
use super::setup::Setup;
use super::trace::Trace;

mod config;

pub use config::Config;

/// Registry entry.
pub static ENTRY: Entry = Entry {
    name: NAME,
    title: "MulT",
    citation: "Yao-Hung Hubert Tsai, Shaojie Bai, Paul Pu Liang, J. Zico Kolter, Louis-Philippe \
               Morency, Ruslan Salakhutdinov: Multimodal Transformer for Unaligned Multimodal \
               Language Sequences. ACL 2019",
    summary: "crossmodal transformers between every two modalities, without alignment",
    trained: true,
    needs_complete: false,
    recipe: config::recipe,
    config: |profile| super::entry::to_json(&Config::of(profile)),
    space: &[
        search_space::dropout("embed_dropout"),
        search_space::dropout("relu_dropout"),
        search_space::dropout("res_dropout"),
        search_space::dropout("output_dropout"),
        search_space::dropout("text_dropout"),
    ],
    variants: &[],
    check: None,
    build,
    case: Some(reference::mmsa),
};

const NAME: &str = "mult";

/// The network.
#[derive(Debug)]
pub struct Mult {
    encoder: TextEncoder,
    /// Text, audio, vision.
    projections: [TimeConv; 3],
    targets: [CrossmodalTarget; 3],
    head: ResidualHead,
    text_dropout: f64,
}

impl Mult {
    /// Builds the network.
    ///
    /// # Errors
    /// Those of [`TextEncoder::new`]; [`ModelError::Config`](super::ModelError::Config) for a modality of fewer steps than its
    /// convolution is wide.
    pub fn new(setup: &Setup<'_>, config: &Config) -> Result<Self> {
        let (path, c) = (&setup.path, config);
        let width = c.dst_feature_dim_nheads[0];
        let widths = setup.widths();
        let projection = |name: &str, what, i: usize, kernel| {
            let size = TimeConvSize {
                inputs: widths[i],
                outputs: width,
                kernel,
            };
            TimeConv::new(&(path / name), NAME, what, size)
        };
        let target = |name, sources: [(char, f64); 2]| {
            let sources =
                sources.map(|(source, dropout)| (source, c.stack(width, c.nlevels, dropout)));
            let memory = c.stack(2 * width, c.nlevels.max(3), c.attn_dropout_mem);
            CrossmodalTarget::new(path, name, sources, memory)
        };
        let (l_with, a_with, v_with) = (
            [
                ('a', c.attn_dropout_l_with_a),
                ('v', c.attn_dropout_l_with_v),
            ],
            [
                ('l', c.attn_dropout_a_with_l),
                ('v', c.attn_dropout_a_with_v),
            ],
            [
                ('l', c.attn_dropout_v_with_l),
                ('a', c.attn_dropout_v_with_a),
            ],
        );
        let joined = 6 * width;
        Ok(Self {
            encoder: TextEncoder::new(&(path / "text_model" / "model"), &setup.encoder)?,
            projections: [
                projection("proj_l", "text features", 0, c.conv1d_kernel_size_l),
                projection("proj_a", "audio features", 1, c.conv1d_kernel_size_a),
                projection("proj_v", "vision features", 2, c.conv1d_kernel_size_v),
            ],
            targets: [
                target('l', l_with),
                target('a', a_with),
                target('v', v_with),
            ],
            head: ResidualHead::new(path, "", [joined, joined], c.output_dropout),
            text_dropout: c.text_dropout,
        })
    }
}

impl Regressor for Mult {
    const NAME: &'static str = NAME;

    fn forward(&self, inputs: &Inputs, train: bool, trace: &mut Trace) -> Result<Tensor> {
        let states = self.encoder.encode(&inputs.text, NAME, train)?;
        let [text, audio, vision] = &self.projections;
        let text = text.forward(&states.dropout(self.text_dropout, train))?;
        let (audio, vision) = (
            audio.forward(&inputs.audio)?,
            vision.forward(&inputs.vision)?,
        );
        let [of_text, of_audio, of_vision] = &self.targets;
        let last = [
            of_text.forward(&text, [&audio, &vision], train),
            of_audio.forward(&audio, [&text, &vision], train),
            of_vision.forward(&vision, [&text, &audio], train),
        ];
        trace.record("feature_t", &last[0]);
        trace.record("feature_a", &last[1]);
        trace.record("feature_v", &last[2]);
        let fused = Tensor::cat(&last, 1);
        trace.record("feature_f", &fused);
        let prediction = self.head.forward(&fused, train).prediction;
        trace.record("pred", &prediction);
        Ok(prediction)
    }

    fn encoder(&self) -> &TextEncoder {
        &self.encoder
    }

    fn encoder_mut(&mut self) -> &mut TextEncoder {
        &mut self.encoder
    }

    fn has_batch_statistics(&self) -> bool {
        false
    }
}

fn build(setup: &Setup<'_>) -> Result<Box<dyn Model>> {
    Ok(Box::new(Mult::new(
        setup,
        &read_config(NAME, &setup.config)?,
    )?))
}
