//! QDRF, quantized and distilled robust fusion (Hou et al., Information Sciences 758, 2027).
//!
//! P-RMF with quantization in place of normal distributions, and a teacher: autoencoders map the tokens of
//! text, audio and vision to latent tokens of three levels; their mean, weighted by learned scores, is the
//! proxy modality into which attention injects the modalities. A copy of the network that averages its
//! parameters over the steps sees the complete inputs; the proxy and the weights of masked inputs are drawn
//! towards its own. The paper claims that few levels are less sensitive to what is missing, and that the
//! teacher passes on the meaning and the balance of complete modalities. Formulas and defaults: the published
//! code, [CICC-XJTLU/QDRF](https://github.com/CICC-XJTLU/QDRF/tree/0649c32). Nothing is published for
//! CH-SIMS v2, which gets CH-SIMS's settings.
//!
//! As the code has it:
//!
//! - the injections are separate layers, and no gradient is reversed (both unlike P-RMF);
//! - the quantized proxy is compared with the teacher's before quantization;
//! - the targets of the decoders are detached, those of the reconstruction are not;
//! - the teacher computes with dropout; the loss that it enters begins in the sixth epoch and is full from the
//!   tenth on;
//! - the text is that of LNLN's loader, tokenized again from the transcripts; here it is the data file's own;
//! - padding takes part as any frame does; on CH-SIMS each modality has 39 learned tokens, of which 8 are read.
//!
//! One pass over the complete inputs serves both kinds of targets here; the published code makes two, which
//! differ by the text encoder's dropout alone. What is published and changes no number is left out: a loss
//! of presence with weight 0, which reads the masks of what is kept as masks of what is missing, and the
//! teacher's own decoders and prediction. The published evaluation on MOSEI quantizes to 7 levels what was
//! trained with 3; here a model is evaluated as it was trained. No bug of the reference changes its training,
//! so that there is no `compat` variant.
//!
//! The published scores are those of the epoch that is best on the test set, separately per metric, at a missing
//! rate of 0.5 (`--protocol paper`), of seeds 1111, 1112 and 1115.
//!
//! Text as published is a fine-tuned BERT (`--encoder bert:DIR`); the teacher has one of its own.

use tch::{Kind, Reduction, Tensor};

use self::network::Network;
use self::proxy::Proxy;
use super::batch::{Batch, Inputs};
use super::encoder::{EncoderSetup, TextEncoder};
use super::engine::Engine;
use super::entry::{Entry, Model, read_config};
use super::erased::erased;
use super::error::Result;
use super::layers::valid;
use super::losses::{Losses, Term};
use super::recipe::{ParamGroup, Recipe};
use super::reference;
use super::search_space;
use super::setup::Setup;
use super::teacher::Teacher;
use super::tokens::{self, Reconstruction};
use super::trace::Trace;

mod config;
mod network;
mod proxy;

pub use config::Config;

/// Registry entry.
pub static ENTRY: Entry = Entry {
    name: NAME,
    title: "QDRF",
    citation: "Jiachen Hou, Zheyan Cheng, Chen Xing, Yushi Li, Nan Xiang, Shaoyu Cai, Jie Liu, \
               Yushan Pan: QDRF: Quantized and distilled robust fusion for incomplete data in \
               multimodal sentiment analysis. Information Sciences 758, 2027",
    summary: "injects the modalities into a quantized proxy, taught by an average of itself on complete data",
    trained: true,
    needs_complete: true,
    recipe: config::recipe,
    config: |profile| super::entry::to_json(&Config::of(profile)),
    space: &[
        search_space::dropout("injection_dropout"),
        search_space::dropout("regression_dropout"),
    ],
    variants: &[],
    check: None,
    build,
    case: Some(reference::tokens),
};

const NAME: &str = "qdrf";

/// The network.
#[derive(Debug)]
pub struct Qdrf {
    config: Config,
    student: Network,
    reconstruction: Reconstruction,
    teacher: Teacher<Network>,
}

impl Qdrf {
    /// Builds the network and its teacher, which starts as a copy.
    ///
    /// # Errors
    /// Those of [`TextEncoder::new`].
    pub fn new(setup: &Setup<'_>, config: Config) -> Result<Self> {
        let (path, c) = (&setup.path, &config);
        let student = Network::new(path, setup, c)?;
        let reconstruction = Reconstruction::new(path, c.tokens, c.reconstructor_depth, c.block());
        // Its weights are the student's, so that none are read from a file.
        let mut of_teacher = setup.clone();
        if let EncoderSetup::Bert { weights, .. } = &mut of_teacher.encoder {
            *weights = None;
        }
        let build = |path: &tch::nn::Path<'_>| Network::new(path, &of_teacher, c);
        Ok(Self {
            student,
            reconstruction,
            teacher: Teacher::new(path, c.ema_decay, NAME, build)?,
            config,
        })
    }

