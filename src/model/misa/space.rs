//! Computes private and shared parts of the modalities and their losses.

use tch::nn::{self, Module};
use tch::{Kind, Reduction, Tensor};

use crate::model::layers::init;
use crate::model::losses::disparity;

/// The layers of one modality after its reader.
#[derive(Debug)]
pub struct Space {
    project: nn::Linear,
    norm: nn::LayerNorm,
    pub private: nn::Linear,
    recon: nn::Linear,
}

impl Space {
    /// Parameters: `project_{letter}`, `private_{letter}`, `recon_{letter}`; `private` numbers the
    /// layer in the reference's names.
    pub fn new(path: &nn::Path<'_>, letter: char, private: i64, inputs: i64, width: i64) -> Self {
        let (project, recon) = (format!("project_{letter}"), format!("recon_{letter}"));
        let own = format!("private_{letter}");
        let inner = path / &project;
        Self {
            project: init::linear(&inner / &project, inputs, width),
            norm: init::layer_norm(&inner / format!("{project}_layer_norm"), width),
            private: init::linear(path / &own / format!("{own}_{private}"), width, width),
            recon: init::linear(path / &recon / format!("{recon}_1"), width, width),
        }
    }

    /// (B, hidden)
    pub fn project(&self, utterance: &Tensor) -> Tensor {
        self.norm.forward(&self.project.forward(utterance).relu())
    }
}

/// The parts of one modality, each (B, hidden).
#[derive(Debug)]
pub struct Parts {
    pub projected: Tensor,
    pub private: Tensor,
    pub shared: Tensor,
}

/// Private against shared part of each modality, and private parts against each other.
pub fn difference([t, v, a]: &[Parts; 3]) -> Tensor {
    let pairs = [
        [&t.private, &t.shared],
        [&v.private, &v.shared],
        [&a.private, &a.shared],
        [&a.private, &t.private],
        [&a.private, &v.private],
        [&t.private, &v.private],
    ];
    let losses = pairs.map(|[one, other]| disparity::cross_correlation(one, other));
    Tensor::stack(&losses, 0).sum(None::<Kind>)
}

/// Shared parts against each other.
pub fn similarity([t, v, a]: &[Parts; 3]) -> Tensor {
    let pairs = [
        [&t.shared, &v.shared],
        [&t.shared, &a.shared],
        [&a.shared, &v.shared],
    ];
    let losses = pairs.map(|[one, other]| disparity::central_moments(one, other, 5));
    Tensor::stack(&losses, 0).mean(None::<Kind>)
}

/// Mean squared error of each modality rebuilt from its two parts.
pub fn reconstruction(spaces: &[Space; 3], parts: &[Parts; 3]) -> Tensor {
    let error = |(space, parts): (&Space, &Parts)| {
        let rebuilt = space.recon.forward(&(&parts.private + &parts.shared));
        rebuilt.mse_loss(&parts.projected, Reduction::Mean)
    };
    let errors: Vec<Tensor> = spaces.iter().zip(parts).map(error).collect();
    Tensor::stack(&errors, 0).mean(None::<Kind>)
}
