//! Computes bidirectional Mamba, a selective state space read in both directions (Gu and Dao, COLM 2024; Zhu et
//! al., ICML 2024).

use tch::Tensor;
use tch::nn::{self, Init, Module, Path};

use super::init;
use super::selective_scan::{Order, ScanInputs, causal_conv, selective_scan};
use crate::model::engine::Engine;

/// Smallest and largest step size at the start, which are drawn with uniform logarithms.
const STEPS: [f64; 2] = [1e-3, 0.1];

/// Sizes of a [`Mamba`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MambaSize {
    pub width: i64,
    /// Channels of the scan.
    pub inner: i64,
    /// States of a channel.
    pub states: i64,
    /// Steps that the convolution reads.
    pub taps: i64,
    /// Rank of the projection to step sizes.
    pub rank: i64,
    /// Whether the step sizes of both directions start alike, rather than those of the backward one near
    /// ln 2.
    pub alike: bool,
}

/// Rates of decay of both directions, which branches share.
#[derive(Debug)]
pub struct Decay {
    logarithms: [Tensor; 2],
}

impl Decay {
    /// Parameters: `A_log`, `A_b_log`, (inner, states) each.
    pub fn new(path: &Path<'_>, size: &MambaSize) -> Self {
        let logarithm = |name: &str| {
            let mut log = path.var(name, &[size.inner, size.states], Init::Const(0.0));
            let rates = Tensor::arange_start(1, size.states + 1, (log.kind(), log.device()));
            tch::no_grad(|| log.copy_(&rates.log().expand_as(&log)));
            log
        };
        Self {
            logarithms: ["A_log", "A_b_log"].map(logarithm),
        }
    }

    fn rates(&self) -> [Tensor; 2] {
        self.logarithms.each_ref().map(|log| -log.exp())
    }
}

/// One direction: convolution, step sizes and projections that depend on the inputs, scan.
#[derive(Debug)]
struct Direction {
    /// (inner, 1, taps)
    taps: Tensor,
    bias: Tensor,
    select: nn::Linear,
    step: nn::Linear,
    skip: Tensor,
    rank: i64,
    states: i64,
}

impl Direction {
    fn new(path: &Path<'_>, names: (&str, &str), size: &MambaSize, alike: bool) -> Self {
        let (before, after) = names;
        let at = |name: &str| path / format!("{before}{name}{after}");
        let (inner, conv) = (size.inner, at("conv1d"));
        let selected = size.rank + 2 * size.states;
        let step = init::linear(at("dt_proj"), size.rank, inner);
        if let (Some(bias), true) = (&step.bs, alike) {
            small_steps(bias);
        }
        Self {
            taps: conv.var("weight", &[inner, 1, size.taps], init::fan_in(size.taps)),
            bias: conv.var("bias", &[inner], init::fan_in(size.taps)),
            select: init::linear_without_bias(at("x_proj"), inner, selected),
            step,
            skip: path.var(&format!("{before}D{after}"), &[inner], Init::Const(1.0)),
            rank: size.rank,
            states: size.states,
        }
    }

    /// (B, T, inner) to (B, T, inner).
    fn forward(&self, x: &Tensor, rates: &Tensor, order: Order, engine: Engine) -> Tensor {
        let u = causal_conv(x, &self.taps, &self.bias, order, engine);
        let selected = self.select.forward(&u);
        let part = |start, length| selected.narrow(2, start, length);
        let inputs = ScanInputs {
            u: &u,
            delta: &self.step.forward(&part(0, self.rank)).softplus(),
            a: rates,
            b: &part(self.rank, self.states),
            c: &part(self.rank + self.states, self.states),
            skip: &self.skip,
        };
        selective_scan(&inputs, order, engine)
    }
}

/// Draws a bias whose softplus has a uniform logarithm between the [`STEPS`].
fn small_steps(bias: &Tensor) {
    let [low, high] = STEPS.map(f64::ln);
    tch::no_grad(|| {
        let mut bias = bias.shallow_clone();
        let steps = bias.rand_like() * (high - low) + low;
        let steps = steps.exp();
        // The inverse of softplus.
        bias.copy_(&(&steps + (-(-&steps).expm1()).log()));
    });
}

/// What a sequence goes through: in both directions with parameters of its own, but for the rates of decay.
#[derive(Debug)]
pub struct Branch {
    /// (2 inner, width): the inputs of the scan, then its gate.
    enter: Tensor,
    forward: Direction,
    backward: Direction,
    leave: nn::Linear,
    inner: i64,
}

