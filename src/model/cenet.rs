//! CENET, a cross-modal enhancement network inside BERT (Wang et al., IEEE Transactions on Multimedia,
//! doi 10.1109/TMM.2022.3183830; MMSA's form).
//!
//! Before BERT's second layer every word attends to the frames of audio and of vision, and what it finds
//! is added to its state; the first state makes the prediction. The paper claims that emotional cues from
//! far in data that are not aligned enhance the words of a pretrained language model. Formulas and defaults:
//! MMSA v2.2.1,
//! [models/singleTask/CENET.py](https://github.com/thuiar/MMSA/blob/a94e65d/src/MMSA/models/singleTask/CENET.py),
//! [trains/singleTask/CENET.py](https://github.com/thuiar/MMSA/blob/a94e65d/src/MMSA/trains/singleTask/CENET.py) and
//! [config_regression.json](https://github.com/thuiar/MMSA/blob/a94e65d/src/MMSA/config/config_regression.json).
//!
//! Reference bugs: BERT's embedding is computed without gradient, so that its tables and its norm are
//! never trained, although they are in the optimizer's groups (the authors' own repository has no such
//! line); and words attend to the padding of audio and vision as to any frame. Here the embedding is
//! trained and padding is no frame; `cenet:compat` keeps both. A sample without any frame attends to its
//! padding in either form.
//!
//! As published, the scores of this attention are multiplied by 8, where others divide by the root of
//! the width (`ce_score_scale`; the authors' own repository has it too), padding of the text adds
//! -10000 to a score, and the block's biases are decayed like its weights, while BERT's and the head's are
//! not. Tables of word sentiment, part of speech and polarity are parameters of the checkpoint that no
//! data set of MMSA has ids for: they exist and are read by nothing. The authors' repository is another
//! system: it starts from SentiLARE, a RoBERTa that reads those ids, and from clustered audio and vision.
//!
//! MMSA's early stop applies only where a run requests it. Text is a fine-tuned BERT
//! (`--encoder bert:DIR`) of at least two layers. The block changes the states inside it, so that ready-made
//! states (`--encoder frozen:DIR` or `features`) are refused.

use tch::Tensor;
use tch::nn::{self, Init, Module, Path};

use self::enhancement::{Enhancement, EnhancementSize};
use super::batch::{Inputs, check_features};
use super::encoder::{BertConfig, TextEncoder, needs_encoder};
use super::entry::{Entry, Model, read_config};
use super::error::{ModelError, Result};
use super::layers::{Beside, Extension, bert_linear};
use super::recipe::{ParamGroup, Recipe};
use super::reference;
use super::regressor::Regressor;
use super::setup::{Outline, Setup, Shapes};
use super::trace::Trace;
use super::variant::COMPAT;

mod config;
mod enhancement;

pub use config::Config;

/// Registry entry.
pub static ENTRY: Entry = Entry {
    name: NAME,
    title: "CENET",
    citation: "Di Wang, Shuai Liu, Quan Wang, Yumin Tian, Lihuo He, Xinbo Gao: Cross-Modal \
               Enhancement Network for Multimodal Sentiment Analysis. IEEE Transactions on \
               Multimedia 25, 2023",
    summary: "words attend to the frames of audio and vision between two layers of BERT",
    trained: true,
    needs_complete: false,
    recipe: config::recipe,
    config: |profile| super::entry::to_json(&Config::of(profile)),
    space: &[],
    variants: &[COMPAT],
    check: Some(|_, outline| check(outline)),
    build,
    case: Some(reference::mmsa),
};

const NAME: &str = "cenet";

/// What padding of the text adds to BERT's scores.
const PADDING_SCORE: f64 = -1e4;

/// The network.
#[derive(Debug)]
pub struct Cenet {
    encoder: TextEncoder,
    dense: nn::Linear,
    out: nn::Linear,
    /// Around the hidden layer of the head: BERT's own.
    dropout: f64,
    shapes: Shapes,
    adam_epsilon: f64,
}

