//! P-RMF, proxy-driven robust multimodal fusion (Zhu et al., ACL 2025).
//!
//! Three small variational autoencoders map the tokens of text, audio and vision to normal distributions;
//! their means, weighted by certainty, are the tokens of a proxy modality, into which attention injects
//! the modalities again and again. Paper:
//! [2025.acl-long.1075](https://aclanthology.org/2025.acl-long.1075/). The paper claims that latent
//! distributions are stable where data are missing, and that their spread tells how far a modality can be
//! trusted.
//!
//! The authors' repository (aoqzhu/P-RMF) is gone. Formulas are those of two copies that agree in the model,
//! [PRD-Net's](https://github.com/1579364808/PRD-Net/tree/cdb0039/P-RMF) and
//! [Hardness's](https://github.com/MJ-0515/Hardness/tree/b39a799), and disagree in the training: the first
//! has learning rate 1e-4 and batches of 32 for every data set, which are the defaults here; the second
//! has them on MOSEI alone, 5e-5 and 16 on MOSI, and 1e-5, 16 and a weight decay of 1e-5 on CH-SIMS. Which are
//! the authors' is open. PRD-Net's copy bounds latent means and log-variances to ±10 and clips the gradient's
//! norm at 1; neither is in the other copy, nor here. The text encoder and the injection learn at 5e-6.
//! Nothing is published for CH-SIMS v2, which gets CH-SIMS's settings.
//!
//! As the code has it:
//!
//! - the text is that of LNLN's loader, tokenized again from the transcripts; here it is the data file's own;
//! - padding takes part as any frame does; on CH-SIMS each modality has 39 learned tokens, of which 8 are read;
//! - one injection layer, with its own weights of the modalities, is applied four times;
//! - the targets of the decoders and of the reconstruction are the tokens of the complete inputs, which are
//!   trained through them.
//!
//! Reference bugs, reproduced by `p_rmf:compat`:
//!
//! - the gradient is reversed between the proxy and the injection (but not in the weights, which the injection
//!   reads as well), so that the autoencoders work against the sentiment loss. LNLN, whose code this is, reverses
//!   that of a discriminator; here is none, nothing bounds what the autoencoders gain, and at ten times the
//!   published learning rate the loss grows without end, which is what PRD-Net's copy bounds latent means
//!   against. QDRF, made from this code, leaves the reversal out, as is done here;
//! - the reconstructors are in no group of the optimizer: they stay as they were drawn, and their loss trains
//!   the encoders towards random maps. Here they are trained;
//! - weights are exp(1/s) over their sum, which is NaN in single precision where a standard deviation s falls
//!   below 0.0113. Here they are a softmax, the same number wherever the quotient is one.
//!
//! The published evaluation draws noise and decodes as well, though nothing of it reaches the prediction; here
//! noise is drawn in training alone. The published scores are those of the epoch that is best on the test set,
//! separately per metric, at a missing rate of 0.5 (`--protocol paper`).
//!
//! Text as published is a fine-tuned BERT (`--encoder bert:DIR`).

use tch::nn::{self, Module};
use tch::{Kind, Reduction, Tensor};

use self::proxy::{Proxy, ProxyMaker};
use super::batch::{Batch, Inputs};
use super::encoder::TextEncoder;
use super::engine::Engine;
use super::entry::{Entry, Model, read_config};
use super::error::Result;
use super::layers::{Injection, init, reverse_gradient};
use super::losses::{Losses, Term};
use super::recipe::{ParamGroup, Recipe};
use super::reference;
use super::search_space;
use super::setup::Setup;
use super::tokens::{Reconstruction, TokenEncoder, Tokens};
use super::trace::Trace;
use super::variant::COMPAT;

mod config;
mod proxy;

pub use config::Config;

/// Registry entry.
pub static ENTRY: Entry = Entry {
    name: NAME,
    title: "P-RMF",
    citation: "Aoqiang Zhu, Min Hu, Xiaohua Wang, Jiaoyun Yang, Yiming Tang, Ning An: \
               Proxy-Driven Robust Multimodal Sentiment Analysis with Incomplete Data. ACL 2025",
    summary: "injects the modalities into a proxy that weighs their latent distributions by certainty",
    trained: true,
    needs_complete: true,
    recipe: config::recipe,
    config: |profile| super::entry::to_json(&Config::of(profile)),
    space: &[
        search_space::dropout("injection_dropout"),
        search_space::dropout("regression_dropout"),
    ],
    variants: &[COMPAT],
    check: None,
    build,
    case: Some(reference::tokens),
};

const NAME: &str = "p_rmf";

