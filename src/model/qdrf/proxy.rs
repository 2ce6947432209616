//! Makes proxy tokens: a weighted mean of the modalities' quantized latent tokens.

use tch::nn::{self, Module, Path};
use tch::{Kind, Reduction, Tensor};

use super::Config;
use crate::model::engine::Engine;
use crate::model::layers::{Head, TokenCoder, init};
use crate::model::tokens::Tokens;
use crate::model::trace::Trace;

/// Finite scalar quantization (Mentzer et al., ICLR 2024): every number becomes one of a few levels.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Quantizer {
    /// Half the range before rounding, a little less than levels allow.
    half: f64,
    offset: f64,
    shift: f64,
    /// Levels on one side of 0.
    steps: f64,
}

impl Quantizer {
    fn new(c: &Config) -> Self {
        let half = (c.levels - 1) as f64 * (1.0 - c.fsq_eps) / 2.0;
        let offset = if c.levels % 2 == 0 { 0.5 } else { 0.0 };
        Self {
            half,
            offset,
            shift: (offset / half).tan(),
            steps: (c.levels / 2) as f64,
        }
    }

    /// Levels in [-1, 1], with the gradient of what is rounded.
    fn forward(self, z: &Tensor) -> Tensor {
        let bounded = (z + self.shift).tanh() * self.half - self.offset;
        let rounded = &bounded + (bounded.round() - &bounded).detach();
        rounded / self.steps
    }
}

/// An autoencoder of one modality's tokens, around the quantizer.
#[derive(Debug)]
struct Autoencoder {
    encoder: TokenCoder,
    latent: nn::Linear,
    decoder: TokenCoder,
    out: nn::Linear,
}

impl Autoencoder {
    /// Parameters: `encoder.{fc1,encoder.0,fc_z}`, `decoder.{fc1,decoder.0,fc_out}`.
    fn new(path: &Path<'_>, c: &Config) -> Self {
        let [encoder, decoder] = ["encoder", "decoder"].map(|half| path / half);
        let coder = |path, half| TokenCoder::new(path, half, c.tokens, c.vae_depth, c.block());
        let linear = |path: Path<'_>| init::linear(path, c.width, c.width);
        Self {
            encoder: coder(&encoder, "encoder"),
            latent: linear(&encoder / "fc_z"),
            decoder: coder(&decoder, "decoder"),
            out: linear(&decoder / "fc_out"),
        }
    }

    fn encode(&self, tokens: &Tensor) -> Tensor {
        self.latent.forward(&self.encoder.forward(tokens))
    }

    fn decode(&self, latent: &Tensor) -> Tensor {
        self.out.forward(&self.decoder.forward(latent))
    }
}

/// Latent tokens of text, vision and audio, and what is made of them.
#[derive(Debug)]
pub struct Proxy {
    quantized: [Tensor; 3],
    /// (3, B, tokens, width)
    continuous: Tensor,
    /// (B, 3) before the softmax, of text, vision, audio.
    pub scores: Tensor,
    /// (B, 3)
    shares: Tensor,
    /// (3, B, 1, 1)
    pub weights: Tensor,
    /// (B, tokens, width) of the quantized ones.
    pub tokens: Tensor,
}

impl Proxy {
    /// Weights of text, audio and vision, (B, 1, 1) each.
    pub fn by_modality(&self) -> [Tensor; 3] {
        [0, 2, 1].map(|i| self.weights.get(i))
    }

    /// (B, tokens, width) of the latent tokens before quantization.
    pub fn continuous(&self) -> Tensor {
        (&self.weights * &self.continuous).sum_dim_intlist(0, false, None::<Kind>)
    }

    /// Distance of the proxy to a teacher's before quantization, and of the weights to a teacher's.
    pub fn distance(&self, teacher: &Self) -> Tensor {
        let tokens = (self.tokens).mse_loss(&teacher.continuous().detach(), Reduction::Mean);
        let theirs = teacher.shares.detach();
        let terms = theirs.xlogy(&theirs) - &theirs * (&self.shares + SMALLEST_SHARE).log();
        tokens
            + terms
                .sum_dim_intlist(1, false, None::<Kind>)
                .mean(None::<Kind>)
    }
}

/// Keeps the logarithm of a weight finite, as in the reference.
const SMALLEST_SHARE: f64 = 1e-8;

/// Names of what is traced of text, vision and audio.
const NAMES: [[&str; 3]; 3] = [
    ["z_t", "z_q_t", "recon_t"],
    ["z_v", "z_q_v", "recon_v"],
    ["z_a", "z_q_a", "recon_a"],
];

