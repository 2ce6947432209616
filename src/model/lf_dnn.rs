//! LF-DNN, late fusion of three small networks (MMSA's baseline; Cambria et al., 2018).
//!
//! Audio and vision are averaged over time and go through MMSA's sub-network; text goes through an LSTM
//! read at its last step. Formulas and defaults: MMSA v2.2.1,
//! [LF_DNN.py](https://github.com/thuiar/MMSA/blob/a94e65d/src/MMSA/models/singleTask/LF_DNN.py) and
//! [config_regression.json](https://github.com/thuiar/MMSA/blob/a94e65d/src/MMSA/config/config_regression.json).
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
use super::layers::{PostFusion, Unimodal, UnimodalSize};
use super::recipe::Recipe;
use super::regressor::Regressor;
use super::setup::{Profile, Setup};
use super::trace::Trace;
use super::{mmsa, reference, search_space};

/// Registry entry.
pub static ENTRY: Entry = Entry {
    name: NAME,
    title: "LF-DNN",
    citation: "Erik Cambria, Devamanyu Hazarika, Soujanya Poria, Amir Hussain, R. B. V. \
               Subramanyam: Benchmarking Multimodal Sentiment Analysis. CICLing 2017",
    summary: "late fusion of time-averaged audio and vision with the last state of a text LSTM",
    trained: true,
    needs_complete: false,
    recipe,
    config: |profile| super::entry::to_json(&Config::of(profile)),
    space: &[search_space::dropout("dropouts")],
    variants: &[],
    check: None,
    build,
    case: Some(reference::mmsa),
};

const NAME: &str = "lf_dnn";

fn recipe(profile: Profile) -> Recipe {
    let (learning_rate, weight_decay, batch_size) = match profile {
        Profile::Mosi => (1e-3, 1e-2, 128),
        Profile::Mosei => (2e-3, 1e-3, 64),
        Profile::Sims => (5e-3, 5e-3, 128),
        Profile::SimsV2 => (5e-3, 0.0, 128),
    };
    mmsa::recipe(learning_rate, weight_decay, batch_size)
}

/// Hyper-parameters. Tuples of hidden sizes are (text, audio, vision), of dropouts (audio, vision,
/// text, fusion), as in MMSA.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// LSTM state, and the hidden layers of the audio and vision sub-networks.
    pub hidden_dims: [i64; 3],
    /// Text features that enter the fusion.
    pub text_out: i64,
    /// Hidden features after the fusion.
    pub post_fusion_dim: i64,
    /// The third is not used: MMSA sets it to 0 for a one-layer LSTM.
    pub dropouts: [f64; 4],
}

impl Config {
    /// MMSA's tuned values.
    pub fn of(profile: Profile) -> Self {
        let (hidden_dims, text_out, post_fusion_dim, dropouts) = match profile {
            Profile::Mosi => ([128, 16, 128], 256, 128, [0.2; 4]),
            Profile::Mosei => ([128, 32, 128], 128, 128, [0.2; 4]),
            Profile::Sims => ([128, 32, 128], 256, 32, [0.3, 0.3, 0.3, 0.5]),
            Profile::SimsV2 => ([64, 32, 64], 256, 32, [0.4; 4]),
        };
        Self {
            hidden_dims,
            text_out,
            post_fusion_dim,
            dropouts,
        }
    }
}

/// The network.
#[derive(Debug)]
pub struct LfDnn {
    encoder: TextEncoder,
    unimodal: Unimodal,
    post_fusion: PostFusion,
}

impl LfDnn {
    /// Builds the network.
    ///
    /// # Errors
    /// Those of [`TextEncoder::new`].
    pub fn new(setup: &Setup<'_>, config: &Config) -> Result<Self> {
        let (path, hidden) = (&setup.path, config.post_fusion_dim);
        let size = UnimodalSize::new(config.hidden_dims, config.text_out, config.dropouts);
        let fused = size.outputs().iter().sum();
        let dropout = config.dropouts[3];
        Ok(Self {
            encoder: TextEncoder::new(&(path / "bertmodel" / "model"), &setup.encoder)?,
            unimodal: Unimodal::new(path, size, setup.widths()),
            post_fusion: PostFusion::new(path, "post_fusion", fused, hidden, dropout),
        })
    }
}

impl Regressor for LfDnn {
    const NAME: &'static str = NAME;

    fn forward(&self, inputs: &Inputs, train: bool, trace: &mut Trace) -> Result<Tensor> {
        let states = self.encoder.encode(&inputs.text, NAME, train)?;
        let features = self.unimodal.forward(&states, inputs, NAME, train, trace)?;
        let fused = Tensor::cat(&[&features.audio, &features.vision, &features.text], 1);
        trace.record("feature_f", &fused);
        let prediction = self.post_fusion.forward(&fused, train).prediction;
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
    Ok(Box::new(LfDnn::new(
        setup,
        &read_config(NAME, &setup.config)?,
    )?))
}
