//! TFR-Net, transformer-based feature reconstruction (Yuan, Li, Xu, Yu, ACM Multimedia 2021; MMSA's form).
//!
//! Every modality attends to itself and to the other two; from the results linear layers reconstruct the
//! masked steps, and a gated recurrent reader per modality predicts. In training the complete inputs are the
//! targets of the reconstruction: text as the states of the same encoder, which are trained as well.
//! Formulas and defaults: MMSA v2.2.1,
//! [models/missingTask/TFR_NET](https://github.com/thuiar/MMSA/tree/a94e65d/src/MMSA/models/missingTask/TFR_NET),
//! [trains/missingTask/TFR_NET.py](https://github.com/thuiar/MMSA/blob/a94e65d/src/MMSA/trains/missingTask/TFR_NET.py) and
//! [config_regression.json](https://github.com/thuiar/MMSA/blob/a94e65d/src/MMSA/config/config_regression.json).
//!
//! Reference bugs, reproduced by `tfr_net:compat`:
//!
//! - the transformer before the reconstruction has the steps as its embedding and, by a transposition, the
//!   samples of the batch as its sequence: each sample attends to those before it in the batch, so that
//!   reconstructions and their losses depend on the order and the composition of the batch. Here its
//!   sequence is the features of one sample, without a mask, since features have no order;
//! - where gradients of several batches are summed (`--grad-accum published`), the reference updates after
//!   every batch on the sum so far, and once more after the last of a full group. Here a group makes one
//!   step.
//!
//! MMSA's 25 heads of that transformer divide none of CH-SIMS's lengths, on which it cannot be built: a
//! modality whose number of steps they do not divide gets one head, as in EMT-DLFR's port. MMSA reads Chinese
//! text by an English BERT; here the encoder is the run's. The reconstruction losses begin in the second
//! epoch, as published. Nothing is published for CH-SIMS v2, which gets CH-SIMS's settings.
//!
//! Text as published is a fine-tuned BERT (`--encoder bert:DIR`). With states of a frozen encoder, where
//! every state depends on every word, all steps of a text with a masked word are reconstructed.

use tch::nn::{self, Module};
use tch::{Kind, Reduction, Tensor};

use self::alignment::Alignment;
use self::fusion::Fusion;
use super::batch::{Batch, Inputs};
use super::encoder::TextEncoder;
use super::engine::Engine;
use super::entry::{Entry, Model, read_config};
use super::erased::erased;
use super::error::Result;
use super::layers::init;
use super::losses::disparity::smooth_central_moments;
use super::losses::{Losses, Term};
use super::recipe::{ParamGroup, Recipe};
use super::reference;
use super::search_space;
use super::setup::Setup;
use super::trace::Trace;
use super::variant::COMPAT;

mod alignment;
mod config;
mod fusion;

pub use config::Config;

/// Registry entry.
pub static ENTRY: Entry = Entry {
    name: NAME,
    title: "TFR-Net",
    citation: "Ziqi Yuan, Wei Li, Hua Xu, Wenmeng Yu: Transformer-based Feature Reconstruction \
               Network for Robust Multimodal Sentiment Analysis. ACM Multimedia 2021",
    summary: "reconstructs masked steps from crossmodal attention while it predicts",
    trained: true,
    needs_complete: true,
    recipe: config::recipe,
    config: |profile| super::entry::to_json(&Config::of(profile)),
    space: &[
        search_space::dropout("embed_dropout"),
        search_space::dropout("relu_dropout"),
        search_space::dropout("res_dropout"),
        search_space::dropout("fusion_dropout"),
        search_space::dropout("cls_dropout"),
    ],
    variants: &[COMPAT],
    build,
    check: None,
    case: Some(reference::mmsa),
};

const NAME: &str = "tfr_net";

/// Central moments that are compared.
const MOMENTS: i32 = 3;

/// Keeps the reconstruction loss of a batch without masked steps finite, as in the reference.
const EPS: f64 = 1e-4;

/// The network.
#[derive(Debug)]
pub struct TfrNet {
    config: Config,
    encoder: TextEncoder,
    alignment: Alignment,
    /// To the features of text, audio and vision.
    generators: [nn::Linear; 3],
    fusion: Fusion,
}

impl TfrNet {
    /// Builds the network.
    ///
    /// # Errors
    /// Those of [`TextEncoder::new`].
    pub fn new(setup: &Setup<'_>, config: Config) -> Result<Self> {
        let path = &setup.path;
        let (inputs, widths) = (3 * config.dst_feature_dim_nheads[0], setup.widths());
        let generator = |letter: char, i: usize| {
            let path = path / format!("generator_{letter}") / "Model" / "linear";
            init::linear(path, inputs, widths[i])
        };
        Ok(Self {
            encoder: TextEncoder::new(&(path / "text_model" / "model"), &setup.encoder)?,
            alignment: Alignment::new(&(path / "align_subnet" / "Model"), setup, &config),
            generators: [generator('t', 0), generator('a', 1), generator('v', 2)],
            fusion: Fusion::new(&(path / "fusion_subnet" / "Model"), &config),
            config,
        })
    }

