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
use super::batch::{Batch, Inputs};
use super::encoder::TextEncoder;
use super::engine::Engine;
use super::entry::{Entry, Model, read_config};
use super::error::Result;
use super::losses::{Losses, Term};
use super::reference;
use super::setup::Setup;
use super::tokens::{Reconstruction, TokenCount, TokenEncoder, Tokens};
use super::trace::Trace;

mod config;
mod correction;
mod learning;

pub use config::Config;

/// Registry entry.
pub static ENTRY: Entry = Entry {
    name: NAME,
    title: "LNLN",
    citation: "Haoyu Zhang, Wenbin Wang, Tianshu Yu: Towards Robust Multimodal Sentiment Analysis \
               with Incomplete Data. NeurIPS 2024",
    summary: "corrects incomplete language by proxy tokens of audio and vision before fusion",
    trained: true,
    needs_complete: true,
    recipe: config::recipe,
    config: |profile| super::entry::to_json(&Config::of(profile)),
    space: &[],
    variants: config::VARIANTS,
    check: None,
    build,
    case: Some(reference::tokens),
};

const NAME: &str = "lnln";

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
    tokens: TokenEncoder,
    correction: Option<Correction>,
    learning: Learning,
    reconstruction: Option<Reconstruction>,
}

impl Lnln {
    /// Builds the network.
    ///
    /// # Errors
    /// Those of [`TextEncoder::new`].
    pub fn new(setup: &Setup<'_>, config: Config) -> Result<Self> {
        let (path, c, block) = (&setup.path, &config, config.block());
        let count = TokenCount {
            learned: c.tokens,
            read: c.tokens,
            depth: c.proj_depth,
        };
        let reconstruction =
            || Reconstruction::new(path, c.tokens, c.reconstructor_depth, c.block());
        Ok(Self {
            tokens: TokenEncoder::new(path, setup, count, block, NAME)?,
            correction: c.correction.then(|| Correction::new(path, c)),
            learning: Learning::new(path, c),
            reconstruction: c.reconstruction.then(reconstruction),
            config,
        })
    }

    /// `present` is the counted share of the text that is there, (B, 1).
    fn fuse(&self, tokens: &Tokens, present: &Tensor, trace: &mut Trace) -> Fused {
        tokens.record(trace);
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
        let complete = batch.complete(NAME)?;
        let (masked, complete) = self.tokens.read_both(&batch.masked, complete, trace)?;
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
        let tokens = self.tokens.read(inputs, false)?;
        Ok(self.fuse(&tokens, &inputs.text_present, trace).prediction)
    }

    fn set_engine(&mut self, engine: Engine) {
        self.tokens.set_engine(engine);
        self.learning.set_engine(engine);
        if let Some(correction) = &mut self.correction {
            correction.set_engine(engine);
        }
        if let Some(reconstruction) = &mut self.reconstruction {
            reconstruction.set_engine(engine);
        }
    }

    fn is_divisible(&self) -> bool {
        true
    }

    fn text_encoder(&self) -> Option<&TextEncoder> {
        Some(&self.tokens.encoder)
    }
}

fn build(setup: &Setup<'_>) -> Result<Box<dyn Model>> {
    Ok(Box::new(Lnln::new(
        setup,
        read_config(NAME, &setup.config)?,
    )?))
}
