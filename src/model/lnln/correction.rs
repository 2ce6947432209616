//! Corrects the dominant modality: completes the language from audio and vision.

use tch::nn::Path;
use tch::{Kind, Reduction, Tensor};

use super::{Config, Tokens};
use crate::model::engine::Engine;
use crate::model::layers::{Head, TokenTransformer, init, reverse_gradient};
use crate::model::trace::Trace;

/// Estimates how complete masked language tokens are.
#[derive(Debug)]
struct Check {
    transformer: TokenTransformer,
    head: Head,
}

/// Completeness check, proxy generator, and the discriminator they are trained against.
#[derive(Debug)]
pub struct Correction {
    /// `None` where completeness is counted.
    check: Option<Check>,
    initial_proxy: Tensor,
    generator: TokenTransformer,
    discriminator: Head,
    judge_proxy: bool,
    against_masked: bool,
    tokens: i64,
}

/// The result of the correction.
#[derive(Debug)]
pub struct Corrected {
    /// (B, 1) completeness of the language, estimated or counted.
    pub completeness: Tensor,
    /// (B, tokens, width) made of audio and vision.
    proxy: Tensor,
    /// (B, tokens, width) mixture of both.
    pub dominant: Tensor,
}

impl Correction {
    /// Parameters: `completeness_check`, `h_p`, `proxy_dominate_modality_generator`,
    /// `effective_discriminator`.
    pub fn new(path: &Path<'_>, c: &Config) -> Self {
        let transformer = |path: Path<'_>, frames, tokens, depth| {
            TokenTransformer::new(&path, frames, tokens, depth, c.block())
        };
        let head = |path: Path<'_>, outputs| {
            let hidden = c.discriminator_hidden;
            Head::new(&path, c.width, hidden, outputs, c.leaky_slope)
        };
        let check = || {
            let path = path / "completeness_check";
            Check {
                transformer: transformer(&path / 0, c.tokens, 1, c.completeness_depth),
                head: head(&path / 1, 1),
            }
        };
        let generator = path / "proxy_dominate_modality_generator";
        Self {
            check: (!c.counted).then(check),
            initial_proxy: init::tokens(path, "h_p", c.tokens, c.width, 1.0),
            generator: transformer(generator, 3 * c.tokens, c.tokens, c.generator_depth),
            discriminator: head(path / "effective_discriminator", 2),
            judge_proxy: c.judge_proxy,
            against_masked: c.against_masked,
            tokens: c.tokens,
        }
    }

    /// Sets how to compute from now on.
    pub fn set_engine(&mut self, engine: Engine) {
        if let Some(check) = &mut self.check {
            check.transformer.set_engine(engine);
        }
        self.generator.set_engine(engine);
    }

    /// Whether completeness is estimated, which is a task with a loss.
    pub fn estimates(&self) -> bool {
        self.check.is_some()
    }

    /// Mixes language and proxy tokens by the estimated completeness of the language, or by `present`, the
    /// counted share of it that is present, (B, 1).
    pub fn forward(&self, tokens: &Tokens, present: &Tensor, trace: &mut Trace) -> Corrected {
        let completeness = match &self.check {
            Some(check) => check.estimate(&tokens.text),
            None => present.shallow_clone(),
        };
        let proxy = self.generate_proxy(&tokens.audio, &tokens.vision);
        let w = completeness.unsqueeze(1);
        let dominant = (1.0 - &w) * &proxy + &w * &tokens.text;
        trace.record("w", &completeness);
        trace.record("h_p1", &proxy);
        Corrected {
            completeness,
            proxy,
            dominant,
        }
    }

    /// (B, tokens, width): proxy tokens for the language, made of audio and vision.
    ///
    /// Its gradient is reversed here, before the mixture, so that the generator works against the
    /// sentiment loss as well as against the discriminator's (the paper reverses the latter only).
    fn generate_proxy(&self, audio: &Tensor, vision: &Tensor) -> Tensor {
        let start = self.initial_proxy.expand_as(audio);
        let x = Tensor::cat(&[&start, audio, vision], 1);
        reverse_gradient(&self.generator.read(&x, self.tokens))
    }

    /// Cross-entropy over tokens: class 1 for corrected language, 0 for complete language.
    /// `language` holds the masked and the complete tokens.
    pub fn adversarial(
        &self,
        corrected: &Corrected,
        language: [&Tensor; 2],
        trace: &mut Trace,
    ) -> Tensor {
        let [masked, complete] = language;
        let real = if self.against_masked {
            masked
        } else {
            complete
        };
        let judged = if self.judge_proxy {
            &corrected.proxy
        } else {
            &corrected.dominant
        };
        let rows = Tensor::cat(&[judged, real], 0).flatten(0, 1);
        let logits = self.discriminator.forward(&rows);
        let half = logits.size()[0] / 2;
        let options = (Kind::Int64, logits.device());
        let labels = [
            Tensor::ones([half], options),
            Tensor::zeros([half], options),
        ];
        trace.record("disc", &logits);
        let labels = Tensor::cat(&labels, 0);
        logits.cross_entropy_loss(&labels, None::<&Tensor>, Reduction::Mean, -100, 0.0)
    }
}

impl Check {
    /// (B, 1): estimated completeness of the language, from its masked tokens.
    fn estimate(&self, text: &Tensor) -> Tensor {
        let token = self.transformer.read(text, 1).squeeze_dim(1);
        self.head.forward(&token).sigmoid()
    }
}
