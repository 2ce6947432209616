//! NIAT, noise imitation based adversarial training (Yuan, Liu, Xu, Gao, IEEE Transactions on Multimedia 2023).
//!
//! Text, audio and vision, aligned step by step, are fused by a transformer into one vector. In training it
//! is computed of the complete and of the masked inputs: a discriminator tells the two apart, the network
//! learns to deceive it and to reconstruct the complete vector from the masked one, and a classifier
//! predicts from both. In evaluation the network reads the masked inputs alone. The paper claims that one
//! model trained so is robust to missing features and modalities, to errors of speech recognition and to
//! attacks on the text. Formulas and defaults (no license: facts alone are taken):
//! [models/niat.py](https://github.com/Columbine21/NIAT/blob/ad1cb40/models/niat.py),
//! [trains/niat.py](https://github.com/Columbine21/NIAT/blob/ad1cb40/trains/niat.py) and
//! [config_regression.py](https://github.com/Columbine21/NIAT/blob/ad1cb40/config/config_regression.py).
//! Frames of data that are not aligned are averaged to the text's words, as in the form of the model in
//! [OpenVNA](https://github.com/thuiar/OpenVNA/tree/62c295b).
//!
//! Reference bugs, reproduced by `niat:compat`:
//!
//! - the backward pass of the discriminator's loss is commented out, so that it is never trained and the
//!   network deceives a random one. As under PyTorch 2 it stays as it is; under PyTorch 1 the weight decay
//!   of an optimizer that holds it moved it (`discriminator_gradient` of reference cases). Here it is trained
//!   on its own loss at the settings that its optimizer is given, in the step of the other parameters as the
//!   commented line would have it, and the adversarial loss does not reach it;
//! - the vector is the first step of a transformer under a causal mask, which sees itself alone: of audio
//!   and vision only the frames of one convolution are read, of the text the state of CLS and those beside
//!   it. Here a step attends to all valid ones (`fus_attn_mask`);
//! - the target of the reconstruction is not detached, so that the complete vector is drawn to the
//!   reconstruction too;
//! - predictions are within [-3, 3] whatever the labels are. Here the range is the data set's own;
//! - in averages of frames that do not fill the last segments, the zeros appended count.
//!
//! The reconstruction ends in a tanh, within [-1, 1], and its target does not, as published. One sample has
//! no batch statistics: a batch of one is normalized by the running ones, where the reference stops. The
//! authors train on one masked copy of every sample, drawn once at a rate of 0.2, by default at the same
//! steps of all modalities, CLS and SEP among them; here the masks are the run's. Their numbers are those of
//! the epoch with the lowest validation error over both views. Nothing is published for CH-SIMS, which gets
//! MOSI's settings.
//!
//! Text as published is a fine-tuned BERT (`--encoder bert:DIR`).

use tch::{Kind, Reduction, Tensor};

use self::config::DiscriminatorGradient;
use self::fusion::Fusion;
use self::heads::{Classifier, Discriminator, Reconstruction};
use super::batch::{Batch, Inputs};
use super::encoder::TextEncoder;
use super::engine::Engine;
use super::entry::{Entry, Model, read_config};
use super::error::Result;
use super::losses::{Losses, Term};
use super::recipe::{ParamGroup, Recipe};
use super::reference;
use super::search_space;
use super::setup::Setup;
use super::trace::Trace;
use super::variant::{COMPAT, Variant};

mod alignment;
mod config;
mod fusion;
mod heads;

pub use config::Config;

/// Registry entry.
pub static ENTRY: Entry = Entry {
    name: NAME,
    title: "NIAT",
    citation: "Ziqi Yuan, Yihe Liu, Hua Xu, Kai Gao: Noise Imitation Based Adversarial Training \
               for Robust Multimodal Sentiment Analysis. IEEE Transactions on Multimedia 26, 2024",
    summary: "vectors of masked inputs, trained to pass for those of complete ones",
    trained: true,
    needs_complete: true,
    recipe: config::recipe,
    config: |profile| super::entry::to_json(&Config::of(profile)),
    space: &[
        search_space::dropout("fus_embed_dropout"),
        search_space::dropout("fus_res_dropout"),
        search_space::dropout("clf_dropout"),
    ],
    variants: &[Variant {
        set: &[("compat", "true"), ("fus_attn_mask", "true")],
        ..COMPAT
    }],
    check: None,
    build,
    case: Some(reference::mmsa),
};

const NAME: &str = "niat";

/// The network.
#[derive(Debug)]
pub struct Niat {
    config: Config,
    fusion: Fusion,
    reconstruction: Reconstruction,
    discriminator: Discriminator,
    classifier: Classifier,
}

impl Niat {
    /// Builds the network.
    ///
    /// # Errors
    /// Those of [`TextEncoder::new`] and [`Config::check`].
    pub fn new(setup: &Setup<'_>, config: Config) -> Result<Self> {
        config.check(NAME)?;
        let part = |name: &str| &setup.path / name / "Model";
        let range = if config.compat {
            [-3.0, 3.0]
        } else {
            setup.label_range
        };
        Ok(Self {
            fusion: Fusion::new(&part("fusion"), setup, &config)?,
            reconstruction: Reconstruction::new(&part("reconstruction"), &config),
            discriminator: Discriminator::new(&part("discriminator"), &config),
            classifier: Classifier::new(&part("classifier"), &config, range),
            config,
        })
    }

