//! TF-Mamba, text-enhanced fusion by selective state spaces (Li, Cheng, Miao, Zhang, Li, Findings of EMNLP 2025).
//!
//! Audio and vision are brought to the steps of the text and take from it what they resemble; bidirectional
//! Mambas read each of them beside the text, attention from the text to both and a further Mamba fuse them, and
//! the largest value of each feature over all steps predicts. In training the states of the complete text are
//! reconstructed at the words that were erased. Paper: [arXiv 2505.14329](https://arxiv.org/abs/2505.14329).
//! Formulas and defaults: the published code,
//! [models/TFMamba.py](https://github.com/codemous/TF-Mamba/blob/9a1f07f/models/TFMamba.py), which takes loader,
//! masks, schedule and the selection of epochs on the test set from LNLN's; its accuracies are those of one
//! seed. Its Mambas are of [DepMamba](https://github.com/Jiaxin-Ye/DepMamba).
//!
//! Reference bug, reproduced by `tf_mamba:compat`:
//!
//! - the step sizes of a scan start between 0.001 and 0.1 in the forward direction alone. The backward
//!   direction, whose initialization the code leaves out, starts near ln 2 = 0.69, where its states forget within
//!   a few words. Here both start alike. Trained weights of either form fit both.
//!
//! As published, and kept:
//!
//! - padding takes part everywhere outside the text encoder: in the alignment, the scans, the attention and the
//!   maximum. A prediction depends on the length to which a data set is padded, not on the batch;
//! - the aligner has a unit per step of the text, so that a checkpoint fits one length of texts;
//! - similarities below an even share become 0 and the rest is not normalized again;
//! - the targets of the reconstruction are trained as well;
//! - weight decay covers every parameter: the code marks the rates `A_log` and the factors `D` as exempt, and
//!   reads the marks nowhere. At the published rates the decay takes 1e-8 of a value per step;
//! - dropout is active in the reconstruction alone; that of the Mambas and the width of their feed-forward nets
//!   are settings without use.
//!
//! A word that is `[UNK]` in the complete text already does not change where it is erased; the published code
//! counts it among the erased, here it is none. Samples without an erased word add nothing to the reconstruction,
//! so that their complete text is not encoded.
//!
//! Text as published is a fine-tuned BERT (`--encoder bert:DIR`), at the rate of everything else. With states of
//! a frozen encoder, where every state depends on every word, all steps of a text with a masked word are
//! reconstructed. Nothing is published for CH-SIMS v2, which gets CH-SIMS's settings.

use tch::nn::{self, Module};
use tch::{Device, Kind, Reduction, Tensor};

use self::enhancement::Enhancement;
use self::fusion::Fusion;
use super::batch::{Batch, Inputs, Text};
use super::encoder::TextEncoder;
use super::engine::Engine;
use super::entry::{Entry, Model, read_config};
use super::erased::erased_text;
use super::error::Result;
use super::layers::init;
use super::losses::{Losses, Term};
use super::reference;
use super::search_space;
use super::setup::Setup;
use super::trace::Trace;
use super::variant::COMPAT;

mod config;
mod enhancement;
mod fusion;

pub use config::Config;

/// Registry entry.
pub static ENTRY: Entry = Entry {
    name: NAME,
    title: "TF-Mamba",
    citation: "Xiang Li, Xianfu Cheng, Dezhuang Miao, Xiaoming Zhang, Zhoujun Li: TF-Mamba: \
               Text-enhanced Fusion Mamba with Missing Modalities for Robust Multimodal Sentiment \
               Analysis. Findings of EMNLP 2025",
    summary: "selective state spaces read audio and vision beside the text, which queries both",
    trained: true,
    needs_complete: true,
    recipe: config::recipe,
    config: |profile| super::entry::to_json(&Config::of(profile)),
    space: &[search_space::dropout("dropout")],
    variants: &[COMPAT],
    check: None,
    build,
    case: Some(reference::tokens),
};

const NAME: &str = "tf_mamba";

/// The network.
#[derive(Debug)]
pub struct TfMamba {
    config: Config,
    encoder: TextEncoder,
    enhancement: Enhancement,
    fusion: Fusion,
    output: nn::Linear,
    /// To the states of the text.
    reconstruct: [nn::Linear; 2],
    engine: Engine,
}

/// The complete text at the samples whose text was changed.
struct Complete {
    /// (n) int64: those samples.
    rows: Tensor,
    /// (n, T, states): what the encoder makes of them.
    states: Tensor,
}

impl TfMamba {
    /// Builds the network.
    ///
    /// # Errors
    /// Those of [`TextEncoder::new`].
    pub fn new(setup: &Setup<'_>, config: Config) -> Result<Self> {
        let (path, width) = (&setup.path, config.width);
        let reconstruct = path / "recon_text_low";
        Ok(Self {
            encoder: TextEncoder::new(&(path / "bertmodel" / "model"), &setup.encoder)?,
            enhancement: Enhancement::new(&(path / "text_modality_mixup"), setup, &config),
            fusion: Fusion::new(path, &config),
            output: init::linear(path / "output", width, 1),
            reconstruct: [
                init::linear(&reconstruct / 0, width, width),
                init::linear(&reconstruct / 3, width, setup.encoder.width()),
            ],
            engine: Engine::default(),
            config,
        })
    }

