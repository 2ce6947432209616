//! Computes Mamba's selective scan and its short convolution (Gu and Dao, COLM 2024), in both directions.
//!
//! On a CPU in float32 or float64 the loops are `selective_scan.cpp`'s, whose backward pass keeps no state of
//! any step but computes them again; elsewhere, and by the reference engine, they are operations of libtorch.

use std::ffi::{c_char, c_void};

use tch::{Device, Kind, Tensor};

use super::low_memory::{Handle, handle, made};
use crate::model::engine::Engine;

unsafe extern "C" {
    fn lnln_selective_scan(
        u: Handle,
        delta: Handle,
        a: Handle,
        b: Handle,
        c: Handle,
        skip: Handle,
        reverse: bool,
        out: *mut *mut c_void,
    ) -> *mut c_char;
    fn lnln_causal_conv(
        x: Handle,
        weight: Handle,
        bias: Handle,
        reverse: bool,
        out: *mut *mut c_void,
    ) -> *mut c_char;
}

/// The order in which steps are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    FirstToLast,
    LastToFirst,
}

/// Tensors that a scan reads.
#[derive(Debug)]
pub struct ScanInputs<'a> {
    /// (B, T, D) inputs.
    pub u: &'a Tensor,
    /// (B, T, D) step sizes, above 0.
    pub delta: &'a Tensor,
    /// (D, N) rates of decay, below 0.
    pub a: &'a Tensor,
    /// (B, T, N) how each input enters the states.
    pub b: &'a Tensor,
    /// (B, T, N) how the states are read.
    pub c: &'a Tensor,
    /// (D) factor of the input in the output.
    pub skip: &'a Tensor,
}

/// h_t = exp(delta_t a) h_{t-1} + delta_t b_t u_t from h = 0, and y_t = c_t h_t + skip u_t: (B, T, D).
/// Numbers of less than 32 bits are computed in float32.
///
/// # Panics
/// With libtorch's message where shapes do not fit.
pub fn selective_scan(inputs: &ScanInputs<'_>, order: Order, engine: Engine) -> Tensor {
    let ScanInputs {
        u,
        delta,
        a,
        b,
        c,
        skip,
    } = inputs;
    let full = [u, delta, a, b, c, skip].map(|x| full(x));
    if !has_loops(u, engine) {
        return scan_step_by_step(&full, order);
    }
    let [u, delta, a, b, c, skip] = full.each_ref().map(handle);
    let reverse = order == Order::LastToFirst;
    // SAFETY: six live tensors and a pointer to write to.
    made(|out| unsafe { lnln_selective_scan(u, delta, a, b, c, skip, reverse, out) })
}

/// silu of the convolution of every channel with its own taps, over a step and those read before it:
/// x (B, T, D), weight (D, 1, taps), bias (D), to (B, T, D).
///
/// # Panics
/// As [`selective_scan`].
pub fn causal_conv(
    x: &Tensor,
    weight: &Tensor,
    bias: &Tensor,
    order: Order,
    engine: Engine,
) -> Tensor {
    let full = [x, weight, bias].map(full);
    if !has_loops(x, engine) {
        return conv_by_libtorch(&full, order);
    }
    let [x, weight, bias] = full.each_ref().map(handle);
    let reverse = order == Order::LastToFirst;
    // SAFETY: three live tensors and a pointer to write to.
    made(|out| unsafe { lnln_causal_conv(x, weight, bias, reverse, out) })
}

/// Under autocast some of the inputs are of half precision.
fn full(x: &Tensor) -> Tensor {
    match x.kind() {
        Kind::Half | Kind::BFloat16 => x.to_kind(Kind::Float),
        _ => x.shallow_clone(),
    }
}

fn has_loops(x: &Tensor, engine: Engine) -> bool {
    x.device() == Device::Cpu && !engine.reference
}

/// The steps of (B, T, ...) in the order of reading; applied twice, as they were.
fn ordered(x: &Tensor, order: Order) -> Tensor {
    match order {
        Order::FirstToLast => x.shallow_clone(),
        Order::LastToFirst => x.flip([1]),
    }
}

/// The scan as a loop over steps, as the published code has it in plain operations.
fn scan_step_by_step([u, delta, a, b, c, skip]: &[Tensor; 6], order: Order) -> Tensor {
    let [u, delta, b, c] = [u, delta, b, c].map(|x| ordered(x, order));
    let decay = (delta.unsqueeze(3) * a).exp();
    let entering = (&delta * &u).unsqueeze(3) * b.unsqueeze(2);
    let mut state = entering.select(1, 0).zeros_like();
    // Not `select`, whose gradient is a tensor of all steps for each.
    let parts = decay.unbind(1).into_iter().zip(entering.unbind(1));
    let steps = parts.zip(c.unbind(1)).map(|((decay, entering), c)| {
        state = decay * &state + entering;
        state.matmul(&c.unsqueeze(2)).squeeze_dim(2)
    });
    let steps: Vec<Tensor> = steps.collect();
    ordered(&(Tensor::stack(&steps, 1) + u * skip), order)
}

