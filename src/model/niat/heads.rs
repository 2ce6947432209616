//! Reads the fused vector: classifier, reconstruction, discriminator.

use tch::Tensor;
use tch::nn::{self, Module, ModuleT, Path};

use super::Config;
use crate::model::layers::head::leaky_relu;
use crate::model::layers::init;

/// Those of PyTorch's batch norm.
const MOMENTUM: f64 = 0.1;
const EPS: f64 = 1e-5;

/// Normalizes (B, width) by the batch in training; one sample has no statistics and is normalized by the
/// running ones.
fn normalize(norm: &nn::BatchNorm, x: &Tensor, train: bool) -> Tensor {
    norm.forward_t(x, train && x.size()[0] > 1)
}

/// Predicts within the range of the labels.
#[derive(Debug)]
pub struct Classifier {
    norm: nn::BatchNorm,
    linears: [nn::Linear; 2],
    range: Tensor,
    shift: Tensor,
    dropout: f64,
}

impl Classifier {
    /// Parameters: `norm`, `linear_{1,2}`, and the constants `output_range` and `output_shift`.
    pub fn new(path: &Path<'_>, config: &Config, [lowest, highest]: [f64; 2]) -> Self {
        let (width, hidden) = (config.width(), config.clf_hidden_dim);
        Self {
            norm: init::batch_norm(path / "norm", width),
            linears: [
                init::linear(path / "linear_1", width, hidden),
                init::linear(path / "linear_2", hidden, 1),
            ],
            range: init::constant(path, "output_range", highest - lowest),
            shift: init::constant(path, "output_shift", lowest),
            dropout: config.clf_dropout,
        }
    }

    /// (B, width) to (B, 1).
    pub fn forward(&self, x: &Tensor, train: bool) -> Tensor {
        let [first, second] = &self.linears;
        let normed = normalize(&self.norm, x, train).dropout(self.dropout, train);
        let score = second.forward(&first.forward(&normed).relu()).sigmoid();
        score * &self.range + &self.shift
    }
}

/// Reconstructs the complete view's vector from the masked view's, in training alone.
#[derive(Debug)]
pub struct Reconstruction {
    linears: [nn::Linear; 3],
    norm: nn::BatchNorm,
    dropout: f64,
    slope: f64,
}

impl Reconstruction {
    /// Parameters: `model.{0,3,5,7}`, of which 5 is the norm.
    pub fn new(path: &Path<'_>, config: &Config) -> Self {
        let (path, width) = (path / "model", config.width());
        let (first, second) = (config.rec_hidden_dim1, config.rec_hidden_dim2);
        Self {
            linears: [
                init::linear(&path / 0, width, first),
                init::linear(&path / 3, first, second),
                init::linear(&path / 7, second, width),
            ],
            norm: init::batch_norm(&path / 5, second),
            dropout: config.rec_dropout,
            slope: config.leaky_slope,
        }
    }

    /// (B, width) to (B, width) within [-1, 1].
    pub fn forward(&self, x: &Tensor) -> Tensor {
        let [first, second, third] = &self.linears;
        let hidden = first.forward(x).dropout(self.dropout, true);
        let hidden = second.forward(&leaky_relu(&hidden, self.slope));
        let hidden = normalize(&self.norm, &hidden.dropout(self.dropout, true), true);
        third.forward(&leaky_relu(&hidden, self.slope)).tanh()
    }
}

/// Tells vectors of complete inputs from those of masked ones, in training alone.
#[derive(Debug)]
pub struct Discriminator {
    norm: nn::BatchNorm,
    linears: [nn::Linear; 3],
    slope: f64,
}

impl Discriminator {
    /// Parameters: `model.{0,1,3,5}`, of which 0 is the norm.
    pub fn new(path: &Path<'_>, config: &Config) -> Self {
        let (path, width) = (path / "model", config.width());
        let (first, second) = (config.disc_hidden_dim1, config.disc_hidden_dim2);
        Self {
            norm: init::batch_norm(&path / 0, width),
            linears: [
                init::linear(&path / 1, width, first),
                init::linear(&path / 3, first, second),
                init::linear(&path / 5, second, 1),
            ],
            slope: config.leaky_slope,
        }
    }

    /// (B, width) to the logit (B, 1) of a vector being that of complete inputs. Where `fixed`, no gradient
    /// reaches the parameters.
    pub fn forward(&self, x: &Tensor, fixed: bool) -> Tensor {
        let reach = |x: &Tensor| if fixed { x.detach() } else { x.shallow_clone() };
        let [first, second, third] = self.linears.each_ref().map(|linear| {
            let (weight, bias) = (reach(&linear.ws), linear.bs.as_ref().map(reach));
            move |x: &Tensor| x.linear(&weight, bias.as_ref())
        });
        let norm = &self.norm;
        let normed = x.batch_norm(
            norm.ws.as_ref().map(reach),
            norm.bs.as_ref().map(reach),
            Some(norm.running_mean.shallow_clone()),
            Some(norm.running_var.shallow_clone()),
            x.size()[0] > 1,
            MOMENTUM,
            EPS,
            true,
        );
        third(&second(&leaky_relu(&first(&normed), self.slope)).tanh())
    }

    /// Every parameter.
    pub fn parameters(&self) -> Vec<&Tensor> {
        let linears = self.linears.iter();
        let linears = linears.flat_map(|linear| [Some(&linear.ws), linear.bs.as_ref()]);
        let norm = [self.norm.ws.as_ref(), self.norm.bs.as_ref()];
        linears.chain(norm).flatten().collect()
    }
}
