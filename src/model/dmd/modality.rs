//! Splits one modality into a specific and a common part, and reads both.

use tch::nn::{self, Module, Path};
use tch::{Reduction, Tensor};

use super::{Config, NAME};
use crate::model::error::{ModelError, Result, shape};
use crate::model::layers::{
    Crossmodal, CrossmodalTarget, ResidualHead, ResidualOutput, TimeConv, TimeConvSize, init,
};

/// What makes one modality another: its name in parameters and messages, its shape and its settings.
#[derive(Clone, Copy, Debug)]
pub struct ModalitySize {
    pub name: char,
    pub features: &'static str,
    pub steps: i64,
    pub inputs: i64,
    pub kernel: i64,
    pub attention_dropout: f64,
    /// Names of the other two and the dropout of the attention to them.
    pub others: [(char, f64); 2],
}

/// A linear layer without bias, stored as a convolution of width 1.
#[derive(Debug)]
pub struct Pointwise {
    weight: Tensor,
}

impl Pointwise {
    /// Parameters: `weight`.
    pub fn new(path: &Path<'_>, inputs: i64, outputs: i64) -> Self {
        let size = [outputs, inputs, 1];
        Self {
            weight: path.var("weight", &size, init::fan_in(inputs)),
        }
    }

    /// (B, T, inputs) to (B, T, outputs).
    pub fn forward(&self, x: &Tensor) -> Tensor {
        x.linear(&self.weight.squeeze_dim(2), None::<&Tensor>)
    }
}

/// A modality and its two parts, (B, T, width) each.
#[derive(Debug)]
pub struct Parts {
    pub origin: Tensor,
    pub specific: Tensor,
    pub common: Tensor,
}

/// How far the parts are from making up the modality.
#[derive(Debug)]
pub struct Reconstruction {
    /// (B, T, width) the modality made of both parts.
    pub whole: Tensor,
    /// (B, T, width) the specific part of that.
    pub specific: Tensor,
    /// Mean squared distance from the modality.
    pub error: Tensor,
    /// Mean squared distance of the specific parts.
    pub cycle: Tensor,
}

/// The layers of one modality.
#[derive(Debug)]
pub struct Modality {
    projection: TimeConv,
    specific: Pointwise,
    decoder: Pointwise,
    align: nn::Linear,
    common_attention: Crossmodal,
    homogeneous: ResidualHead,
    crossmodal: CrossmodalTarget,
    heterogeneous: ResidualHead,
    gate: nn::Linear,
    features: &'static str,
    /// Steps that the layers over all of them at once are made for, before the convolution.
    steps: i64,
}

impl Modality {
    /// The layers of a modality.
    pub fn new(path: &Path<'_>, config: &Config, size: ModalitySize) -> Self {
        let width = config.dst_feature_dim_nheads[0];
        let at = |name: &str| path / format!("{name}_{}", size.name);
        let conv = TimeConvSize {
            inputs: size.inputs,
            outputs: width,
            kernel: size.kernel,
        };
        let projection = TimeConv::new(&at("proj"), NAME, size.features, conv);
        let flat = width * projection.steps_after(size.steps);
        // In the reference's checkpoints, read by no loss.
        let unused = init::linear(at("proj_cosine"), flat, width);
        for parameter in [Some(unused.ws), unused.bs].into_iter().flatten() {
            let _ = parameter.set_requires_grad(false);
        }
        let head = |suffix: &str, inputs, hidden| {
            let suffix = format!("_{}_{suffix}", size.name);
            ResidualHead::new(path, &suffix, [inputs, hidden], config.output_dropout)
        };
        let pair = |dropout| config.stack(1, config.nlevels, dropout);
        Self {
            projection,
            specific: Pointwise::new(&at("encoder_s"), width, width),
            decoder: Pointwise::new(&at("decoder"), 2 * width, width),
            align: init::linear(at("align_c"), flat, width),
            common_attention: Crossmodal::new(
                &at("self_attentions_c"),
                pair(size.attention_dropout),
            ),
            homogeneous: head("low", flat, width),
            crossmodal: CrossmodalTarget::new(
                path,
                size.name,
                size.others.map(|(name, dropout)| (name, pair(dropout))),
                config.stack(2, config.nlevels.max(3), config.attn_dropout),
            ),
            heterogeneous: head("high", 2 * width, 2 * width),
            gate: init::linear(at("weight"), 2 * width, 2 * width),
            features: size.features,
            steps: size.steps,
        }
    }

    /// The parts of features (B, T, inputs).
    ///
    /// # Errors
    /// [`ModelError::Input`] for another width or number of steps.
    pub fn split(&self, x: &Tensor, common: &Pointwise) -> Result<Parts> {
        let origin = self.projection.forward(x)?;
        // Whole sequences are the input of linear layers.
        if x.size()[1] != self.steps {
            let inputs = x.size()[2];
            return Err(ModelError::Input {
                model: NAME,
                what: self.features,
                expected: format!(
                    "(B, {}, {inputs}), as it has linear layers over all steps",
                    self.steps
                ),
                got: shape(&x.size()),
            });
        }
        Ok(Parts {
            specific: self.specific.forward(&origin),
            common: common.forward(&origin),
            origin,
        })
    }

    /// (B, 2 width): the last step of its specific part attending to those of the others.
    pub fn attend(&self, own: &Parts, others: [&Parts; 2], train: bool) -> Tensor {
        let others = others.map(|parts| &parts.specific);
        self.crossmodal.forward(&own.specific, others, train)
    }

    /// (B, width): the last step of its common part attending to itself.
    pub fn read_common(&self, own: &Parts, train: bool) -> Tensor {
        let attended = self.common_attention.forward(&own.common, None, train);
        attended.select(1, -1)
    }

    /// (B, 2 width): how much of the specific result enters the fusion.
    pub fn gated(&self, last: &Tensor) -> Tensor {
        self.gate.forward(last).sigmoid()
    }

    /// (B, width): the common part as the margin loss compares it.
    pub fn aligned(&self, own: &Parts) -> Tensor {
        // By channel, unlike the head's input.
        self.align
            .forward(&own.common.transpose(1, 2).flatten(1, 2))
    }

    /// What the common part predicts alone, from all of its steps.
    pub fn predict_common(&self, own: &Parts, train: bool) -> ResidualOutput {
        self.homogeneous.forward(&own.common.flatten(1, 2), train)
    }

    /// What the specific part predicts, from the result of [`Self::attend`].
    pub fn predict_specific(&self, last: &Tensor, train: bool) -> ResidualOutput {
        self.heterogeneous.forward(last, train)
    }

    /// The modality made of its parts.
    pub fn reconstruct(&self, own: &Parts) -> Reconstruction {
        let both = Tensor::cat(&[&own.specific, &own.common], 2);
        let whole = self.decoder.forward(&both);
        let specific = self.specific.forward(&whole);
        Reconstruction {
            error: whole.mse_loss(&own.origin, Reduction::Mean),
            cycle: specific.mse_loss(&own.specific, Reduction::Mean),
            whole,
            specific,
        }
    }
}
