//! ALMT: language-guided learning of a hyper-modality.
//!
//! LNLN's predecessor, without its completeness check, proxy tokens and reconstruction. Formulas and
//! defaults: the published code, [almt.py](https://github.com/Haoyu-ha/ALMT/blob/da94610/models/almt.py).
//!
//! Text as published is a fine-tuned BERT (`--encoder bert:DIR`). Nothing is published for CH-SIMS v2,
//! which gets CH-SIMS's settings.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tch::nn::{self, Module};
use tch::{Reduction, Tensor};

use super::batch::{Batch, Inputs};
use super::encoder::TextEncoder;
use super::engine::Engine;
use super::entry::{Entry, Model, read_config};
use super::error::Result;
use super::layers::{
    BlockSize, CrossTransformer, HyperLayers, Projections, TokenTransformer, init,
};
use super::losses::Losses;
use super::recipe::{GradClip, Recipe, Rule};
use super::setup::{CaseData, Profile, Setup, Shapes};
use super::trace::Trace;
use super::trainer_options::{MonitoredMetric, TrainerOptions};

/// Registry entry.
pub static ENTRY: Entry = Entry {
    name: NAME,
    title: "ALMT",
    citation: "Haoyu Zhang, Yu Wang, Guanghao Yin, Kejun Liu, Yuanyuan Liu, Tianshu Yu: Learning \
               Language-guided Adaptive Hyper-modality Representation for Multimodal Sentiment \
               Analysis. EMNLP 2023",
    summary: "language tokens of three scales gather audio and vision into hyper-modality tokens",
    trained: true,
    needs_complete: false,
    recipe,
    config: |profile| super::entry::to_json(&Config::of(profile)),
    space: &[],
    variants: &[],
    check: None,
    build,
    case: Some(case),
};

const NAME: &str = "almt";

fn recipe(_: Profile) -> Recipe {
    Recipe {
        rule: Rule::AdamW,
        learning_rate: 1e-4,
        weight_decay: 1e-4,
        batch_size: 64,
        epochs: 200,
        clip: GradClip::None,
        trainer_options: TrainerOptions {
            monitored: MonitoredMetric::Mse,
            ..TrainerOptions::NONE
        },
    }
}

/// Hyper-parameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// Features of every token.
    #[serde(alias = "token_dim")]
    pub width: i64,
    /// Tokens a modality is summed up in.
    #[serde(alias = "token_len")]
    pub tokens: i64,
    /// Features of a head in the encoders and the fusion.
    #[serde(alias = "dim_head")]
    pub head: i64,
    /// Layers, heads and hidden features of the modality encoders.
    pub proj_depth: i64,
    pub proj_heads: i64,
    pub proj_mlp_dim: i64,
    /// Heads and hidden features of the language encoder, which has `hyper_depth` - 1 layers.
    pub l_enc_heads: i64,
    pub l_enc_mlp_dim: i64,
    /// Hyper-modality layers, their heads and features of a head.
    #[serde(alias = "AHL_depth")]
    pub hyper_depth: i64,
    #[serde(alias = "ahl_heads")]
    pub hyper_heads: i64,
    #[serde(alias = "ahl_dim_head")]
    pub hyper_head: i64,
    /// Layers, heads and hidden features of the fusion.
    #[serde(alias = "fusion_layer_depth")]
    pub fusion_depth: i64,
    pub fusion_heads: i64,
    pub fusion_mlp_dim: i64,
}

impl Config {
    /// The published values; MOSI differs from the others by its shallower fusion.
    pub fn of(profile: Profile) -> Self {
        Self {
            width: 128,
            tokens: 8,
            head: 64,
            proj_depth: 1,
            proj_heads: 8,
            proj_mlp_dim: 128,
            l_enc_heads: 8,
            l_enc_mlp_dim: 128,
            hyper_depth: 3,
            hyper_heads: 8,
            hyper_head: 16,
            fusion_depth: if profile == Profile::Mosi { 2 } else { 4 },
            fusion_heads: 8,
            fusion_mlp_dim: 128,
        }
    }

    fn block(&self, heads: i64, hidden: i64) -> BlockSize {
        BlockSize {
            width: self.width,
            heads,
            head: self.head,
            hidden,
        }
    }
}

/// The network.
#[derive(Debug)]
pub struct Almt {
    encoder: TextEncoder,
    projections: Projections,
    language: TokenTransformer,
    hyper: HyperLayers,
    initial_hyper: Tensor,
    fusion: CrossTransformer,
    regression: nn::Linear,
}