/// Three autoencoders, and three nets that score their modality.
#[derive(Debug)]
pub struct ProxyMaker {
    /// Of text, vision, audio, as all that follows.
    autoencoders: [Autoencoder; 3],
    scores: [Head; 3],
    quantizer: Quantizer,
}

impl ProxyMaker {
    /// Parameters: `generate_proxy_modality.{text,video,audio}_VAE.*`,
    /// `generate_proxy_modality.weight_learner_{t,v,a}`.
    pub fn new(path: &Path<'_>, c: &Config) -> Self {
        let path = path / "generate_proxy_modality";
        let score = |letter| {
            let path = &path / format!("weight_learner_{letter}");
            Head::new(&path, c.width, c.weight_hidden, 1, c.leaky_slope)
        };
        Self {
            autoencoders: ["text_VAE", "video_VAE", "audio_VAE"]
                .map(|name| Autoencoder::new(&(&path / name), c)),
            scores: ['t', 'v', 'a'].map(score),
            quantizer: Quantizer::new(c),
        }
    }

    /// Sets how to compute from now on.
    pub fn set_engine(&mut self, engine: Engine) {
        for autoencoder in &mut self.autoencoders {
            autoencoder.encoder.set_engine(engine);
            autoencoder.decoder.set_engine(engine);
        }
    }

    /// The proxy of tokens.
    pub fn forward(&self, tokens: &Tokens, trace: &mut Trace) -> Proxy {
        let tokens = [&tokens.text, &tokens.vision, &tokens.audio];
        let latent = [0, 1, 2].map(|i: usize| self.autoencoders[i].encode(tokens[i]));
        let continuous = Tensor::stack(&latent, 0);
        let stacked = self.quantizer.forward(&continuous);
        let quantized = [0, 1, 2].map(|i| stacked.get(i));
        for i in 0..3 {
            trace.record(NAMES[i][0], &latent[i]);
            trace.record(NAMES[i][1], &quantized[i]);
        }
        let means = stacked.mean_dim(2, false, None::<Kind>);
        let scores = [0, 1, 2].map(|i: i64| self.scores[i as usize].forward(&means.get(i)));
        let scores = Tensor::cat(&scores, 1);
        let shares = scores.softmax(1, scores.kind());
        let weights = shares.tr().unsqueeze(-1).unsqueeze(-1);
        let tokens = (&weights * &stacked).sum_dim_intlist(0, false, None::<Kind>);
        Proxy {
            quantized,
            continuous,
            scores,
            shares,
            weights,
            tokens,
        }
    }

    /// Mean of the errors of tokens decoded from the quantized ones against `targets`, which are detached.
    pub fn loss(&self, proxy: &Proxy, targets: &Tokens, trace: &mut Trace) -> Tensor {
        let targets = [&targets.text, &targets.vision, &targets.audio];
        let errors = [0, 1, 2].map(|i: usize| {
            let rebuilt = self.autoencoders[i].decode(&proxy.quantized[i]);
            trace.record(NAMES[i][2], &rebuilt);
            rebuilt.mse_loss(&targets[i].detach(), Reduction::Mean)
        });
        let [text, vision, audio] = errors;
        (text + vision + audio) / 3.0
    }
}

#[cfg(test)]
mod tests {
    use tch::Device;

    use super::*;
    use crate::model::Profile;

    fn levels(levels: i64) -> Vec<f64> {
        let config = Config {
            levels,
            ..Config::of(Profile::Mosi)
        };
        let z = Tensor::linspace(-9.0, 9.0, 4001, (Kind::Double, Device::Cpu));
        let (unique, _, _) = Quantizer::new(&config)
            .forward(&z)
            .unique_dim(0, true, false, false);
        Vec::<f64>::try_from(unique).unwrap()
    }

    #[test]
    fn numbers_become_as_many_levels_as_asked_for() {
        assert_eq!(levels(3), [-1.0, 0.0, 1.0]);
        assert_eq!(levels(4), [-1.0, -0.5, 0.0, 0.5]);
        assert_eq!(levels(7).len(), 7);
    }

    #[test]
    fn the_gradient_is_that_of_what_is_rounded() {
        let z = Tensor::from_slice(&[0.3, -1.2]).set_requires_grad(true);
        let quantizer = Quantizer::new(&Config::of(Profile::Mosi));
        quantizer.forward(&z).sum(Kind::Double).backward();
        let expected = (1.0 - z.detach().tanh().square()) * quantizer.half;
        assert!(z.grad().allclose(&expected, 1e-12, 0.0, false));
    }
}
