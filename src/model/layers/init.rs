//! Draws initial values as PyTorch's modules do.
//!
//! tch's own defaults differ (its linear weights are sqrt(6) times larger, its batch norm scales random),
//! so every layer of this crate takes its initialization from here. Formulas: the `reset_parameters`
//! methods of `torch.nn` 2.x.

use std::borrow::Borrow;

use tch::Tensor;
use tch::nn::{self, Init, Module, Path};

use super::dense;
use crate::model::engine::Engine;

/// U(-1/sqrt(fan_in), 1/sqrt(fan_in)): PyTorch's default for linear layers, weight and bias.
pub fn fan_in(inputs: i64) -> Init {
    let bound = 1.0 / (inputs as f64).sqrt();
    Init::Uniform {
        lo: -bound,
        up: bound,
    }
}

/// Linear layer `inputs -> outputs` with bias.
pub fn linear<'a>(path: impl Borrow<Path<'a>>, inputs: i64, outputs: i64) -> nn::Linear {
    let config = nn::LinearConfig {
        ws_init: fan_in(inputs),
        bs_init: Some(fan_in(inputs)),
        bias: true,
    };
    nn::linear(path, inputs, outputs, config)
}

/// Linear layer `inputs -> outputs` without bias.
pub fn linear_without_bias<'a>(
    path: impl Borrow<Path<'a>>,
    inputs: i64,
    outputs: i64,
) -> nn::Linear {
    let config = nn::LinearConfig {
        ws_init: fan_in(inputs),
        bs_init: None,
        bias: false,
    };
    nn::linear(path, inputs, outputs, config)
}

const EPS: f64 = 1e-5;

/// Layer norm over the last dimension: scale 1, shift 0, eps 1e-5.
pub fn layer_norm<'a>(path: impl Borrow<Path<'a>>, width: i64) -> nn::LayerNorm {
    layer_norm_eps(path, width, EPS)
}

/// The norm that [`layer_norm`] made, of x.
pub(in crate::model) fn normalize(norm: &nn::LayerNorm, x: &Tensor, engine: Engine) -> Tensor {
    if engine.reference {
        norm.forward(x)
    } else {
        dense::layer_norm(norm, EPS, x)
    }
}

/// The same with this eps.
pub fn layer_norm_eps<'a>(path: impl Borrow<Path<'a>>, width: i64, eps: f64) -> nn::LayerNorm {
    let config = nn::LayerNormConfig {
        eps,
        ..Default::default()
    };
    nn::layer_norm(path, vec![width], config)
}

/// Batch norm over the features of (B, width): scale 1, shift 0, momentum 0.1, eps 1e-5.
pub fn batch_norm<'a>(path: impl Borrow<Path<'a>>, width: i64) -> nn::BatchNorm {
    let config = nn::BatchNormConfig {
        ws_init: Init::Const(1.0),
        ..Default::default()
    };
    nn::batch_norm1d(path, width, config)
}

/// U(±sqrt(6/(fan_in + fan_out))): PyTorch's `xavier_uniform_`.
pub fn xavier_uniform(fan_in: i64, fan_out: i64) -> Init {
    let bound = (6.0 / (fan_in + fan_out) as f64).sqrt();
    Init::Uniform {
        lo: -bound,
        up: bound,
    }
}

/// Linear layer with Xavier-uniform weights and biases of 0, as fairseq's transformers start.
pub fn linear_xavier<'a>(path: impl Borrow<Path<'a>>, inputs: i64, outputs: i64) -> nn::Linear {
    let config = nn::LinearConfig {
        ws_init: xavier_uniform(inputs, outputs),
        bs_init: Some(Init::Const(0.0)),
        bias: true,
    };
    nn::linear(path, inputs, outputs, config)
}

/// N(0, 2/(fan_in + fan_out)): PyTorch's `xavier_normal_`.
pub fn xavier_normal(fan_in: i64, fan_out: i64) -> Init {
    Init::Randn {
        mean: 0.0,
        stdev: (2.0 / (fan_in + fan_out) as f64).sqrt(),
    }
}

/// Learned positions (1, rows, width) from N(0, 1), as the LNLN and ALMT references draw them.
pub fn positions(path: &Path<'_>, name: &str, rows: i64, width: i64) -> Tensor {
    path.randn_standard(name, &[1, rows, width])
}

/// Learned tokens (1, count, width), all starting at `value`.
pub fn tokens(path: &Path<'_>, name: &str, count: i64, width: i64, value: f64) -> Tensor {
    path.var(name, &[1, count, width], Init::Const(value))
}

/// A scalar (1) that belongs to the checkpoint and gets no gradient.
pub fn constant(path: &Path<'_>, name: &str, value: f64) -> Tensor {
    let tensor = path.zeros_no_train(name, &[1]);
    tch::no_grad(|| tensor.shallow_clone().fill_(value))
}

#[cfg(test)]
mod tests {
    use tch::{Device, Kind, nn::VarStore};

    use super::super::{Lstm, LstmSize};
    use super::*;

    fn spread(tensor: &Tensor) -> (f64, f64) {
        let flat = tensor.to_kind(Kind::Double).flatten(0, -1);
        (
            flat.mean(Kind::Double).double_value(&[]),
            flat.std(false).double_value(&[]),
        )
    }

    /// Mean and spread within four standard errors, no value beyond the bound, some near it.
    fn assert_uniform(tensor: &Tensor, bound: f64) {
        let (mean, std) = spread(tensor);
        let largest = tensor.abs().max().double_value(&[]);
        let expected = bound / 3f64.sqrt();
        let error = 4.0 / (tensor.numel() as f64).sqrt();
        assert!(mean.abs() < error * expected, "mean {mean}, bound {bound}");
        assert!(
            (std / expected - 1.0).abs() < 0.5 * error,
            "std {std}, bound {bound}"
        );
        assert!(
            largest <= bound * (1.0 + 1e-6) && largest > 0.95 * bound,
            "largest {largest}"
        );
    }

    #[test]
    fn moments_match_pytorch() {
        let _rng = crate::model::rng::seeded(3);
        let vs = VarStore::new(Device::Cpu);
        let root = vs.root();
        let dense = linear(&root / "linear", 100, 400);
        assert_uniform(&dense.ws, 0.1);
        assert_uniform(dense.bs.as_ref().unwrap(), 0.1);
        assert!(linear_without_bias(&root / "bare", 4, 4).bs.is_none());
        Lstm::new(&root / "lstm", LstmSize::single(60, 64));
        for (name, tensor) in vs.variables() {
            if name.starts_with("lstm") {
                assert_uniform(&tensor, 0.125);
            }
        }
        let (mean, std) = spread(&positions(&root, "positions", 100, 100));
        assert!(
            mean.abs() < 0.05 && (std - 1.0).abs() < 0.05,
            "{mean} {std}"
        );
    }

    #[test]
    fn constants_match_pytorch() {
        let _rng = crate::model::rng::seeded(3);
        let vs = VarStore::new(Device::Cpu);
        let root = vs.root();
        layer_norm(&root / "layer", 8);
        batch_norm(&root / "batch", 8);
        let _ = tokens(&root, "ones", 2, 8, 1.0);
        let _ = tokens(&root, "zeros", 2, 8, 0.0);
        for (name, tensor) in vs.variables() {
            let one = ["weight", "running_var", "ones"]
                .iter()
                .any(|end| name.ends_with(end));
            let expected = tensor.full_like(if one { 1.0 } else { 0.0 });
            assert!(tensor.equal(&expected), "{name}");
        }
    }
}
