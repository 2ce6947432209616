//! LNLN, the language-dominated noise-resistant learning network.
//!
//! Language tokens are mixed with proxy tokens made of the other modalities, by a learned estimate of how
//! complete the language is; auxiliary heads discriminate the mixture from complete language and
//! reconstruct the complete tokens. Paper: [arXiv 2409.20012](https://arxiv.org/abs/2409.20012). Formulas
//! and defaults: the published code,
//! [lnln.py](https://github.com/Haoyu-ha/LNLN/blob/80a052c/models/lnln.py). Where the two differ, this
//! model follows the code:
//!
//! - the discriminator compares the mixture with complete language, not proxy tokens with those of the
//!   masked language (equation 9; `lnln:disc-on-hp` is the paper's), and its label tells which of the
//!   two a token belongs to, not which modality;
//! - the gradient is reversed on the proxy tokens before the mixture, so that the sentiment loss is
//!   reversed for the generator too, not only the discriminator's loss;
//! - the reconstruction targets are the tokens of the complete inputs, not the inputs; these targets are
//!   trained as well;
//! - proxy tokens are read from the generator's own learned tokens; learned tokens start at 0 or 1, not
//!   at random;
//! - a hyper-modality layer adds to its *normalized* input, and both of its attentions share the last
//!   linear layer (equation 3);
//! - the fusion has 2 layers on MOSI, 4 in the paper, and the regression reads the mean over its tokens;
//! - half of the training samples have nothing missing in a modality (`--noise`), and training has no
//!   early stop.
//!
//! Text as published is a fine-tuned BERT (`--encoder bert:DIR`). Nothing is published for CH-SIMS v2,
//! which gets CH-SIMS's settings.

use tch::{Reduction, Tensor};

use self::correction::{Corrected, Correction};
use self::learning::Learning;
use self::reconstruction::Reconstruction;
use super::batch::{Batch, Inputs};
use super::encoder::TextEncoder;
use super::engine::Engine;
use super::entry::{Entry, Model, read_config};
use super::error::Result;
use super::layers::{Joint, Projections};
use super::losses::{Losses, Term};
use super::setup::Setup;
use super::trace::Trace;

mod config;
mod correction;
mod learning;
mod reconstruction;

pub use config::Config;

/// Registry entry.
pub static ENTRY: Entry = Entry {
    name: NAME,
    title: "LNLN",
    citation: "Zhang, Wang, Yu: Towards Robust Multimodal Sentiment Analysis with Incomplete Data. \
               NeurIPS 2024",
    summary: "corrects incomplete language by proxy tokens of audio and vision before fusion",
    trained: true,
    needs_complete: true,
    recipe: config::recipe,
    config: |profile| super::entry::to_json(&Config::of(profile)),
    variants: config::VARIANTS,
    check: None,
    build,
    case: Some(config::case),
};

const NAME: &str = "lnln";

/// Tokens of the three modalities, (B, tokens, width) each.
#[derive(Debug)]
struct Tokens {
    text: Tensor,
    audio: Tensor,
    vision: Tensor,
}

/// What the main path computes from masked tokens.
#[derive(Debug)]
struct Fused {
    /// `None` in the variant without it.
    corrected: Option<Corrected>,
    /// (B, 1)
    prediction: Tensor,
}

/// The network.
#[derive(Debug)]
pub struct Lnln {
    config: Config,
    encoder: TextEncoder,
    projections: Projections,
    correction: Option<Correction>,
    learning: Learning,
    reconstruction: Option<Reconstruction>,
    engine: Engine,
}

impl Lnln {
    /// Builds the network.
    ///
    /// # Errors
    /// Those of [`TextEncoder::new`].
    pub fn new(setup: &Setup<'_>, config: Config) -> Result<Self> {
        let (path, c, block) = (&setup.path, &config, config.block());
        let (width, size) = (setup.encoder.width(), [c.tokens, c.proj_depth]);
        Ok(Self {
            encoder: TextEncoder::new(&(path / "bertmodel" / "model"), &setup.encoder)?,
            projections: Projections::new(path, width, &setup.shapes, size, block),
            correction: c.correction.then(|| Correction::new(path, c)),
            learning: Learning::new(path, c),
            reconstruction: c.reconstruction.then(|| Reconstruction::new(path, c)),
            engine: Engine::default(),
            config,
        })
    }

    fn project(&self, text: &Tensor, audio: &Tensor, vision: &Tensor) -> Result<Tokens> {
        let tokens = self.projections.forward([text, audio, vision], NAME)?;
        let [text, audio, vision] = tokens;
        Ok(Tokens {
            text,
            audio,
            vision,
        })
    }

