//! MulT, multimodal transformer for unaligned sequences (Tsai et al., ACL 2019; MMSA's form).
//!
//! Each modality, brought to a common width by a convolution over time, looks at each of the other
//! two through a crossmodal transformer; the two results, joined, go through a transformer of their
//! own, and the last steps of all three are fused. Formulas and defaults: MMSA v2.2.1,
//! `models/singleTask/MULT.py`, `models/subNets/transformers_encoder` and
//! `config/config_regression.json`.
//!
//! The authors' design has no padding mask and no positions, so that the last step of a clip that is
//! shorter than the longest is padding that has looked at the clip. Both are kept: they are the
//! published model. What MMSA's trainer adds (steps over eight batches, a learning rate reduced on a
//! plateau, an early end) is used where a run asks for it; batches that fill no group at the end of an
//! epoch make a step of their own, where MMSA loses them.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tch::Tensor;
use tch::nn::{self, Module};

use super::batch::{Batch, Inputs, check_features};
use super::encoder::{BertConfig, EncoderSetup, TextEncoder};
use super::engine::Engine;
use super::entry::{Entry, Model, read_case, read_config};
use super::error::{ModelError, Result};
use super::habits::Habits;
use super::layers::{Crossmodal, CrossmodalSize, init};
use super::losses::Losses;
use super::mmsa;
use super::recipe::{Clip, Recipe};
use super::setup::{Profile, Setup};
use super::trace::Trace;

/// Registry entry.
pub static ENTRY: Entry = Entry {
    name: NAME,
    title: "MulT",
    citation: "Tsai, Bai, Liang, Kolter, Morency, Salakhutdinov: Multimodal Transformer for \
               Unaligned Multimodal Language Sequences. ACL 2019",
    summary: "crossmodal transformers between every two modalities, without alignment",
    trained: true,
    needs_complete: false,
    recipe,
    config: |profile| super::entry::to_json(&Config::of(profile)),
    variants: &[],
    build,
    from_case: Some(from_case),
};

const NAME: &str = "mult";

fn recipe(profile: Profile) -> Recipe {
    let (learning_rate, batch_size) = match profile {
        Profile::Mosi => (2e-3, 16),
        Profile::Mosei => (5e-4, 4),
        Profile::Sims => (2e-3, 16),
    };
    let patience = match profile {
        Profile::Mosi => 5,
        Profile::Mosei => 20,
        Profile::Sims => 10,
    };
    // MMSA's configuration names a weight decay and its trainer never uses it.
    let recipe = mmsa::recipe(learning_rate, 0.0, batch_size);
    Recipe {
        clip: Clip::Value(0.6),
        habits: Habits {
            accumulate: 8,
            plateau: Some(patience),
            ..recipe.habits
        },
        ..recipe
    }
}

/// Hyper-parameters under MMSA's names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// Common width and its number of heads.
    pub dst_feature_dim_nheads: [i64; 2],
    /// Layers of each crossmodal transformer; the ones after them have at least 3.
    pub nlevels: i64,
    pub conv1d_kernel_size_l: i64,
    pub conv1d_kernel_size_a: i64,
    pub conv1d_kernel_size_v: i64,
    /// Attention that looks at text, and in the transformers after the crossmodal ones.
    pub attn_dropout: f64,
    /// Attention that looks at audio.
    pub attn_dropout_a: f64,
    /// Attention that looks at vision.
    pub attn_dropout_v: f64,
    pub relu_dropout: f64,
    pub embed_dropout: f64,
    pub res_dropout: f64,
    pub output_dropout: f64,
    pub text_dropout: f64,
    pub attn_mask: bool,
}

