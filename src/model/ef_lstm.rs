//! EF-LSTM, early fusion (MMSA's baseline; Williams et al., 2018).
//!
//! Text, audio and vision, brought to one number of steps, are joined step by step, normalized and read
//! by a stacked LSTM. Formulas and defaults: MMSA v2.2.1,
//! [EF_LSTM.py](https://github.com/thuiar/MMSA/blob/a94e65d/src/MMSA/models/singleTask/EF_LSTM.py) and
//! [config_regression.json](https://github.com/thuiar/MMSA/blob/a94e65d/src/MMSA/config/config_regression.json).
//!
//! Reference bug: its batch norm takes the time axis for the features, so that each step is scaled over
//! all features of all modalities together. Here every feature is normalized over samples and steps;
//! `ef_lstm:compat` keeps the reference's axis.
//!
//! Files that are not aligned are brought to the text's steps by average pooling, as in the reference.
//! Padding is normalized and read like all other steps, as in the reference.
//!
//! Text as published is the data file's own features (`--encoder features`), a frozen BERT's states; with
//! `bert:DIR` the BERT is fine-tuned, which MMSA does not offer.

use serde::{Deserialize, Serialize};
use tch::Tensor;
use tch::nn::{self, Module, ModuleT};

use super::batch::{Inputs, check_features};
use super::encoder::TextEncoder;
use super::entry::{Entry, Model, read_config};
use super::error::{ModelError, Result, shape};
use super::layers::{Lstm, LstmSize, align, init};
use super::recipe::Recipe;
use super::regressor::Regressor;
use super::setup::{Profile, Setup};
use super::trace::Trace;
use super::variant::COMPAT;
use super::{mmsa, reference, search_space};

/// Registry entry.
pub static ENTRY: Entry = Entry {
    name: NAME,
    title: "EF-LSTM",
    citation: "Jennifer Williams, Steven Kleinegesse, Ramona Comanescu, Oana Radu: Recognizing \
               Emotions in Video Using Multimodal DNN Feature Fusion. Challenge-HML at ACL 2018",
    summary: "all modalities joined step by step and read by a stacked LSTM",
    trained: true,
    needs_complete: false,
    recipe,
    config: |profile| super::entry::to_json(&Config::of(profile)),
    space: &[search_space::dropout("dropout")],
    variants: &[COMPAT],
    check: None,
    build,
    case: Some(reference::mmsa),
};

const NAME: &str = "ef_lstm";

fn recipe(profile: Profile) -> Recipe {
    let (learning_rate, weight_decay, batch_size) = match profile {
        Profile::Mosi => (1e-3, 5e-3, 32),
        Profile::Mosei => (5e-3, 1e-4, 128),
        Profile::Sims => (5e-4, 1e-3, 128),
        Profile::SimsV2 => (5e-4, 0.0, 32),
    };
    mmsa::recipe(learning_rate, weight_decay, batch_size)
}

/// Hyper-parameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// LSTM state, and the hidden layer after it.
    pub hidden_dims: i64,
    pub num_layers: i64,
    /// Between LSTM layers and around the hidden layer.
    pub dropout: f64,
    /// Whether the reference bug described above is reproduced.
    #[serde(default)]
    pub compat: bool,
}

impl Config {
    /// MMSA's tuned values.
    pub fn of(profile: Profile) -> Self {
        let (hidden_dims, num_layers, dropout) = match profile {
            Profile::Mosi => (128, 4, 0.5),
            Profile::Mosei => (256, 2, 0.4),
            Profile::Sims => (32, 3, 0.5),
            Profile::SimsV2 => (128, 3, 0.2),
        };
        Self {
            hidden_dims,
            num_layers,
            dropout,
            compat: false,
        }
    }
}

/// What the batch norm takes for its features.
#[derive(Clone, Copy, Debug, PartialEq)]
enum NormAxis {
    Features,
    /// The reference's: as many as there are steps.
    Steps,
}

