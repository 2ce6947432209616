//! Self-MM, self-supervised multi-task learning (Yu et al., AAAI 2021; MMSA's form).
//!
//! A fusion head and one head per modality predict the label; the modalities' own labels are made during
//! training by the [`LabelBank`]. Text is the encoder's first state; audio and vision are the last valid
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

use tch::{Kind, Tensor};

use super::batch::{Batch, Inputs, check_features};
use super::encoder::TextEncoder;
use super::engine::Engine;
use super::entry::{Entry, Model, read_config};
use super::error::Result;
use super::label_bank::{BankRules, LabelBank};
use super::layers::{LastState, PostFusion, PostFusionOutput};
use super::losses::{Losses, Term};
use super::recipe::{ParamGroup, Recipe};
use super::reference;
use super::setup::{Setup, Shapes};
use super::trace::Trace;
use super::variant::COMPAT;

mod config;

pub use config::Config;

/// Registry entry.
pub static ENTRY: Entry = Entry {
    name: NAME,
    title: "Self-MM",
    citation: "Yu, Xu, Yuan, Wu: Learning Modality-Specific Representations with \
               Self-Supervised Multi-Task Learning for Multimodal Sentiment Analysis. AAAI 2021",
    summary: "one head per modality, trained on labels made from distances to class centers",
    trained: true,
    needs_complete: false,
    recipe: config::recipe,
    config: |profile| super::entry::to_json(&Config::of(profile)),
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
    /// Fusion, text, audio, vision.
    heads: [PostFusion; 4],
    bank: LabelBank,
    shapes: Shapes,
    config: Config,
}

/// Outputs of the four heads: fusion, text, audio, vision.
type Outputs = [PostFusionOutput; 4];

impl SelfMm {
    /// Builds the network, with a row in the bank for every training sample.
    ///
    /// # Errors
    /// Those of [`TextEncoder::new`].
    pub fn new(setup: &Setup<'_>, config: Config) -> Result<Self> {
        let path = &setup.path;
        let (audio, vision) = (config.audio_out, config.video_out);
        let [text, audio_width, vision_width] = setup.widths();
        let reader = |name: &str, inputs, hidden, outputs| {
            LastState::new(&(path / name), inputs, hidden, outputs)
        };
        let dims = [
            config.post_fusion_dim,
            config.post_text_dim,
            config.post_audio_dim,
            config.post_video_dim,
        ];
        let bank = BankRules {
            limit: config.label_limit,
            lose_centers: config.compat,
        };
        let head = |name: &str, inputs, i: usize, dropout| {
            PostFusion::new(path, name, inputs, dims[i], dropout)
        };
        Ok(Self {
            encoder: TextEncoder::new(&(path / "text_model" / "model"), &setup.encoder)?,
            audio: reader("audio_model", audio_width, config.a_lstm_hidden_size, audio),
            vision: reader(
                "video_model",
                vision_width,
                config.v_lstm_hidden_size,
                vision,
            ),
            heads: [
                head(
                    "post_fusion",
                    text + audio + vision,
                    0,
                    config.post_fusion_dropout,
                ),
                head("post_text", text, 1, config.post_text_dropout),
                head("post_audio", audio, 2, config.post_audio_dropout),
                head("post_video", vision, 3, config.post_video_dropout),
            ],
            bank: LabelBank::new(path, setup.labels.count as i64, dims, bank),
            shapes: setup.shapes,
            config,
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
        let outputs: Outputs = std::array::from_fn(|i| self.heads[i].forward(read[i], train));
        const NAMES: [[&str; 2]; 4] = [
            ["feature_f", "pred"],
            ["feature_t", "pred_t"],
            ["feature_a", "pred_a"],
            ["feature_v", "pred_v"],
        ];
        for ([feature, prediction], output) in NAMES.into_iter().zip(&outputs) {
            trace.record(feature, &output.feature);
            trace.record(prediction, &output.prediction);
        }
        Ok(outputs)
    }

    /// One term per head; a modality's counts the more, the further its label is from the sample's.
    fn terms(&self, outputs: &Outputs, index: &Tensor) -> Vec<Term> {
        const NAMES: [&str; 4] = ["M", "T", "A", "V"];
        let labels = self.bank.labels(index);
        let term = |i: usize| {
            let error = (outputs[i].prediction.flatten(0, -1) - &labels[i]).abs();
            let weighted = match i {
                0 => error,
                _ => error * (&labels[i] - &labels[0]).abs().tanh(),
            };
            Term {
                name: NAMES[i],
                weight: 1.0,
                value: weighted.mean(None::<Kind>),
            }
        };
        (0..NAMES.len()).map(term).collect()
    }
}

impl Model for SelfMm {
    fn train(&mut self, batch: &Batch, trace: &mut Trace) -> Result<Losses> {
        batch.check(NAME)?;
        self.bank.check(&batch.index, NAME)?;
        let index = Tensor::from_slice(&batch.index).to_device(batch.label.device());
        if batch.epoch == 1 {
            self.bank.start(&index, &batch.label.flatten(0, -1));
        }
        let outputs = self.forward(&batch.masked, true, trace)?;
        let terms = self.terms(&outputs, &index);
        let features = std::array::from_fn(|i| &outputs[i].feature);
        self.bank.absorb(&index, features, batch.epoch);
        let [fusion, ..] = outputs;
        Ok(Losses::weighted(terms, fusion.prediction))
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
        let group = |name, prefix: &str, i: usize| ParamGroup {
            name,
            prefixes: vec![prefix.to_owned()],
            containing: &[],
            learning_rate: recipe.learning_rate * self.config.relative_rates[i],
            weight_decay: recipe.weight_decay * self.config.relative_decays[i],
        };
        let mut groups = vec![
            group("audio", "audio_model", 1),
            group("vision", "video_model", 2),
            ParamGroup::all(recipe),
        ];
        if self.encoder.is_trained() {
            let bert = group("bert", "text_model", 0);
            let bare = ParamGroup {
                name: "bert without decay",
                containing: &["bias", "LayerNorm"],
                weight_decay: 0.0,
                ..bert.clone()
            };
            groups.splice(0..0, [bare, bert]);
        }
        groups
    }
}

fn build(setup: &Setup<'_>) -> Result<Box<dyn Model>> {
    Ok(Box::new(SelfMm::new(
        setup,
        read_config(NAME, &setup.config)?,
    )?))
}