impl Branch {
    /// Parameters: `in_proj`, `out_proj`, and `conv1d`, `x_proj`, `dt_proj`, `D` of the forward and, with `_b`
    /// behind, of the backward direction; `prefix` in front of every name.
    pub fn new(path: &Path<'_>, prefix: &str, size: &MambaSize) -> Self {
        let at = |name: &str| path / format!("{prefix}{name}");
        Self {
            enter: at("in_proj").var(
                "weight",
                &[2 * size.inner, size.width],
                init::fan_in(size.width),
            ),
            forward: Direction::new(path, (prefix, ""), size, true),
            backward: Direction::new(path, (prefix, "_b"), size, size.alike),
            leave: init::linear_without_bias(at("out_proj"), size.inner, size.width),
            inner: size.inner,
        }
    }

    /// (B, T, width) to (B, T, width): the mean of both directions.
    fn forward(&self, x: &Tensor, rates: &[Tensor; 2], engine: Engine) -> Tensor {
        let enter = |start| {
            let weight = self.enter.narrow(0, start, self.inner);
            x.linear(&weight, None::<&Tensor>)
        };
        let (u, gate) = (enter(0), enter(self.inner));
        let forward = &self.forward;
        let backward = &self.backward;
        let both = forward.forward(&u, &rates[0], Order::FirstToLast, engine)
            + backward.forward(&u, &rates[1], Order::LastToFirst, engine);
        self.leave.forward(&(both * gate.silu())) * 0.5
    }
}

/// x + LN(Mamba(x)) of one sequence or of several, each with a branch and a norm of its own.
#[derive(Debug)]
pub struct MambaLayer<const N: usize> {
    decay: Decay,
    branches: [Branch; N],
    norms: [nn::LayerNorm; N],
}

impl<const N: usize> MambaLayer<N> {
    /// Parameters: `mamba.*` of [`Decay`] and of a [`Branch`] per prefix, `norm1` and on.
    pub fn new(path: &Path<'_>, prefixes: [&str; N], size: &MambaSize, norm_eps: f64) -> Self {
        let mamba = path / "mamba";
        let norm =
            |i: usize| init::layer_norm_eps(path / format!("norm{}", i + 1), size.width, norm_eps);
        Self {
            decay: Decay::new(&mamba, size),
            branches: prefixes.map(|prefix| Branch::new(&mamba, prefix, size)),
            norms: std::array::from_fn(norm),
        }
    }

    /// (B, T, width) to (B, T, width) each.
    pub fn forward(&self, x: [&Tensor; N], engine: Engine) -> [Tensor; N] {
        let rates = self.decay.rates();
        std::array::from_fn(|i| {
            let read = self.branches[i].forward(x[i], &rates, engine);
            x[i] + self.norms[i].forward(&read.to_kind(x[i].kind()))
        })
    }
}

#[cfg(test)]
mod tests {
    use tch::nn::VarStore;
    use tch::{Device, Kind};

    use super::*;

    const SIZE: MambaSize = MambaSize {
        width: 6,
        inner: 12,
        states: 3,
        taps: 4,
        rank: 2,
        alike: true,
    };

    /// Largest softplus of a bias, and the smallest.
    fn steps(store: &VarStore, name: &str) -> [f64; 2] {
        let steps = store.variables()[name].softplus();
        [steps.max(), steps.min()].map(|x| x.double_value(&[]))
    }

    #[test]
    fn steps_start_small_in_both_directions_or_as_published() {
        let _rng = crate::model::rng::seeded(3);
        for alike in [true, false] {
            let store = VarStore::new(Device::Cpu);
            let _ = Branch::new(&store.root(), "a_", &MambaSize { alike, ..SIZE });
            let [most, least] = steps(&store, "a_dt_proj.bias");
            assert!(
                most <= STEPS[1] * 1.001 && least >= STEPS[0] * 0.999,
                "{most} {least}"
            );
            let [most, least] = steps(&store, "a_dt_proj_b.bias");
            assert_eq!(most <= STEPS[1] * 1.001, alike, "{most}");
            assert!(alike || least > 0.3, "{least}");
        }
    }

    #[test]
    fn the_first_step_sees_the_last_and_the_last_the_first() {
        let _rng = crate::model::rng::seeded(3);
        let store = VarStore::new(Device::Cpu);
        let layer = MambaLayer::new(&store.root(), [""], &SIZE, 1e-6);
        let x = Tensor::randn([1, 9, 6], (Kind::Float, Device::Cpu));
        let [read] = layer.forward([&x], Engine::default());
        for (changed, seen) in [(8, 0), (0, 8)] {
            let other = x.copy();
            let _ = other.select(1, changed).fill_(2.0);
            let [moved] = layer.forward([&other], Engine::default());
            assert!(!moved.select(1, seen).equal(&read.select(1, seen)));
        }
    }
}
