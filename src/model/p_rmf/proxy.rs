//! Makes proxy tokens: a mean of the modalities' latent tokens, weighted by their certainty.

use tch::nn::{self, Module, Path};
use tch::{Kind, Reduction, Tensor};

use super::Config;
use crate::model::engine::Engine;
use crate::model::layers::{TokenCoder, init};
use crate::model::tokens::Tokens;
use crate::model::trace::Trace;

/// The smallest standard deviation in the distance to the prior, as in the reference.
const SMALLEST_STD: f64 = 1e-6;

/// A normal distribution for every number of (B, tokens, width).
#[derive(Debug)]
struct Normal {
    mean: Tensor,
    log_var: Tensor,
}

impl Normal {
    fn std(&self) -> Tensor {
        (&self.log_var * 0.5).exp()
    }

    /// Mean of KL(self || other).
    fn distance(&self, other: &Self) -> Tensor {
        let log_ratio = &self.log_var - &other.log_var;
        let shift = (&self.mean - &other.mean).square() * (-&other.log_var).exp();
        (log_ratio.exp() + shift - 1.0 - log_ratio).mean(None::<Kind>) * 0.5
    }

    /// Mean of KL(self || N(0, 1)).
    fn distance_to_prior(&self) -> Tensor {
        let std = self.std().clamp_min(SMALLEST_STD);
        let log_var = std.log() * 2.0;
        (std.square() + self.mean.square() - 1.0 - log_var).mean(None::<Kind>) * 0.5
    }
}

/// A variational autoencoder of one modality's tokens.
#[derive(Debug)]
struct Autoencoder {
    encoder: TokenCoder,
    mean: nn::Linear,
    log_var: nn::Linear,
    decoder: TokenCoder,
    out: nn::Linear,
}

impl Autoencoder {
    /// Parameters: `encoder.{fc1,encoder.0,fc2_mu,fc2_log_var}`, `decoder.{fc1,decoder.0,fc_out}`.
    fn new(path: &Path<'_>, c: &Config) -> Self {
        let [encoder, decoder] = ["encoder", "decoder"].map(|half| path / half);
        let coder = |path, half| TokenCoder::new(path, half, c.tokens, c.vae_depth, c.block());
        let linear = |path: Path<'_>| init::linear(path, c.width, c.width);
        Self {
            encoder: coder(&encoder, "encoder"),
            mean: linear(&encoder / "fc2_mu"),
            log_var: linear(&encoder / "fc2_log_var"),
            decoder: coder(&decoder, "decoder"),
            out: linear(&decoder / "fc_out"),
        }
    }

    fn encode(&self, tokens: &Tensor) -> Normal {
        let x = self.encoder.forward(tokens);
        Normal {
            mean: self.mean.forward(&x),
            log_var: self.log_var.forward(&x),
        }
    }

    fn decode(&self, latent: &Tensor) -> Tensor {
        self.out.forward(&self.decoder.forward(latent))
    }
}

/// Latent distributions of text, vision and audio, and what is made of them.
#[derive(Debug)]
pub struct Proxy {
    latent: [Normal; 3],
    stds: [Tensor; 3],
    /// (3, B, tokens, width), of text, vision, audio.
    weights: Tensor,
    /// (B, tokens, width)
    pub tokens: Tensor,
}

impl Proxy {
    /// Weights of text, audio and vision, (B, tokens, width) each.
    pub fn weights(&self) -> [Tensor; 3] {
        [0, 2, 1].map(|i| self.weights.get(i))
    }
}

/// Names of what is traced of text, vision and audio.
const NAMES: [[&str; 3]; 3] = [
    ["mu_t", "log_var_t", "recon_t"],
    ["mu_v", "log_var_v", "recon_v"],
    ["mu_a", "log_var_a", "recon_a"],
];

