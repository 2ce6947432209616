//! MMIM, multimodal mutual-information maximization (Han, Chen, Poria, EMNLP 2021; MMSA's form).
//!
//! Text is the encoder's first state; audio and vision are the last valid states of a bidirectional LSTM
//! each; three linear layers fuse them. Beside the prediction, training raises the mutual information
//! between text and each of the other two, by a bound of a likelihood and an entropy, and that between
//! the fused features and each modality, by contrast with the batch's other samples. Formulas and
//! defaults: MMSA v2.2.1,
//! [models/singleTask/MMIM.py](https://github.com/thuiar/MMSA/blob/a94e65d/src/MMSA/models/singleTask/MMIM.py),
//! [trains/singleTask/MMIM.py](https://github.com/thuiar/MMSA/blob/a94e65d/src/MMSA/trains/singleTask/MMIM.py) and
//! [config_regression.json](https://github.com/thuiar/MMSA/blob/a94e65d/src/MMSA/config/config_regression.json).
//! MMSA has no settings for SIMSv2; there it gets those that MMSA has for all other data sets.
//!
//! The paper claims that fusion loses what the modalities share with the task, and that these bounds keep
//! it. Training has two stages an epoch, each with an optimizer of its own: first the networks of the
//! likelihoods learn by themselves (on MOSEI from the first half of the batches), then everything else,
//! with these networks as they are. The entropy is that of normal distributions of the samples of
//! positive and of negative label, over the batch and the `mem_size` batches before it in the epoch; it
//! enters the loss after the first `mem_size + 1` batches. The layer that it reads samples through is in
//! no loss of the first stage and in no group of the second, so that it stays a random projection, as in
//! the reference.
//!
//! Reference bugs, left out by default and reproduced by `mmim:compat`:
//!
//! - The likelihood lacks the term of its log-variance, so that the first stage raises variances without
//!   bound and the likelihood ends at 0 whatever the networks know.
//! - Covariances of too few or too similar samples are singular, and the entropy of their determinant is
//!   -inf or NaN. By default their diagonals get `jitter`, and an entropy of no sample is constant.
//! - Both stages clip by the norm of the gradients of all parameters, those included that the stage does
//!   not move: the first computes the gradient of the text encoder for nothing else, the second is held
//!   back by what the networks of the likelihoods would have liked. By default the first stage
//!   differentiates its own networks alone, and the second does not differentiate them.
//!
//! `mmim` refuses batches that are expected to hold fewer samples of either sign than a covariance has
//! dimensions, and warns where a training split is too small for any batch to hold as many; `mmim:compat` asks
//! for twice as many, since one unlucky batch ends it, and refuses such a split.
//!
//! MMSA's reduced learning rate (by half, of the second stage alone) and its early stop apply only where
//! a run requests them.
//!
//! Text as published is a fine-tuned BERT (`--encoder bert:DIR`), in a parameter group of its own.

use tch::nn::{self, Module, Path};
use tch::{Reduction, Tensor};

use self::contrast::Contrast;
use self::information::Information;
use super::batch::{Batch, Inputs, check_features};
use super::encoder::TextEncoder;
use super::engine::Engine;
use super::entry::{Entry, Model, read_config};
use super::error::Result;
use super::layers::{Lstm, LstmSize, init};
use super::losses::{Losses, Term};
use super::recipe::{ParamGroup, Recipe};
use super::reference;
use super::search_space;
use super::setup::{LabelStats, Setup, Shapes};
use super::stage::{Stage, When};
use super::trace::Trace;
use super::variant::COMPAT;

mod config;
mod contrast;
mod information;
mod memory;

pub use config::Config;

/// Registry entry.
pub static ENTRY: Entry = Entry {
    name: NAME,
    title: "MMIM",
    citation: "Wei Han, Hui Chen, Soujanya Poria: Improving Multimodal Fusion with Hierarchical \
               Mutual Information Maximization for Multimodal Sentiment Analysis. EMNLP 2021",
    summary: "fusion that keeps bounds of the mutual information between modalities high",
    trained: true,
    needs_complete: false,
    recipe: config::recipe,
    config: |profile| super::entry::to_json(&Config::of(profile)),
    space: &[search_space::dropout("dropout_prj")],
    variants: &[COMPAT],
    build,
    check: None,
    case: Some(reference::mmsa),
};

const NAME: &str = "mmim";

/// The stage that trains the networks of the likelihoods.
const LIKELIHOODS: &str = "mi";

/// Linear layer with Xavier-normal weights: what MMSA's trainer makes of every matrix outside BERT.
fn linear(path: Path<'_>, inputs: i64, outputs: i64) -> nn::Linear {
    let config = nn::LinearConfig {
        ws_init: init::xavier_normal(inputs, outputs),
        bs_init: Some(init::fan_in(inputs)),
        bias: true,
    };
    nn::linear(path, inputs, outputs, config)
}

