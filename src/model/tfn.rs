//! TFN, tensor fusion network (Zadeh et al., EMNLP 2017; MMSA's form).
//!
//! One vector per modality, each with a constant 1 in front; their outer product holds every unimodal,
//! bimodal and trimodal interaction and goes through three linear layers. The output is a sigmoid over the
//! label range. Formulas and defaults: MMSA v2.2.1,
//! [TFN.py](https://github.com/thuiar/MMSA/blob/a94e65d/src/MMSA/models/singleTask/TFN.py) and
//! [config_regression.json](https://github.com/thuiar/MMSA/blob/a94e65d/src/MMSA/config/config_regression.json).
//!
//! Reference bug: it stretches the sigmoid to [-3, 3] on CH-SIMS too, whose labels are in [-1, 1]. Here
//! the range is the data set's own (`label_range` in `datasets.toml`); `tfn:compat` keeps [-3, 3].
//!
//! Means over time include the padding of a sample, as in the reference. A batch of one sample, for which
//! PyTorch's batch norm raises an error, is normalized by the running statistics.
//!
//! Text as published is a frozen BERT's states (`--encoder frozen:DIR`, or the data file's own text
//! features, which are such states: `--encoder features`); with `bert:DIR` the BERT is fine-tuned, which
//! MMSA does not offer.

use serde::{Deserialize, Serialize};
use tch::Tensor;

use super::batch::Inputs;
use super::encoder::TextEncoder;
use super::entry::{Entry, Model, read_config};
use super::error::Result;
use super::layers::unimodal::prepend_one;
use super::layers::{PostFusion, Unimodal, UnimodalSize, init};
use super::recipe::Recipe;
use super::regressor::Regressor;
use super::setup::{Profile, Setup};
use super::trace::Trace;
use super::variant::COMPAT;
use super::{mmsa, reference, search_space};

/// Registry entry.
pub static ENTRY: Entry = Entry {
    name: NAME,
    title: "TFN",
    citation: "Amir Zadeh, Minghai Chen, Soujanya Poria, Erik Cambria, Louis-Philippe Morency: \
               Tensor Fusion Network for Multimodal Sentiment Analysis. EMNLP 2017",
    summary: "outer product of one vector per modality",
    trained: true,
    needs_complete: false,
    recipe,
    config: |profile| super::entry::to_json(&Config::of(profile)),
    space: &[search_space::dropout("dropouts")],
    variants: &[COMPAT],
    check: None,
    build,
    case: Some(reference::mmsa),
};

const NAME: &str = "tfn";

fn recipe(profile: Profile) -> Recipe {
    let (learning_rate, batch_size) = match profile {
        Profile::Mosi => (1e-3, 32),
        Profile::Mosei => (5e-3, 128),
        Profile::Sims => (5e-4, 32),
        Profile::SimsV2 => (2e-3, 128),
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
    /// Whether the reference bug described above is reproduced.
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
            Profile::SimsV2 => ([128, 32, 128], 128, 32, [0.3, 0.3, 0.3, 0.5]),
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
    encoder: TextEncoder,
    unimodal: Unimodal,
    post_fusion: PostFusion,
    // Stored with the weights, as in MMSA's checkpoints, and never trained.
    output_range: Tensor,
    output_shift: Tensor,
}

impl Tfn {
    /// Builds the network.
    ///
    /// # Errors
    /// Those of [`TextEncoder::new`].
    pub fn new(setup: &Setup<'_>, config: &Config) -> Result<Self> {
        let (path, hidden) = (&setup.path, config.post_fusion_dim);
        let size = UnimodalSize::new(config.hidden_dims, config.text_out, config.dropouts);
        let product = size.outputs().iter().map(|features| features + 1).product();
        let [lowest, highest] = if config.compat {
            [-3.0, 3.0]
        } else {
            setup.label_range
        };
        let dropout = config.dropouts[3];
        Ok(Self {
            encoder: TextEncoder::new(&(path / "bertmodel" / "model"), &setup.encoder)?,
            unimodal: Unimodal::new(path, size, setup.widths()),
            post_fusion: PostFusion::new(path, "post_fusion", product, hidden, dropout),
            output_range: init::constant(path, "output_range", highest - lowest),
            output_shift: init::constant(path, "output_shift", lowest),
        })
    }
}

/// (B, (a+1)(v+1)(t+1)): audio slowest, then vision, text fastest.
fn outer_product(audio: &Tensor, vision: &Tensor, text: &Tensor) -> Tensor {
    let [audio, vision, text] = [audio, vision, text].map(prepend_one);
    let pairs = (audio.unsqueeze(2) * vision.unsqueeze(1)).flatten(1, 2);
    (pairs.unsqueeze(2) * text.unsqueeze(1)).flatten(1, 2)
}

impl Regressor for Tfn {
    const NAME: &'static str = NAME;

    fn forward(&self, inputs: &Inputs, train: bool, trace: &mut Trace) -> Result<Tensor> {
        let states = self.encoder.encode(&inputs.text, NAME, train)?;
        let features = self.unimodal.forward(&states, inputs, NAME, train, trace)?;
        let fused = outer_product(&features.audio, &features.vision, &features.text);
        trace.record("feature_f", &fused);
        let score = self.post_fusion.forward(&fused, train).prediction.sigmoid();
        let prediction = score * &self.output_range + &self.output_shift;
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
    Ok(Box::new(Tfn::new(
        setup,
        &read_config(NAME, &setup.config)?,
    )?))
}
