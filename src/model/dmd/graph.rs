//! Distills every modality into the other two along the edges of a learned graph.

use tch::nn::{self, Module, Path};
use tch::{Kind, Tensor};

use super::{Config, cosine};
use crate::model::layers::init;

/// Sizes and weights of a [`Graph`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GraphSize {
    /// Features of a representation.
    pub inputs: i64,
    /// Features that logits and representations each become.
    pub hidden: i64,
    /// Per edge, in the order of [`Edges`].
    pub prior: [f64; 6],
}

/// The network that weighs the six edges between three modalities.
#[derive(Debug)]
pub struct Graph {
    of_logits: nn::Linear,
    of_representations: nn::Linear,
    of_edges: nn::Linear,
    prior: [f64; 6],
    alpha: f64,
    regularizer: f64,
    weights: [f64; 2],
}

/// How far the representations of a student and its teacher are apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Measure {
    /// By the absolute differences of their features.
    Difference,
    /// By their cosine where it is positive, so that a small loss keeps them apart.
    Cosine,
}

/// Weights of the edges of each sample, (6, B): student 0 of teachers 1 and 2, 1 of 0 and 2, 2 of 0 and 1.
#[derive(Debug)]
pub struct Edges {
    /// They sum to 1 over the edges of a sample.
    pub weights: Tensor,
    prior: Tensor,
}

/// (6, ...) what each edge leads to.
fn students([a, b, c]: &[Tensor; 3]) -> Tensor {
    Tensor::stack(&[a, a, b, b, c, c], 0)
}

/// (6, ...) what each edge comes from.
fn teachers([a, b, c]: &[Tensor; 3]) -> Tensor {
    Tensor::stack(&[b, c, a, c, a, b], 0)
}

impl Graph {
    /// Parameters: `W_logit`, `W_repr`, `W_edge`.
    pub fn new(path: &Path<'_>, size: GraphSize, config: &Config) -> Self {
        Self {
            of_logits: init::linear(path / "W_logit", 1, size.hidden),
            of_representations: init::linear(path / "W_repr", size.inputs, size.hidden),
            of_edges: init::linear(path / "W_edge", 4 * size.hidden, 1),
            prior: size.prior,
            alpha: config.alpha,
            regularizer: config.gd_reg,
            weights: config.w_losses,
        }
    }

    /// The edges between modalities of logits (B, 1) and representations (B, inputs) each.
    pub fn edges(&self, logits: &[Tensor; 3], representations: &[Tensor; 3]) -> Edges {
        let parts = [
            self.of_logits.forward(&Tensor::stack(logits, 0)),
            (self.of_representations).forward(&Tensor::stack(representations, 0)),
        ];
        let nodes = Tensor::cat(&parts, 2);
        // The layer reads student and teacher side by side: each modality in either part once.
        let halves = self.of_edges.ws.view([2, -1]);
        let roles = nodes.matmul(&halves.transpose(0, 1));
        let role = |i: i64| [0, 1, 2].map(|modality| roles.get(modality).select(1, i));
        let scores = students(&role(0)) + teachers(&role(1));
        let scores = match &self.of_edges.bs {
            Some(bias) => scores + bias,
            None => scores,
        };
        let scores = scores * self.alpha;
        Edges {
            prior: Tensor::from_slice(&self.prior)
                .to_kind(scores.kind())
                .to_device(scores.device())
                .unsqueeze(1),
            weights: scores.softmax(0, scores.kind()),
        }
    }

    /// Squared distance of the edges' means from the prior.
    pub fn regularization(&self, edges: &Edges) -> Tensor {
        let means = edges.weights.mean_dim(1, true, None::<Kind>);
        (means - &edges.prior).square().sum(None::<Kind>) * self.regularizer
    }

    /// Distance of the students' logits from their teachers', which get no gradient.
    pub fn logit_loss(&self, edges: &Edges, logits: &[Tensor; 3]) -> Tensor {
        self.differences(edges, logits) * self.weights[0]
    }

    /// The loss of the students' representations beside their teachers', which get no gradient.
    pub fn representation_loss(
        &self,
        edges: &Edges,
        representations: &[Tensor; 3],
        measure: Measure,
    ) -> Tensor {
        let loss = match measure {
            Measure::Difference => self.differences(edges, representations),
            Measure::Cosine => {
                let (students, teachers) = (
                    students(representations),
                    teachers(representations).detach(),
                );
                // One number an edge, whatever the weights of the single samples.
                let similar = cosine(&students, &teachers, 2).clamp_min(0.0);
                let weights = (&edges.weights + &edges.prior).mean_dim(1, false, None::<Kind>);
                (similar.mean_dim(1, false, None::<Kind>) * weights).sum(None::<Kind>)
            }
        };
        loss * self.weights[1]
    }

    /// Weighted absolute differences, summed over features and edges, mean over samples.
    fn differences(&self, edges: &Edges, x: &[Tensor; 3]) -> Tensor {
        let apart = (students(x) - teachers(x).detach()).abs();
        let apart = apart.sum_dim_intlist([2i64].as_slice(), false, None::<Kind>);
        let weighted = apart * (&edges.weights + &edges.prior);
        weighted.mean_dim(1, false, None::<Kind>).sum(None::<Kind>)
    }
}
