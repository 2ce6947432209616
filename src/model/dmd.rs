//! DMD, decoupled multimodal distilling (Li, Wang, Cui, CVPR 2023; its authors' form).
//!
//! Every modality is split into a part of its own (specific, heterogeneous) and a part in a space shared by
//! all (common, homogeneous). Specific parts attend to each other as in MulT, common ones to themselves, and
//! the gated results of both make the prediction. Each part also predicts alone, and in two graphs, one for
//! either kind of part, every modality is distilled into the other two along edges whose weights a small
//! network learns. The paper claims that edges learned for each sample transfer knowledge where it helps, on
//! complete data; others run it with missing modalities. Formulas and defaults: the authors' code, MIT license,
//! [model/dmd.py](https://github.com/mdswyz/DMD/blob/516d4e1/trains/singleTask/model/dmd.py),
//! [DMD.py](https://github.com/mdswyz/DMD/blob/516d4e1/trains/singleTask/DMD.py),
//! [distillnets](https://github.com/mdswyz/DMD/tree/516d4e1/trains/singleTask/distillnets),
//! [HingeLoss.py](https://github.com/mdswyz/DMD/blob/516d4e1/trains/singleTask/HingeLoss.py) and
//! [config.json](https://github.com/mdswyz/DMD/blob/516d4e1/config/config.json).
//!
//! Reference bugs, reproduced by `dmd:compat`:
//!
//! - the loss that keeps the parts of a modality orthogonal takes its cosine over the axis that PyTorch 1.9
//!   calls the second: of tensors (steps, batch, features) that is the batch, so that the loss of a sample
//!   depends on the others (later versions of PyTorch refuse such tensors). Here the cosine is that of the
//!   two feature vectors of a step;
//! - the distance of the common parts' representations is computed and enters no total. The paper distills
//!   logits alone, and here it is not computed.
//!
//! As published: the representations of the specific parts, which the paper does not distill either, are
//! pushed apart (a cosine loss with target -1), by one number an edge whatever the weights of its samples; the
//! margin loss takes positives and negatives from every modality; representations of the common parts are
//! taken after a rectifier; a step whose first feature is exactly 0, as padding is, gets no position; no
//! attention has a padding mask. A layer over the specific parts (`proj_cosine_*`) is read by no loss: it
//! exists as a parameter, so that the authors' checkpoints fit. Parameters have the reference's names behind
//! `0.`; `1.` and `2.` are the graphs, which are not in its checkpoints. Layers over whole sequences are
//! made for the lengths of the data, where the authors wrote down those of MOSI and MOSEI.
//!
//! The authors select by the smallest validation loss (the error of the prediction alone), halve the learning
//! rate on it, stop early on it, and sum the gradients of ten batches, clipped after each; these options apply
//! only where a run requests them. Batches that fill no group at the end of an epoch are dropped there and
//! make a step of their own here. The weight decay of their configuration is never read: there is none here.
//! Their settings for MOSI and MOSEI are those of MulT in MMSA but for the graphs, the rate and the batch. For
//! CH-SIMS and CH-SIMS v2 nothing is published: a stand-in, MMSA's settings of MulT on CH-SIMS.
//!
//! Text as published is a fine-tuned BERT (`--encoder bert:DIR`), and data are aligned with its words; the
//! authors' model reads unaligned data too, and so does this one.

use tch::nn::{self, Module};
use tch::{Kind, Tensor};

use self::graph::{Graph, GraphSize};
use self::modality::{Modality, ModalitySize, Parts, Pointwise};
use super::batch::{Batch, Inputs};
use super::encoder::TextEncoder;
use super::engine::Engine;
use super::entry::{Entry, Model, read_config};
use super::error::Result;
use super::layers::{ResidualHead, init};
use super::losses::Losses;
use super::reference;
use super::search_space;
use super::setup::Setup;
use super::trace::Trace;
use super::variant::COMPAT;

mod config;
mod graph;
mod margin;
mod modality;
mod objective;

pub use config::Config;

/// Registry entry.
pub static ENTRY: Entry = Entry {
    name: NAME,
    title: "DMD",
    citation: "Yong Li, Yuanzhi Wang, Zhen Cui: Decoupled Multimodal Distilling for Emotion \
               Recognition. CVPR 2023",
    summary: "splits modalities into specific and common parts and distills each into the others",
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
    variants: &[COMPAT],
    check: None,
    build,
    case: Some(reference::mmsa),
};

const NAME: &str = "dmd";

/// The network. Lists of modalities are in the order text, vision, audio.
#[derive(Debug)]
pub struct Dmd {
    config: Config,
    encoder: TextEncoder,
    /// Splits off the common part of every modality.
    common: Pointwise,
    modalities: [Modality; 3],
    common_head: ResidualHead,
    common_gate: nn::Linear,
    head: ResidualHead,
    graphs: Graphs,
}

/// The graphs of the common and of the specific parts.
#[derive(Debug)]
struct Graphs {
    homogeneous: Graph,
    heterogeneous: Graph,
}

/// What a pass computes for the prediction.
#[derive(Debug)]
struct Pass {
    parts: [Parts; 3],
    /// (B, 2 width) of the specific parts.
    last: [Tensor; 3],
    /// (B, 3 width) of the common parts.
    fused: Tensor,
    /// (B, 1)
    prediction: Tensor,
}

