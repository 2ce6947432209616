//! Remembers past batches by their first two moments, and computes entropies over them.
//!
//! The reference keeps the samples themselves and computes the covariance of all rows; counts, means and
//! scatters of the batches give the same covariance in a memory of fixed size, which is in the model's
//! store under `state.`, so that a resumed run continues with it.

use tch::nn::Path;
use tch::{Kind, Tensor};

/// Count, mean and scatter (sum of outer products around the mean) of the positive and the negative
/// samples of a batch, in this order.
#[derive(Debug)]
pub struct Moments {
    /// (2)
    count: Tensor,
    /// (2, width)
    mean: Tensor,
    /// (2, width, width)
    scatter: Tensor,
}

impl Moments {
    /// Of samples (B, width); `signs` (2, B) is true where a sample is positive, and where negative.
    pub fn of(samples: &Tensor, signs: &Tensor) -> Self {
        let sum = |x: Tensor| x.sum_dim_intlist([1i64].as_slice(), false, None::<Kind>);
        let weights = signs.to_kind(samples.kind());
        let count = sum(weights.shallow_clone());
        let weights = weights.unsqueeze(2);
        let mean = sum(&weights * samples) / count.clamp_min(1.0).unsqueeze(1);
        let centered = samples - mean.unsqueeze(1);
        // No matrix product: those of few samples would be computed in bfloat16 where the batch is.
        let products = centered.unsqueeze(3) * (centered * weights).unsqueeze(2);
        Self {
            count,
            mean,
            scatter: sum(products),
        }
    }
}

/// The moments of the last batches.
#[derive(Debug)]
pub struct Memory {
    /// (2, batches)
    count: Tensor,
    /// (2, batches, width)
    mean: Tensor,
    /// (2, batches, width, width)
    scatter: Tensor,
}

impl Memory {
    /// An empty memory of so many batches.
    ///
    /// Variables: `state.{count,mean,scatter}_{name}`.
    pub fn new(path: &Path<'_>, name: &str, batches: usize, width: i64) -> Self {
        let (state, batches) = (path / "state", batches as i64);
        let zeros =
            |what: &str, size: &[i64]| state.zeros_no_train(&format!("{what}_{name}"), size);
        Self {
            count: zeros("count", &[2, batches]),
            mean: zeros("mean", &[2, batches, width]),
            scatter: zeros("scatter", &[2, batches, width, width]),
        }
    }

    /// Kind of its tensors.
    pub fn kind(&self) -> Kind {
        self.count.kind()
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        tch::no_grad(|| {
            for tensor in [&mut self.count, &mut self.mean, &mut self.scatter] {
                let _ = tensor.zero_();
            }
        });
    }

    /// Replaces the oldest batch; `position` is that of the new one in the epoch.
    pub fn keep(&mut self, new: &Moments, position: usize) {
        let batches = self.count.size()[1] as usize;
        if batches == 0 {
            return;
        }
        let slot = (position % batches) as i64;
        tch::no_grad(|| {
            let all = [
                (&self.count, &new.count),
                (&self.mean, &new.mean),
                (&self.scatter, &new.scatter),
            ];
            for (old, new) in all {
                old.select(1, slot).copy_(&new.detach());
            }
        });
    }

    /// A quarter of the log-determinants of both covariances over the batch `new` and all that is
    /// remembered: up to a constant, the mean of both entropies of normal distributions, halved.
    ///
    /// With `jitter` on the diagonals it is finite; without, a singular covariance gives -inf, and
    /// a covariance of nothing NaN, as in the reference.
    pub fn entropy(&self, new: &Moments, jitter: Option<f64>) -> Tensor {
        let sum = |x: Tensor| x.sum_dim_intlist([1i64].as_slice(), false, None::<Kind>);
        let join = |old: &Tensor, new: &Tensor| Tensor::cat(&[old, &new.unsqueeze(1)], 1);
        let counts = join(&self.count, &new.count);
        let means = join(&self.mean, &new.mean);
        let total = sum(counts.shallow_clone());
        let total = match jitter {
            Some(_) => total.clamp_min(1.0),
            None => total,
        };
        let weights = counts.unsqueeze(2);
        let mean = sum(&means * &weights) / total.unsqueeze(1);
        let apart = means - mean.unsqueeze(1);
        let between = apart.unsqueeze(3) * (apart * weights).unsqueeze(2);
        let scatter = sum(join(&self.scatter, &new.scatter) + between);
        let mut covariance = scatter / total.view([2, 1, 1]);
        if let Some(jitter) = jitter {
            let width = covariance.size()[2];
            let options = (covariance.kind(), covariance.device());
            covariance += Tensor::eye(width, options) * jitter;
        }
        covariance.logdet().sum(None::<Kind>) * 0.25
    }
}