    /// The teacher's proxy of the complete inputs.
    fn teach(&self, complete: &Inputs, trace: &mut Trace) -> Result<Proxy> {
        let network = &self.teacher.network;
        tch::no_grad(|| {
            let tokens = network.tokens.read(complete, true)?;
            let proxy = network.proxies.forward(&tokens, &mut Trace::off());
            trace.compute("teacher_pred", || network.fuse(&tokens, &proxy, true).1);
            trace.compute("teacher_proxy", || proxy.continuous());
            trace.record("teacher_weight", &proxy.weights);
            Ok(proxy)
        })
    }
}

/// The published loss of presence: scores against the shares of steps that are kept, taken for those that
/// are missing.
fn presence(proxy: &Proxy, masked: &Inputs, complete: &Inputs) -> Tensor {
    let [text, audio, vision] = erased(masked, complete);
    let kind = proxy.scores.kind();
    let lost = |erased: &Tensor, lengths: &Tensor| {
        let kept = valid(lengths, erased.size()[1]).logical_and(&erased.logical_not());
        1.0 - kept.to_kind(kind).mean_dim(1, true, None::<Kind>)
    };
    let lost = [
        lost(&text, &complete.text_lengths),
        lost(&vision, &complete.vision_lengths),
        lost(&audio, &complete.audio_lengths),
    ];
    let lost = Tensor::cat(&lost, 1);
    proxy.scores.sigmoid().mse_loss(&lost, Reduction::Mean)
}

impl Model for Qdrf {
    fn train(&mut self, batch: &Batch, trace: &mut Trace) -> Result<Losses> {
        batch.check(NAME)?;
        let complete = batch.complete(NAME)?;
        let student = &self.student;
        let (masked, targets) = student.tokens.read_both(&batch.masked, complete, trace)?;
        masked.record(trace);
        let proxy = student.proxies.forward(&masked, trace);
        let (fused, prediction) = student.fuse(&masked, &proxy, true);
        for (name, tensor) in [
            ("weight", &proxy.weights),
            ("proxy", &proxy.tokens),
            ("fused", &fused),
            ("pred", &prediction),
        ] {
            trace.record(name, tensor);
        }
        let teacher = self.teach(complete, trace)?;
        let c = &self.config;
        let term = |name, weight, value| Term {
            name,
            weight,
            value,
        };
        let rebuilt = self.reconstruction.loss(&masked, &targets, trace);
        let mut terms = vec![
            term(
                "l_sp",
                c.sigma,
                prediction.mse_loss(&batch.label, Reduction::Mean),
            ),
            term("l_rec", c.gamma, rebuilt),
            term("l_sr", c.kl, student.proxies.loss(&proxy, &targets, trace)),
            term("l_distill", c.alpha(batch.epoch), proxy.distance(&teacher)),
        ];
        if trace.is_on() {
            // In no loss, but in reference cases.
            terms.push(term(
                "l_align",
                0.0,
                presence(&proxy, &batch.masked, complete),
            ));
        }
        Ok(Losses::weighted(terms, prediction))
    }

    fn predict(&self, inputs: &Inputs, trace: &mut Trace) -> Result<Tensor> {
        let tokens = self.student.tokens.read(inputs, false)?;
        let proxy = self.student.proxies.forward(&tokens, &mut Trace::off());
        let (_, prediction) = self.student.fuse(&tokens, &proxy, false);
        trace.record("weight", &proxy.weights);
        trace.record("pred", &prediction);
        Ok(prediction)
    }

    fn after_step(&mut self) {
        self.teacher.follow();
    }

    fn set_engine(&mut self, engine: Engine) {
        self.student.set_engine(engine);
        self.reconstruction.set_engine(engine);
        // The teacher has no backward pass to recompute anything in.
        self.teacher.network.set_engine(Engine {
            recompute: false,
            ..engine
        });
    }

    fn is_divisible(&self) -> bool {
        true
    }

    fn text_encoder(&self) -> Option<&TextEncoder> {
        Some(&self.student.tokens.encoder)
    }

    fn groups(&self, recipe: &Recipe) -> Vec<ParamGroup> {
        let trains_encoder = self.student.tokens.encoder.is_trained();
        tokens::groups(recipe, self.config.relative_rate, trains_encoder)
    }
}

fn build(setup: &Setup<'_>) -> Result<Box<dyn Model>> {
    let config: Config = read_config(NAME, &setup.config)?;
    config.check(NAME)?;
    Ok(Box::new(Qdrf::new(setup, config)?))
}
