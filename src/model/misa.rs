//! MISA, modality-invariant and -specific representations (Hazarika et al., ACM MM 2020; MMSA's form).
//!
//! Each modality becomes one vector, which is split into a private part and a part in a space that
//! all share; a transformer layer over the six parts makes the prediction. Three losses beside the
//! task's keep private and shared parts apart (difference), the shared ones together (central
//! moments), and both together faithful to the modality (reconstruction). Formulas and defaults:
//! MMSA v2.2.1, `models/singleTask/MISA.py`, `utils/functions.py` and
//! `config/config_regression.json`.
//!
//! Where the reference slips: audio and vision are read for as many frames as the *text* has tokens,
//! whatever their own lengths. Here each is read for its own length; `misa:compat` keeps the text's. A
//! classifier of the six parts is computed and enters no loss; it and an unused layer norm are kept
//! as parameters, so that the reference's checkpoints fit. The transformer's dropout is 0.1, whatever
//! the configuration says, as in the reference.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tch::nn::{self, Module};
use tch::{Kind, Reduction, Tensor};

use super::batch::{Batch, Inputs, check_features};
use super::encoder::{BertConfig, EncoderSetup, TextEncoder};
use super::engine::Engine;
use super::entry::{Entry, Model, read_case, read_config};
use super::error::Result;
use super::habits::Habits;
use super::layers::{EncoderLayer, EncoderLayerSize, Lstm, LstmSize, init};
use super::losses::{Losses, Term, disparity};
use super::mmsa;
use super::recipe::{Clip, Recipe};
use super::setup::{Profile, Setup};
use super::trace::Trace;
use super::variant::COMPAT;

/// Registry entry.
pub static ENTRY: Entry = Entry {
    name: NAME,
    title: "MISA",
    citation: "Hazarika, Zimmermann, Poria: MISA: Modality-Invariant and -Specific \
               Representations for Multimodal Sentiment Analysis. ACM Multimedia 2020",
    summary: "private and shared parts of each modality, kept apart by three losses",
    trained: true,
    needs_complete: false,
    recipe,
    config: |profile| super::entry::to_json(&Config::of(profile)),
    variants: &[COMPAT],
    build,
    from_case: Some(from_case),
};

const NAME: &str = "misa";

fn recipe(profile: Profile) -> Recipe {
    let (batch_size, clip) = match profile {
        Profile::Mosi => (16, 0.8),
        Profile::Mosei => (64, 0.8),
        Profile::Sims => (64, 1.0),
    };
    let recipe = mmsa::recipe(1e-4, 0.0, batch_size);
    Recipe {
        clip: Clip::Value(clip),
        habits: Habits {
            accumulate: 2,
            ..recipe.habits
        },
        ..recipe
    }
}

/// Hyper-parameters under MMSA's names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// Width of all parts.
    pub hidden_size: i64,
    /// In the last layers.
    pub dropout: f64,
    pub diff_weight: f64,
    pub sim_weight: f64,
    pub recon_weight: f64,
    /// In the transformer over the six parts. Reference cases are computed without.
    #[serde(default)]
    pub transformer_dropout: f64,
    /// Keep the reference's slip, named above.
    #[serde(default)]
    pub compat: bool,
}

impl Config {
    /// MMSA's tuned values.
    pub fn of(profile: Profile) -> Self {
        let (dropout, diff_weight, sim_weight, recon_weight) = match profile {
            Profile::Mosi => (0.2, 0.1, 0.3, 1.0),
            Profile::Mosei => (0.5, 0.3, 0.8, 1.0),
            Profile::Sims => (0.0, 0.3, 1.0, 0.8),
        };
        Self {
            hidden_size: 128,
            dropout,
            diff_weight,
            sim_weight,
            recon_weight,
            transformer_dropout: 0.1,
            compat: false,
        }
    }
}

/// Two stacked bidirectional LSTMs as wide as their input; the clip is both layers' final states.
#[derive(Debug)]
struct FrameReader {
    rnn1: Lstm,
    norm: nn::LayerNorm,
    rnn2: Lstm,
    width: i64,
}

impl FrameReader {
    /// Parameters: `{letter}rnn1`, `{letter}rnn2`, `{letter}layer_norm`.
    fn new(path: &nn::Path<'_>, letter: char, width: i64) -> Self {
        let rnn = |i: i64, inputs| {
            let size = LstmSize {
                bidirectional: true,
                ..LstmSize::single(inputs, width)
            };
            Lstm::new(path / format!("{letter}rnn{i}"), size)
        };
        Self {
            rnn1: rnn(1, width),
            rnn2: rnn(2, 2 * width),
            norm: init::layer_norm(path / format!("{letter}layer_norm"), 2 * width),
            width,
        }
    }

    /// (B, T, width) to (B, 4 width): layer 1 and 2 forwards, layer 1 and 2 backwards.
    fn forward(&self, x: &Tensor, lengths: &Tensor, train: bool) -> Result<Tensor> {
        check_features(x, i64::MAX, self.width, NAME)?;
        let (outputs, first) = self.rnn1.forward_valid(x, lengths, train);
        let normed = self.norm.forward(&outputs);
        let (_, second) = self.rnn2.forward_valid(&normed, lengths, train);
        Ok(Tensor::cat(&[first, second], 2)
            .transpose(0, 1)
            .flatten(1, 2))
    }
}

