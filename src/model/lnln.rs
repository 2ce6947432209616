//! LNLN, the language-dominated noise-resistant learning network.
//!
//! Language tokens are mixed with proxy tokens made of the other modalities, by a learned estimate
//! of how complete the language is; auxiliary heads judge the mixture against complete language and
//! rebuild the complete tokens. Formulas and defaults: the published code,
//! github.com/Haoyu-ha/LNLN, commit `80a052c`, which departs from the paper in places (marked).

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tch::nn::{self, Module, Path};
use tch::{Kind, Reduction, Tensor};

use super::batch::{Batch, Inputs};
use super::encoder::{BertConfig, EncoderSetup, TextEncoder};
use super::engine::Engine;
use super::entry::{Entry, Model, read_case};
use super::error::Result;
use super::layers::{
    BlockSize, CrossTransformer, Head, HyperLayers, Joint, Projection, TokenTransformer, init,
    reverse_gradient,
};
use super::losses::{Losses, Term};
use super::recipe::{Clip, Recipe, Rule};
use super::setup::{Profile, Setup, Shapes};
use super::trace::Trace;

/// Registry entry.
pub static ENTRY: Entry = Entry {
    name: NAME,
    title: "LNLN",
    citation: "Zhang, Wang, Yu: Towards Robust Multimodal Sentiment Analysis with Incomplete Data. \
               NeurIPS 2024",
    summary: "corrects incomplete language by proxy tokens of audio and vision before fusion",
    trained: true,
    needs_complete: true,
    recipe,
    config: |profile| super::entry::to_json(&Config::of(profile)),
    build,
    from_case: Some(from_case),
};

const NAME: &str = "lnln";

fn recipe(_: Profile) -> Recipe {
    Recipe {
        rule: Rule::AdamW,
        learning_rate: 1e-4,
        weight_decay: 1e-4,
        batch_size: 64,
        epochs: 200,
        clip: Clip::None,
    }
}

/// Hyper-parameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// Features of every token.
    #[serde(alias = "d")]
    pub width: i64,
    /// Tokens a modality is summed up in.
    pub tokens: i64,
    pub heads: i64,
    /// Features of a head in the encoders and the fusion.
    #[serde(alias = "dim_head")]
    pub head: i64,
    /// Features of a head in the hyper-modality layers.
    #[serde(alias = "hyper_dim_head")]
    pub hyper_head: i64,
    /// Hidden features of the feed-forward nets.
    pub mlp: i64,
    /// Layers of the three modality encoders.
    pub proj_depth: i64,
    pub generator_depth: i64,
    pub completeness_depth: i64,
    pub reconstructor_depth: i64,
    pub dominant_depth: i64,
    pub hyper_depth: i64,
    pub fusion_depth: i64,
    /// Hidden features of the discriminator and of the completeness head.
    pub discriminator_hidden: i64,
    pub leaky_slope: f64,
    /// Weight of the completeness loss.
    pub alpha: f64,
    /// Weight of the adversarial loss.
    pub beta: f64,
    /// Weight of the reconstruction loss.
    pub gamma: f64,
    /// Weight of the sentiment loss (the paper's delta).
    pub sigma: f64,
}

impl Config {
    /// The published values; data sets differ in fusion depth and adversarial weight alone.
    pub fn of(profile: Profile) -> Self {
        Self {
            width: 128,
            tokens: 8,
            heads: 8,
            head: 64,
            hyper_head: 16,
            mlp: 128,
            proj_depth: 2,
            generator_depth: 2,
            completeness_depth: 2,
            reconstructor_depth: 2,
            dominant_depth: 2,
            hyper_depth: 3,
            // The paper says 4 throughout; the code uses 2 on MOSI.
            fusion_depth: if profile == Profile::Mosi { 2 } else { 4 },
            discriminator_hidden: 64,
            leaky_slope: 0.1,
            alpha: 0.9,
            beta: if profile == Profile::Sims { 0.6 } else { 0.8 },
            gamma: 0.1,
            sigma: 1.0,
        }
    }