impl Cenet {
    /// Builds the network.
    ///
    /// # Errors
    /// Those of [`TextEncoder::extended`]; [`ModelError::Config`] for a BERT without the
    /// layer that the block runs before, or heads that do not divide its width.
    pub fn new(setup: &Setup<'_>, config: &Config) -> Result<Self> {
        let [width, audio, vision] = setup.widths();
        let mut dropout = 0.0;
        let size = EnhancementSize {
            width,
            audio,
            vision,
            heads: config.ce_heads,
            score_scale: config.ce_score_scale,
            depth: config.ce_layer,
            reads_padding: config.compat,
        };
        let encoder = TextEncoder::extended(
            &(&setup.path / "bert"),
            &setup.encoder,
            NAME,
            |path, bert| {
                check_bert(config, bert)?;
                dropout = bert.hidden_dropout_prob;
                let tables = [
                    ("senti_embeddings", config.senti_rows),
                    ("pos_tag_embeddings", config.pos_tag_rows),
                    ("polarity_embeddings", config.polarity_rows),
                ];
                for (name, rows) in tables {
                    unread(&(path / "embeddings" / name), rows, width);
                }
                let hook = Enhancement::new(&(path / "encoder" / "CE"), size);
                Ok(Extension {
                    hook: Some(Box::new(hook)),
                    padding_score: Some(PADDING_SCORE),
                    fixed_embedding: config.compat,
                })
            },
        )?;
        let head = &setup.path / "classifier";
        Ok(Self {
            encoder,
            dense: bert_linear(&head / "dense", width, width),
            out: bert_linear(&head / "out_proj", width, 1),
            dropout,
            shapes: setup.shapes,
            adam_epsilon: config.adam_epsilon,
        })
    }
}

/// A table that is in the reference's checkpoints and read by nothing.
fn unread(path: &Path<'_>, rows: i64, width: i64) {
    let normal = Init::Randn {
        mean: 0.0,
        stdev: 0.02,
    };
    let _ = path
        .var("weight", &[rows, width], normal)
        .set_requires_grad(false);
}

impl Regressor for Cenet {
    const NAME: &'static str = NAME;

    fn forward(&self, inputs: &Inputs, train: bool, trace: &mut Trace) -> Result<Tensor> {
        let (audio, vision) = (self.shapes.audio_width, self.shapes.vision_width);
        check_features(&inputs.audio, i64::MAX, audio, NAME, "audio features")?;
        check_features(&inputs.vision, i64::MAX, vision, NAME, "vision features")?;
        let beside = Beside {
            audio: inputs.audio.shallow_clone(),
            vision: inputs.vision.shallow_clone(),
            audio_lengths: inputs.audio_lengths.shallow_clone(),
            vision_lengths: inputs.vision_lengths.shallow_clone(),
        };
        let states = self
            .encoder
            .encode_beside(&inputs.text, &beside, NAME, train, trace)?;
        trace.record("last_hidden", &states);
        let first = states.select(1, 0).dropout(self.dropout, train);
        let hidden = self.dense.forward(&first).tanh();
        let prediction = self.out.forward(&hidden.dropout(self.dropout, train));
        trace.record("pred", &prediction);
        Ok(prediction)
    }

    fn encoder(&self) -> &TextEncoder {
        &self.encoder
    }

    fn encoder_mut(&mut self) -> &mut TextEncoder {
        &mut self.encoder
    }

    fn param_groups(&self, recipe: &Recipe) -> Vec<ParamGroup> {
        let all = ParamGroup::all(recipe);
        let prefixes = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        vec![
            ParamGroup {
                name: "enhancement",
                prefixes: prefixes(&["bert.encoder.CE."]),
                ..all.clone()
            },
            ParamGroup {
                name: "without decay",
                prefixes: prefixes(&["bert.", "classifier."]),
                containing: &["bias", "LayerNorm.weight"],
                weight_decay: 0.0,
                ..all.clone()
            },
            all,
        ]
    }

    fn adam_epsilon(&self) -> f64 {
        self.adam_epsilon
    }

    fn has_batch_statistics(&self) -> bool {
        false
    }
}

/// Refuses ready-made states.
fn check(outline: &Outline) -> Result<()> {
    if outline.has_encoder {
        Ok(())
    } else {
        Err(needs_encoder(NAME))
    }
}

fn check_bert(config: &Config, bert: &BertConfig) -> Result<()> {
    let (layers, block) = (bert.num_hidden_layers, config.ce_layer);
    if block as i64 >= layers {
        return Err(ModelError::Config {
            model: NAME,
            what: "text encoder",
            expected: format!(
                "at least {} layers, as the block runs before the last of them",
                block + 1
            ),
            got: layers.to_string(),
        });
    }
    if config.ce_heads < 1 || bert.hidden_size % config.ce_heads != 0 {
        return Err(ModelError::Config {
            model: NAME,
            what: "ce_heads",
            expected: format!("a divisor of the text encoder's width {}", bert.hidden_size),
            got: config.ce_heads.to_string(),
        });
    }
    Ok(())
}

fn build(setup: &Setup<'_>) -> Result<Box<dyn Model>> {
    Ok(Box::new(Cenet::new(
        setup,
        &read_config(NAME, &setup.config)?,
    )?))
}