/// Three autoencoders and the proxy of their latent distributions.
#[derive(Debug)]
pub struct ProxyMaker {
    /// Of text, vision, audio.
    autoencoders: [Autoencoder; 3],
    noise: f64,
    compat: bool,
    /// Standard normal numbers of a reference case in place of drawn ones.
    prescribed: Option<[Tensor; 3]>,
}

impl ProxyMaker {
    /// Parameters: `generate_proxy_modality.{text,image,audio}_VAE.*`.
    pub fn new(path: &Path<'_>, c: &Config) -> Self {
        let path = path / "generate_proxy_modality";
        Self {
            autoencoders: ["text_VAE", "image_VAE", "audio_VAE"]
                .map(|name| Autoencoder::new(&(&path / name), c)),
            noise: c.noise,
            compat: c.compat,
            prescribed: None,
        }
    }

    /// Sets how to compute from now on.
    pub fn set_engine(&mut self, engine: Engine) {
        for autoencoder in &mut self.autoencoders {
            autoencoder.encoder.set_engine(engine);
            autoencoder.decoder.set_engine(engine);
        }
    }

    /// Takes over the noise of a reference case, `noise_{text,vision,audio}`.
    pub fn prescribe(&mut self, given: &dyn Fn(&str) -> Option<Tensor>) {
        let [text, vision, audio] = ["noise_text", "noise_vision", "noise_audio"].map(given);
        self.prescribed = text.zip(vision).zip(audio).map(|((t, v), a)| [t, v, a]);
    }

    /// The proxy of masked tokens. It has no noise.
    pub fn forward(&self, tokens: &Tokens, trace: &mut Trace) -> Proxy {
        let [text, vision, audio] = &self.autoencoders;
        let latent = [
            text.encode(&tokens.text),
            vision.encode(&tokens.vision),
            audio.encode(&tokens.audio),
        ];
        for (normal, [mean, log_var, _]) in latent.iter().zip(NAMES) {
            trace.record(mean, &normal.mean);
            trace.record(log_var, &normal.log_var);
        }
        let stds = latent.each_ref().map(Normal::std);
        let certainty = Tensor::stack(&stds, 0).reciprocal();
        let weights = if self.compat {
            let powers = certainty.exp();
            &powers / powers.sum_dim_intlist(0, false, None::<Kind>)
        } else {
            certainty.softmax(0, certainty.kind())
        };
        let means = latent.each_ref().map(|normal| &normal.mean);
        let tokens = (&weights * Tensor::stack(&means, 0)).sum_dim_intlist(0, false, None::<Kind>);
        trace.record("weight", &weights);
        trace.record("proxy", &tokens);
        Proxy {
            latent,
            stds,
            weights,
            tokens,
        }
    }

    /// A third of the sum of three distances between modalities, three to the prior and three errors of
    /// tokens decoded from noisy latent ones against `targets`, which are not detached.
    pub fn loss(&self, proxy: &Proxy, targets: &Tokens, trace: &mut Trace) -> Tensor {
        let [text, vision, audio] = &proxy.latent;
        let mut loss = vision.distance(text) + audio.distance(text) + audio.distance(vision);
        let targets = [&targets.text, &targets.vision, &targets.audio];
        for i in 0..3 {
            let (normal, autoencoder) = (&proxy.latent[i], &self.autoencoders[i]);
            let rebuilt = autoencoder.decode(&self.noisy(normal, &proxy.stds[i], i));
            trace.record(NAMES[i][2], &rebuilt);
            let error = rebuilt.mse_loss(targets[i], Reduction::Mean);
            loss = loss + error + normal.distance_to_prior();
        }
        loss / 3.0
    }

    /// A draw from a modality's distribution, from libtorch's stream like dropout.
    fn noisy(&self, normal: &Normal, std: &Tensor, modality: usize) -> Tensor {
        if self.noise == 0.0 {
            return normal.mean.shallow_clone();
        }
        let noise = match &self.prescribed {
            Some(given) => given[modality].shallow_clone(),
            None => std.randn_like(),
        };
        &normal.mean + std * noise * self.noise
    }
}
