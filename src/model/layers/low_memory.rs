//! Memory-efficient ops: recompute cheap activations in the backward pass.
//!
//! Values and gradients equal those of the compositions that the names give. `low_memory.cpp` implements
//! every function declared here.

use std::ffi::{CStr, c_char, c_void};

use tch::nn::Linear;
use tch::{Device, Kind, TchError, Tensor};

/// libtorch's `at::Tensor`, as tch's pointers show it.
pub(super) type Handle = *const c_void;

unsafe extern "C" {
    fn lnln_gelu_linear(
        x: Handle,
        weight: Handle,
        bias: Handle,
        out: *mut *mut c_void,
    ) -> *mut c_char;
    fn lnln_attention(
        q: Handle,
        k: Handle,
        v: Handle,
        mask: Handle,
        chance: f64,
        out: *mut *mut c_void,
    ) -> *mut c_char;
    fn lnln_dropout_attention(
        q: Handle,
        k: Handle,
        v: Handle,
        mask: Handle,
        chance: f64,
        out: *mut *mut c_void,
    ) -> *mut c_char;
    fn lnln_dropout(x: Handle, chance: f64, out: *mut *mut c_void) -> *mut c_char;
    fn lnln_low_memory_free(message: *mut c_char);
}

pub(super) fn handle(tensor: &Tensor) -> Handle {
    tensor.as_ptr().cast()
}

/// The tensor that `call` leaves in its argument.
///
/// # Panics
/// With libtorch's message, like tch's own operations.
pub(super) fn made(call: impl FnOnce(*mut *mut c_void) -> *mut c_char) -> Tensor {
    let mut out = std::ptr::null_mut();
    let message = call(&raw mut out);
    let result = if message.is_null() {
        // SAFETY: a call without a message has stored a new tensor, which this takes over.
        Ok(unsafe { Tensor::from_ptr(out.cast()) })
    } else {
        // SAFETY: low_memory.cpp gives null or a C string for the caller to free.
        let text = unsafe { CStr::from_ptr(message) };
        let text = text.to_string_lossy().into_owned();
        // SAFETY: freed once, after its last use.
        unsafe { lnln_low_memory_free(message) };
        Err(TchError::Torch(text))
    };
    #[expect(clippy::unwrap_used, reason = "the way tch's operations fail")]
    result.unwrap()
}

/// `linear(gelu(x))`, which saves x alone. The layer must have a bias.
pub(super) fn gelu_linear(x: &Tensor, linear: &Linear) -> Tensor {
    let Some(bias) = &linear.bs else {
        return x.gelu("none").linear(&linear.ws, None::<Tensor>);
    };
    // SAFETY: four live tensors and a pointer to write to.
    made(|out| unsafe { lnln_gelu_linear(handle(x), handle(&linear.ws), handle(bias), out) })
}

/// x with each element zeroed at this chance and the others scaled up; saves a byte per element,
/// where `Tensor::dropout` saves a float on a CPU.
pub(super) fn dropout(x: &Tensor, chance: f64) -> Tensor {
    if chance > 0.0 {
        // SAFETY: a live tensor and a pointer to write to.
        made(|out| unsafe { lnln_dropout(handle(x), chance, out) })
    } else {
        x.shallow_clone()
    }
}

/// Attention with an additive mask and dropout of its weights, by its formula; (B, heads, n, size).
/// Of the matrices of scores it saves the softmax and a byte per element.
pub(super) fn attention(q: &Tensor, k: &Tensor, v: &Tensor, mask: &Tensor, chance: f64) -> Tensor {
    let [q, k, v, mask] = [q, k, v, mask].map(handle);
    // SAFETY: four live tensors and a pointer to write to.
    made(|out| unsafe { lnln_attention(q, k, v, mask, chance, out) })
}

