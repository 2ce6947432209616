//! EF-LSTM, early fusion (MMSA's baseline; Williams et al., 2018).
//!
//! Text, audio and vision, brought to one number of steps, are joined step by step, normalised and
//! read by a stacked LSTM. Formulas and defaults: MMSA v2.2.1, `models/singleTask/EF_LSTM.py` and
//! `config/config_regression.json`.
//!
//! Where the reference slips: its batch norm takes the time axis for the features, so that each step
//! is scaled over all features of all modalities together. Here every feature is normalised over
//! clips and steps; `ef_lstm:compat` keeps the reference's axis.
//!
//! Files that are not aligned are brought to the text's steps by average pooling, as the reference
//! does.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tch::Tensor;
use tch::nn::{self, Module, ModuleT};

use super::batch::{Batch, Inputs, check_features};
use super::encoder::{BertConfig, EncoderSetup, TextEncoder};
use super::engine::Engine;
use super::entry::{Entry, Model, read_case, read_config};
use super::error::Result;
use super::layers::{Lstm, LstmSize, align, init};
use super::losses::Losses;
use super::mmsa;
use super::recipe::Recipe;
use super::setup::{Profile, Setup};
use super::trace::Trace;
use super::variant::COMPAT;

/// Registry entry.
pub static ENTRY: Entry = Entry {
    name: NAME,
    title: "EF-LSTM",
    citation: "Williams, Kleinegesse, Comanescu, Radu: Recognizing Emotions in Video Using \
               Multimodal DNN Feature Fusion. Challenge-HML at ACL 2018",
    summary: "all modalities joined step by step and read by a stacked LSTM",
    trained: true,
    needs_complete: false,
    recipe,
    config: |profile| super::entry::to_json(&Config::of(profile)),
    variants: &[COMPAT],
    build,
    from_case: Some(from_case),
};

const NAME: &str = "ef_lstm";

fn recipe(profile: Profile) -> Recipe {
    let (learning_rate, weight_decay, batch_size) = match profile {
        Profile::Mosi => (1e-3, 5e-3, 32),
        Profile::Mosei => (5e-3, 1e-4, 128),
        Profile::Sims => (5e-4, 1e-3, 128),
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
    /// Keep the reference's slip, named above.
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
    Steps(i64),
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
    /// Features of audio and vision.
    widths: [i64; 2],
}

impl EfLstm {
    /// Builds the network for audio and vision features of these widths.
    fn new(
        path: &nn::Path<'_>,
        config: &Config,
        encoder: &EncoderSetup,
        widths: [i64; 2],
        axis: NormAxis,
    ) -> Result<Self> {
        let features = encoder.width() + widths[0] + widths[1];
        let channels = match axis {
            NormAxis::Features => features,
            NormAxis::Steps(steps) => steps,
        };
        let hidden = config.hidden_dims;
        let size = LstmSize {
            layers: config.num_layers,
            dropout: config.dropout,
            ..LstmSize::single(features, hidden)
        };
        Ok(Self {
            encoder: TextEncoder::new(&(path / "bertmodel" / "model"), encoder)?,
            norm: init::batch_norm(path / "norm", channels),
            axis,
            lstm: Lstm::new(path / "lstm", size),
            linear: init::linear(path / "linear", hidden, hidden),
            out: init::linear(path / "out", hidden, 1),
            dropout: config.dropout,
            widths,
        })
    }

    fn forward(&self, inputs: &Inputs, train: bool, trace: &mut Trace) -> Result<Tensor> {
        check_features(&inputs.audio, i64::MAX, self.widths[0], NAME)?;
        check_features(&inputs.vision, i64::MAX, self.widths[1], NAME)?;
        let text = self.encoder.encode(&inputs.text, NAME, train)?;
        let steps = text.size()[1];
        if let NormAxis::Steps(expected) = self.axis {
            check_features(&text, expected, text.size()[2], NAME)?;
        }
        let (audio, vision) = (align(&inputs.audio, steps), align(&inputs.vision, steps));
        trace.record("audio_aligned", &audio);
        trace.record("vision_aligned", &vision);
        let normed = self.normalise(&Tensor::cat(&[text, audio, vision], 2), train);
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

    /// (B, T, features), normalised.
    fn normalise(&self, x: &Tensor, train: bool) -> Tensor {
        match self.axis {
            NormAxis::Steps(_) => self.norm.forward_t(x, train),
            NormAxis::Features => {
                let by_feature = x.transpose(1, 2);
                self.norm.forward_t(&by_feature, train).transpose(1, 2)
            }
        }
    }
}

impl Model for EfLstm {
    fn train(&mut self, batch: &Batch, trace: &mut Trace) -> Result<Losses> {
        batch.check(NAME)?;
        let prediction = self.forward(&batch.masked, true, trace)?;
        Ok(Losses::l1(prediction, &batch.label))
    }

    fn predict(&self, inputs: &Inputs, trace: &mut Trace) -> Result<Tensor> {
        self.forward(inputs, false, trace)
    }

    fn text_encoder(&self) -> Option<&TextEncoder> {
        Some(&self.encoder)
    }

    fn set_engine(&mut self, engine: Engine) {
        self.encoder.set_engine(engine);
    }
}

fn build(setup: &Setup<'_>) -> Result<Box<dyn Model>> {
    let config: Config = read_config(NAME, setup)?;
    let widths = setup.shapes.widths();
    let axis = match config.compat {
        true => NormAxis::Steps(setup.shapes.text_steps),
        false => NormAxis::Features,
    };
    let model = EfLstm::new(&setup.path, &config, &setup.encoder, widths, axis)?;
    Ok(Box::new(model))
}

/// Steps of a reference case.
#[derive(Deserialize)]
struct Steps {
    seq_lens: i64,
}

fn from_case(
    path: &nn::Path<'_>,
    config: &Value,
    bert: Option<&BertConfig>,
) -> Result<Box<dyn Model>> {
    let mut case: mmsa::Case<Config> = read_case(NAME, config)?;
    case.config.compat = true;
    let steps: Steps = read_case(NAME, config)?;
    let axis = NormAxis::Steps(steps.seq_lens);
    let (encoder, widths) = (case.encoder(bert), case.widths());
    let model = EfLstm::new(path, &case.config, &encoder, widths, axis)?;
    Ok(Box::new(model))
}