/// Everything one modality owns beyond its reader.
#[derive(Debug)]
struct Space {
    project: nn::Linear,
    norm: nn::LayerNorm,
    private: nn::Linear,
    recon: nn::Linear,
}

impl Space {
    /// Parameters: `project_{letter}`, `private_{letter}`, `recon_{letter}`; `private` numbers the
    /// layer in the reference's names.
    fn new(path: &nn::Path<'_>, letter: char, private: i64, inputs: i64, width: i64) -> Self {
        let (project, recon) = (format!("project_{letter}"), format!("recon_{letter}"));
        let own = format!("private_{letter}");
        let inner = path / &project;
        Self {
            project: init::linear(&inner / &project, inputs, width),
            norm: init::layer_norm(&inner / format!("{project}_layer_norm"), width),
            private: init::linear(path / &own / format!("{own}_{private}"), width, width),
            recon: init::linear(path / &recon / format!("{recon}_1"), width, width),
        }
    }

    fn project(&self, utterance: &Tensor) -> Tensor {
        self.norm.forward(&self.project.forward(utterance).relu())
    }
}

/// The parts of one modality, each (B, hidden).
#[derive(Debug)]
struct Parts {
    projected: Tensor,
    private: Tensor,
    shared: Tensor,
}

/// The network.
#[derive(Debug)]
pub struct Misa {
    encoder: TextEncoder,
    vision: FrameReader,
    audio: FrameReader,
    /// Text, vision, audio.
    spaces: [Space; 3],
    shared: nn::Linear,
    discriminator: nn::Linear,
    transformer: EncoderLayer,
    fusion: [nn::Linear; 2],
    config: Config,
    text_lengths_for_all: bool,
}

impl Misa {
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
        let (width, text_width) = (config.hidden_size, encoder.width());
        // In the reference's checkpoints, read by nothing.
        let unused = init::layer_norm(path / "tlayer_norm", 2 * text_width);
        freeze([unused.ws, unused.bs]);
        let (shared, judge) = (path / "shared", path / "sp_discriminator");
        let (layers, fusion) = (path / "transformer_encoder" / "layers", path / "fusion");
        let size = EncoderLayerSize {
            width,
            heads: 2,
            hidden: 2048,
            dropout: config.transformer_dropout,
        };
        let discriminator = init::linear(&judge / "sp_discriminator_layer_1", width, 4);
        freeze([
            Some(discriminator.ws.shallow_clone()),
            discriminator.bs.as_ref().map(Tensor::shallow_clone),
        ]);
        Ok(Self {
            encoder: TextEncoder::new(&(path / "bertmodel" / "model"), encoder)?,
            vision: FrameReader::new(path, 'v', vision_width),
            audio: FrameReader::new(path, 'a', audio_width),
            spaces: [
                Space::new(path, 't', 1, text_width, width),
                Space::new(path, 'v', 1, 4 * vision_width, width),
                Space::new(path, 'a', 3, 4 * audio_width, width),
            ],
            shared: init::linear(&shared / "shared_1", width, width),
            discriminator,
            transformer: EncoderLayer::new(&(&layers / 0), size),
            fusion: [
                init::linear(&fusion / "fusion_layer_1", 6 * width, 3 * width),
                init::linear(&fusion / "fusion_layer_3", 3 * width, 1),
            ],
            config: config.clone(),
            text_lengths_for_all: config.compat,
        })
    }

    /// One vector per modality: text, vision, audio.
    fn read(&self, inputs: &Inputs, train: bool, trace: &mut Trace) -> Result<[Tensor; 3]> {
        let states = self.encoder.encode(&inputs.text, NAME, train)?;
        trace.record("bert", &states);
        let lengths = |own| match self.text_lengths_for_all {
            true => &inputs.text_lengths,
            false => own,
        };
        let text = mean_of_valid(&states, &inputs.text_lengths);
        let vision = lengths(&inputs.vision_lengths);
        let vision = self.vision.forward(&inputs.vision, vision, train)?;
        let audio = lengths(&inputs.audio_lengths);
        let audio = self.audio.forward(&inputs.audio, audio, train)?;
        trace.record("utterance_text", &text);
        trace.record("utterance_video", &vision);
        trace.record("utterance_audio", &audio);
        Ok([text, vision, audio])
    }

    fn split(&self, utterances: &[Tensor; 3], trace: &mut Trace) -> [Parts; 3] {
        const NAMES: [[&str; 3]; 3] = [
            ["proj_t", "private_t", "shared_t"],
            ["proj_v", "private_v", "shared_v"],
            ["proj_a", "private_a", "shared_a"],
        ];
        std::array::from_fn(|i| {
            let space = &self.spaces[i];
            let projected = space.project(&utterances[i]);
            let parts = Parts {
                private: space.private.forward(&projected).sigmoid(),
                shared: self.shared.forward(&projected).sigmoid(),
                projected,
            };
            let tensors = [&parts.projected, &parts.private, &parts.shared];
            for (name, tensor) in NAMES[i].into_iter().zip(tensors) {
                trace.record(name, tensor);
            }
            parts
        })
    }

    /// (B, 1)
    fn fuse(&self, parts: &[Parts; 3], train: bool, trace: &mut Trace) -> Tensor {
        let [t, v, a] = parts;
        let six = [
            &t.private, &v.private, &a.private, &t.shared, &v.shared, &a.shared,
        ];
        let tokens = self.transformer.forward(&Tensor::stack(&six, 1), train);
        trace.record("fused", &tokens.transpose(0, 1));
        let [first, second] = &self.fusion;
        let hidden = first.forward(&tokens.flatten(1, 2));
        second.forward(&hidden.dropout(self.config.dropout, train).relu())
    }

    /// Mean squared error of each modality rebuilt from its two parts.
    fn reconstruction(&self, parts: &[Parts; 3]) -> Tensor {
        let error = |(space, parts): (&Space, &Parts)| {
            let rebuilt = space.recon.forward(&(&parts.private + &parts.shared));
            rebuilt.mse_loss(&parts.projected, Reduction::Mean)
        };
        let errors: Vec<Tensor> = self.spaces.iter().zip(parts).map(error).collect();
        Tensor::stack(&errors, 0).mean(None::<Kind>)
    }
}

