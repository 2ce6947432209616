//! Draws the two views of a sample together and reconstructs what was masked.

use tch::nn::{self, Module, ModuleT, Path};
use tch::{Kind, Reduction, Tensor};

use super::{Config, View};
use crate::model::layers::init;
use crate::model::losses::{Losses, Term};

/// Keeps the reconstruction loss of a batch without masked steps finite, as in the reference.
const EPS: f64 = 1e-6;

/// Smallest norm in a cosine similarity, PyTorch's own.
const LEAST_NORM: f64 = 1e-8;

/// SimSiam's projector and predictor (Chen and He, CVPR 2021).
#[derive(Debug)]
pub struct Attraction {
    projector: nn::Linear,
    projector_norm: nn::BatchNorm,
    predictor: [nn::Linear; 2],
    predictor_norm: nn::BatchNorm,
}

impl Attraction {
    /// Parameters: `{name}_projector.net.{0,1}`, `{name}_predictor.net.{0,1,3}`.
    pub fn new(path: &Path<'_>, name: &str, width: i64, hidden: i64) -> Self {
        let projector = path / format!("{name}_projector") / "net";
        let predictor = path / format!("{name}_predictor") / "net";
        let without_weights = nn::BatchNormConfig {
            affine: false,
            ..Default::default()
        };
        Self {
            projector: init::linear(&projector / 0, width, width),
            projector_norm: nn::batch_norm1d(&projector / 1, width, without_weights),
            predictor: [
                init::linear_without_bias(&predictor / 0, width, hidden),
                init::linear(&predictor / 3, hidden, width),
            ],
            predictor_norm: init::batch_norm(&predictor / 1, hidden),
        }
    }

    /// (B, width) to its projection, detached, and what is predicted of that of the other view. One sample
    /// has no statistics and is normalized by the running ones.
    pub fn forward(&self, x: &Tensor) -> [Tensor; 2] {
        let batch_statistics = x.size()[0] > 1;
        let z = self.projector.forward(x);
        let z = self.projector_norm.forward_t(&z, batch_statistics);
        let [first, second] = &self.predictor;
        let hidden = self
            .predictor_norm
            .forward_t(&first.forward(&z), batch_statistics);
        let p = second.forward(&hidden.relu());
        [z.detach(), p]
    }
}

/// Smooth L1 of (B, T, width) over the steps where `erased` (B, T), per erased number.
pub fn reconstruction(generated: &Tensor, target: &Tensor, erased: &Tensor) -> Tensor {
    let mask = erased.unsqueeze(2).to_kind(generated.kind());
    let count = mask.sum(None::<Kind>) * generated.size()[2] + EPS;
    let error = (generated * &mask).smooth_l1_loss(&(target * &mask), Reduction::Sum, 1.0);
    error / count
}

/// Mean negative cosine between what one view predicts and what the other is.
fn attraction([z, p]: &[Tensor; 2], [z_m, p_m]: &[Tensor; 2]) -> Tensor {
    let cosine =
        |p: &Tensor, z: &Tensor| Tensor::cosine_similarity(p, z, 1, LEAST_NORM).mean(None::<Kind>);
    (cosine(p_m, z) + cosine(p, z_m)) * -0.5
}

impl Config {
    /// The objective of two views of a batch and the reconstruction losses of text, audio and vision.
    pub(super) fn losses(
        &self,
        complete: &View,
        masked: &View,
        [text, audio, vision]: [Tensor; 3],
        label: &Tensor,
    ) -> Losses {
        const NAMES: [&str; 4] = [
            "attra_gmc_tokens",
            "attra_text",
            "attra_audio",
            "attra_video",
        ];
        let term = |name, weight, value| Term {
            name,
            weight,
            value,
        };
        let own = complete.prediction.l1_loss(label, Reduction::Mean);
        let attractions: [Tensor; 4] =
            std::array::from_fn(|i| attraction(&complete.pairs[i], &masked.pairs[i]));
        let attracted = attractions
            .iter()
            .fold(own.shallow_clone(), |sum, one| sum + one);
        let recon = &text + &audio + &vision;
        let prediction = masked.prediction.shallow_clone();
        let mut terms = vec![
            term("pred_m", 1.0, prediction.l1_loss(label, Reduction::Mean)),
            term("attra", self.loss_attra_weight, attracted),
            term("recon", self.loss_recon_weight, recon),
            // Parts of the two above.
            term("pred", 0.0, own),
        ];
        let parts = NAMES.into_iter().zip(attractions);
        terms.extend(parts.map(|(name, value)| term(name, 0.0, value)));
        let parts = [
            ("recon_text", text),
            ("recon_audio", audio),
            ("recon_video", vision),
        ];
        terms.extend(parts.map(|(name, value)| term(name, 0.0, value)));
        Losses::weighted(terms, prediction)
    }
}