impl Config {
    /// MMSA's tuned values.
    pub fn of(profile: Profile) -> Self {
        let (size, nlevels, kernels) = match profile {
            Profile::Mosi => ([50, 10], 4, [5, 5, 5]),
            Profile::Mosei => ([30, 6], 4, [5, 1, 3]),
            Profile::Sims => ([50, 10], 2, [5, 1, 1]),
        };
        let ([text, attention, output], [audio, vision, relu, embed, residual]) = match profile {
            Profile::Mosi => ([0.5, 0.3, 0.5], [0.2, 0.0, 0.0, 0.2, 0.0]),
            Profile::Mosei => ([0.3, 0.4, 0.5], [0.0; 5]),
            Profile::Sims => ([0.3, 0.2, 0.1], [0.1, 0.0, 0.0, 0.1, 0.2]),
        };
        Self {
            dst_feature_dim_nheads: size,
            nlevels,
            conv1d_kernel_size_l: kernels[0],
            conv1d_kernel_size_a: kernels[1],
            conv1d_kernel_size_v: kernels[2],
            attn_dropout: attention,
            attn_dropout_a: audio,
            attn_dropout_v: vision,
            relu_dropout: relu,
            embed_dropout: embed,
            res_dropout: residual,
            output_dropout: output,
            text_dropout: text,
            attn_mask: true,
        }
    }

    fn stack(&self, width: i64, depth: i64, attention_dropout: f64) -> CrossmodalSize {
        CrossmodalSize {
            width,
            heads: self.dst_feature_dim_nheads[1],
            depth,
            attention_dropout,
            relu_dropout: self.relu_dropout,
            residual_dropout: self.res_dropout,
            embedding_dropout: self.embed_dropout,
            masked: self.attn_mask,
        }
    }
}

/// A bias-free convolution over time without padding, left out where the width is right already.
#[derive(Debug)]
struct TimeConv {
    weight: Tensor,
    inputs: i64,
    outputs: i64,
    kernel: i64,
}

impl TimeConv {
    fn new(path: &nn::Path<'_>, inputs: i64, outputs: i64, kernel: i64) -> Self {
        let size = [outputs, inputs, kernel];
        Self {
            weight: path.var("weight", &size, init::fan_in(inputs * kernel)),
            inputs,
            outputs,
            kernel,
        }
    }

    /// (B, T, inputs) to (B, T - kernel + 1, outputs).
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        check_features(x, i64::MAX, self.inputs, NAME)?;
        if self.inputs == self.outputs {
            return Ok(x.shallow_clone());
        }
        if x.size()[1] < self.kernel {
            return Err(ModelError::Input {
                model: NAME,
                what: "features",
                expected: format!(
                    "at least {} steps, the width of its convolution",
                    self.kernel
                ),
                got: format!("{} steps", x.size()[1]),
            });
        }
        let convolved = x
            .transpose(1, 2)
            .conv1d(&self.weight, None::<&Tensor>, 1, 0, 1, 1);
        Ok(convolved.transpose(1, 2))
    }
}

/// One modality: what it makes of the other two.
#[derive(Debug)]
struct Target {
    crossmodal: [Crossmodal; 2],
    memory: Crossmodal,
}

impl Target {
    /// `name` looks at `sources`, each a name and the dropout of attention to it.
    fn new(path: &nn::Path<'_>, config: &Config, name: char, sources: [(char, f64); 2]) -> Self {
        let width = config.dst_feature_dim_nheads[0];
        let crossmodal = sources.map(|(source, dropout)| {
            let size = config.stack(width, config.nlevels, dropout);
            Crossmodal::new(&(path / format!("trans_{name}_with_{source}")), size)
        });
        let size = config.stack(2 * width, config.nlevels.max(3), config.attn_dropout);
        Self {
            crossmodal,
            memory: Crossmodal::new(&(path / format!("trans_{name}_mem")), size),
        }
    }

    /// (B, 2 width): the last step.
    fn forward(&self, x: &Tensor, sources: [&Tensor; 2], train: bool) -> Tensor {
        let [first, second] = &self.crossmodal;
        let looked = [
            first.forward(x, Some(sources[0]), train),
            second.forward(x, Some(sources[1]), train),
        ];
        let memory = self.memory.forward(&Tensor::cat(&looked, 2), None, train);
        memory.select(1, -1)
    }
}

