//! MAG-BERT, a multimodal adaptation gate inside BERT (Rahman et al., ACL 2020; MMSA's form).
//!
//! A gate between BERT's embedding and its first layer shifts the vector of every word by audio and
//! vision; BERT's pooled output is the only input of the prediction. The paper claims that fine-tuning
//! BERT with the gate beats BERT on text alone and the fusion of vectors after it. Formulas and defaults:
//! MMSA v2.2.1,
//! [BERT_MAG.py](https://github.com/thuiar/MMSA/blob/a94e65d/src/MMSA/models/singleTask/BERT_MAG.py),
//! [AlignNets.py](https://github.com/thuiar/MMSA/blob/a94e65d/src/MMSA/models/subNets/AlignNets.py) and
//! [config_regression.json](https://github.com/thuiar/MMSA/blob/a94e65d/src/MMSA/config/config_regression.json).
//!
//! The gate reads the frame of audio and of vision at a word's own position, so that both must have as
//! many steps as the text: MMSA trains it on the aligned files of MOSI and MOSEI. Other data are refused
//! before training. `bert_mag:avg-pool` averages frames over windows of equal length first, as MMSA does
//! for SIMS, which has no aligned file: such a window and a word meet by their share of the padded
//! length alone, padding included.
//!
//! The published code has no error that changes results, so that there is no variant `compat`. Its
//! dropout before the last layer is BERT's own, not `dropout_prob`, which is the gate's. MMSA's early stop
//! applies only where a run requests it. MMSA has no settings for SIMSv2: those of SIMS are used there.
//!
//! Text is a fine-tuned BERT (`--encoder bert:DIR`). The gate changes the states inside it, so that ready-made
//! states (`--encoder frozen:DIR` or `features`) are refused.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tch::Tensor;
use tch::nn::{self, Module};

use self::gate::{Gate, GateSize};
use super::batch::{Inputs, check_features};
use super::encoder::{TextEncoder, needs_encoder};
use super::entry::{Entry, Model, read_config};
use super::error::{ModelError, Result, shape};
use super::layers::{Beside, Extension, align, bert_linear};
use super::recipe::Recipe;
use super::regressor::Regressor;
use super::setup::{Outline, Profile, Setup, Shapes};
use super::trace::Trace;
use super::variant::Variant;
use super::{mmsa, reference, search_space};

mod gate;

/// Registry entry.
pub static ENTRY: Entry = Entry {
    name: NAME,
    title: "MAG-BERT",
    citation: "Wasifur Rahman, Md Kamrul Hasan, Sangwu Lee, AmirAli Bagher Zadeh, Chengfeng Mao, \
               Louis-Philippe Morency, Ehsan Hoque: Integrating Multimodal Information in Large \
               Pretrained Transformers. ACL 2020",
    summary: "a gate inside BERT shifts the embedding of every word by audio and vision",
    trained: true,
    needs_complete: false,
    recipe,
    config: |profile| super::entry::to_json(&Config::of(profile)),
    space: &[search_space::dropout("dropout_prob")],
    variants: &[Variant {
        name: "avg-pool",
        summary: "averages frames that are not aligned with words over windows of equal length",
        set: &[("avg_pool", "true")],
    }],
    check: Some(check),
    build,
    case: Some(reference::mmsa),
};

const NAME: &str = "bert_mag";

fn recipe(profile: Profile) -> Recipe {
    let learning_rate = match profile {
        Profile::Mosi => 2e-5,
        Profile::Mosei => 1e-5,
        Profile::Sims | Profile::SimsV2 => 5e-5,
    };
    mmsa::recipe(learning_rate, 0.0, 32)
}

/// Hyper-parameters under MMSA's names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// Largest length of a shift, as a multiple of that of the word's vector.
    pub beta_shift: f64,
    /// After the gate.
    pub dropout_prob: f64,
    /// Whether frames are averaged to the text's steps, which the published model does; reference cases
    /// do not name it.
    #[serde(default = "as_published")]
    pub avg_pool: bool,
}

fn as_published() -> bool {
    true
}

impl Config {
    /// MMSA's tuned values; SIMS's for SIMSv2.
    pub fn of(profile: Profile) -> Self {
        Self {
            beta_shift: 1.0,
            dropout_prob: match profile {
                Profile::Mosi => 0.3,
                Profile::Mosei => 0.2,
                Profile::Sims | Profile::SimsV2 => 0.1,
            },
            avg_pool: false,
        }
    }
}

