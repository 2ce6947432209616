//! TFN, tensor fusion network (Zadeh et al., EMNLP 2017; MMSA's form).
//!
//! One vector per modality, each with a constant 1 in front; their outer product holds every
//! unimodal, bimodal and trimodal interaction and goes through three linear layers. The output is a
//! sigmoid over the label range. Formulas and defaults: MMSA v2.2.1, `models/singleTask/TFN.py` and
//! `config/config_regression.json`.
//!
//! Where the reference slips: it stretches the sigmoid to [-3, 3] on CH-SIMS too, whose labels lie
//! in [-1, 1]. Here the range is the data set's own; `tfn:compat` keeps [-3, 3].

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tch::{Tensor, nn};

use super::batch::{Batch, Inputs};
use super::encoder::{BertConfig, EncoderSetup, TextEncoder};
use super::engine::Engine;
use super::entry::{Entry, Model, read_case, read_config};
use super::error::Result;
use super::layers::PostFusion;
use super::losses::Losses;
use super::mmsa;
use super::recipe::Recipe;
use super::setup::{Profile, Setup};
use super::trace::Trace;
use super::unimodal::{Unimodal, UnimodalSize, prepend_one};
use super::variant::COMPAT;

/// Registry entry.
pub static ENTRY: Entry = Entry {
    name: NAME,
    title: "TFN",
    citation: "Zadeh, Chen, Poria, Cambria, Morency: Tensor Fusion Network for Multimodal \
               Sentiment Analysis. EMNLP 2017",
    summary: "outer product of one vector per modality",
    trained: true,
    needs_complete: false,
    recipe,
    config: |profile| super::entry::to_json(&Config::of(profile)),
    variants: &[COMPAT],
    build,
    from_case: Some(from_case),
};

const NAME: &str = "tfn";

fn recipe(profile: Profile) -> Recipe {
    let (learning_rate, batch_size) = match profile {
        Profile::Mosi => (1e-3, 32),
        Profile::Mosei => (5e-3, 128),
        Profile::Sims => (5e-4, 32),
    };
    mmsa::recipe(learning_rate, 0.0, batch_size)
}

/// Hyper-parameters. Hidden sizes are (text, audio, vision), dropouts (audio, vision, text, fusion),
/// as in MMSA.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Config {
    pub hidden_dims: [i64; 3],
    /// Text features that enter the product.
    pub text_out: i64,
    /// Hidden features after the product.
    pub post_fusion_dim: i64,
    /// The third is not used: MMSA sets it to 0 for a one-layer LSTM.
    pub dropouts: [f64; 4],
    /// Keep the reference's slip, named above.
    #[serde(default)]
    pub compat: bool,
}

impl Config {
    /// MMSA's tuned values.
    pub fn of(profile: Profile) -> Self {
        let (hidden_dims, text_out, post_fusion_dim, dropouts) = match profile {
            Profile::Mosi => ([128, 32, 128], 32, 64, [0.3, 0.3, 0.3, 0.5]),
            Profile::Mosei => ([128, 16, 128], 128, 16, [0.4; 4]),
            Profile::Sims => ([128, 32, 128], 256, 32, [0.4; 4]),
        };
        Self {
            hidden_dims,
            text_out,
            post_fusion_dim,
            dropouts,
            compat: false,
        }
    }
}

/// The network.
#[derive(Debug)]
pub struct Tfn {
    unimodal: Unimodal,
    post_fusion: PostFusion,
    // Stored with the weights, as in MMSA's checkpoints, and never trained.
    output_range: Tensor,
    output_shift: Tensor,
}

impl Tfn {
    /// Builds the network for audio and vision features of these widths and labels between `lowest`
    /// and `highest`.
    ///
    /// # Errors
    /// Those of [`Unimodal::new`].
    pub fn new(
        path: &nn::Path<'_>,
        config: &Config,
        encoder: &EncoderSetup,
        widths: [i64; 2],
        [lowest, highest]: [f64; 2],
    ) -> Result<Self> {
        let [_, audio, vision] = config.hidden_dims;
        let [audio_dropout, vision_dropout, _, fusion_dropout] = config.dropouts;
        let size = UnimodalSize {
            hidden: config.hidden_dims,
            text_out: config.text_out,
            dropouts: [audio_dropout, vision_dropout],
        };
        let product = (config.text_out + 1) * (audio + 1) * (vision + 1);
        let hidden = config.post_fusion_dim;
        Ok(Self {
            unimodal: Unimodal::new(path, size, encoder, widths)?,
            post_fusion: PostFusion::new(path, "post_fusion", product, hidden, fusion_dropout),
            output_range: constant(path, "output_range", highest - lowest),
            output_shift: constant(path, "output_shift", lowest),
        })
    }

    fn forward(&self, inputs: &Inputs, train: bool, trace: &mut Trace) -> Result<Tensor> {
        let features = self.unimodal.forward(inputs, NAME, train, trace)?;
        let fused = outer_product(&features.audio, &features.vision, &features.text);
        trace.record("feature_f", &fused);
        let score = self.post_fusion.forward(&fused, train).prediction.sigmoid();
        let prediction = score * &self.output_range + &self.output_shift;
        trace.record("pred", &prediction);
        Ok(prediction)
    }
}

/// A scalar that belongs to the checkpoint and gets no gradient.
fn constant(path: &nn::Path<'_>, name: &str, value: f64) -> Tensor {
    let tensor = path.zeros_no_train(name, &[1]);
    tch::no_grad(|| tensor.shallow_clone().fill_(value))
}

/// (B, (a+1)(v+1)(t+1)): audio slowest, then vision, text fastest.
fn outer_product(audio: &Tensor, vision: &Tensor, text: &Tensor) -> Tensor {
    let [audio, vision, text] = [audio, vision, text].map(prepend_one);
    let pairs = (audio.unsqueeze(2) * vision.unsqueeze(1)).flatten(1, 2);
    (pairs.unsqueeze(2) * text.unsqueeze(1)).flatten(1, 2)
}

impl Model for Tfn {
    fn train(&mut self, batch: &Batch, trace: &mut Trace) -> Result<Losses> {
        batch.check(NAME)?;
        let prediction = self.forward(&batch.masked, true, trace)?;
        Ok(Losses::l1(prediction, &batch.label))
    }

    fn predict(&self, inputs: &Inputs, trace: &mut Trace) -> Result<Tensor> {
        self.forward(inputs, false, trace)
    }

    fn text_encoder(&self) -> Option<&TextEncoder> {
        Some(self.unimodal.encoder())
    }

    fn set_engine(&mut self, engine: Engine) {
        self.unimodal.set_engine(engine);
    }
}

fn build(setup: &Setup<'_>) -> Result<Box<dyn Model>> {
    let config: Config = read_config(NAME, setup)?;
    let widths = setup.shapes.widths();
    let range = match setup.profile {
        Profile::Sims if !config.compat => [-1.0, 1.0],
        _ => [-3.0, 3.0],
    };
    let model = Tfn::new(&setup.path, &config, &setup.encoder, widths, range)?;
    Ok(Box::new(model))
}

fn from_case(
    path: &nn::Path<'_>,
    config: &Value,
    bert: Option<&BertConfig>,
) -> Result<Box<dyn Model>> {
    let mut case: mmsa::Case<Config> = read_case(NAME, config)?;
    case.config.compat = true;
    let (encoder, widths) = (case.encoder(bert), case.widths());
    let model = Tfn::new(path, &case.config, &encoder, widths, [-3.0, 3.0])?;
    Ok(Box::new(model))
}
