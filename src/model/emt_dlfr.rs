//! EMT-DLFR, efficient multimodal transformer with dual-level feature restoration (Sun et al., 2023).
//!
//! Three vectors, one per modality, are the global context. In each layer it attends to the steps of every
//! modality, and the steps to it and to themselves, all by one shared unit. In training the network reads
//! the complete and the masked inputs: a loss draws the vectors of the two views together (SimSiam), another
//! reconstructs masked steps. In evaluation it reads the masked inputs alone; the authors' code reads both
//! and predicts from the masked ones. The paper claims robustness to missing steps at a cost that does not
//! grow with the square of their number; in its code the steps of a modality attend to each other all the
//! same. Formulas and defaults, MIT license:
//! [models/missingTask/EMT_DLFR.py](https://github.com/sunlicai/EMT-DLFR/blob/e9f0960/models/missingTask/EMT_DLFR.py),
//! [models/subNets/EMT.py](https://github.com/sunlicai/EMT-DLFR/blob/e9f0960/models/subNets/EMT.py),
//! [trains/missingTask/EMT_DLFR.py](https://github.com/sunlicai/EMT-DLFR/blob/e9f0960/trains/missingTask/EMT_DLFR.py) and
//! [config/config_regression.py](https://github.com/sunlicai/EMT-DLFR/blob/e9f0960/config/config_regression.py).
//!
//! Reference bug, reproduced by `emt_dlfr:compat`: the token SEP, which carries a state like any word, is
//! outside the mask of the text, and a text without words attends to its padding. Here the text is all its
//! tokens but CLS, whose state is the text's vector.
//!
//! Audio and vision without any step are read for one, a padded one; the reference stops at them. It stops
//! at a batch of one too, which has no statistics: here it is normalized by the running ones. The gradients
//! of four batches are summed (`--grad-accum published`); the batches that fill no group at the end of an
//! epoch make a step of their own here and none in the reference. The authors train a model per missing rate
//! (`--train-on tested-rate`) on masks drawn once, and report the epoch with the lowest validation loss: the
//! sum of all losses, on MOSEI the error of the masked view; here it is the run's monitored metric. For
//! CH-SIMS they standardize audio and vision by the frames of the training split (`prepare --standardize`).
//! Nothing is published for CH-SIMS v2, which gets CH-SIMS's settings.
//!
//! Text as published is a fine-tuned BERT (`--encoder bert:DIR`). With states of a frozen encoder, where
//! every state depends on every word, all steps of a text with a masked word are reconstructed.

use tch::Tensor;
use tch::nn::{self, Module};

use self::fusion::{Fused, Fusion};
use self::reader::FrameReader;
use self::restoration::{Attraction, reconstruction};
use super::batch::{Batch, Inputs};
use super::encoder::TextEncoder;
use super::engine::Engine;
use super::entry::{Entry, Model, read_config};
use super::erased::erased;
use super::error::Result;
use super::layers::{PostFusion, init};
use super::losses::Losses;
use super::recipe::{ParamGroup, Recipe};
use super::reference;
use super::search_space;
use super::setup::Setup;
use super::trace::Trace;
use super::variant::COMPAT;

mod attention;
mod config;
mod fusion;
mod reader;
mod restoration;
mod unit;

pub use config::Config;

/// Registry entry.
pub static ENTRY: Entry = Entry {
    name: NAME,
    title: "EMT-DLFR",
    citation: "Licai Sun, Zheng Lian, Bin Liu, Jianhua Tao: Efficient Multimodal Transformer with \
               Dual-Level Feature Restoration for Robust Multimodal Sentiment Analysis. IEEE \
               Transactions on Affective Computing 15, 2024",
    summary: "a global context exchanged with each modality, restored from the complete view",
    trained: true,
    needs_complete: true,
    recipe: config::recipe,
    config: |profile| super::entry::to_json(&Config::of(profile)),
    space: &[
        search_space::dropout("attn_dropout"),
        search_space::dropout("ff_dropout"),
        search_space::dropout("post_fusion_dropout"),
    ],
    variants: &[COMPAT],
    check: None,
    build,
    case: Some(reference::mmsa),
};

const NAME: &str = "emt_dlfr";

/// The network.
#[derive(Debug)]
pub struct EmtDlfr {
    config: Config,
    encoder: TextEncoder,
    audio: FrameReader,
    vision: FrameReader,
    /// Of text, audio and vision to the common width; `None` where they have it already.
    projections: [Option<nn::Linear>; 3],
    fusion: Fusion,
    /// Of the global context, text, audio and vision.
    attractions: [Attraction; 4],
    /// To the features of text, audio and vision.
    generators: [nn::Linear; 3],
    head: PostFusion,
}