fn conv_by_libtorch([x, weight, bias]: &[Tensor; 3], order: Order) -> Tensor {
    let (steps, taps) = (x.size()[1], weight.size()[2]);
    let x = ordered(x, order).transpose(1, 2);
    let groups = x.size()[1];
    let sum = x.conv1d(weight, Some(bias), 1, taps - 1, 1, groups);
    let read = sum.narrow(2, 0, steps).silu().transpose(1, 2);
    ordered(&read, order)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ORDERS: [Order; 2] = [Order::FirstToLast, Order::LastToFirst];

    /// Batch, steps, channels, states or taps.
    type Sizes = [i64; 4];

    fn sizes() -> impl Strategy<Value = Sizes> {
        // Steps and channels above and below a block of channels, odd ones among them.
        (1..4i64, 1..20i64, 1..27i64, 1..8i64).prop_map(|(b, t, d, n)| [b, t, d, n])
    }

    fn noise(size: &[i64]) -> Tensor {
        Tensor::randn(size, (Kind::Double, Device::Cpu))
    }

    /// Leaves u, delta, a, b, c, skip; steps between 10^low and 10^high.
    fn scanned([b, t, d, n]: Sizes, [low, high]: [f64; 2]) -> Vec<Tensor> {
        let exponent = noise(&[b, t, d]).uniform(low, high);
        vec![
            noise(&[b, t, d]),
            Tensor::from(10.0).pow(&exponent),
            -noise(&[d, n]).exp(),
            noise(&[b, t, n]),
            noise(&[b, t, n]),
            noise(&[d]),
        ]
    }

    fn scan(x: &[Tensor], order: Order, engine: Engine) -> Tensor {
        let inputs = ScanInputs {
            u: &x[0],
            delta: &x[1],
            a: &x[2],
            b: &x[3],
            c: &x[4],
            skip: &x[5],
        };
        selective_scan(&inputs, order, engine)
    }

    fn conv(x: &[Tensor], order: Order, engine: Engine) -> Tensor {
        causal_conv(&x[0], &x[1], &x[2], order, engine)
    }

    type Way = fn(&[Tensor], Order, Engine) -> Tensor;

    /// The value, then the gradient of every leaf.
    fn differentiated(way: Way, leaves: &[Tensor], order: Order, engine: Engine) -> Vec<Tensor> {
        let leaf = |x: &Tensor| x.detach().copy().set_requires_grad(true);
        let leaves: Vec<Tensor> = leaves.iter().map(leaf).collect();
        let value = way(&leaves, order, engine);
        let weights = Tensor::arange(value.numel() as i64, (value.kind(), Device::Cpu)).sin();
        let read = (value.flatten(0, -1) * weights).sum(value.kind());
        read.backward();
        let gradients = leaves.iter().map(Tensor::grad);
        std::iter::once(value.detach()).chain(gradients).collect()
    }

    /// Largest difference of the two engines, each against the largest number of its tensor.
    fn difference(way: Way, leaves: &[Tensor], order: Order) -> f64 {
        let [fast, plain] = [Engine::default(), Engine::REFERENCE]
            .map(|engine| differentiated(way, leaves, order, engine));
        let error = |(a, b): (&Tensor, &Tensor)| {
            assert_eq!(a.size(), b.size());
            let largest = b.abs().max().double_value(&[]);
            (a - b).abs().max().double_value(&[]) / largest.max(1e-300)
        };
        let errors = fast.iter().zip(&plain).map(error);
        errors.fold(0.0, |most, one| if one <= most { most } else { one })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]

        #[test]
        fn loops_are_the_scan_step_by_step(sizes in sizes(), seed in 0..1000i64, low in -9.0..3.0f64) {
            let _rng = crate::model::rng::seeded(seed);
            let leaves = scanned(sizes, [low, low + 2.0]);
            for order in ORDERS {
                let error = difference(scan, &leaves, order);
                prop_assert!(error < 1e-11, "{order:?}: {error}");
            }
        }

        #[test]
        fn loops_are_the_convolution(sizes in sizes(), seed in 0..1000i64) {
            let _rng = crate::model::rng::seeded(seed);
            let [b, t, d, taps] = sizes;
            let leaves = [noise(&[b, t, d]) * 9.0, noise(&[d, 1, taps]), noise(&[d])];
            for order in ORDERS {
                let error = difference(conv, &leaves, order);
                prop_assert!(error < 1e-12, "{order:?}: {error}");
            }
        }
    }

    #[test]
    fn steps_of_zero_and_without_end_stay_finite() {
        let _rng = crate::model::rng::seeded(3);
        for delta in [0.0, 1e-300, 1e30, 1e300] {
            let mut leaves = scanned([2, 7, 9, 3], [0.0, 1.0]);
            leaves[1] = leaves[1].full_like(delta);
            leaves[2] = -leaves[2].abs().clamp(0.1, 10.0);
            // Inputs that do not overflow with the step.
            leaves[0] = &leaves[0] * (1.0 / f64::max(delta, 1.0));
            let error = difference(scan, &leaves, Order::FirstToLast);
            assert!(error < 1e-11, "{delta}: {error}");
        }
    }

    #[test]
    fn single_precision_is_as_near_as_libtorch_is() {
        let _rng = crate::model::rng::seeded(5);
        for low in [-6.0, -2.0, 1.0] {
            let exact = scanned([2, 33, 19, 5], [low, low + 2.0]);
            let single: Vec<Tensor> = exact.iter().map(|x| x.to_kind(Kind::Float)).collect();
            let double: Vec<Tensor> = single.iter().map(|x| x.to_kind(Kind::Double)).collect();
            let expected = differentiated(scan, &double, Order::LastToFirst, Engine::REFERENCE);
            let got = differentiated(scan, &single, Order::LastToFirst, Engine::default());
            for (a, b) in got.iter().zip(&expected) {
                let error = (a - b).abs().max().double_value(&[]);
                let largest = b.abs().max().double_value(&[]);
                assert!(error < 2e-6 * largest, "{low}: {error} of {largest}");
            }
        }
    }

    #[test]
    fn what_is_not_a_number_shows() {
        let _rng = crate::model::rng::seeded(5);
        for kind in [Kind::Float, Kind::Double] {
            for broken in 0..6 {
                let mut leaves = scanned([1, 5, 9, 3], [-2.0, 0.0]);
                let first = leaves[broken].flatten(0, -1).narrow(0, 0, 1);
                let _ = first.shallow_clone().fill_(f64::NAN);
                for leaf in &mut leaves {
                    *leaf = leaf.to_kind(kind);
                }
                let value = scan(&leaves, Order::FirstToLast, Engine::default());
                assert_eq!(value.isnan().any().int64_value(&[]), 1, "{broken}");
            }
        }
    }

    #[test]
    fn threads_and_neighbors_change_no_bit() {
        let _rng = crate::model::rng::seeded(8);
        let kind = |x: Tensor| x.to_kind(Kind::Float);
        let all: Vec<Tensor> = scanned([7, 11, 21, 5], [-2.0, 0.0])
            .into_iter()
            .map(kind)
            .collect();
        let before = tch::get_num_threads();
        let with = |threads: i32| {
            tch::set_num_threads(threads);
            differentiated(scan, &all, Order::FirstToLast, Engine::default())
        };
        let (one, three) = (with(1), with(3));
        tch::set_num_threads(before);
        assert!(one.iter().zip(&three).all(|(a, b)| a.equal(b)));
        let row = |x: &Tensor| {
            if x.dim() == 3 {
                x.narrow(0, 4, 1)
            } else {
                x.shallow_clone()
            }
        };
        let alone: Vec<Tensor> = all.iter().map(row).collect();
        let alone = scan(&alone, Order::FirstToLast, Engine::default());
        assert!(alone.equal(&one[0].narrow(0, 4, 1)));
    }

    #[test]
    fn half_precision_is_computed_in_single() {
        let _rng = crate::model::rng::seeded(8);
        let half = |x: Tensor| x.to_kind(Kind::BFloat16);
        let leaves: Vec<Tensor> = scanned([2, 5, 9, 3], [-2.0, 0.0])
            .into_iter()
            .map(half)
            .collect();
        let single: Vec<Tensor> = leaves.iter().map(|x| x.to_kind(Kind::Float)).collect();
        let engine = Engine::default();
        let value = scan(&leaves, Order::FirstToLast, engine);
        assert_eq!(value.kind(), Kind::Float);
        assert!(value.equal(&scan(&single, Order::FirstToLast, engine)));
    }

    #[test]
    fn shapes_that_do_not_fit_are_refused() {
        let _rng = crate::model::rng::seeded(8);
        let mut leaves = scanned([2, 5, 9, 3], [-2.0, 0.0]);
        leaves[3] = leaves[3].narrow(1, 0, 4);
        let run = || scan(&leaves, Order::FirstToLast, Engine::default());
        let failed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).unwrap_err();
        let text = failed.downcast_ref::<String>().unwrap();
        assert!(text.contains("expected b [2, 5, 3]"), "{text}");
    }
}
