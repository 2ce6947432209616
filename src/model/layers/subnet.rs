//! Computes MMSA's sub-network for time-averaged audio or vision (from TFN, Zadeh et al., 2017).

use tch::Tensor;
use tch::nn::{self, Module, ModuleT, Path};

use super::init;

/// Batch norm, dropout, three linear layers with rectifiers.
#[derive(Debug)]
pub struct SubNet {
    norm: nn::BatchNorm,
    linears: [nn::Linear; 3],
    dropout: f64,
}

impl SubNet {
    /// Parameters: `norm`, `linear_{1,2,3}`.
    pub fn new(path: &Path<'_>, inputs: i64, hidden: i64, dropout: f64) -> Self {
        let sizes = [(1, inputs), (2, hidden), (3, hidden)];
        Self {
            norm: init::batch_norm(path / "norm", inputs),
            linears: sizes
                .map(|(i, size)| init::linear(path / format!("linear_{i}"), size, hidden)),
            dropout,
        }
    }

    /// (B, inputs) to (B, hidden).
    ///
    /// One sample has no variance, where PyTorch stops with an error; a last batch of one is
    /// normalized by the running statistics instead.
    pub fn forward(&self, x: &Tensor, train: bool) -> Tensor {
        let batch_statistics = train && x.size()[0] > 1;
        let x = self
            .norm
            .forward_t(x, batch_statistics)
            .dropout(self.dropout, train);
        self.linears
            .iter()
            .fold(x, |x, linear| linear.forward(&x).relu())
    }
}