/// The last valid states of an LSTM, of both directions where it has two, through a linear layer.
#[derive(Debug)]
struct Reader {
    rnn: Lstm,
    linear: nn::Linear,
}

impl Reader {
    /// Parameters: `rnn.*_l0`, `rnn.*_l0_reverse`, `linear_1`.
    fn new(path: &Path<'_>, [inputs, hidden, outputs]: [i64; 3], bidirectional: bool) -> Self {
        let size = LstmSize {
            bidirectional,
            ..LstmSize::single(inputs, hidden)
        };
        let rnn_path = path / "rnn";
        let rnn = Lstm::new(&rnn_path, size);
        let suffixes = ["", "_reverse"].iter().take(1 + usize::from(bidirectional));
        for suffix in suffixes {
            for (name, width) in [("weight_ih_l0", inputs), ("weight_hh_l0", hidden)] {
                if let Some(mut weight) = rnn_path.get(&format!("{name}{suffix}")) {
                    let init = init::xavier_normal(width, 4 * hidden);
                    tch::no_grad(|| init.set(&mut weight));
                }
            }
        }
        let states = if bidirectional { 2 * hidden } else { hidden };
        Self {
            rnn,
            linear: linear(path / "linear_1", states, outputs),
        }
    }

    /// (B, T, inputs) of these lengths (B) to (B, outputs).
    fn forward(&self, x: &Tensor, lengths: &Tensor) -> Tensor {
        self.linear.forward(&self.rnn.last_valid(x, lengths))
    }
}

/// Three linear layers on the joined modalities.
#[derive(Debug)]
struct Fusion {
    linears: [nn::Linear; 3],
    dropout: f64,
}

impl Fusion {
    /// Parameters: `linear_{1,2,3}`.
    fn new(path: &Path<'_>, inputs: i64, hidden: i64, dropout: f64) -> Self {
        let sizes = [(1, inputs, hidden), (2, hidden, hidden), (3, hidden, 1)];
        let layer = |(i, inputs, outputs)| linear(path / format!("linear_{i}"), inputs, outputs);
        Self {
            linears: sizes.map(layer),
            dropout,
        }
    }

    /// The hidden features (B, hidden) and the prediction (B, 1).
    fn forward(&self, x: &Tensor, train: bool) -> (Tensor, Tensor) {
        let [first, second, third] = &self.linears;
        let hidden = first.forward(&x.dropout(self.dropout, train)).tanh();
        let fused = second.forward(&hidden).tanh();
        let prediction = third.forward(&fused);
        (fused, prediction)
    }
}

/// The modalities of B samples as vectors: text, audio, vision.
type Vectors = [Tensor; 3];

/// The network.
#[derive(Debug)]
pub struct Mmim {
    encoder: TextEncoder,
    vision: Reader,
    audio: Reader,
    information: Information,
    contrast: Contrast,
    fusion: Fusion,
    shapes: Shapes,
    labels: LabelStats,
    config: Config,
}

impl Mmim {
    /// Builds the network, with an empty memory of batches.
    ///
    /// # Errors
    /// Those of [`TextEncoder::new`].
    pub fn new(setup: &Setup<'_>, config: Config) -> Result<Self> {
        let path = &setup.path;
        let [text, audio_width, vision_width] = setup.widths();
        let (audio, vision) = (config.d_aout, config.d_vout);
        let reader = |name: &str, sizes| Reader::new(&(path / name), sizes, config.bidirectional);
        let joined = text + audio + vision;
        let (fused, dropout) = (config.d_prjh, config.dropout_prj);
        Ok(Self {
            encoder: TextEncoder::new(&(path / "bertmodel" / "model"), &setup.encoder)?,
            vision: reader("visual_enc", [vision_width, config.d_vh, vision]),
            audio: reader("acoustic_enc", [audio_width, config.d_ah, audio]),
            information: Information::new(path, [text, audio, vision], &config),
            contrast: Contrast::new(path, [text, audio, vision], &config),
            fusion: Fusion::new(&(path / "fusion_prj"), joined, fused, dropout),
            shapes: setup.shapes,
            labels: setup.labels,
            config,
        })
    }

    fn read(&self, inputs: &Inputs, train: bool, trace: &mut Trace) -> Result<Vectors> {
        let [audio, vision] = [self.shapes.audio_width, self.shapes.vision_width];
        check_features(&inputs.audio, i64::MAX, audio, NAME, "audio features")?;
        check_features(&inputs.vision, i64::MAX, vision, NAME, "vision features")?;
        let states = self.encoder.encode(&inputs.text, NAME, train)?;
        let vectors = [
            states.select(1, 0),
            self.audio.forward(&inputs.audio, &inputs.audio_lengths),
            self.vision.forward(&inputs.vision, &inputs.vision_lengths),
        ];
        for (name, vector) in ["text_h", "audio_h", "vision_h"].into_iter().zip(&vectors) {
            trace.record(name, vector);
        }
        Ok(vectors)
    }

