//! LF-DNN, late fusion of three small networks (MMSA's baseline; Cambria et al., 2018).
//!
//! Audio and vision are averaged over all steps, padding included, and go through MMSA's
//! sub-network; text goes through an LSTM read at its last step. Formulas and defaults: MMSA
//! v2.2.1, `models/singleTask/LF_DNN.py` and `config/config_regression.json`.

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
use super::unimodal::{Unimodal, UnimodalSize};

/// Registry entry.
pub static ENTRY: Entry = Entry {
    name: NAME,
    title: "LF-DNN",
    citation: "Cambria, Hazarika, Poria, Hussain, Subramanyam: Benchmarking Multimodal Sentiment \
               Analysis. CICLing 2017",
    summary: "late fusion of time-averaged audio and vision with the last state of a text LSTM",
    trained: true,
    needs_complete: false,
    recipe,
    config: |profile| super::entry::to_json(&Config::of(profile)),
    variants: &[],
    build,
    from_case: Some(from_case),
};

const NAME: &str = "lf_dnn";

fn recipe(profile: Profile) -> Recipe {
    let (learning_rate, weight_decay, batch_size) = match profile {
        Profile::Mosi => (1e-3, 1e-2, 128),
        Profile::Mosei => (2e-3, 1e-3, 64),
        Profile::Sims => (5e-3, 5e-3, 128),
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
    unimodal: Unimodal,
    post_fusion: PostFusion,
}

impl LfDnn {
    /// Builds the network for audio and vision features of these widths.
    ///
    /// # Errors
    /// Those of [`Unimodal::new`].
    pub fn new(
        path: &nn::Path<'_>,
        config: &Config,
        encoder: &EncoderSetup,
        widths: [i64; 2],
    ) -> Result<Self> {
        let [_, audio, vision] = config.hidden_dims;
        let [audio_dropout, vision_dropout, _, fusion_dropout] = config.dropouts;
        let size = UnimodalSize {
            hidden: config.hidden_dims,
            text_out: config.text_out,
            dropouts: [audio_dropout, vision_dropout],
        };
        let fused = audio + vision + config.text_out;
        let hidden = config.post_fusion_dim;
        Ok(Self {
            unimodal: Unimodal::new(path, size, encoder, widths)?,
            post_fusion: PostFusion::new(path, "post_fusion", fused, hidden, fusion_dropout),
        })
    }

    fn forward(&self, inputs: &Inputs, train: bool, trace: &mut Trace) -> Result<Tensor> {
        let features = self.unimodal.forward(inputs, NAME, train, trace)?;
        let fused = Tensor::cat(&[&features.audio, &features.vision, &features.text], 1);
        trace.record("feature_f", &fused);
        let prediction = self.post_fusion.forward(&fused, train).prediction;
        trace.record("pred", &prediction);
        Ok(prediction)
    }
}

impl Model for LfDnn {
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
    let widths = setup.shapes.widths();
    let config: Config = read_config(NAME, setup)?;
    Ok(Box::new(LfDnn::new(
        &setup.path,
        &config,
        &setup.encoder,
        widths,
    )?))
}

fn from_case(
    path: &nn::Path<'_>,
    config: &Value,
    bert: Option<&BertConfig>,
) -> Result<Box<dyn Model>> {
    let case: mmsa::Case<Config> = read_case(NAME, config)?;
    let (encoder, widths) = (case.encoder(bert), case.widths());
    let model = LfDnn::new(path, &case.config, &encoder, widths)?;
    Ok(Box::new(model))
}
