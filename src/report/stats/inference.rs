//! Intervals and p-values that hold for other samples and other seeds.
//!
//! Every training of a model predicts every test sample: seeds are nested in their model, samples are
//! crossed with all of them, as readers and cases in studies of diagnostic accuracy (Obuchowski and
//! Rockette, Communications in Statistics - Simulation and Computation 1995; Hillis, Statistics in
//! Medicine 2014). The variance of a mean over seeds is that of seeds, sd^2 / n, plus that of samples, by
//! the jackknife. Each part has its own quantile of Student's t (Banerjee, Sankhya 1960), which keeps the
//! coverage of known parts at its level or above; that of two models' seeds has the degrees of freedom of
//! Welch (Biometrika 1947). `benchmarks/coverage` measures the coverage.

use super::Summary;
use super::portable::{exp, ln};
use super::student::{quantile, two_sided};

/// 1 - coverage of intervals.
const LEVEL: f64 = 0.05;

/// No p-value is below this.
const LEAST_P: f64 = 1e-16;

/// Both sources of chance in a number: seeds and samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// Variance of the number over other seeds, and its degrees of freedom.
    seeds: (f64, f64),
    /// Variance over other samples, and its degrees of freedom.
    samples: (f64, f64),
}

/// An interval, and the p-value of the number against 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Inference {
    pub interval: [f64; 2],
    pub p: f64,
}

impl Spread {
    /// Of a mean over seeds, given the pseudo-values of its samples. `None` for one seed or sample, which
    /// have no variance, and where some pseudo-value is undefined.
    pub fn of_mean(seeds: &Summary, pseudo_values: &[f64]) -> Option<Self> {
        let variance = seeds.sd?.powi(2) / seeds.n as f64;
        let seeds = (variance, (seeds.n - 1) as f64);
        let samples = of_samples(pseudo_values)?;
        Some(Self { seeds, samples })
    }

    /// Of the difference of two means over seeds, given the differences of their pseudo-values.
    pub fn of_difference(a: &Summary, b: &Summary, pseudo_values: &[f64]) -> Option<Self> {
        let part = |s: &Summary| Some((s.sd?.powi(2) / s.n as f64, (s.n - 1) as f64));
        let ((a, df_a), (b, df_b)) = (part(a)?, part(b)?);
        let degrees = (a + b).powi(2) / (a * a / df_a + b * b / df_b);
        // Seeds that all agree have no part in the interval, whatever the degrees of freedom.
        let degrees = if degrees.is_finite() { degrees } else { 1.0 };
        let samples = of_samples(pseudo_values)?;
        Some(Self {
            seeds: (a + b, degrees),
            samples,
        })
    }

    /// The 95 % interval around a value.
    pub fn interval(&self, value: f64) -> [f64; 2] {
        let half = self.half_width(LEVEL);
        [value - half, value + half]
    }

    /// The 95 % interval around a value, and its p-value: one less the coverage of the interval that ends
    /// at 0.
    pub fn infer(&self, value: f64) -> Inference {
        Inference {
            interval: self.interval(value),
            p: self.p(value),
        }
    }

    fn half_width(&self, p: f64) -> f64 {
        let part = |(variance, degrees): (f64, f64)| {
            if variance > 0.0 {
                quantile(p, degrees).powi(2) * variance
            } else {
                0.0
            }
        };
        (part(self.seeds) + part(self.samples)).sqrt()
    }

    /// The level at which the interval around `value` ends at 0. Its logarithm is between those of the p-values that
    /// all variance in one part would give, and found by the Illinois form of the false position: the logarithm
    /// of the half width is nearly linear in it.
    fn p(&self, value: f64) -> f64 {
        let variance = self.seeds.0 + self.samples.0;
        if value == 0.0 || variance == 0.0 {
            return if value == 0.0 { 1.0 } else { LEAST_P };
        }
        let ratio = value.abs() / variance.sqrt();
        let each = [self.seeds.1, self.samples.1].map(|df| ln(two_sided(ratio, df).max(LEAST_P)));
        let excess = |level: f64| ln(self.half_width(exp(level)) / value.abs());
        let (mut low, mut high) = (each[0].min(each[1]), each[0].max(each[1]));
        let (mut above, mut below) = (excess(low), excess(high));
        // The ends are equal, or rounding has put the root beside them.
        if above <= 0.0 {
            return exp(low);
        }
        let mut raised = None;
        while below < 0.0 && high - low > 1e-12 {
            let middle = high - below * (high - low) / (below - above);
            let found = excess(middle);
            if found.abs() < 1e-14 {
                return exp(middle);
            }
            let raises = found > 0.0;
            // An end that stays twice counts half, or the bracket would never close.
            let stays = raised == Some(raises);
            if raises {
                (low, above) = (middle, found);
                below = if stays { below / 2.0 } else { below };
            } else {
                (high, below) = (middle, found);
                above = if stays { above / 2.0 } else { above };
            }
            raised = Some(raises);
        }
        exp(high)
    }
}