/// The network.
#[derive(Debug)]
pub struct EfLstm {
    encoder: TextEncoder,
    norm: nn::BatchNorm,
    axis: NormAxis,
    lstm: Lstm,
    linear: nn::Linear,
    out: nn::Linear,
    dropout: f64,
    /// Features of text states, audio and vision.
    widths: [i64; 3],
    text_steps: i64,
}

impl EfLstm {
    /// Builds the network.
    ///
    /// # Errors
    /// Those of [`TextEncoder::new`].
    pub fn new(setup: &Setup<'_>, config: &Config) -> Result<Self> {
        let (path, hidden) = (&setup.path, config.hidden_dims);
        let widths = setup.widths();
        let features = widths.iter().sum();
        let (axis, channels) = if !config.compat {
            (NormAxis::Features, features)
        } else {
            (NormAxis::Steps, setup.shapes.text_steps)
        };
        let size = LstmSize {
            layers: config.num_layers,
            dropout: config.dropout,
            ..LstmSize::single(features, hidden)
        };
        Ok(Self {
            encoder: TextEncoder::new(&(path / "bertmodel" / "model"), &setup.encoder)?,
            norm: init::batch_norm(path / "norm", channels),
            axis,
            lstm: Lstm::new(path / "lstm", size),
            linear: init::linear(path / "linear", hidden, hidden),
            out: init::linear(path / "out", hidden, 1),
            dropout: config.dropout,
            widths,
            text_steps: setup.shapes.text_steps,
        })
    }

    /// The reference's norm has a channel per step, so that it takes this many and no fewer.
    fn check_steps(&self, text: &Tensor) -> Result<()> {
        let size = text.size();
        if self.axis == NormAxis::Features || size[1] == self.text_steps {
            return Ok(());
        }
        let (steps, width) = (self.text_steps, size[2]);
        Err(ModelError::Input {
            model: NAME,
            what: "text states",
            expected: format!("(B, {steps}, {width}), as its norm has a channel per step"),
            got: shape(&size),
        })
    }

    /// (B, T, features), normalized.
    fn normalize(&self, x: &Tensor, train: bool) -> Tensor {
        match self.axis {
            NormAxis::Steps => self.norm.forward_t(x, train),
            NormAxis::Features => {
                let by_feature = x.transpose(1, 2);
                self.norm.forward_t(&by_feature, train).transpose(1, 2)
            }
        }
    }
}

impl Regressor for EfLstm {
    const NAME: &'static str = NAME;

    fn forward(&self, inputs: &Inputs, train: bool, trace: &mut Trace) -> Result<Tensor> {
        let [_, audio, vision] = self.widths;
        check_features(&inputs.audio, i64::MAX, audio, NAME, "audio features")?;
        check_features(&inputs.vision, i64::MAX, vision, NAME, "vision features")?;
        let text = self.encoder.encode(&inputs.text, NAME, train)?;
        self.check_steps(&text)?;
        let steps = text.size()[1];
        let (audio, vision) = (align(&inputs.audio, steps), align(&inputs.vision, steps));
        trace.record("audio_aligned", &audio);
        trace.record("vision_aligned", &vision);
        let normed = self.normalize(&Tensor::cat(&[text, audio, vision], 2), train);
        trace.record("normed", &normed);
        let (_, hidden) = self.lstm.forward(&normed, train);
        let last = hidden.select(0, -1).dropout(self.dropout, train);
        let x = self
            .linear
            .forward(&last)
            .relu()
            .dropout(self.dropout, train);
        let prediction = self.out.forward(&x);
        trace.record("pred", &prediction);
        Ok(prediction)
    }

    fn encoder(&self) -> &TextEncoder {
        &self.encoder
    }

    fn encoder_mut(&mut self) -> &mut TextEncoder {
        &mut self.encoder
    }
}

fn build(setup: &Setup<'_>) -> Result<Box<dyn Model>> {
    Ok(Box::new(EfLstm::new(
        setup,
        &read_config(NAME, &setup.config)?,
    )?))
}