impl Dmd {
    /// Builds the network.
    ///
    /// # Errors
    /// Those of [`TextEncoder::new`].
    pub fn new(setup: &Setup<'_>, config: Config) -> Result<Self> {
        let (path, width) = (&setup.path / 0, config.dst_feature_dim_nheads[0]);
        let [text, audio, vision] = sizes(setup, &config);
        let modality = |size| Modality::new(&path, &config, size);
        let graph = |index: i64, inputs, hidden, prior| {
            let size = GraphSize {
                inputs,
                hidden,
                prior,
            };
            Graph::new(&(&setup.path / index), size, &config)
        };
        let dropout = config.output_dropout;
        let (common, all) = (3 * width, 9 * width);
        Ok(Self {
            encoder: TextEncoder::new(&(&path / "text_model" / "model"), &setup.encoder)?,
            common: Pointwise::new(&(&path / "encoder_c"), width, width),
            modalities: [modality(text), modality(vision), modality(audio)],
            common_head: ResidualHead::new(&path, "_c", [common, common], dropout),
            common_gate: init::linear(&path / "weight_c", common, common),
            head: ResidualHead::new(&path, "", [all, all], dropout),
            graphs: Graphs {
                homogeneous: graph(1, width, config.gd_size_low, config.gd_prior_low),
                heterogeneous: graph(2, 2 * width, config.gd_size_high, config.gd_prior_high),
            },
            config,
        })
    }

    fn forward(&self, inputs: &Inputs, train: bool, trace: &mut Trace) -> Result<Pass> {
        let states = self.encoder.encode(&inputs.text, NAME, train)?;
        let text = states.dropout(self.config.text_dropout, train);
        let [of_text, of_vision, of_audio] = &self.modalities;
        let parts = [
            of_text.split(&text, &self.common)?,
            of_vision.split(&inputs.vision, &self.common)?,
            of_audio.split(&inputs.audio, &self.common)?,
        ];
        let common = [0, 1, 2].map(|i: usize| self.modalities[i].read_common(&parts[i], train));
        let fused = Tensor::cat(&common, 1);
        let [l, v, a] = &parts;
        let last = [
            of_text.attend(l, [a, v], train),
            of_vision.attend(v, [l, a], train),
            of_audio.attend(a, [l, v], train),
        ];
        let gated = [
            of_text.gated(&last[0]),
            of_vision.gated(&last[1]),
            of_audio.gated(&last[2]),
            self.common_gate.forward(&fused).sigmoid(),
        ];
        let output = self.head.forward(&Tensor::cat(&gated, 1), train);
        trace.record("pred", &output.prediction);
        Ok(Pass {
            parts,
            last,
            fused,
            prediction: output.prediction,
        })
    }
}

/// Sizes of text, audio and vision.
fn sizes(setup: &Setup<'_>, config: &Config) -> [ModalitySize; 3] {
    let shapes = &setup.shapes;
    let [text, audio, vision] = setup.widths();
    let dropouts = [
        ('l', config.attn_dropout),
        ('a', config.attn_dropout_a),
        ('v', config.attn_dropout_v),
    ];
    let size = |i: usize, features, steps, inputs, kernel| ModalitySize {
        name: dropouts[i].0,
        features,
        steps,
        inputs,
        kernel,
        attention_dropout: dropouts[i].1,
        others: match i {
            0 => [dropouts[1], dropouts[2]],
            1 => [dropouts[0], dropouts[2]],
            _ => [dropouts[0], dropouts[1]],
        },
    };
    [
        size(
            0,
            "text features",
            shapes.text_steps,
            text,
            config.conv1d_kernel_size_l,
        ),
        size(
            1,
            "audio features",
            shapes.audio_steps,
            audio,
            config.conv1d_kernel_size_a,
        ),
        size(
            2,
            "vision features",
            shapes.vision_steps,
            vision,
            config.conv1d_kernel_size_v,
        ),
    ]
}

/// Of two tensors along an axis, as PyTorch's cosine embedding loss computes it.
fn cosine(one: &Tensor, other: &Tensor, axis: i64) -> Tensor {
    const EPS: f64 = 1e-12;
    let sum = |x: Tensor| x.sum_dim_intlist([axis].as_slice(), false, None::<Kind>);
    let squares = (sum(one.square()) + EPS) * (sum(other.square()) + EPS);
    sum(one * other) / squares.sqrt()
}

impl Model for Dmd {
    fn train(&mut self, batch: &Batch, trace: &mut Trace) -> Result<Losses> {
        batch.check(NAME)?;
        let pass = self.forward(&batch.masked, true, trace)?;
        Ok(self.losses(pass, &batch.label, trace))
    }

    fn predict(&self, inputs: &Inputs, trace: &mut Trace) -> Result<Tensor> {
        Ok(self.forward(inputs, false, trace)?.prediction)
    }

    fn text_encoder(&self) -> Option<&TextEncoder> {
        Some(&self.encoder)
    }

    fn set_engine(&mut self, engine: Engine) {
        self.encoder.set_engine(engine);
    }
}

fn build(setup: &Setup<'_>) -> Result<Box<dyn Model>> {
    Ok(Box::new(Dmd::new(
        setup,
        read_config(NAME, &setup.config)?,
    )?))
}