/// What B samples of one view become.
struct Encoded {
    /// (B, T, features) states of the text.
    states: Tensor,
    /// (B, features) each: text, audio, vision.
    vectors: [Tensor; 3],
    fused: Fused,
}

impl Encoded {
    fn narrow(&self, start: i64, samples: i64) -> Self {
        let cut = |x: &Tensor| x.narrow(0, start, samples);
        Self {
            states: cut(&self.states),
            vectors: self.vectors.each_ref().map(cut),
            fused: self.fused.narrow(start, samples),
        }
    }
}

/// Names of a view's tensors in traces.
struct Names {
    prediction: &'static str,
    context: &'static str,
    /// Projections and predictions of the global context, text, audio and vision.
    pairs: [[&'static str; 2]; 4],
}

const COMPLETE: Names = Names {
    prediction: "pred",
    context: "gmc",
    pairs: [
        ["z_gmc_tokens", "p_gmc_tokens"],
        ["z_text", "p_text"],
        ["z_audio", "p_audio"],
        ["z_video", "p_video"],
    ],
};

const MASKED: Names = Names {
    prediction: "pred_m",
    context: "gmc_m",
    pairs: [
        ["z_gmc_tokens_m", "p_gmc_tokens_m"],
        ["z_text_m", "p_text_m"],
        ["z_audio_m", "p_audio_m"],
        ["z_video_m", "p_video_m"],
    ],
};

/// What a view gives for the losses.
struct View {
    prediction: Tensor,
    /// Projection, detached, and its prediction, of the global context, text, audio and vision.
    pairs: [[Tensor; 2]; 4],
}

impl EmtDlfr {
    /// Builds the network.
    ///
    /// # Errors
    /// Those of [`TextEncoder::new`] and [`Config::check`].
    pub fn new(setup: &Setup<'_>, config: Config) -> Result<Self> {
        config.check(NAME)?;
        let path = &setup.path;
        let (width, features) = (config.d_model, setup.widths());
        let outputs = [features[0], config.audio_out, config.video_out];
        let context = 3 * width;
        let project = |name: &str, inputs| {
            let path = path / format!("proj_{name}");
            (inputs != width).then(|| init::linear_without_bias(path, inputs, width))
        };
        let attraction = |name, size, hidden| Attraction::new(path, name, size, hidden);
        let generator =
            |name: &str, i: usize| init::linear(path / format!("recon_{name}"), width, features[i]);
        let audio_size = [features[1], config.a_lstm_hidden_size, outputs[1]];
        let vision_size = [features[2], config.v_lstm_hidden_size, outputs[2]];
        let (joined, dropout) = (
            outputs.iter().sum::<i64>() + context,
            config.post_fusion_dropout,
        );
        Ok(Self {
            encoder: TextEncoder::new(&(path / "text_model" / "model"), &setup.encoder)?,
            audio: FrameReader::new(&(path / "audio_model"), audio_size, "audio features"),
            vision: FrameReader::new(&(path / "video_model"), vision_size, "vision features"),
            projections: [
                project("text", outputs[0]),
                project("audio", outputs[1]),
                project("video", outputs[2]),
            ],
            fusion: Fusion::new(&(path / "fusion"), &config),
            attractions: [
                attraction("gmc_tokens", context, config.gmc_tokens_pred_dim),
                attraction("text", outputs[0], config.text_pred_dim),
                attraction("audio", outputs[1], config.audio_pred_dim),
                attraction("video", outputs[2], config.video_pred_dim),
            ],
            generators: [
                generator("text", 0),
                generator("audio", 1),
                generator("video", 2),
            ],
            head: PostFusion::new(path, "post_fusion", joined, config.post_fusion_dim, dropout),
            config,
        })
    }

    fn encode(&self, inputs: &Inputs, train: bool) -> Result<Encoded> {
        let states = self.encoder.encode(&inputs.text, NAME, train)?;
        let (audio, audio_vector) = self.audio.forward(&inputs.audio, &inputs.audio_lengths)?;
        let (vision, vision_vector) = self
            .vision
            .forward(&inputs.vision, &inputs.vision_lengths)?;
        let vectors = [states.select(1, 0), audio_vector, vision_vector];
        let text = states.narrow(1, 1, states.size()[1] - 1);
        let project = |i: usize, x: &Tensor| match &self.projections[i] {
            Some(linear) => linear.forward(x),
            None => x.shallow_clone(),
        };
        let context = [0, 1, 2].map(|i: usize| project(i, &vectors[i]));
        let steps = [project(0, &text), project(1, &audio), project(2, &vision)];
        let beside = if self.config.compat { 2 } else { 1 };
        let lengths = [
            &(&inputs.text_lengths - beside),
            &inputs.audio_lengths,
            &inputs.vision_lengths,
        ];
        let fused = self
            .fusion
            .forward(&Tensor::stack(&context, 1), &steps, lengths, train);
        Ok(Encoded {
            states,
            vectors,
            fused,
        })
    }

    /// (B, 1)
    fn prediction(&self, encoded: &Encoded, train: bool) -> Tensor {
        let [text, audio, vision] = &encoded.vectors;
        let joined = Tensor::cat(&[text, audio, vision, &encoded.fused.context], 1);
        self.head.forward(&joined, train).prediction
    }

    /// One view in training.
    fn view(&self, encoded: &Encoded, names: &Names, trace: &mut Trace) -> View {
        let prediction = self.prediction(encoded, true);
        trace.record(names.prediction, &prediction);
        trace.record(names.context, &encoded.fused.context);
        let [text, audio, vision] = &encoded.vectors;
        let vectors = [&encoded.fused.context, text, audio, vision];
        let pairs = [0, 1, 2, 3].map(|i: usize| {
            let pair = self.attractions[i].forward(vectors[i]);
            for (name, tensor) in names.pairs[i].into_iter().zip(&pair) {
                trace.record(name, tensor);
            }
            pair
        });
        View { prediction, pairs }
    }

    /// Reconstruction losses of text, audio and vision from the masked view.
    fn reconstruct(
        &self,
        batch: &Batch,
        complete: &Inputs,
        views: [&Encoded; 2],
        trace: &mut Trace,
    ) -> [Tensor; 3] {
        const NAMES: [[&str; 2]; 3] = [
            ["fused_text_m", "text_recon"],
            ["fused_audio_m", "audio_recon"],
            ["fused_video_m", "video_recon"],
        ];
        let [of_complete, of_masked] = views;
        let fused = self.fusion.finish(&of_masked.fused, true);
        let (states, longest) = (
            of_complete.states.detach(),
            fused.each_ref().map(|x| x.size()[1]),
        );
        let text = states.narrow(1, 1, longest[0]);
        trace.record("text_for_recon", &text);
        trace.compute("fused_text", || {
            let [text, ..] = self.fusion.finish(&of_complete.fused, true);
            text
        });
        let targets = [
            text,
            complete.audio.narrow(1, 0, longest[1]),
            complete.vision.narrow(1, 0, longest[2]),
        ];
        let erased = erased(&batch.masked, complete);
        [0, 1, 2].map(|i: usize| {
            let generated = self.generators[i].forward(&fused[i]);
            trace.record(NAMES[i][0], &fused[i]);
            trace.record(NAMES[i][1], &generated);
            // CLS is the first of the text.
            let first = i64::from(i == 0);
            let erased = erased[i].narrow(1, first, longest[i]);
            reconstruction(&generated, &targets[i], &erased)
        })
    }
}

impl Model for EmtDlfr {
    fn train(&mut self, batch: &Batch, trace: &mut Trace) -> Result<Losses> {
        batch.check(NAME)?;
        let (masked, complete) = (&batch.masked, batch.complete(NAME)?);
        let samples = masked.len();
        // One pass over both views, apart where a batch has statistics.
        let both = Inputs::cat(&[complete.narrow(0, samples), masked.narrow(0, samples)]);
        let both = self.encode(&both, true)?;
        let views = [both.narrow(0, samples), both.narrow(samples, samples)];
        // In the reference's order, in which running statistics are updated.
        let of_complete = self.view(&views[0], &COMPLETE, trace);
        let of_masked = self.view(&views[1], &MASKED, trace);
        let recon = self.reconstruct(batch, complete, [&views[0], &views[1]], trace);
        Ok(self
            .config
            .losses(&of_complete, &of_masked, recon, &batch.label))
    }

    fn predict(&self, inputs: &Inputs, trace: &mut Trace) -> Result<Tensor> {
        let prediction = self.prediction(&self.encode(inputs, false)?, false);
        trace.record("pred", &prediction);
        Ok(prediction)
    }

    fn text_encoder(&self) -> Option<&TextEncoder> {
        Some(&self.encoder)
    }

    fn set_engine(&mut self, engine: Engine) {
        self.encoder.set_engine(engine);
        self.fusion.set_engine(engine);
    }

    fn groups(&self, recipe: &Recipe) -> Vec<ParamGroup> {
        self.config.groups(recipe, self.encoder.is_trained())
    }
}

fn build(setup: &Setup<'_>) -> Result<Box<dyn Model>> {
    Ok(Box::new(EmtDlfr::new(
        setup,
        read_config(NAME, &setup.config)?,
    )?))
}
