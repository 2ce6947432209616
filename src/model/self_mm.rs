//! Self-MM, self-supervised multi-task learning (Yu et al., AAAI 2021; MMSA's form).
//!
//! A fusion head and one head per modality predict the label; the modalities' own labels are made during
//! training by the `LabelBank`. Text is the encoder's first state; audio and vision are the last valid
//! states of an LSTM each. Formulas and defaults: MMSA v2.2.1,
//! [models/multiTask/SELF_MM.py](https://github.com/thuiar/MMSA/blob/a94e65d/src/MMSA/models/multiTask/SELF_MM.py),
//! [trains/multiTask/SELF_MM.py](https://github.com/thuiar/MMSA/blob/a94e65d/src/MMSA/trains/multiTask/SELF_MM.py) and
//! [config_regression.json](https://github.com/thuiar/MMSA/blob/a94e65d/src/MMSA/config/config_regression.json).
//!
//! Reference bug: a class center without any sample becomes NaN, and every label after it. Here it keeps
//! its value; `self_mm:compat` lets it become NaN.
//!
//! MMSA's steps over four batches and its early stop apply only where a run requests them. MMSA drops the
//! batches that fill no group at the end of an epoch; here they always make a step of their own, since
//! such a loss depends on the number of samples and on no choice of the authors.
//!
//! Text as published is a fine-tuned BERT (`--encoder bert:DIR`), in two parameter groups of its own.

use tch::Tensor;

use super::batch::{Batch, Inputs, check_features};
use super::encoder::TextEncoder;
use super::engine::Engine;
use super::entry::{Entry, Model, read_config};
use super::error::Result;
use super::label_bank::BankRules;
use super::layers::LastState;
use super::losses::Losses;
use super::made_labels::{HeadSizes, LabeledHeads, Outputs, RelativeRates};
use super::recipe::{ParamGroup, Recipe};
use super::reference;
use super::search_space;
use super::setup::{Setup, Shapes};
use super::trace::Trace;
use super::variant::COMPAT;

mod config;

pub use config::Config;

/// Registry entry.
pub static ENTRY: Entry = Entry {
    name: NAME,
    title: "Self-MM",
    citation: "Wenmeng Yu, Hua Xu, Ziqi Yuan, Jiele Wu: Learning Modality-Specific \
               Representations with Self-Supervised Multi-Task Learning for Multimodal Sentiment \
               Analysis. AAAI 2021",
    summary: "one head per modality, trained on labels made from distances to class centers",
    trained: true,
    needs_complete: false,
    recipe: config::recipe,
    config: |profile| super::entry::to_json(&Config::of(profile)),
    space: &[
        search_space::dropout("post_fusion_dropout"),
        search_space::dropout("post_text_dropout"),
        search_space::dropout("post_audio_dropout"),
        search_space::dropout("post_video_dropout"),
    ],
    variants: &[COMPAT],
    check: None,
    build,
    case: Some(reference::mmsa),
};

const NAME: &str = "self_mm";

/// The network.
#[derive(Debug)]
pub struct SelfMm {
    encoder: TextEncoder,
    audio: LastState,
    vision: LastState,
    heads: LabeledHeads,
    shapes: Shapes,
    rates: RelativeRates,
}

impl SelfMm {
    /// Builds the network, with a row in the bank for every training sample.
    ///
    /// # Errors
    /// Those of [`TextEncoder::new`].
    pub fn new(setup: &Setup<'_>, config: &Config) -> Result<Self> {
        let path = &setup.path;
        let (audio, vision) = (config.audio_out, config.video_out);
        let [text, audio_width, vision_width] = setup.widths();
        let reader = |name: &str, inputs, hidden, outputs| {
            LastState::new(&(path / name), inputs, hidden, outputs)
        };
        let rules = BankRules {
            limit: config.label_limit,
            lose_centers: config.compat,
        };
        let sizes = HeadSizes {
            inputs: [text + audio + vision, text, audio, vision],
            hidden: [
                config.post_fusion_dim,
                config.post_text_dim,
                config.post_audio_dim,
                config.post_video_dim,
            ],
            dropouts: [
                config.post_fusion_dropout,
                config.post_text_dropout,
                config.post_audio_dropout,
                config.post_video_dropout,
            ],
        };
        let hidden = [config.a_lstm_hidden_size, config.v_lstm_hidden_size];
        Ok(Self {
            encoder: TextEncoder::new(&(path / "text_model" / "model"), &setup.encoder)?,
            audio: reader("audio_model", audio_width, hidden[0], audio),
            vision: reader("video_model", vision_width, hidden[1], vision),
            heads: LabeledHeads::new(path, setup.labels.count, sizes, rules),
            shapes: setup.shapes,
            rates: RelativeRates {
                learning_rates: config.relative_rates,
                weight_decays: config.relative_decays,
            },
        })
    }

    fn forward(&self, inputs: &Inputs, train: bool, trace: &mut Trace) -> Result<Outputs> {
        let [audio, vision] = [self.shapes.audio_width, self.shapes.vision_width];
        check_features(&inputs.audio, i64::MAX, audio, NAME, "audio features")?;
        check_features(&inputs.vision, i64::MAX, vision, NAME, "vision features")?;
        let states = self.encoder.encode(&inputs.text, NAME, train)?;
        let text = states.select(1, 0);
        let audio = self
            .audio
            .forward_valid(&inputs.audio, &inputs.audio_lengths);
        let vision = self
            .vision
            .forward_valid(&inputs.vision, &inputs.vision_lengths);
        trace.record("bert", &states);
        trace.record("audio_rep", &audio);
        trace.record("vision_rep", &vision);
        let fused = Tensor::cat(&[&text, &audio, &vision], 1);
        let read = [&fused, &text, &audio, &vision];
        Ok(self.heads.forward(read, train, trace))
    }
}

impl Model for SelfMm {
    fn train(&mut self, batch: &Batch, trace: &mut Trace) -> Result<Losses> {
        self.heads.check(batch, NAME)?;
        let outputs = self.forward(&batch.masked, true, trace)?;
        Ok(self.heads.losses(batch, outputs))
    }

    fn predict(&self, inputs: &Inputs, trace: &mut Trace) -> Result<Tensor> {
        let [fusion, ..] = self.forward(inputs, false, trace)?;
        Ok(fusion.prediction)
    }

    fn text_encoder(&self) -> Option<&TextEncoder> {
        Some(&self.encoder)
    }

    fn set_engine(&mut self, engine: Engine) {
        self.encoder.set_engine(engine);
    }

    fn groups(&self, recipe: &Recipe) -> Vec<ParamGroup> {
        self.rates.groups(recipe, self.encoder.is_trained())
    }
}

fn build(setup: &Setup<'_>) -> Result<Box<dyn Model>> {
    Ok(Box::new(SelfMm::new(
        setup,
        &read_config(NAME, &setup.config)?,
    )?))
}