    /// Tokens of the masked and of the complete inputs, with the same weights.
    ///
    /// Samples whose two versions agree in a modality are projected once. Text under dropout is
    /// encoded twice all the same, since the reference draws two independent dropout masks.
    fn project_both(
        &self,
        masked: &Inputs,
        complete: &Inputs,
        trace: &mut Trace,
    ) -> Result<(Tokens, Tokens)> {
        if self.engine.reference {
            return self.project_apart(masked, complete, trace);
        }
        let pairs = [
            (masked.text.tensor(), complete.text.tensor()),
            (&masked.audio, &complete.audio),
            (&masked.vision, &complete.vision),
        ];
        let [mut text, audio, vision] = Joint::of(pairs);
        if !self.encoder.is_deterministic() {
            text = Joint::all(pairs[0].0, pairs[0].1);
        }
        let tokens = masked.text.map(|_| text.input.shallow_clone());
        let states = self.encoder.encode(&tokens, NAME, true)?;
        trace.record("bert_m", &states.narrow(0, 0, masked.len()));
        let tokens = self.project(&states, &audio.input, &vision.input)?;
        let (text, audio, vision) = (
            text.split(&tokens.text),
            audio.split(&tokens.audio),
            vision.split(&tokens.vision),
        );
        Ok((
            Tokens {
                text: text.0,
                audio: audio.0,
                vision: vision.0,
            },
            Tokens {
                text: text.1,
                audio: audio.1,
                vision: vision.1,
            },
        ))
    }

    /// One pass each, as the reference does it.
    fn project_apart(
        &self,
        masked: &Inputs,
        complete: &Inputs,
        trace: &mut Trace,
    ) -> Result<(Tokens, Tokens)> {
        let states = self.encoder.encode(&masked.text, NAME, true)?;
        trace.record("bert_m", &states);
        let first = self.project(&states, &masked.audio, &masked.vision)?;
        let states = self.encoder.encode(&complete.text, NAME, true)?;
        Ok((
            first,
            self.project(&states, &complete.audio, &complete.vision)?,
        ))
    }

    /// `present` is the counted share of the text that is there, (B, 1).
    fn fuse(&self, tokens: &Tokens, present: &Tensor, trace: &mut Trace) -> Fused {
        for (name, tensor) in [
            ("h_l", &tokens.text),
            ("h_a", &tokens.audio),
            ("h_v", &tokens.vision),
        ] {
            trace.record(name, tensor);
        }
        let correction = self.correction.as_ref();
        let corrected = correction.map(|c| c.forward(tokens, present, trace));
        let dominant = corrected.as_ref().map_or(&tokens.text, |c| &c.dominant);
        trace.record("h_d", dominant);
        let prediction = self.learning.forward(dominant, tokens, trace);
        Fused {
            corrected,
            prediction,
        }
    }
}

impl Model for Lnln {
    fn train(&mut self, batch: &Batch, trace: &mut Trace) -> Result<Losses> {
        batch.check(NAME)?;
        let (masked, complete) = self.project_both(&batch.masked, batch.complete(NAME)?, trace)?;
        let fused = self.fuse(&masked, &batch.masked.text_present, trace);
        let (c, mean) = (&self.config, Reduction::Mean);
        let mut terms = Vec::new();
        let mut add = |name, weight, value| {
            terms.push(Term {
                name,
                weight,
                value,
            });
        };
        add(
            "l_sp",
            c.sigma,
            fused.prediction.mse_loss(&batch.label, mean),
        );
        if let (Some(correction), Some(corrected)) = (&self.correction, &fused.corrected) {
            if correction.estimates() {
                // The label is the nominal rate, not the share of tokens that were masked.
                let present = 1.0 - &batch.missing_rate[0];
                let error = corrected.completeness.mse_loss(&present, mean);
                add("l_cc", c.alpha, error);
            }
            let language = [&masked.text, &complete.text];
            let adversarial = correction.adversarial(corrected, language, trace);
            add("l_adv", c.beta, adversarial);
        }
        if let Some(reconstruction) = &self.reconstruction {
            add(
                "l_rec",
                c.gamma,
                reconstruction.loss(&masked, &complete, trace),
            );
        }
        Ok(Losses::weighted(terms, fused.prediction))
    }

    fn predict(&self, inputs: &Inputs, trace: &mut Trace) -> Result<Tensor> {
        let states = self.encoder.encode(&inputs.text, NAME, false)?;
        let tokens = self.project(&states, &inputs.audio, &inputs.vision)?;
        Ok(self.fuse(&tokens, &inputs.text_present, trace).prediction)
    }

    fn set_engine(&mut self, engine: Engine) {
        self.encoder.set_engine(engine);
        self.projections.set_engine(engine);
        self.learning.set_engine(engine);
        if let Some(correction) = &mut self.correction {
            correction.set_engine(engine);
        }
        if let Some(reconstruction) = &mut self.reconstruction {
            reconstruction.set_engine(engine);
        }
        self.engine = engine;
    }

    fn is_divisible(&self) -> bool {
        true
    }

    fn text_encoder(&self) -> Option<&TextEncoder> {
        Some(&self.encoder)
    }
}

fn build(setup: &Setup<'_>) -> Result<Box<dyn Model>> {
    Ok(Box::new(Lnln::new(
        setup,
        read_config(NAME, &setup.config)?,
    )?))
}
