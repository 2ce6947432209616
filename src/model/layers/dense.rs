//! Computes linear layers and layer norms in few dispatched operations, for the fast engine.
//!
//! Values and gradients are those of `Module::forward` to the last bit. A linear layer of libtorch makes a dozen views
//! and graph nodes around its three products; here a layer is one node, which adds the gradients of its parameters itself
//! when the backward pass ends. `dense.cpp` implements every function declared here.

use std::ffi::{c_char, c_void};
use std::ptr;

use tch::Tensor;
use tch::nn::{LayerNorm, Linear, Module};

use crate::model::engine::Engine;

use super::low_memory::{Handle, handle, made};

unsafe extern "C" {
    fn lnln_linear(
        x: Handle,
        weight: Handle,
        bias: Handle,
        from_heads: i64,
        to_heads: i64,
        out: *mut *mut c_void,
    ) -> *mut c_char;
    fn lnln_layer_norm(
        x: Handle,
        weight: Handle,
        bias: Handle,
        eps: f64,
        out: *mut *mut c_void,
    ) -> *mut c_char;
    fn lnln_spread_heads(
        x: Handle,
        index: Handle,
        columns: i64,
        heads: i64,
        out: *mut *mut c_void,
    ) -> *mut c_char;
}

/// (..., inputs) to (..., outputs).
pub(in crate::model) fn forward(layer: &Linear, x: &Tensor, engine: Engine) -> Tensor {
    if engine.reference {
        layer.forward(x)
    } else {
        linear(layer, x)
    }
}

fn linear(layer: &Linear, x: &Tensor) -> Tensor {
    between_heads(layer, x, [0, 0])
}

/// (B, n, inputs) to (B, heads, n, outputs / heads), as [`split_heads`](super::attention::split_heads).
pub(super) fn linear_to_heads(layer: &Linear, x: &Tensor, heads: i64) -> Tensor {
    between_heads(layer, x, [0, heads])
}

/// (B, heads, n, inputs / heads) to (B, n, outputs), after [`merge_heads`](super::attention::merge_heads).
pub(super) fn linear_from_heads(layer: &Linear, x: &Tensor) -> Tensor {
    between_heads(layer, x, [x.size()[1], 0])
}

fn between_heads(layer: &Linear, x: &Tensor, [from, to]: [i64; 2]) -> Tensor {
    let bias = layer.bs.as_ref().map_or(ptr::null(), handle);
    // SAFETY: live tensors, or null for no bias, and a pointer to write to.
    made(|out| unsafe { lnln_linear(handle(x), handle(&layer.ws), bias, from, to, out) })
}

/// The layer norm of x, with the `eps` that the norm was built with.
pub(super) fn layer_norm(norm: &LayerNorm, eps: f64, x: &Tensor) -> Tensor {
    let (Some(weight), Some(bias)) = (&norm.ws, &norm.bs) else {
        return norm.forward(x);
    };
    // SAFETY: three live tensors and a pointer to write to.
    made(|out| unsafe { lnln_layer_norm(handle(x), handle(weight), handle(bias), eps, out) })
}

/// Rows `index` (B * columns) of x (n, width) as (B, heads, columns, width / heads).
pub(super) fn spread_heads(x: &Tensor, index: &Tensor, columns: i64, heads: i64) -> Tensor {
    // SAFETY: two live tensors and a pointer to write to.
    made(|out| unsafe { lnln_spread_heads(handle(x), handle(index), columns, heads, out) })
}

#[cfg(test)]
mod tests {
    use tch::nn::VarStore;
    use tch::{Device, Kind};

    use super::super::attention::{merge_heads, split_heads};
    use super::super::init;
    use super::*;

    /// A way to compute from two layers, a norm and an input.
    type Way = dyn Fn(&Parts, &Tensor) -> Tensor;

    struct Parts {
        bare: Linear,
        linear: Linear,
        norm: LayerNorm,
    }