/// The network.
#[derive(Debug)]
pub struct Mult {
    encoder: TextEncoder,
    /// Text, audio, vision.
    projections: [TimeConv; 3],
    targets: [Target; 3],
    proj1: nn::Linear,
    proj2: nn::Linear,
    out_layer: nn::Linear,
    text_dropout: f64,
    output_dropout: f64,
}

impl Mult {
    /// Builds the network for audio and vision features of these widths.
    ///
    /// # Errors
    /// Those of [`TextEncoder::new`].
    pub fn new(
        path: &nn::Path<'_>,
        config: &Config,
        encoder: &EncoderSetup,
        [audio_width, vision_width]: [i64; 2],
    ) -> Result<Self> {
        let width = config.dst_feature_dim_nheads[0];
        let projection =
            |name: &str, inputs, kernel| TimeConv::new(&(path / name), inputs, width, kernel);
        let text = ('l', config.attn_dropout);
        let audio = ('a', config.attn_dropout_a);
        let vision = ('v', config.attn_dropout_v);
        let joined = 6 * width;
        Ok(Self {
            encoder: TextEncoder::new(&(path / "text_model" / "model"), encoder)?,
            projections: [
                projection("proj_l", encoder.width(), config.conv1d_kernel_size_l),
                projection("proj_a", audio_width, config.conv1d_kernel_size_a),
                projection("proj_v", vision_width, config.conv1d_kernel_size_v),
            ],
            targets: [
                Target::new(path, config, 'l', [audio, vision]),
                Target::new(path, config, 'a', [text, vision]),
                Target::new(path, config, 'v', [text, audio]),
            ],
            proj1: init::linear(path / "proj1", joined, joined),
            proj2: init::linear(path / "proj2", joined, joined),
            out_layer: init::linear(path / "out_layer", joined, 1),
            text_dropout: config.text_dropout,
            output_dropout: config.output_dropout,
        })
    }

    fn forward(&self, inputs: &Inputs, train: bool, trace: &mut Trace) -> Result<Tensor> {
        let states = self.encoder.encode(&inputs.text, NAME, train)?;
        let [text, audio, vision] = &self.projections;
        let text = text.forward(&states.dropout(self.text_dropout, train))?;
        let (audio, vision) = (
            audio.forward(&inputs.audio)?,
            vision.forward(&inputs.vision)?,
        );
        let [of_text, of_audio, of_vision] = &self.targets;
        let last = [
            of_text.forward(&text, [&audio, &vision], train),
            of_audio.forward(&audio, [&text, &vision], train),
            of_vision.forward(&vision, [&text, &audio], train),
        ];
        trace.record("feature_t", &last[0]);
        trace.record("feature_a", &last[1]);
        trace.record("feature_v", &last[2]);
        let fused = Tensor::cat(&last, 1);
        trace.record("feature_f", &fused);
        let hidden = self.proj1.forward(&fused).relu();
        let residual = self
            .proj2
            .forward(&hidden.dropout(self.output_dropout, train));
        let prediction = self.out_layer.forward(&(fused + residual));
        trace.record("pred", &prediction);
        Ok(prediction)
    }
}

impl Model for Mult {
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

    fn is_divisible(&self) -> bool {
        true
    }
}

fn build(setup: &Setup<'_>) -> Result<Box<dyn Model>> {
    let widths = setup.shapes.widths();
    let config: Config = read_config(NAME, setup)?;
    let model = Mult::new(&setup.path, &config, &setup.encoder, widths)?;
    Ok(Box::new(model))
}

fn from_case(
    path: &nn::Path<'_>,
    config: &Value,
    bert: Option<&BertConfig>,
) -> Result<Box<dyn Model>> {
    let case: mmsa::Case<Config> = read_case(NAME, config)?;
    let (encoder, widths) = (case.encoder(bert), case.widths());
    let model = Mult::new(path, &case.config, &encoder, widths)?;
    Ok(Box::new(model))
}