/// No loss reaches these parameters.
fn freeze(parameters: [Option<Tensor>; 2]) {
    for parameter in parameters.into_iter().flatten() {
        let _ = parameter.set_requires_grad(false);
    }
}

/// (B, T, width) to (B, width): mean over the first `lengths` steps.
fn mean_of_valid(x: &Tensor, lengths: &Tensor) -> Tensor {
    let positions = Tensor::arange(x.size()[1], (Kind::Int64, x.device()));
    let lengths = lengths.to_kind(Kind::Int64).unsqueeze(1);
    let valid = positions.unsqueeze(0).lt_tensor(&lengths).to_kind(x.kind());
    let sum = (x * valid.unsqueeze(2)).sum_dim_intlist([1i64].as_slice(), false, None::<Kind>);
    sum / lengths.clamp_min(1).to_kind(x.kind())
}

/// Private against shared part of each modality, and private parts against each other.
fn difference([t, v, a]: &[Parts; 3]) -> Tensor {
    let pairs = [
        [&t.private, &t.shared],
        [&v.private, &v.shared],
        [&a.private, &a.shared],
        [&a.private, &t.private],
        [&a.private, &v.private],
        [&t.private, &v.private],
    ];
    let losses = pairs.map(|[one, other]| disparity::cross_correlation(one, other));
    Tensor::stack(&losses, 0).sum(None::<Kind>)
}

/// Shared parts against each other.
fn similarity([t, v, a]: &[Parts; 3]) -> Tensor {
    let pairs = [
        [&t.shared, &v.shared],
        [&t.shared, &a.shared],
        [&a.shared, &v.shared],
    ];
    let losses = pairs.map(|[one, other]| disparity::central_moments(one, other, 5));
    Tensor::stack(&losses, 0).mean(None::<Kind>)
}

impl Model for Misa {
    fn train(&mut self, batch: &Batch, trace: &mut Trace) -> Result<Losses> {
        batch.check(NAME)?;
        let utterances = self.read(&batch.masked, true, trace)?;
        let parts = self.split(&utterances, trace);
        let [t, v, a] = &parts;
        if trace.is_on() {
            let mean = (&t.shared + &v.shared + &a.shared) / 3.0;
            trace.record("sp", &self.discriminator.forward(&mean));
        }
        let prediction = self.fuse(&parts, true, trace);
        trace.record("pred", &prediction);
        let term = |name, weight, value| Term {
            name,
            weight,
            value,
        };
        let error = prediction.mse_loss(&batch.label, Reduction::Mean);
        let terms = vec![
            term("cls", 1.0, error),
            term("diff", self.config.diff_weight, difference(&parts)),
            term("cmd", self.config.sim_weight, similarity(&parts)),
            term(
                "recon",
                self.config.recon_weight,
                self.reconstruction(&parts),
            ),
        ];
        Ok(Losses::weighted(terms, prediction))
    }

    fn predict(&self, inputs: &Inputs, trace: &mut Trace) -> Result<Tensor> {
        let utterances = self.read(inputs, false, trace)?;
        let parts = self.split(&utterances, trace);
        let prediction = self.fuse(&parts, false, trace);
        trace.record("pred", &prediction);
        Ok(prediction)
    }

    fn text_encoder(&self) -> Option<&TextEncoder> {
        Some(&self.encoder)
    }

    fn set_engine(&mut self, engine: Engine) {
        self.encoder.set_engine(engine);
    }
}

fn build(setup: &Setup<'_>) -> Result<Box<dyn Model>> {
    let widths = setup.shapes.widths();
    let config: Config = read_config(NAME, setup)?;
    let model = Misa::new(&setup.path, &config, &setup.encoder, widths)?;
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
    let model = Misa::new(path, &case.config, &encoder, widths)?;
    Ok(Box::new(model))
}