    /// Value, and gradients of input and parameters, of two passes whose gradients add up.
    fn results(way: &Way, kind: Kind, needs_input: bool) -> Vec<Tensor> {
        tch::manual_seed(5);
        let mut store = VarStore::new(Device::Cpu);
        let root = store.root();
        let parts = Parts {
            bare: init::linear_without_bias(&root / "bare", 12, 18),
            linear: init::linear(&root / "linear", 12, 12),
            norm: init::layer_norm(&root / "norm", 12),
        };
        store.set_kind(kind);
        let x = Tensor::randn([2, 5, 12], (kind, Device::Cpu)).set_requires_grad(needs_input);
        let mut value = Tensor::new();
        for pass in [1.0, 0.3] {
            value = way(&parts, &x);
            let weights = Tensor::arange(value.numel() as i64, (kind, Device::Cpu)).sin() * pass;
            (value.flatten(0, -1) * weights).sum(kind).backward();
        }
        let mut all: Vec<_> = store.variables().into_iter().collect();
        all.sort_by(|a, b| a.0.cmp(&b.0));
        let gradients = all.iter().map(|(_, parameter)| parameter.grad());
        let gradients = gradients.chain([x.grad()]).filter(Tensor::defined);
        [value.detach()].into_iter().chain(gradients).collect()
    }

    fn assert_same_bits(ways: [&Way; 2], gradients: usize) {
        let _rng = crate::model::rng::seeded(5);
        for kind in [Kind::Float, Kind::Double] {
            for needs_input in [true, false] {
                let [found, expected] = ways.map(|way| results(way, kind, needs_input));
                assert_eq!(found.len(), 1 + gradients + usize::from(needs_input));
                assert_eq!(found.len(), expected.len());
                for (found, expected) in found.iter().zip(&expected) {
                    assert!(found.equal(expected), "{kind:?}");
                }
            }
        }
    }

    #[test]
    fn a_linear_layer_has_libtorchs_bits() {
        let ways: [&Way; 2] = [
            &|parts, x| linear(&parts.bare, &linear(&parts.linear, x)),
            &|parts, x| parts.bare.forward(&parts.linear.forward(x)),
        ];
        assert_same_bits(ways, 3);
    }

    #[test]
    fn a_layer_that_is_used_three_times_sums_as_autograd_does() {
        let ways: [&Way; 2] = [
            &|parts, x| {
                let of = |x: &Tensor| linear(&parts.linear, x);
                of(&of(&of(x)))
            },
            &|parts, x| {
                let of = |x: &Tensor| parts.linear.forward(x);
                of(&of(&of(x)))
            },
        ];
        assert_same_bits(ways, 2);
    }

    #[test]
    fn heads_are_split_and_merged_on_the_way() {
        let ways: [&Way; 2] = [
            &|parts, x| {
                let q = linear_to_heads(&parts.linear, x, 3);
                linear_from_heads(&parts.bare, &(&q * 2.0 + q.relu()))
            },
            &|parts, x| {
                let q = split_heads(&parts.linear.forward(x), 3);
                parts.bare.forward(&merge_heads(&(&q * 2.0 + q.relu())))
            },
        ];
        assert_same_bits(ways, 3);
    }

    #[test]
    fn a_layer_norm_has_libtorchs_bits() {
        let ways: [&Way; 2] = [
            &|parts, x| layer_norm(&parts.norm, 1e-5, &linear(&parts.linear, x)),
            &|parts, x| parts.norm.forward(&parts.linear.forward(x)),
        ];
        assert_same_bits(ways, 4);
    }

    #[test]
    fn rows_are_spread_over_heads() {
        fn index() -> Tensor {
            Tensor::from_slice(&[0i64, 1, 1, 5, 7, 9])
        }
        let ways: [&Way; 2] = [
            &|parts, x| {
                let rows = linear(&parts.linear, &x.flatten(0, 1));
                spread_heads(&rows, &index(), 3, 4)
            },
            &|parts, x| {
                let rows = parts.linear.forward(&x.flatten(0, 1));
                split_heads(&rows.index_select(0, &index()).view([-1, 3, 12]), 4)
            },
        ];
        assert_same_bits(ways, 2);
    }

    #[test]
    fn a_layer_that_is_not_trained_gets_no_gradient() {
        let _rng = crate::model::rng::seeded(5);
        let mut store = VarStore::new(Device::Cpu);
        let layer = init::linear(store.root(), 4, 3);
        store.freeze();
        let x = Tensor::ones([2, 4], (Kind::Float, Device::Cpu));
        assert!(!linear(&layer, &x).requires_grad());
        let x = x.set_requires_grad(true);
        linear(&layer, &x).sum(Kind::Float).backward();
        assert!(x.grad().defined() && !layer.ws.grad().defined());
    }
}