/// `scaled_dot_product_attention` with dropout, bit for bit and with the same draws, in fewer passes over the scores where
/// tensors allow it: float32 on a CPU without autocast. `mask` (n, m), where given, is true where a query may attend.
pub(super) fn dropout_attention(
    [q, k, v]: [&Tensor; 3],
    mask: Option<&Tensor>,
    chance: f64,
) -> Tensor {
    let plain = |x: &Tensor| x.device() == Device::Cpu && x.kind() == Kind::Float;
    let sees = |mask: &Tensor| mask.any_dim(-1, false).all().int64_value(&[]) != 0;
    if chance <= 0.0 || ![q, k, v].into_iter().all(plain) || !mask.is_none_or(sees) {
        return Tensor::scaled_dot_product_attention(q, k, v, mask, chance, false, None, false);
    }
    let added = mask.map(|mask| {
        let zeros = Tensor::zeros(mask.size(), (Kind::Float, Device::Cpu));
        zeros.masked_fill(&mask.logical_not(), f64::NEG_INFINITY)
    });
    let added = added.as_ref().map_or(std::ptr::null(), handle);
    let [q, k, v] = [q, k, v].map(handle);
    // SAFETY: live tensors, a null pointer where there is no mask, and a pointer to write to.
    made(|out| unsafe { lnln_dropout_attention(q, k, v, added, chance, out) })
}

#[cfg(test)]
mod tests {
    use tch::nn::{Module, VarStore, linear};

    use super::super::attention::{literal, split_heads};
    use super::*;

    const DOUBLE: (Kind, Device) = (Kind::Double, Device::Cpu);

    fn leaf(size: &[i64]) -> Tensor {
        Tensor::randn(size, DOUBLE).set_requires_grad(true)
    }

    /// Largest difference between two results, and between their gradients.
    fn difference(ways: [&dyn Fn() -> Tensor; 2], leaves: &[&Tensor]) -> f64 {
        let [(a, da), (b, db)] = ways.map(|way| {
            tch::manual_seed(4);
            let value = way();
            let weights = Tensor::arange(value.numel() as i64, DOUBLE).sin();
            (value.flatten(0, -1) * weights)
                .sum(Kind::Double)
                .backward();
            let gradient = |leaf: &&Tensor| {
                let mut gradient = leaf.grad();
                let copy = gradient.copy();
                let _ = gradient.zero_();
                copy
            };
            (value, leaves.iter().map(gradient).collect::<Vec<_>>())
        });
        let pairs = da.iter().zip(&db).chain([(&a, &b)]);
        let largest = |(a, b): (&Tensor, &Tensor)| (a - b).abs().max().double_value(&[]);
        pairs.map(largest).fold(0.0, f64::max)
    }

    #[test]
    fn gelu_linear_is_the_composition() {
        let _rng = crate::model::rng::seeded(2);
        let mut vs = VarStore::new(Device::Cpu);
        let layer = linear(vs.root(), 6, 5, Default::default());
        vs.set_kind(Kind::Double);
        let (x, bias) = (leaf(&[2, 3, 6]), layer.bs.as_ref().unwrap());
        let ways: [&dyn Fn() -> Tensor; 2] = [&|| gelu_linear(&x, &layer), &|| {
            layer.forward(&x.gelu("none"))
        }];
        assert!(difference(ways, &[&x, &layer.ws, bias]) < 1e-13);
    }

    #[test]
    fn attention_without_draws_is_the_formula() {
        let _rng = crate::model::rng::seeded(2);
        let (q, k, v) = (
            leaf(&[2, 3, 5, 4]),
            leaf(&[2, 3, 7, 4]),
            leaf(&[2, 3, 7, 4]),
        );
        let mask = Tensor::from_slice(&[0.0, 0.0, 0.0, 0.0, 0.0, f64::MIN, f64::MIN]);
        let ways: [&dyn Fn() -> Tensor; 2] = [&|| attention(&q, &k, &v, &mask, 0.0), &|| {
            literal(&q, &k, &v, Some(&mask), 0.0)
        }];
        assert!(difference(ways, &[&q, &k, &v]) < 1e-13);
    }