    /// What the network is trained to make small besides its errors: the adversarial loss, the
    /// reconstruction loss.
    fn deceive(&self, complete: &Tensor, masked: &Tensor, trace: &mut Trace) -> [Tensor; 2] {
        let reconstructed = self.reconstruction.forward(masked);
        trace.record("recon", &reconstructed);
        let target = if self.config.compat {
            complete.shallow_clone()
        } else {
            complete.detach()
        };
        let judged = self.discriminator.forward(masked, true);
        trace.compute("disc_adv", || judged.sigmoid());
        [
            judgment(&judged, true),
            target.l1_loss(&reconstructed, Reduction::Mean),
        ]
    }

    /// The discriminator's loss, whose gradient reaches the discriminator alone, and as published nothing.
    fn discriminate(&self, complete: &Tensor, masked: &Tensor, trace: &mut Trace) -> Tensor {
        let fixed = self.config.compat;
        let real = self.discriminator.forward(&complete.detach(), fixed);
        trace.compute("disc_real", || real.sigmoid());
        let fake = self.discriminator.forward(&masked.detach(), fixed);
        trace.compute("disc_fake", || fake.sigmoid());
        (judgment(&real, true) + judgment(&fake, false)) * self.config.d_factor
    }
}

/// Binary cross-entropy of logits (B, 1) against one truth for all.
fn judgment(logits: &Tensor, real: bool) -> Tensor {
    let truth = logits.full_like(f64::from(u8::from(real)));
    logits.binary_cross_entropy_with_logits::<Tensor>(&truth, None, None, Reduction::Mean)
}

impl Model for Niat {
    fn train(&mut self, batch: &Batch, trace: &mut Trace) -> Result<Losses> {
        batch.check(NAME)?;
        let (masked, complete) = (&batch.masked, batch.complete(NAME)?);
        let samples = masked.len();
        let both = Inputs::cat(&[complete.narrow(0, samples), masked.narrow(0, samples)]);
        // One pass over both views, apart where a batch has statistics.
        let mut of_both = if trace.is_on() {
            Trace::on()
        } else {
            Trace::off()
        };
        let both = self.fusion.forward(&both, true, &mut of_both)?;
        for (name, aligned) in of_both.iter() {
            trace.record(name, &aligned.narrow(0, 0, samples));
        }
        let [complete, masked] = [0, samples].map(|start| both.narrow(0, start, samples));
        trace.record("fusion", &complete);
        trace.record("fusion_m", &masked);
        let [adversarial, reconstruction] = self.deceive(&complete, &masked, trace);
        let of_complete = self.classifier.forward(&complete, true);
        let prediction = self.classifier.forward(&masked, true);
        trace.record("pred", &of_complete);
        trace.record("pred_m", &prediction);
        let d = self.discriminate(&complete, &masked, trace);
        let Config {
            alpha,
            beta,
            g_factor,
            compat,
            ..
        } = self.config;
        let error = of_complete.l1_loss(&batch.label, Reduction::Mean);
        let error_m = prediction.l1_loss(&batch.label, Reduction::Mean);
        let g = (&adversarial * alpha + &reconstruction * (1.0 - alpha)) * g_factor;
        let c = (&error + &error_m * beta) / (1.0 + beta);
        let term = |name, weight, value| Term {
            name,
            weight,
            value,
        };
        let terms = vec![
            term("g", 1.0, g),
            term("c", 1.0, c),
            term("d", if compat { 0.0 } else { 1.0 }, d),
            // Parts of the first two.
            term("adv", 0.0, adversarial),
            term("rec", 0.0, reconstruction),
            term("clf", 0.0, error),
            term("clf_m", 0.0, error_m),
        ];
        let mut losses = Losses::weighted(terms, prediction);
        if compat && self.config.discriminator_gradient == DiscriminatorGradient::Zero {
            for parameter in self.discriminator.parameters() {
                losses.total += parameter.sum(None::<Kind>) * 0.0;
            }
        }
        Ok(losses)
    }

    fn predict(&self, inputs: &Inputs, trace: &mut Trace) -> Result<Tensor> {
        let fused = self.fusion.forward(inputs, false, trace)?;
        let prediction = self.classifier.forward(&fused, false);
        trace.record("pred", &prediction);
        Ok(prediction)
    }

    fn text_encoder(&self) -> Option<&TextEncoder> {
        Some(&self.fusion.encoder)
    }

    fn set_engine(&mut self, engine: Engine) {
        self.fusion.encoder.set_engine(engine);
        self.fusion.engine = engine;
    }

    fn groups(&self, recipe: &Recipe) -> Vec<ParamGroup> {
        self.config.groups(recipe, self.fusion.encoder.is_trained())
    }
}

fn build(setup: &Setup<'_>) -> Result<Box<dyn Model>> {
    Ok(Box::new(Niat::new(
        setup,
        read_config(NAME, &setup.config)?,
    )?))
}
