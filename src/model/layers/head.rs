//! Two linear layers with a leaky ReLU between them.

use tch::Tensor;
use tch::nn::{self, Module, Path};

use super::init;

/// x for positive x, `slope` * x otherwise.
pub fn leaky_relu(x: &Tensor, slope: f64) -> Tensor {
    x.where_self(&x.gt(0.0), &(x * slope))
}

/// Linear, LeakyReLU, Linear: LNLN's discriminator and the end of its completeness check.
#[derive(Debug)]
pub struct Head {
    first: nn::Linear,
    second: nn::Linear,
    slope: f64,
}

impl Head {
    /// Parameters: `0` and `2`.
    pub fn new(path: &Path<'_>, inputs: i64, hidden: i64, outputs: i64, slope: f64) -> Self {
        Self {
            first: init::linear(path / 0, inputs, hidden),
            second: init::linear(path / 2, hidden, outputs),
            slope,
        }
    }

    /// (..., inputs) to (..., outputs).
    pub fn forward(&self, x: &Tensor) -> Tensor {
        self.second
            .forward(&leaky_relu(&self.first.forward(x), self.slope))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slope_on_both_sides_of_zero() {
        let x = Tensor::from_slice(&[-2.0, 0.0, 3.0]).set_requires_grad(true);
        let y = leaky_relu(&x, 0.1);
        assert!(y.equal(&Tensor::from_slice(&[-2.0 * 0.1, 0.0, 3.0])));
        y.sum(tch::Kind::Double).backward();
        assert!(x.grad().equal(&Tensor::from_slice(&[0.1, 0.1, 1.0])));
    }
}