/// Variance of a mean of pseudo-values.
fn of_samples(pseudo_values: &[f64]) -> Option<(f64, f64)> {
    let sd = super::summarize(pseudo_values)?.sd?;
    let count = pseudo_values.len() as f64;
    sd.is_finite().then_some((sd * sd / count, count - 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::stats::random::Random;
    use crate::report::stats::summarize;

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-8 * b.abs().max(1e-3)
    }

    /// With all variance in one part the interval is that of a textbook: R's `t.test`.
    #[test]
    fn one_source_of_chance_gives_students_interval() {
        let a = summarize(&[1.0, 2.0, 4.0]).unwrap();
        let flat = [0.0; 50];
        // t.test(c(1, 2, 4)): p = 0.1181, 95 percent: -1.461250 to 6.127916.
        let found = Spread::of_mean(&a, &flat).unwrap().infer(a.mean);
        assert!((found.interval[0] + 1.461_250).abs() < 1e-5, "{found:?}");
        assert!((found.interval[1] - 6.127_916).abs() < 1e-5, "{found:?}");
        let b = summarize(&[5.0, 9.0]).unwrap();
        // t.test(c(1, 2, 4), c(5, 9)), Welch: df = 1.4002, p = 0.2181.
        let spread = Spread::of_difference(&a, &b, &flat).unwrap();
        assert!((spread.seeds.1 - 1.400_227_186_7).abs() < 1e-9);
        let found = spread.infer(a.mean - b.mean);
        assert!((found.p - 0.218_136_845_9).abs() < 1e-9, "{found:?}");
        assert!((found.interval[0] + 19.214_009_194).abs() < 1e-8);
    }

    #[test]
    fn the_p_value_is_the_level_whose_interval_ends_at_zero() {
        let (a, b) = (
            summarize(&[0.71, 0.74, 0.75]).unwrap(),
            summarize(&[0.80, 0.77]).unwrap(),
        );
        let samples: Vec<f64> = (0..400).map(|i| f64::from(i * 37 % 101) / 90.0).collect();
        let spread = Spread::of_difference(&a, &b, &samples).unwrap();
        for value in [0.001, 0.06, -0.3, 2.0] {
            let p = spread.infer(value).p;
            assert!(close(spread.half_width(p), value.abs()), "{value} {p}");
        }
        let [low, high] = spread.infer(0.5).interval;
        assert!(close((high - low) / 2.0, spread.half_width(0.05)));
        let edge = spread.half_width(0.05);
        assert!(spread.infer(edge * 1.01).p < 0.05 && spread.infer(edge * 0.99).p > 0.05);
    }

    #[test]
    fn one_seed_or_undefined_samples_allow_no_claim() {
        let (one, two) = (summarize(&[0.7]).unwrap(), summarize(&[0.7, 0.8]).unwrap());
        let samples = [0.1, 0.2, 0.4];
        assert_eq!(Spread::of_mean(&one, &samples), None);
        assert_eq!(Spread::of_difference(&one, &two, &samples), None);
        assert_eq!(Spread::of_difference(&two, &one, &samples), None);
        assert_eq!(Spread::of_mean(&two, &[0.1, f64::NAN]), None);
        assert!(Spread::of_mean(&two, &samples).is_some());
    }

    #[test]
    fn without_any_variance_a_difference_is_certain_and_none_is_not() {
        let same = summarize(&[0.5, 0.5]).unwrap();
        let spread = Spread::of_difference(&same, &same, &[0.0; 10]).unwrap();
        assert_eq!(spread.infer(0.0).p, 1.0);
        assert_eq!(spread.infer(0.1).p, LEAST_P);
    }

    /// Two models whose difference is 0, with chance of this size in seeds, samples and both together.
    /// `benchmarks/coverage` measures more of them.
    #[test]
    fn intervals_cover_the_truth_as_often_as_they_state() {
        for (seeds, number) in [(2, 1), (3, 2), (5, 3)] {
            let mut random = Random::new(5, number);
            let (samples, trials) = (60, 1500);
            let covered = (0..trials)
                .filter(|_| covers(&mut random, seeds, samples))
                .count();
            let share = covered as f64 / f64::from(trials);
            // Three standard errors of a share of 1500 below 95 percent.
            assert!(share > 0.95 - 3.0 * 0.0057, "{seeds} seeds: {share}");
        }
    }

    fn covers(random: &mut Random, seeds: usize, samples: usize) -> bool {
        let easy: Vec<f64> = (0..samples).map(|_| normal(random)).collect();
        let mut model = || -> (Summary, Vec<f64>) {
            let own: Vec<f64> = easy.iter().map(|e| e + 0.7 * normal(random)).collect();
            let mut mean = vec![0.0; samples];
            let values: Vec<f64> = (0..seeds)
                .map(|_| {
                    let seed = 0.1 * normal(random);
                    let scores = own.iter().map(|o| o + seed + 0.5 * normal(random));
                    let scores: Vec<f64> = scores.collect();
                    let sums = mean.iter_mut().zip(&scores);
                    sums.for_each(|(m, s)| *m += s / seeds as f64);
                    scores.iter().sum::<f64>() / samples as f64
                })
                .collect();
            (summarize(&values).unwrap(), mean)
        };
        let ((a, of_a), (b, of_b)) = (model(), model());
        let gaps: Vec<f64> = of_a.iter().zip(&of_b).map(|(a, b)| a - b).collect();
        let spread = Spread::of_difference(&a, &b, &gaps).unwrap();
        (a.mean - b.mean).abs() <= spread.half_width(LEVEL)
    }

    /// A standard normal number, by Box and Muller.
    fn normal(random: &mut Random) -> f64 {
        let mut uniform = || (random.bits() >> 11) as f64 / (1u64 << 53) as f64;
        let (a, b) = (1.0 - uniform(), uniform());
        (-2.0 * a.ln()).sqrt() * (2.0 * std::f64::consts::PI * b).cos()
    }
}
