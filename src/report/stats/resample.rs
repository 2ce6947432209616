//! Bootstrap and permutation: the metrics of a row on other test samples and other seeds.

use rayon::prelude::*;

use super::random::Random;
use super::terms::Terms;

/// Seed of all resampling; reports state it.
pub const SEED: u64 = 20_240_929;

/// Values of the metrics at every condition (as [`Terms::values`]) in each bootstrap resample: samples
/// and seeds drawn with replacement. Resample `i` draws the same samples for every row, and the
/// same places among the seeds for rows with as many, which pairs the rows.
pub fn bootstrap(terms: &Terms, resamples: usize) -> Vec<Vec<f64>> {
    let one = |number: usize| {
        let mut random = Random::new(SEED, 2 * number as u64);
        let mut weights = vec![0.0; terms.samples()];
        (0..terms.samples()).for_each(|_| weights[random.below(terms.samples())] += 1.0);
        let mut seeds = vec![0.0; terms.seeds()];
        (0..terms.seeds()).for_each(|_| seeds[random.below(terms.seeds())] += 1.0);
        terms.values(&terms.sum(|i| weights[i]), &seeds)
    };
    (0..resamples).into_par_iter().map(one).collect()
}

/// Differences a - b of the metrics at every condition when, in each resample, the two rows exchange
/// their predictions of a random half of the samples: at all conditions, masks and seeds at once, so
/// that what depends on each other stays together.
pub fn permute(a: &Terms, b: &Terms, resamples: usize) -> Vec<Vec<f64>> {
    let (sums_a, sums_b, gap) = (a.sum(|_| 1.0), b.sum(|_| 1.0), b.minus(a));
    let seeds = vec![1.0; a.seeds()];
    let one = |number: usize| {
        let mut random = Random::new(SEED, 2 * number as u64 + 1);
        let bits: Vec<u64> = (0..a.samples().div_ceil(64))
            .map(|_| random.bits())
            .collect();
        let swapped = gap.sum(|i| ((bits[i / 64] >> (i % 64)) & 1) as f64);
        let moved = |sums: &[f64], sign: f64| -> Vec<f64> {
            sums.iter()
                .zip(&swapped)
                .map(|(s, g)| s + sign * g)
                .collect()
        };
        let after_a = a.values(&moved(&sums_a, 1.0), &seeds);
        let after_b = b.values(&moved(&sums_b, -1.0), &seeds);
        after_a.iter().zip(&after_b).map(|(a, b)| a - b).collect()
    };
    (0..resamples).into_par_iter().map(one).collect()
}

/// The central 95 percent of resampled values by the percentile method; `None` where more than one
/// in twenty is undefined.
pub fn interval(values: impl Iterator<Item = f64>) -> Option<[f64; 2]> {
    let all: Vec<f64> = values.collect();
    let mut known: Vec<f64> = all.iter().copied().filter(|v| v.is_finite()).collect();
    if known.is_empty() || known.len() * 20 < all.len() * 19 {
        return None;
    }
    known.sort_by(f64::total_cmp);
    let at = |share: f64| known[((known.len() - 1) as f64 * share).round() as usize];
    Some([at(0.025), at(0.975)])
}

/// Two-sided p-value of an observed difference among permuted ones: the share at least as large,
/// the observed one included. Undefined ones count as larger.
pub fn p_value(observed: f64, permuted: impl Iterator<Item = f64>) -> f64 {
    let (mut beyond, mut all) = (1usize, 1usize);
    // Sums in another order differ in their last digits.
    let least = observed.abs() * (1.0 - 1e-9) - 1e-12;
    for value in permuted {
        all += 1;
        beyond += usize::from(value.is_nan() || value.abs() >= least);
    }
    beyond as f64 / all as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::{Metric, protocol};

    fn metrics() -> Vec<&'static Metric> {
        let mosi = protocol("mosi").unwrap();
        vec![mosi.metric("mae").unwrap(), mosi.metric("corr").unwrap()]
    }

    fn truth() -> Vec<f32> {
        (0..200)
            .map(|i| ((i * 37) % 61) as f32 / 10.0 - 3.0)
            .collect()
    }

    /// Truth plus noise of this size, from a stream of its own.
    fn guess(size: f32, stream: u64) -> Vec<f32> {
        let mut random = Random::new(1, stream);
        let noise = |r: &mut Random| (r.below(2001) as f32 / 1000.0 - 1.0) * size;
        truth().iter().map(|t| t + noise(&mut random)).collect()
    }

    fn terms(predictions: &[f32]) -> Terms {
        Terms::new(&metrics(), &truth(), &vec![vec![vec![predictions]]])
    }

    fn p(a: &Terms, b: &Terms) -> Vec<f64> {
        let (va, vb) = (a.observed(), b.observed());
        let permuted = permute(a, b, 999);
        let each = (0..va.len()).map(|i| p_value(va[i] - vb[i], permuted.iter().map(|v| v[i])));
        each.collect()
    }

    #[test]
    fn a_better_row_is_found_and_equals_are_not_told_apart() {
        let (good, bad, equal) = (guess(0.5, 1), guess(2.0, 2), guess(0.5, 3));
        assert_eq!(p(&terms(&good), &terms(&bad)), [0.001, 0.001]);
        assert!(p(&terms(&good), &terms(&equal)).iter().all(|p| *p > 0.05));
        assert_eq!(p(&terms(&good), &terms(&good)), [1.0, 1.0]);
    }

    #[test]
    fn swapping_everything_turns_the_sign() {
        let (a, b) = (terms(&guess(0.5, 1)), terms(&guess(2.0, 2)));
        let gap = b.minus(&a).sum(|_| 1.0);
        let moved: Vec<f64> = a
            .sum(|_| 1.0)
            .iter()
            .zip(&gap)
            .map(|(s, g)| s + g)
            .collect();
        let close = |(x, y): (&f64, &f64)| (x - y).abs() < 1e-9;
        assert!(
            a.values(&moved, &[1.0])
                .iter()
                .zip(&b.observed())
                .all(close)
        );
    }

    /// The standard error of a mean is known.
    #[test]
    fn the_bootstrap_interval_of_a_mean_has_the_width_of_theory() {
        let (truth, guess) = (truth(), guess(2.0, 2));
        let all = terms(&guess);
        let values = bootstrap(&all, 2000);
        let [low, high] = interval(values.iter().map(|v| v[0])).unwrap();
        let errors: Vec<f64> = truth
            .iter()
            .zip(&guess)
            .map(|(t, p)| f64::from((t - p).abs()))
            .collect();
        let mean = errors.iter().sum::<f64>() / 200.0;
        let sd = (errors.iter().map(|e| (e - mean).powi(2)).sum::<f64>() / 200.0).sqrt();
        let expected = 2.0 * 1.96 * sd / 200f64.sqrt();
        assert!(
            ((high - low) / expected - 1.0).abs() < 0.08,
            "{low} {high} {expected}"
        );
        assert!(low < mean && mean < high);
        assert!(
            values == bootstrap(&all, 2000),
            "resampling is deterministic"
        );
    }

    #[test]
    fn intervals_need_values() {
        assert_eq!(interval([1.0; 40].into_iter()), Some([1.0, 1.0]));
        assert_eq!(interval([f64::NAN, 1.0, 1.0].into_iter()), None);
        assert_eq!(interval(std::iter::empty()), None);
    }
}