#[cfg(test)]
mod tests {
    use tch::Device;
    use tch::nn::VarStore;

    use super::*;

    const DOUBLE: (Kind, Device) = (Kind::Double, Device::Cpu);

    fn signs(labels: &Tensor) -> Tensor {
        Tensor::stack(&[labels.gt(0.0), labels.lt(0.0)], 0)
    }

    fn memory(batches: usize) -> Memory {
        let mut store = VarStore::new(Device::Cpu);
        let memory = Memory::new(&store.root(), "tv", batches, 3);
        store.set_kind(Kind::Double);
        memory
    }

    /// By the rows themselves.
    fn by_rows(samples: &Tensor, labels: &Tensor) -> f64 {
        let of = |rows: Tensor| {
            let rows = samples.index_select(0, &rows.nonzero().flatten(0, -1));
            let centered = &rows - rows.mean_dim(0, true, Kind::Double);
            (centered.tr().matmul(&centered) / rows.size()[0] as f64)
                .logdet()
                .double_value(&[])
        };
        0.25 * (of(labels.gt(0.0)) + of(labels.lt(0.0)))
    }

    #[test]
    fn moments_of_batches_give_the_covariance_of_their_rows() {
        let _rng = crate::model::rng::seeded(4);
        let mut memory = memory(2);
        let batch = || {
            (
                // Rows enough that neither covariance is nearly singular, which would cost digits.
                Tensor::randn([90, 3], DOUBLE),
                Tensor::from_slice(&[1.0, -1.0, 2.0, -0.5, 0.0, 1.0, -2.0, 0.5, -1.0]).repeat([10]),
            )
        };
        let all: Vec<(Tensor, Tensor)> = (0..4).map(|_| batch()).collect();
        for (position, (samples, labels)) in all.iter().enumerate() {
            let moments = Moments::of(samples, &signs(labels));
            let from = position.saturating_sub(2);
            let known = &all[from..=position];
            let rows: Vec<&Tensor> = known.iter().map(|(samples, _)| samples).collect();
            let labels: Vec<&Tensor> = known.iter().map(|(_, labels)| labels).collect();
            let expected = by_rows(&Tensor::cat(&rows, 0), &Tensor::cat(&labels, 0));
            let found = memory.entropy(&moments, None).double_value(&[]);
            assert!((found - expected).abs() < 1e-12, "{found} {expected}");
            memory.keep(&moments, position);
        }
        memory.clear();
        let (samples, labels) = &all[0];
        let found = memory.entropy(&Moments::of(samples, &signs(labels)), None);
        assert!((found.double_value(&[]) - by_rows(samples, labels)).abs() < 1e-12);
    }

    #[test]
    fn jitter_keeps_the_entropy_of_few_samples_finite_with_its_gradient() {
        let _rng = crate::model::rng::seeded(4);
        let memory = memory(1);
        for labels in [[1.0, 1.0], [1.0, -1.0], [0.0, 0.0]] {
            let samples = Tensor::randn([2, 3], DOUBLE).set_requires_grad(true);
            let moments = Moments::of(&samples, &signs(&Tensor::from_slice(&labels)));
            let without = memory.entropy(&moments, None).double_value(&[]);
            assert!(!without.is_finite(), "{labels:?}: {without}");
            let entropy = memory.entropy(&moments, Some(1e-4));
            entropy.backward();
            let finite = |x: &Tensor| x.isfinite().all().int64_value(&[]) == 1;
            assert!(finite(&entropy) && finite(&samples.grad()), "{labels:?}");
        }
    }
}