    /// The prediction (B, 1), and the text (B, T, width) that reconstruction reads.
    fn forward(
        &self,
        states: &Tensor,
        inputs: &Inputs,
        train: bool,
        trace: &mut Trace,
    ) -> Result<(Tensor, Tensor)> {
        trace.record("bert_m", states);
        let (audio, vision) = (&inputs.audio, &inputs.vision);
        let enhanced = self
            .enhancement
            .forward(states, audio, vision, train, trace)?;
        let fused = self.fusion.forward(&enhanced, self.engine, trace);
        let prediction = self.output.forward(&fused.amax([1i64], false));
        trace.record("pred", &prediction);
        Ok((prediction, enhanced.text))
    }

    /// States of the masked text (B, T, states), and those of the complete text that reconstruction reads; by
    /// the reference engine in two passes, and of every sample.
    fn encode_both(&self, batch: &Batch, trace: &Trace) -> Result<(Tensor, Complete)> {
        let (masked, complete) = (&batch.masked.text, &batch.complete(NAME)?.text);
        let [one, other] = [masked, complete].map(Text::tensor);
        let samples = one.size()[0];
        let rows = if self.engine.reference || trace.is_on() {
            Tensor::arange(samples, (Kind::Int64, one.device()))
        } else {
            changed(one, other)
        };
        let encode = |text| self.encoder.encode(text, NAME, true);
        if self.engine.reference {
            let (masked, states) = (encode(masked)?, encode(complete)?);
            return Ok((masked, Complete { rows, states }));
        }
        let both = masked.map(|text| Tensor::cat(&[text, &other.index_select(0, &rows)], 0));
        let both = encode(&both)?;
        let states = both.narrow(0, samples, rows.size()[0]);
        Ok((both.narrow(0, 0, samples), Complete { rows, states }))
    }

    /// Smooth L1 of the reconstructed states, per number of the erased words.
    fn reconstruction(
        &self,
        text: &Tensor,
        complete: &Complete,
        batch: &Batch,
        trace: &mut Trace,
    ) -> Result<Tensor> {
        let [first, last] = &self.reconstruct;
        let hidden = first.forward(&text.index_select(0, &complete.rows)).relu();
        let rebuilt = last.forward(&hidden.dropout(self.config.dropout, true));
        trace.record("rec", &rebuilt);
        trace.record("complete", &complete.states);
        let erased = erased_text(&batch.masked, batch.complete(NAME)?);
        let erased = erased.index_select(0, &complete.rows);
        let mask = erased.unsqueeze(2).to_kind(rebuilt.kind());
        let count = mask.sum(None::<Kind>) * rebuilt.size()[2] + self.config.rec_eps;
        let target = &complete.states * &mask;
        let error = (rebuilt * &mask).smooth_l1_loss(&target, Reduction::Sum, 1.0);
        Ok(error / count)
    }
}

/// (n) int64: rows in which two tensors differ; the first row where none does, so that every parameter gets a
/// gradient.
fn changed(one: &Tensor, other: &Tensor) -> Tensor {
    let differs = one.ne_tensor(other).flatten(1, -1).any_dim(1, false);
    let differs = Vec::<bool>::try_from(differs.to_device(Device::Cpu)).unwrap_or_default();
    let rows = differs.iter().enumerate().filter(|(_, differs)| **differs);
    let mut rows: Vec<i64> = rows.map(|(row, _)| row as i64).collect();
    if rows.is_empty() {
        rows.push(0);
    }
    Tensor::from_slice(&rows).to_device(one.device())
}

impl Model for TfMamba {
    fn train(&mut self, batch: &Batch, trace: &mut Trace) -> Result<Losses> {
        batch.check(NAME)?;
        let (states, complete) = self.encode_both(batch, trace)?;
        let (prediction, text) = self.forward(&states, &batch.masked, true, trace)?;
        let l_rec = self.reconstruction(&text, &complete, batch, trace)?;
        let term = |name, weight, value| Term {
            name,
            weight,
            value,
        };
        let terms = vec![
            term(
                "l_sp",
                1.0,
                prediction.mse_loss(&batch.label, Reduction::Mean),
            ),
            term("l_rec", self.config.alpha, l_rec),
        ];
        Ok(Losses::weighted(terms, prediction))
    }

    fn predict(&self, inputs: &Inputs, trace: &mut Trace) -> Result<Tensor> {
        let states = self.encoder.encode(&inputs.text, NAME, false)?;
        Ok(self.forward(&states, inputs, false, trace)?.0)
    }

    fn text_encoder(&self) -> Option<&TextEncoder> {
        Some(&self.encoder)
    }

    fn set_engine(&mut self, engine: Engine) {
        self.encoder.set_engine(engine);
        self.fusion.set_engine(engine);
        self.engine = engine;
    }
}

fn build(setup: &Setup<'_>) -> Result<Box<dyn Model>> {
    Ok(Box::new(TfMamba::new(
        setup,
        read_config(NAME, &setup.config)?,
    )?))
}