    fn block(&self) -> BlockSize {
        BlockSize {
            width: self.width,
            heads: self.heads,
            head: self.head,
            hidden: self.mlp,
        }
    }
}

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
    /// (B, 1) estimated completeness of the language.
    completeness: Tensor,
    /// (B, tokens, width) corrected language.
    dominant: Tensor,
    /// (B, 1)
    prediction: Tensor,
}

/// The network.
#[derive(Debug)]
pub struct Lnln {
    config: Config,
    encoder: TextEncoder,
    project_text: Projection,
    project_audio: Projection,
    project_vision: Projection,
    completeness: TokenTransformer,
    completeness_head: Head,
    initial_proxy: Tensor,
    generator: TokenTransformer,
    dominant: TokenTransformer,
    initial_hyper: Tensor,
    hyper: HyperLayers,
    fusion: CrossTransformer,
    regression: nn::Linear,
    discriminator: Head,
    /// Audio, vision, language.
    reconstructors: [TokenTransformer; 3],
    text_steps: i64,
    engine: Engine,
}

impl Lnln {
    /// Builds the network for inputs of these shapes.
    ///
    /// # Errors
    /// Those of [`TextEncoder::new`].
    pub fn new(
        path: &Path<'_>,
        config: &Config,
        encoder: &EncoderSetup,
        shapes: Shapes,
    ) -> Result<Self> {
        let (c, block) = (config, config.block());
        let project = |name: &str, width, steps| {
            Projection::new(&(path / name), width, steps, c.tokens, c.proj_depth, block)
        };
        let transformer = |path: Path<'_>, frames, tokens, depth| {
            TokenTransformer::new(&path, frames, tokens, depth, block)
        };
        let head = |path: Path<'_>, outputs| {
            Head::new(
                &path,
                c.width,
                c.discriminator_hidden,
                outputs,
                c.leaky_slope,
            )
        };
        let (check, dmml) = (path / "completeness_check", path / "dmml");
        Ok(Self {
            config: config.clone(),
            encoder: TextEncoder::new(&(path / "bertmodel" / "model"), encoder)?,
            project_text: project("proj_l", encoder.width(), shapes.text_steps),
            project_audio: project("proj_a", shapes.audio_width, shapes.audio_steps),
            project_vision: project("proj_v", shapes.vision_width, shapes.vision_steps),
            completeness: transformer(&check / 0, c.tokens, 1, c.completeness_depth),
            completeness_head: head(&check / 1, 1),
            initial_proxy: init::tokens(path, "h_p", c.tokens, c.width, 1.0),
            generator: transformer(
                path / "proxy_dominate_modality_generator",
                3 * c.tokens,
                c.tokens,
                c.generator_depth,
            ),
            dominant: transformer(&dmml / 0, c.tokens, 0, c.dominant_depth),
            initial_hyper: init::tokens(path, "h_hyper", c.tokens, c.width, 1.0),
            hyper: HyperLayers::new(&(&dmml / 1), c.hyper_depth, c.width, c.heads, c.hyper_head),
            fusion: CrossTransformer::new(&(&dmml / 2), c.tokens, c.fusion_depth, block),
            regression: init::linear(&dmml / 3, c.width, 1),
            discriminator: head(path / "effective_discriminator", 2),
            reconstructors: [0, 1, 2].map(|i| {
                transformer(
                    path / "reconstructor" / i,
                    c.tokens,
                    0,
                    c.reconstructor_depth,
                )
            }),
            text_steps: shapes.text_steps,
            engine: Engine::default(),
        })
    }

    fn project(&self, text: &Tensor, audio: &Tensor, vision: &Tensor) -> Result<Tokens> {
        Ok(Tokens {
            text: self.project_text.forward(text, NAME)?,
            audio: self.project_audio.forward(audio, NAME)?,
            vision: self.project_vision.forward(vision, NAME)?,
        })
    }

    /// Tokens of the masked and of the complete inputs, with the same weights.
    ///
    /// Clips whose two versions agree in a modality are projected once. Text under dropout is
    /// encoded twice all the same, since the reference draws two independent dropout masks.
    fn project_both(
        &self,
        masked: &Inputs,
        complete: &Inputs,
        trace: &mut Trace,
    ) -> Result<(Tokens, Tokens)> {
        if self.engine.plain {
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
        let words = masked.text.map(|_| text.input.shallow_clone());
        let states = self.encoder.encode(&words, NAME, true)?;
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

    /// (B, 1): how complete the language looks, from its masked tokens.
    fn estimate_completeness(&self, text: &Tensor) -> Tensor {
        let token = self.completeness.read(text, 1).squeeze_dim(1);
        self.completeness_head.forward(&token).sigmoid()
    }

    /// (B, tokens, width): stand-in for the language, made of audio and vision.
    ///
    /// Its gradient is reversed here, before the mixture, so that the generator works against the
    /// sentiment loss as well as against the discriminator's (the paper reverses the latter only).
    fn generate_proxy(&self, audio: &Tensor, vision: &Tensor) -> Tensor {
        let start = self.initial_proxy.expand_as(audio);
        let x = Tensor::cat(&[&start, audio, vision], 1);
        reverse_gradient(&self.generator.read(&x, self.config.tokens))
    }

    fn fuse(&self, tokens: &Tokens, trace: &mut Trace) -> Fused {
        let Tokens {
            text,
            audio,
            vision,
        } = tokens;
        let completeness = self.estimate_completeness(text);
        let proxy = self.generate_proxy(audio, vision);
        let w = completeness.unsqueeze(1);
        let dominant = (1.0 - &w) * &proxy + &w * text;
        let scales = self.dominant.scales(&dominant);
        let hyper = self
            .hyper
            .forward(&scales, audio, vision, &self.initial_hyper);
        let last = &scales[scales.len() - 1];
        // The learned token, first of the fused ones, is left out of the mean.
        let fused = self.fusion.read(&hyper, last, 1, self.config.tokens);
        let pooled = fused.mean_dim(1, false, None::<Kind>);
        let prediction = self.regression.forward(&pooled);
        let named = [
            ("h_l", text),
            ("h_a", audio),
            ("h_v", vision),
            ("w", &completeness),
        ];
        named
            .iter()
            .for_each(|(name, tensor)| trace.record(name, tensor));
        let named = [("h_p1", &proxy), ("h_d", &dominant), ("h_hyper", &hyper)];
        named
            .iter()
            .for_each(|(name, tensor)| trace.record(name, tensor));
        ["d0", "d1", "d2"]
            .iter()
            .zip(&scales)
            .for_each(|(name, d)| trace.record(name, d));
        trace.compute("fused", || self.fusion.forward(&hyper, last));
        trace.record("pred", &prediction);
        Fused {
            completeness,
            dominant,
            prediction,
        }
    }

    /// Cross-entropy over tokens: class 1 for corrected language, 0 for complete language.
    fn adversarial(&self, dominant: &Tensor, complete: &Tensor, trace: &mut Trace) -> Tensor {
        let rows = Tensor::cat(&[dominant, complete], 0).flatten(0, 1);
        let logits = self.discriminator.forward(&rows);
        let half = logits.size()[0] / 2;
        let options = (Kind::Int64, logits.device());
        let labels = Tensor::cat(
            &[
                Tensor::ones([half], options),
                Tensor::zeros([half], options),
            ],
            0,
        );
        trace.record("disc", &logits);
        logits.cross_entropy_loss(&labels, None::<&Tensor>, Reduction::Mean, -100, 0.0)
    }

    /// Mean squared error between tokens rebuilt from masked ones and those of the complete inputs,
    /// which are not detached: the encoders are trained from both sides.
    fn reconstruction(&self, masked: &Tokens, complete: &Tokens, trace: &mut Trace) -> Tensor {
        let order = [&masked.audio, &masked.vision, &masked.text];
        let rebuilt: Vec<Tensor> = self
            .reconstructors
            .iter()
            .zip(order)
            .map(|(r, tokens)| r.forward(tokens))
            .collect();
        let rebuilt = Tensor::cat(&rebuilt, 1);
        let target = Tensor::cat(&[&complete.audio, &complete.vision, &complete.text], 1);
        trace.record("rec", &rebuilt);
        trace.record("complete", &target);
        rebuilt.mse_loss(&target, Reduction::Mean)
    }
}

impl Model for Lnln {
    fn train(&mut self, batch: &Batch, trace: &mut Trace) -> Result<Losses> {
        batch.check(NAME)?;
        let (masked, complete) = self.project_both(&batch.masked, batch.complete(NAME)?, trace)?;
        let fused = self.fuse(&masked, trace);
        // The label is the nominal rate, not the share of tokens that went.
        let kept = 1.0 - &batch.missing_rate[0];
        let mean = Reduction::Mean;
        let term = |name, weight, value| Term {
            name,
            weight,
            value,
        };
        let c = &self.config;
        let terms = vec![
            term(
                "l_sp",
                c.sigma,
                fused.prediction.mse_loss(&batch.label, mean),
            ),
            term("l_cc", c.alpha, fused.completeness.mse_loss(&kept, mean)),
            term(
                "l_adv",
                c.beta,
                self.adversarial(&fused.dominant, &complete.text, trace),
            ),
            term(
                "l_rec",
                c.gamma,
                self.reconstruction(&masked, &complete, trace),
            ),
        ];
        Ok(Losses::weighted(terms, fused.prediction))
    }

    fn predict(&self, inputs: &Inputs, trace: &mut Trace) -> Result<Tensor> {
        let states = self.encoder.encode(&inputs.text, NAME, false)?;
        let tokens = self.project(&states, &inputs.audio, &inputs.vision)?;
        Ok(self.fuse(&tokens, trace).prediction)
    }

    fn set_engine(&mut self, engine: Engine) {
        self.encoder.set_engine(engine);
        let projections = [
            &mut self.project_text,
            &mut self.project_audio,
            &mut self.project_vision,
        ];
        for projection in projections {
            projection.set_engine(engine);
        }
        self.hyper.set_engine(engine);
        self.fusion.set_engine(engine);
        let transformers = [
            &mut self.completeness,
            &mut self.generator,
            &mut self.dominant,
        ];
        for transformer in transformers.into_iter().chain(&mut self.reconstructors) {
            transformer.set_engine(engine);
        }
        self.engine = engine;
    }

    fn is_divisible(&self) -> bool {
        true
    }

    fn text_encoder(&self) -> Option<&TextEncoder> {
        Some(&self.encoder)
    }

    /// Counted for clips that differ from their complete version in every modality.
    fn kept(&self) -> Option<Vec<(&'static str, i64)>> {
        let (tokens, width) = (self.config.tokens, self.config.width);
        let rebuilt = self.reconstructors.iter().map(|r| r.kept(tokens, None));
        let rest = self.completeness.kept(tokens, Some(1))
            + self.generator.kept(3 * tokens, Some(tokens))
            + self.dominant.kept(tokens, None)
            + self.hyper.kept(tokens, width)
            + self.fusion.kept(tokens)
            + rebuilt.sum::<i64>()
            + 2 * tokens * (width + 4 * self.config.discriminator_hidden);
        Some(vec![
            ("text encoder", 2 * self.encoder.kept(self.text_steps)),
            ("text tokens", 2 * self.project_text.kept()),
            ("audio tokens", 2 * self.project_audio.kept()),
            ("vision tokens", 2 * self.project_vision.kept()),
            ("fusion and heads", rest),
        ])
    }
}

fn build(setup: &Setup<'_>) -> Result<Box<dyn Model>> {
    let config = Config::of(setup.profile);
    Ok(Box::new(Lnln::new(
        &setup.path,
        &config,
        &setup.encoder,
        setup.shapes,
    )?))
}

/// The extra keys of a reference case.
#[derive(Deserialize)]
struct Case {
    #[serde(flatten)]
    config: Config,
    text_len: i64,
    audio_len: i64,
    vision_len: i64,
    audio_dim: i64,
    vision_dim: i64,
    text_dim: i64,
}

fn from_case(path: &Path<'_>, config: &Value, bert: Option<&BertConfig>) -> Result<Box<dyn Model>> {
    let case: Case = read_case(NAME, config)?;
    let shapes = Shapes {
        text_steps: case.text_len,
        audio_steps: case.audio_len,
        vision_steps: case.vision_len,
        audio_width: case.audio_dim,
        vision_width: case.vision_dim,
    };
    let encoder = EncoderSetup::of_case(bert, case.text_dim);
    Ok(Box::new(Lnln::new(path, &case.config, &encoder, shapes)?))
}