    /// Under the same draws the gradient is the value's, which is linear in v and, for dropout, in x.
    #[test]
    fn draws_of_the_value_are_those_of_the_gradient() {
        let _rng = crate::model::rng::seeded(2);
        let x = leaf(&[40, 50]);
        tch::manual_seed(8);
        let y = dropout(&x, 0.3);
        y.sum(Kind::Double).backward();
        let present = y.ne(0.0).to_kind(Kind::Double);
        let share = present.mean(Kind::Double).double_value(&[]);
        assert!((share - 0.7).abs() < 0.05, "{share}");
        assert!(x.grad().allclose(&(&present / 0.7), 1e-12, 0.0, false));
        assert!(y.allclose(&(&x * present / 0.7), 1e-12, 0.0, false));

        let (q, k, v) = (
            leaf(&[1, 1, 5, 4]),
            leaf(&[1, 1, 7, 4]),
            leaf(&[1, 1, 7, 4]),
        );
        let mask = Tensor::zeros([7], DOUBLE);
        let value = |q: &Tensor| {
            tch::manual_seed(8);
            attention(q, &k, &v, &mask, 0.3).sum(Kind::Double)
        };
        value(&q).backward();
        let along = Tensor::randn([1, 1, 5, 4], DOUBLE);
        let step = 1e-6;
        let up = value(&(&q + &along * step)).double_value(&[]);
        let down = value(&(&q - &along * step)).double_value(&[]);
        let slope = (q.grad() * &along).sum(Kind::Double).double_value(&[]);
        let measured = (up - down) / (2.0 * step);
        assert!((slope - measured).abs() < 1e-7, "{slope} {measured}");
    }

    #[test]
    fn what_libtorch_refuses_panics_like_tch() {
        let (a, b) = (leaf(&[1, 1, 5, 4]), leaf(&[1, 1, 7, 3]));
        let mask = Tensor::zeros([7], DOUBLE);
        let failed = std::panic::catch_unwind(|| attention(&a, &b, &b, &mask, 0.0)).unwrap_err();
        let text = failed.downcast_ref::<String>().unwrap();
        assert!(text.contains("value: Torch("), "{text}");
    }

    type Attend = fn([&Tensor; 3], Option<&Tensor>) -> Tensor;

    /// Value and gradients of attention with dropout by three heads, and what is drawn next.
    fn dropped(attend: Attend, leaves: &[Tensor; 3], mask: Option<&Tensor>) -> Vec<Tensor> {
        tch::manual_seed(4);
        let split = leaves.each_ref().map(|leaf| split_heads(leaf, 3));
        let value = attend(split.each_ref(), mask).transpose(1, 2).flatten(2, 3);
        let weights = Tensor::arange(value.numel() as i64, (Kind::Float, Device::Cpu)).sin();
        (value.flatten(0, -1) * weights).sum(Kind::Float).backward();
        let next = Tensor::rand([3], (Kind::Float, Device::Cpu));
        let gradients = leaves.each_ref().map(|leaf| {
            let mut gradient = leaf.grad();
            let copy = gradient.copy();
            let _ = gradient.zero_();
            copy
        });
        [value, next].into_iter().chain(gradients).collect()
    }

    #[test]
    fn dropout_attention_has_the_bits_of_the_composite_form() {
        let _rng = crate::model::rng::seeded(2);
        let ways: [Attend; 2] = [
            |x, mask| dropout_attention(x, mask, 0.3),
            |[q, k, v], mask| {
                Tensor::scaled_dot_product_attention(q, k, v, mask, 0.3, false, None, false)
            },
        ];
        for (samples, n, m, width) in [
            (1, 5, 7, 6),
            (2, 50, 50, 15),
            (4, 33, 64, 24),
            (3, 1, 9, 12),
        ] {
            let leaf = |steps| {
                let x = Tensor::randn([samples, steps, width], (Kind::Float, Device::Cpu));
                x.set_requires_grad(true)
            };
            let leaves = [leaf(n), leaf(m), leaf(m)];
            let ones = Tensor::ones([n, m], (Kind::Bool, Device::Cpu));
            // The last leaves the first row nothing to see.
            let masks = [None, Some(ones.tril(m - n)), Some(ones.tril(-1))];
            for mask in masks {
                let [found, expected] = ways.map(|attend| dropped(attend, &leaves, mask.as_ref()));
                for (found, expected) in found.iter().zip(&expected) {
                    assert!(found.equal(expected), "{samples} {n} {m} {width} {mask:?}");
                }
            }
        }
    }
}
