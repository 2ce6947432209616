//! Computes attention without storing scores, and dropout without storing draws: kernels for 32-bit floats
//! on the CPU.
//!
//! For narrow heads over long sequences, where reading and writing matrices of scores takes more time than
//! computing them. `fused_attention.cpp` is the kernel. Its dropout draws by a counter, so that nothing of
//! the size of the scores is saved, and the backward pass computes them again; keys that a query may not
//! attend to are not computed.

use std::ffi::{c_char, c_void};

use tch::{Device, Kind, Tensor};

use super::low_memory::{Handle, handle, made};

unsafe extern "C" {
    fn lnln_counted_dropout(x: Handle, chance: f64, out: *mut *mut c_void) -> *mut c_char;
    fn lnln_fused_attention(
        q: Handle,
        k: Handle,
        v: Handle,
        heads: i64,
        reach: i64,
        chance: f64,
        out: *mut *mut c_void,
    ) -> *mut c_char;
}

/// Features of the widest heads that the attention takes.
pub(super) const WIDEST: i64 = 256;

/// Whether the kernels compute with tensors like this one.
pub(super) fn takes(x: &Tensor) -> bool {
    x.device() == Device::Cpu && x.kind() == Kind::Float
}

/// Queries (B, n, width), keys and values (B, m, width), to (B, n, width), in `heads` slices of the width:
/// dropout(softmax(q k^T / sqrt(size))) v, where query i attends to the keys up to i + `reach`.
///
/// # Panics
/// With libtorch's message, where [`takes`] is false or a head is wider than [`WIDEST`].
pub(super) fn attend([q, k, v]: [&Tensor; 3], heads: i64, reach: i64, chance: f64) -> Tensor {
    let [q, k, v] = [q, k, v].map(handle);
    // SAFETY: three live tensors and a pointer to write to.
    made(|out| unsafe { lnln_fused_attention(q, k, v, heads, reach, chance, out) })
}

/// x with each element zeroed at this chance and the others scaled up, drawn by a counter; saves nothing.
///
/// # Panics
/// With libtorch's message, where [`takes`] is false.
pub(super) fn dropout(x: &Tensor, chance: f64) -> Tensor {
    if chance > 0.0 {
        // SAFETY: a live tensor and a pointer to write to.
        made(|out| unsafe { lnln_counted_dropout(handle(x), chance, out) })
    } else {
        x.shallow_clone()
    }
}

#[cfg(test)]
mod tests {
    use super::super::attention::{literal, merge_heads, split_heads};
    use super::*;

    const HEADS: i64 = 3;

    fn leaf(steps: i64, width: i64) -> Tensor {
        Tensor::randn([2, steps, width], (Kind::Float, Device::Cpu)).set_requires_grad(true)
    }

    /// The value, and the gradients of a sum with unequal weights.
    fn value_and_gradients(way: &dyn Fn() -> Tensor, leaves: &[Tensor; 3]) -> [Tensor; 4] {
        let value = way();
        let weights = Tensor::arange(value.numel() as i64, (Kind::Float, Device::Cpu)).sin();
        (value.flatten(0, -1) * weights).sum(Kind::Float).backward();
        let [q, k, v] = leaves.each_ref().map(|leaf| {
            let mut gradient = leaf.grad();
            let copy = gradient.copy();
            let _ = gradient.zero_();
            copy
        });
        [value.detach(), q, k, v]
    }

