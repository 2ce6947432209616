//! Predicts from tokens through the proxy: what student and teacher have in common.

use tch::nn::{self, Module, Path};
use tch::{Kind, Tensor};

use super::Config;
use super::proxy::{Proxy, ProxyMaker};
use crate::model::engine::Engine;
use crate::model::error::Result;
use crate::model::layers::{Injection, init};
use crate::model::setup::Setup;
use crate::model::tokens::{TokenEncoder, Tokens};

/// Encoders, proxy, injections and regression.
#[derive(Debug)]
pub struct Network {
    pub tokens: TokenEncoder,
    pub proxies: ProxyMaker,
    injections: Vec<Injection>,
    hidden: nn::Linear,
    out: nn::Linear,
    dropout: f64,
}

impl Network {
    /// Parameters: those of [`TokenEncoder`] and [`ProxyMaker`], `crossmodal_encoder.layers.*`, `fc{1,2}`.
    ///
    /// # Errors
    /// Those of [`TokenEncoder::new`].
    pub fn new(path: &Path<'_>, setup: &Setup<'_>, c: &Config) -> Result<Self> {
        let layers = path / "crossmodal_encoder" / "layers";
        let injection = |i| Injection::new(&(&layers / i), c.injection());
        Ok(Self {
            tokens: TokenEncoder::new(path, setup, c.count(), c.block(), super::NAME)?,
            proxies: ProxyMaker::new(path, c),
            injections: (0..c.injections).map(injection).collect(),
            hidden: init::linear(path / "fc1", c.width, c.regression_hidden),
            out: init::linear(path / "fc2", c.regression_hidden, 1),
            dropout: c.regression_dropout,
        })
    }

    /// Sets how to compute from now on.
    pub fn set_engine(&mut self, engine: Engine) {
        self.tokens.set_engine(engine);
        self.proxies.set_engine(engine);
        for injection in &mut self.injections {
            injection.set_engine(engine);
        }
    }

    /// The proxy with the modalities injected, (B, tokens, width), and the prediction (B, 1).
    pub fn fuse(&self, tokens: &Tokens, proxy: &Proxy, train: bool) -> (Tensor, Tensor) {
        let modalities = [&tokens.text, &tokens.audio, &tokens.vision];
        let weights = proxy.by_modality();
        let start = proxy.tokens.shallow_clone();
        let fused = self.injections.iter().fold(start, |fused, injection| {
            let sources = injection.sources(modalities);
            injection.forward(&fused, &sources, &weights, train)
        });
        let pooled = fused.mean_dim(1, false, None::<Kind>);
        let hidden = self.hidden.forward(&pooled).relu();
        let hidden = hidden.dropout(self.dropout, train);
        (fused, self.out.forward(&hidden))
    }
}
