//! LMF, low-rank multimodal fusion (Liu et al., ACL 2018; MMSA's form).
//!
//! TFN's outer product and the linear layer after it, factorized: each modality's vector, with a constant
//! 1 in front, is multiplied by a factor of a given rank; the three results are multiplied element by
//! element and summed over the ranks with learned weights. Formulas and defaults: MMSA v2.2.1,
//! [LMF.py](https://github.com/thuiar/MMSA/blob/a94e65d/src/MMSA/models/singleTask/LMF.py) and
//! [config_regression.json](https://github.com/thuiar/MMSA/blob/a94e65d/src/MMSA/config/config_regression.json).
//!
//! Reference bug: an index leaves `fusion_weights` and `fusion_bias` out of the optimizer, so that they
//! keep their random initial values. Here they are trained; `lmf:compat` freezes them.
//!
//! Means over time include the padding of a sample, as in the reference. A batch of one sample, for which
//! PyTorch's batch norm raises an error, is normalized by the running statistics.
//!
//! Text as published is a frozen BERT's states (`--encoder frozen:DIR`, or the data file's own text
//! features, which are such states: `--encoder features`); with `bert:DIR` the BERT is fine-tuned, which
//! MMSA does not offer.

use serde::{Deserialize, Serialize};
use tch::Tensor;
use tch::nn::Init;

use super::batch::Inputs;
use super::encoder::TextEncoder;
use super::entry::{Entry, Model, read_config};
use super::error::Result;
use super::layers::unimodal::prepend_one;
use super::layers::{Unimodal, UnimodalSize, init};
use super::recipe::{ParamGroup, Recipe};
use super::regressor::Regressor;
use super::setup::{Profile, Setup};
use super::trace::Trace;
use super::variant::COMPAT;
use super::{mmsa, reference, search_space};

/// Registry entry.
pub static ENTRY: Entry = Entry {
    name: NAME,
    title: "LMF",
    citation: "Zhun Liu, Ying Shen, Varun Bharadhwaj Lakshminarasimhan, Paul Pu Liang, AmirAli \
               Bagher Zadeh, Louis-Philippe Morency: Efficient Low-rank Multimodal Fusion with \
               Modality-Specific Factors. ACL 2018",
    summary: "outer product of one vector per modality, factorised to a low rank",
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

const NAME: &str = "lmf";

fn recipe(profile: Profile) -> Recipe {
    let (learning_rate, weight_decay, batch_size) = match profile {
        Profile::Mosi => (1e-3, 5e-3, 64),
        Profile::Mosei => (1e-3, 1e-3, 32),
        Profile::Sims => (2e-3, 5e-3, 64),
        Profile::SimsV2 => (2e-3, 1e-4, 32),
    };
    mmsa::recipe(learning_rate, weight_decay, batch_size)
}

/// Hyper-parameters. Hidden sizes are (text, audio, vision), dropouts (audio, vision, text, fusion),
/// as in MMSA; half the text's size enters the fusion.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Config {
    pub hidden_dims: [i64; 3],
    pub rank: i64,
    /// The last two are not used: the text LSTM has one layer, and MMSA never applies the fusion's.
    pub dropouts: [f64; 4],
    /// Learning rate of the factors over that of everything else.
    #[serde(default = "same_rate")]
    pub factor_rate: f64,
    /// Whether the reference bug described above is reproduced.
    #[serde(default)]
    pub compat: bool,
}

fn same_rate() -> f64 {
    1.0
}

impl Config {
    /// MMSA's tuned values.
    pub fn of(profile: Profile) -> Self {
        let (hidden_dims, rank, dropouts, factor_rate) = match profile {
            Profile::Mosi => ([128, 16, 128], 3, [0.3; 4], 1.0),
            Profile::Mosei => ([128, 16, 128], 4, [0.2; 4], 1.0),
            Profile::Sims => ([64, 16, 64], 4, [0.2; 4], 0.25),
            Profile::SimsV2 => ([64, 32, 64], 4, [0.3, 0.3, 0.3, 0.5], 0.25),
        };
        Self {
            hidden_dims,
            rank,
            dropouts,
            factor_rate,
            compat: false,
        }
    }
}

/// The network.
#[derive(Debug)]
pub struct Lmf {
    encoder: TextEncoder,
    unimodal: Unimodal,
    /// Audio, vision, text: (rank, features + 1, 1).
    factors: [Tensor; 3],
    /// (1, rank)
    fusion_weights: Tensor,
    /// (1, 1)
    fusion_bias: Tensor,
    factor_rate: f64,
    freeze_fusion: bool,
}

impl Lmf {
    /// Builds the network.
    ///
    /// # Errors
    /// Those of [`TextEncoder::new`].
    pub fn new(setup: &Setup<'_>, config: &Config) -> Result<Self> {
        let path = &setup.path;
        let text_out = config.hidden_dims[0] / 2;
        let size = UnimodalSize::new(config.hidden_dims, text_out, config.dropouts);
        let [text, audio, vision] = size.outputs();
        let rank = config.rank;
        let factor = |name: &str, features: i64| {
            let start = init::xavier_normal(features + 1, rank);
            path.var(name, &[rank, features + 1, 1], start)
        };
        Ok(Self {
            factors: [
                factor("audio_factor", audio),
                factor("video_factor", vision),
                factor("text_factor", text),
            ],
            fusion_weights: path.var("fusion_weights", &[1, rank], init::xavier_normal(rank, 1)),
            fusion_bias: path.var("fusion_bias", &[1, 1], Init::Const(0.0)),
            encoder: TextEncoder::new(&(path / "bertmodel" / "model"), &setup.encoder)?,
            unimodal: Unimodal::new(path, size, setup.widths()),
            factor_rate: config.factor_rate,
            freeze_fusion: config.compat,
        })
    }
}

impl Regressor for Lmf {
    const NAME: &'static str = NAME;

    fn forward(&self, inputs: &Inputs, train: bool, trace: &mut Trace) -> Result<Tensor> {
        let states = self.encoder.encode(&inputs.text, NAME, train)?;
        let features = self.unimodal.forward(&states, inputs, NAME, train, trace)?;
        let vectors = [&features.audio, &features.vision, &features.text];
        let [audio, vision, text] = &self.factors;
        // (rank, B, 1) each
        let project = |x: &Tensor, factor: &Tensor| prepend_one(x).matmul(factor);
        let product =
            project(vectors[0], audio) * project(vectors[1], vision) * project(vectors[2], text);
        let fused = product.squeeze_dim(2).transpose(0, 1);
        trace.record("feature_f", &fused);
        let prediction = fused.matmul(&self.fusion_weights.transpose(0, 1)) + &self.fusion_bias;
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
        let group = |name, prefixes: &[&str], factor: f64| ParamGroup {
            name,
            prefixes: prefixes.iter().map(|&prefix| prefix.to_owned()).collect(),
            containing: &[],
            learning_rate: recipe.learning_rate * factor,
            weight_decay: recipe.weight_decay,
        };
        // The reference's second group starts after the two fusion parameters.
        let others: &[&str] = if self.freeze_fusion {
            &["audio_subnet", "video_subnet", "text_subnet", "bertmodel"]
        } else {
            &[]
        };
        let factors = ["audio_factor", "video_factor", "text_factor"];
        vec![
            group("factors", &factors, self.factor_rate),
            group("others", others, 1.0),
        ]
    }
}

fn build(setup: &Setup<'_>) -> Result<Box<dyn Model>> {
    Ok(Box::new(Lmf::new(
        setup,
        &read_config(NAME, &setup.config)?,
    )?))
}