    /// The aligned modalities and the prediction (B, 1).
    fn forward(
        &self,
        inputs: &Inputs,
        train: bool,
        trace: &mut Trace,
    ) -> Result<([Tensor; 3], Tensor)> {
        let states = self.encoder.encode(&inputs.text, NAME, train)?;
        let features = [&states, &inputs.audio, &inputs.vision];
        let aligned = self.alignment.forward(features, train)?;
        for (name, one) in ["text_h", "audio_h", "vision_h"].into_iter().zip(&aligned) {
            trace.record(name, one);
        }
        let lengths = [
            &inputs.text_lengths,
            &inputs.audio_lengths,
            &inputs.vision_lengths,
        ];
        let prediction = self.fusion.forward(&aligned, lengths, train, trace);
        Ok((aligned, prediction))
    }

    /// Unweighted reconstruction losses of text, audio and vision.
    fn reconstruct(
        &self,
        aligned: &[Tensor; 3],
        masked: &Inputs,
        complete: &Inputs,
        trace: &mut Trace,
    ) -> Result<[Tensor; 3]> {
        let states = self.encoder.encode(&complete.text, NAME, true)?;
        let targets = [&states, &complete.audio, &complete.vision];
        let mixed = self.alignment.mix(aligned, true);
        let erased = erased(masked, complete);
        const NAMES: [[&str; 2]; 3] = [
            ["text_g", "gen_t"],
            ["audio_g", "gen_a"],
            ["vision_g", "gen_v"],
        ];
        Ok([0, 1, 2].map(|i: usize| {
            let generated = self.generators[i].forward(&mixed[i]);
            trace.record(NAMES[i][0], &mixed[i]);
            trace.record(NAMES[i][1], &generated);
            self.distance(&generated, targets[i], &erased[i])
        }))
    }

    /// Smooth L1 and distance of distributions of (B, T, width) over the steps where `erased` (B, T), per
    /// erased number.
    fn distance(&self, generated: &Tensor, target: &Tensor, erased: &Tensor) -> Tensor {
        let mask = erased.unsqueeze(2).to_kind(generated.kind());
        let [generated, target] = [generated, target].map(|x| (x * &mask).flatten(0, 1));
        let count = mask.sum(None::<Kind>) * generated.size()[1] + EPS;
        let error = generated.smooth_l1_loss(&target, Reduction::Sum, 1.0);
        let moments = smooth_central_moments(&generated, &target, MOMENTS);
        (error + moments * self.config.weight_sim_loss) / count
    }
}

impl Model for TfrNet {
    fn train(&mut self, batch: &Batch, trace: &mut Trace) -> Result<Losses> {
        batch.check(NAME)?;
        let (masked, complete) = (&batch.masked, batch.complete(NAME)?);
        let (aligned, prediction) = self.forward(masked, true, trace)?;
        let of = self.reconstruct(&aligned, masked, complete, trace)?;
        let weights = self.config.weight_gen_loss;
        let weighted = &of[0] * weights[0] + &of[1] * weights[1] + &of[2] * weights[2];
        let reconstructs = batch.epoch >= self.config.reconstruct_from_epoch;
        let [text, audio, vision] = of;
        let term = |name, weight, value| Term {
            name,
            weight,
            value,
        };
        let terms = vec![
            term(
                "pred",
                1.0,
                prediction.l1_loss(&batch.label, Reduction::Mean),
            ),
            term("gen", f64::from(u8::from(reconstructs)), weighted),
            // Parts of the one above.
            term("gen_t", 0.0, text),
            term("gen_a", 0.0, audio),
            term("gen_v", 0.0, vision),
        ];
        Ok(Losses::weighted(terms, prediction))
    }

    fn predict(&self, inputs: &Inputs, trace: &mut Trace) -> Result<Tensor> {
        Ok(self.forward(inputs, false, trace)?.1)
    }

    fn text_encoder(&self) -> Option<&TextEncoder> {
        Some(&self.encoder)
    }

    fn set_engine(&mut self, engine: Engine) {
        self.encoder.set_engine(engine);
    }

    fn groups(&self, recipe: &Recipe) -> Vec<ParamGroup> {
        self.config.groups(recipe, self.encoder.is_trained())
    }

    fn updates_within_group(&self) -> bool {
        self.config.compat
    }
}

fn build(setup: &Setup<'_>) -> Result<Box<dyn Model>> {
    Ok(Box::new(TfrNet::new(
        setup,
        read_config(NAME, &setup.config)?,
    )?))
}