/// The network.
#[derive(Debug)]
pub struct BertMag {
    encoder: TextEncoder,
    classifier: nn::Linear,
    /// Before the classifier: BERT's own.
    dropout: f64,
    shapes: Shapes,
    avg_pool: bool,
}

impl BertMag {
    /// Builds the network.
    ///
    /// # Errors
    /// Those of [`TextEncoder::extended`].
    pub fn new(setup: &Setup<'_>, config: &Config) -> Result<Self> {
        let (path, [width, audio, vision]) = (&setup.path / "model", setup.widths());
        let mut dropout = 0.0;
        let encoder =
            TextEncoder::extended(&(&path / "bert"), &setup.encoder, NAME, |path, bert| {
                dropout = bert.hidden_dropout_prob;
                let size = GateSize {
                    width,
                    audio,
                    vision,
                    beta_shift: config.beta_shift,
                    dropout: config.dropout_prob,
                };
                Ok(Extension {
                    hook: Some(Box::new(Gate::new(&(path / "MAG"), size))),
                    ..Extension::default()
                })
            })?;
        Ok(Self {
            encoder,
            classifier: bert_linear(&path / "classifier", width, 1),
            dropout,
            shapes: setup.shapes,
            avg_pool: config.avg_pool,
        })
    }

    /// Frames (B, frames, width) as (B, `steps`, width).
    fn aligned(&self, x: &Tensor, steps: i64, what: &'static str) -> Result<Tensor> {
        let size = x.size();
        if self.avg_pool || size[1] == steps {
            return Ok(align(x, steps));
        }
        Err(ModelError::Input {
            model: NAME,
            what,
            expected: format!("(B, {steps}, {}), a frame per word of the text", size[2]),
            got: shape(&size),
        })
    }
}

impl Regressor for BertMag {
    const NAME: &'static str = NAME;

    fn forward(&self, inputs: &Inputs, train: bool, trace: &mut Trace) -> Result<Tensor> {
        let (audio, vision) = (self.shapes.audio_width, self.shapes.vision_width);
        check_features(&inputs.audio, i64::MAX, audio, NAME, "audio features")?;
        check_features(&inputs.vision, i64::MAX, vision, NAME, "vision features")?;
        let steps = self.encoder.tokens(&inputs.text, NAME)?.size()[2];
        let beside = Beside {
            audio: self.aligned(&inputs.audio, steps, "audio features")?,
            vision: self.aligned(&inputs.vision, steps, "vision features")?,
            audio_lengths: inputs.audio_lengths.shallow_clone(),
            vision_lengths: inputs.vision_lengths.shallow_clone(),
        };
        trace.record("audio_aligned", &beside.audio);
        trace.record("vision_aligned", &beside.vision);
        let states = self
            .encoder
            .encode_beside(&inputs.text, &beside, NAME, train, trace)?;
        trace.record("last_hidden", &states);
        let pooled = self.encoder.pool(&states);
        trace.record("pooled", &pooled);
        let prediction = self
            .classifier
            .forward(&pooled.dropout(self.dropout, train));
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

/// Refuses ready-made states, and frames that are not aligned unless they are to be averaged.
fn check(config: &Value, outline: &Outline) -> Result<()> {
    let config: Config = read_config(NAME, config)?;
    if !outline.has_encoder {
        return Err(needs_encoder(NAME));
    }
    let Shapes {
        text_steps,
        audio_steps,
        vision_steps,
        ..
    } = outline.shapes;
    if config.avg_pool || [audio_steps, vision_steps] == [text_steps; 2] {
        return Ok(());
    }
    Err(ModelError::Config {
        model: NAME,
        what: "audio and vision",
        expected: format!("aligned data, a frame for each of the text's {text_steps} steps"),
        got: format!(
            "{audio_steps} frames of audio and {vision_steps} of vision: prepare the data set's \
             aligned file, or run {NAME}:avg-pool, which averages frames over windows of equal \
             length as the authors' code does where no aligned file exists"
        ),
    })
}

fn build(setup: &Setup<'_>) -> Result<Box<dyn Model>> {
    Ok(Box::new(BertMag::new(
        setup,
        &read_config(NAME, &setup.config)?,
    )?))
}