/// The network.
#[derive(Debug)]
pub struct PRmf {
    config: Config,
    tokens: TokenEncoder,
    proxies: ProxyMaker,
    reconstruction: Reconstruction,
    injection: Injection,
    hidden: nn::Linear,
    out: nn::Linear,
    engine: Engine,
}

impl PRmf {
    /// Builds the network.
    ///
    /// # Errors
    /// Those of [`TextEncoder::new`].
    pub fn new(setup: &Setup<'_>, config: Config) -> Result<Self> {
        let (path, c, block) = (&setup.path, &config, config.block());
        let injection = path / "crossmodal_encoder" / "encoderlayer";
        Ok(Self {
            tokens: TokenEncoder::new(path, setup, c.count(), block, NAME)?,
            proxies: ProxyMaker::new(path, c),
            reconstruction: Reconstruction::new(path, c.tokens, c.reconstructor_depth, block),
            injection: Injection::new(&injection, c.injection()),
            hidden: init::linear(path / "fc1", c.width, c.regression_hidden),
            out: init::linear(path / "fc2", c.regression_hidden, 1),
            engine: Engine::default(),
            config,
        })
    }

    /// (B, 1) prediction from masked tokens, with the proxy it was made of.
    fn fuse(&self, tokens: &Tokens, train: bool, trace: &mut Trace) -> (Proxy, Tensor) {
        tokens.record(trace);
        let proxy = self.proxies.forward(tokens, trace);
        let modalities = [&tokens.text, &tokens.audio, &tokens.vision];
        let weights = proxy.weights();
        let mut sources = self.injection.sources(modalities);
        let mut fused = if self.config.compat {
            reverse_gradient(&proxy.tokens)
        } else {
            proxy.tokens.shallow_clone()
        };
        for i in 0..self.config.injections {
            if self.engine.reference && i > 0 {
                sources = self.injection.sources(modalities);
            }
            fused = self.injection.forward(&fused, &sources, &weights, train);
        }
        trace.record("fused", &fused);
        let pooled = fused.mean_dim(1, false, None::<Kind>);
        let hidden = self.hidden.forward(&pooled).relu();
        let hidden = hidden.dropout(self.config.regression_dropout, train);
        let prediction = self.out.forward(&hidden);
        trace.record("pred", &prediction);
        (proxy, prediction)
    }
}

impl Model for PRmf {
    fn train(&mut self, batch: &Batch, trace: &mut Trace) -> Result<Losses> {
        batch.check(NAME)?;
        let complete = batch.complete(NAME)?;
        let (masked, complete) = self.tokens.read_both(&batch.masked, complete, trace)?;
        let (proxy, prediction) = self.fuse(&masked, true, trace);
        let c = &self.config;
        let term = |name, weight, value| Term {
            name,
            weight,
            value,
        };
        let terms = vec![
            term(
                "l_sp",
                c.sigma,
                prediction.mse_loss(&batch.label, Reduction::Mean),
            ),
            term(
                "l_rec",
                c.gamma,
                self.reconstruction.loss(&masked, &complete, trace),
            ),
            term("l_kl", c.kl, self.proxies.loss(&proxy, &complete, trace)),
        ];
        Ok(Losses::weighted(terms, prediction))
    }

    fn predict(&self, inputs: &Inputs, trace: &mut Trace) -> Result<Tensor> {
        let tokens = self.tokens.read(inputs, false)?;
        let (proxy, prediction) = self.fuse(&tokens, false, trace);
        // Without complete inputs the reference's targets are the masked tokens themselves.
        trace.compute("kl_loss", || {
            self.proxies.loss(&proxy, &tokens, &mut Trace::off())
        });
        Ok(prediction)
    }

    fn set_engine(&mut self, engine: Engine) {
        self.tokens.set_engine(engine);
        self.proxies.set_engine(engine);
        self.reconstruction.set_engine(engine);
        self.injection.set_engine(engine);
        self.engine = engine;
    }

    fn is_divisible(&self) -> bool {
        true
    }

    fn text_encoder(&self) -> Option<&TextEncoder> {
        Some(&self.tokens.encoder)
    }

    fn groups(&self, recipe: &Recipe) -> Vec<ParamGroup> {
        let trains_encoder = self.tokens.encoder.is_trained();
        self.config.groups(recipe, trains_encoder)
    }

    fn prescribe(&mut self, given: &dyn Fn(&str) -> Option<Tensor>) {
        self.proxies.prescribe(given);
    }
}

fn build(setup: &Setup<'_>) -> Result<Box<dyn Model>> {
    Ok(Box::new(PRmf::new(
        setup,
        read_config(NAME, &setup.config)?,
    )?))
}