impl Almt {
    /// Builds the network.
    ///
    /// # Errors
    /// Those of [`TextEncoder::new`].
    pub fn new(setup: &Setup<'_>, c: &Config) -> Result<Self> {
        let path = &setup.path;
        let proj = c.block(c.proj_heads, c.proj_mlp_dim);
        let (width, size) = (setup.encoder.width(), [c.tokens, c.proj_depth]);
        let language = c.block(c.l_enc_heads, c.l_enc_mlp_dim);
        let (hyper, fusion) = (path / "h_hyper_layer", path / "fusion_layer");
        let fusion_size = c.block(c.fusion_heads, c.fusion_mlp_dim);
        Ok(Self {
            encoder: TextEncoder::new(&(path / "bertmodel" / "model"), &setup.encoder)?,
            projections: Projections::new(path, width, &setup.shapes, size, proj),
            language: TokenTransformer::new(
                &(path / "l_encoder"),
                c.tokens,
                0,
                c.hyper_depth - 1,
                language,
            ),
            hyper: HyperLayers::new(&hyper, c.hyper_depth, c.width, c.hyper_heads, c.hyper_head),
            initial_hyper: init::tokens(path, "h_hyper", c.tokens, c.width, 1.0),
            fusion: CrossTransformer::new(&fusion, c.tokens, c.fusion_depth, fusion_size),
            regression: init::linear(path / "regression_layer" / 0, c.width, 1),
        })
    }

    fn forward(&self, inputs: &Inputs, train: bool, trace: &mut Trace) -> Result<Tensor> {
        let states = self.encoder.encode(&inputs.text, NAME, train)?;
        let read = [&states, &inputs.audio, &inputs.vision];
        let [text, audio, vision] = self.projections.forward(read, NAME)?;
        let scales = self.language.scales(&text);
        let hyper = self
            .hyper
            .forward(&scales, &audio, &vision, &self.initial_hyper);
        let last = &scales[scales.len() - 1];
        let read = self.fusion.read(&hyper, last, 0, 1);
        let prediction = self.regression.forward(&read.select(1, 0));
        let named = [
            ("bert", &states),
            ("h_l", &text),
            ("h_a", &audio),
            ("h_v", &vision),
        ];
        named
            .iter()
            .for_each(|(name, tensor)| trace.record(name, tensor));
        ["l0", "l1", "l2"]
            .iter()
            .zip(&scales)
            .for_each(|(name, l)| trace.record(name, l));
        trace.compute("fused", || self.fusion.forward(&hyper, last));
        let named = [("h_hyper", &hyper), ("pred", &prediction)];
        named
            .iter()
            .for_each(|(name, tensor)| trace.record(name, tensor));
        Ok(prediction)
    }
}

impl Model for Almt {
    fn train(&mut self, batch: &Batch, trace: &mut Trace) -> Result<Losses> {
        batch.check(NAME)?;
        let prediction = self.forward(&batch.masked, true, trace)?;
        let loss = prediction.mse_loss(&batch.label, Reduction::Mean);
        Ok(Losses::single("mse", loss, prediction))
    }

    fn predict(&self, inputs: &Inputs, trace: &mut Trace) -> Result<Tensor> {
        self.forward(inputs, false, trace)
    }

    fn set_engine(&mut self, engine: Engine) {
        self.encoder.set_engine(engine);
        self.projections.set_engine(engine);
        self.hyper.set_engine(engine);
        self.fusion.set_engine(engine);
        self.language.set_engine(engine);
    }

    fn is_divisible(&self) -> bool {
        true
    }

    fn text_encoder(&self) -> Option<&TextEncoder> {
        Some(&self.encoder)
    }
}

fn build(setup: &Setup<'_>) -> Result<Box<dyn Model>> {
    Ok(Box::new(Almt::new(
        setup,
        &read_config(NAME, &setup.config)?,
    )?))
}

fn case(config: &Value) -> Result<CaseData> {
    #[derive(Deserialize)]
    struct Case {
        batch: usize,
        l_input_dim: i64,
        a_input_dim: i64,
        v_input_dim: i64,
        l_input_length: i64,
        a_input_length: i64,
        v_input_length: i64,
    }
    let case: Case = read_config(NAME, config)?;
    Ok(CaseData {
        shapes: Shapes {
            text_steps: case.l_input_length,
            audio_steps: case.a_input_length,
            vision_steps: case.v_input_length,
            audio_width: case.a_input_dim,
            vision_width: case.v_input_dim,
        },
        text_width: case.l_input_dim,
        samples: case.batch,
    })
}