    fn fuse(&self, vectors: &Vectors, train: bool, trace: &mut Trace) -> (Tensor, Tensor) {
        let (fused, prediction) = self.fusion.forward(&Tensor::cat(vectors, 1), train);
        trace.record("fusion", &fused);
        trace.record("pred", &prediction);
        (fused, prediction)
    }
}

impl Model for Mmim {
    fn train(&mut self, batch: &Batch, trace: &mut Trace) -> Result<Losses> {
        batch.check(NAME)?;
        let vectors = self.read(&batch.masked, true, trace)?;
        let (fused, prediction) = self.fuse(&vectors, true, trace);
        let nce = self.contrast.loss(&vectors, &fused);
        // The first stage trains these networks; the reference computes their gradients here too.
        let likelihood = self.information.likelihood(&vectors, self.config.compat);
        let entropy = self.information.entropy(&vectors, batch, trace);
        let beta = self.config.beta;
        let enters = batch.position > self.config.mem_size;
        let term = |name, weight, value| Term {
            name,
            weight,
            value,
        };
        let terms = vec![
            term("y", 1.0, prediction.l1_loss(&batch.label, Reduction::Mean)),
            term("nce", self.config.alpha, nce),
            term("lld", -beta, likelihood),
            term("H", if enters { -beta } else { 0.0 }, entropy),
        ];
        Ok(Losses::weighted(terms, prediction))
    }

    fn predict(&self, inputs: &Inputs, trace: &mut Trace) -> Result<Tensor> {
        let vectors = self.read(inputs, false, trace)?;
        let (_, prediction) = self.fuse(&vectors, false, trace);
        Ok(prediction)
    }

    fn text_encoder(&self) -> Option<&TextEncoder> {
        Some(&self.encoder)
    }

    fn set_engine(&mut self, engine: Engine) {
        self.encoder.set_engine(engine);
    }

    fn groups(&self, recipe: &Recipe) -> Vec<ParamGroup> {
        let main = ParamGroup {
            name: "main",
            prefixes: ["visual_enc.", "acoustic_enc.", "cpc_", "fusion_prj."]
                .map(str::to_owned)
                .into(),
            ..ParamGroup::all(recipe)
        };
        if !self.encoder.is_trained() {
            return vec![main];
        }
        let bert = ParamGroup {
            name: "bert",
            prefixes: vec!["bertmodel.".to_owned()],
            containing: &[],
            ..self
                .config
                .scaled(recipe, self.config.lr_bert, self.config.weight_decay_bert)
        };
        vec![bert, main]
    }

    fn stages(&self, recipe: &Recipe) -> Vec<Stage> {
        let group = ParamGroup {
            name: "likelihoods",
            prefixes: vec!["mi_".to_owned()],
            ..self
                .config
                .scaled(recipe, self.config.lr_mmilb, self.config.weight_decay_mmilb)
        };
        let share = self.config.mi_share;
        let when = When::BeforeEpoch { share };
        vec![Stage::new(LIKELIHOODS, when, recipe, vec![group])]
    }

    fn train_stage(
        &mut self,
        _stage: &'static str,
        batch: &Batch,
        trace: &mut Trace,
    ) -> Result<Losses> {
        batch.check(NAME)?;
        let read = |trace: &mut Trace| -> Result<(Vectors, Tensor)> {
            let vectors = self.read(&batch.masked, true, trace)?;
            let (_, prediction) = self.fuse(&vectors, true, trace);
            Ok((vectors, prediction))
        };
        let (vectors, prediction) = if self.config.compat {
            read(trace)?
        } else {
            let (vectors, prediction) = tch::no_grad(|| read(trace))?;
            (vectors.map(|vector| vector.detach()), prediction.detach())
        };
        let term = Term {
            name: "lld",
            weight: -1.0,
            value: self.information.likelihood(&vectors, true),
        };
        Ok(Losses::weighted(vec![term], prediction))
    }

    fn prescribe(&mut self, given: &dyn Fn(&str) -> Option<Tensor>) {
        self.information.prescribe(given);
    }

    fn check_recipe(&self, recipe: &Recipe) -> Result<()> {
        self.config.check_batches(recipe, self.labels, NAME)
    }
}

fn build(setup: &Setup<'_>) -> Result<Box<dyn Model>> {
    let config: Config = read_config(NAME, &setup.config)?;
    config.check(NAME)?;
    Ok(Box::new(Mmim::new(setup, config)?))
}