    #[test]
    fn value_and_gradients_are_those_of_the_formula() {
        let _rng = crate::model::rng::seeded(2);
        // Heads of 2 and 5 features; sequences around the 16 numbers that are computed at once.
        for (n, m, width, reach) in [
            (3, 3, 6, 0),
            (40, 17, 15, 23),
            (16, 33, 15, 17),
            (5, 32, 6, 32),
        ] {
            let leaves = [leaf(n, width), leaf(m, width), leaf(m, width)];
            let [q, k, v] = leaves.each_ref();
            let hidden = Tensor::ones([n, m], (Kind::Bool, Device::Cpu)).triu(reach + 1);
            let mask = Tensor::zeros([n, m], (Kind::Float, Device::Cpu))
                .masked_fill(&hidden, f64::NEG_INFINITY);
            let fused = || attend([q, k, v], HEADS, reach, 0.0);
            let formula = || {
                let [q, k, v] = [q, k, v].map(|x| split_heads(x, HEADS));
                merge_heads(&literal(&q, &k, &v, Some(&mask), 0.0))
            };
            let ways: [&dyn Fn() -> Tensor; 2] = [&fused, &formula];
            let [found, expected] = ways.map(|way| value_and_gradients(way, &leaves));
            for (found, expected) in found.iter().zip(&expected) {
                let error = (found - expected).abs().max().double_value(&[]);
                let largest = expected.abs().max().double_value(&[]);
                assert!(error <= 2e-6 * largest, "{n} {m}: {error} of {largest}");
            }
        }
    }

    /// Values that are unit vectors show the weights after dropout.
    #[test]
    fn dropout_has_its_chance_its_seed_and_its_gradient() {
        let _rng = crate::model::rng::seeded(2);
        let steps = 64;
        let (q, k) = (leaf(steps, steps), leaf(steps, steps));
        let unit = Tensor::eye(steps, (Kind::Float, Device::Cpu)).expand([2, steps, steps], false);
        let weights = |q: &Tensor, seed| {
            tch::manual_seed(seed);
            attend([q, &k, &unit], 1, steps, 0.3)
        };
        let drawn = weights(&q, 8);
        assert!(drawn.equal(&weights(&q, 8)));
        assert!(!drawn.equal(&weights(&q, 9)));
        let share = drawn
            .ne(0.0)
            .to_kind(Kind::Double)
            .mean(Kind::Double)
            .double_value(&[]);
        assert!((share - 0.7).abs() < 0.02, "{share}");
        // Kept weights are scaled up.
        let whole = attend([&q, &k, &unit], 1, steps, 0.0);
        let kept = drawn.ne(0.0).to_kind(Kind::Float);
        assert!(drawn.allclose(&(&whole * &kept / 0.7), 1e-5, 1e-7, false));

        // Under the same draws the gradient is that of the composition.
        let outer = Tensor::arange(2 * steps * steps, (Kind::Float, Device::Cpu))
            .sin()
            .view_as(&drawn);
        (drawn * &outer).sum(Kind::Float).backward();
        let found = q.grad().copy();
        let _ = q.grad().zero_();
        (whole * kept / 0.7 * outer).sum(Kind::Float).backward();
        assert!(found.allclose(&q.grad(), 1e-4, 1e-5, false));
    }

    #[test]
    fn counted_dropout_draws_alike_for_value_and_gradient() {
        let _rng = crate::model::rng::seeded(2);
        let x = leaf(37, 45);
        let y = dropout(&x, 0.3);
        y.sum(Kind::Float).backward();
        let kept = y.ne(0.0).to_kind(Kind::Float);
        let share = kept.mean(Kind::Double).double_value(&[]);
        assert!((share - 0.7).abs() < 0.03, "{share}");
        assert!(y.allclose(&(&x * &kept / 0.7), 1e-6, 0.0, false));
        assert!(x.grad().allclose(&(kept / 0.7), 1e-6, 0.0, false));
        assert!(!dropout(&x, 0.3).equal(&y));
    }

    #[test]
    fn what_the_kernel_does_not_take_panics_like_tch() {
        let wide = Tensor::zeros([1, 2, WIDEST + 1], (Kind::Float, Device::Cpu));
        let failed = std::panic::catch_unwind(|| attend([&wide, &wide, &wide], 1, 0, 0.0));
        let message = failed
            .unwrap_err()
            .downcast_ref::<String>()
            .unwrap()
            .clone();
        assert!(message.contains("at most 256 features"), "{message}");
        assert!(!takes(&wide.to_kind(Kind::Double)));
    }
}
