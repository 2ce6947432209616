//! Jackknife pseudo-values: each sample's share in a metric (Quenouille, Biometrika 1956; Tukey 1958).

use crate::metric::Sums;

/// Pseudo-values of a metric, one per sample, as the mean over these predictions of all samples: N times the
/// metric less N - 1 times the metric without the sample. Their mean estimates the metric, and their
/// variance divided by N is that of the metric over other samples. For a mean over samples they are its
/// terms. NaN where the metric is undefined without the sample.
pub fn pseudo_values(metric: &Sums, truth: &[f32], predictions: &[&[f32]]) -> Vec<f64> {
    let (count, width) = (truth.len() as f64, metric.width);
    let mut out = vec![0.0; truth.len()];
    let mut rest = vec![0.0; width];
    for pass in predictions {
        let mut terms = vec![0.0; truth.len() * width];
        let mut sums = vec![0.0; width];
        for (i, own) in terms.chunks_exact_mut(width).enumerate() {
            (metric.add)(pass[i], truth[i], own);
            sums.iter_mut()
                .zip(own)
                .for_each(|(sum, term)| *sum += *term);
        }
        let value = |sums: &[f64]| (metric.value)(sums).unwrap_or(f64::NAN);
        let whole = count * value(&sums);
        for (out, own) in out.iter_mut().zip(terms.chunks_exact(width)) {
            let less = sums.iter().zip(own).map(|(sum, term)| sum - term);
            rest.iter_mut()
                .zip(less)
                .for_each(|(rest, less)| *rest = less);
            *out += (whole - (count - 1.0) * value(&rest)) / predictions.len() as f64;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::protocol;
    use crate::report::stats::{mean, summarize};

    fn truth() -> Vec<f32> {
        (0..90).map(|i| ((i * 7) % 31) as f32 / 5.0 - 3.0).collect()
    }

    fn guess(stream: usize) -> Vec<f32> {
        let noise = |i: usize| ((i * 13 + stream * 29) % 17) as f32 / 6.0 - 1.3;
        let all = truth().into_iter().enumerate();
        all.map(|(i, t)| 0.5 * t + noise(i)).collect()
    }

    /// Every metric, computed by its formula on the predictions without one sample.
    #[test]
    fn pseudo_values_are_those_of_the_formula_without_each_sample() {
        let (truth, passes) = (truth(), [guess(0), guess(1), guess(2)]);
        let views: Vec<&[f32]> = passes.iter().map(|p| &p[..]).collect();
        for metric in protocol("mosi").unwrap().all() {
            let Some(sums) = metric.sums else { continue };
            let found = pseudo_values(&sums, &truth, &views);
            for (left, found) in found.iter().enumerate() {
                let without = |all: &[f32]| [&all[..left], &all[left + 1..]].concat();
                let one = |pass: &Vec<f32>| {
                    let whole = (metric.compute)(pass, &truth).unwrap();
                    let less = (metric.compute)(&without(pass), &without(&truth)).unwrap();
                    90.0 * whole - 89.0 * less
                };
                let expected = passes.iter().map(one).sum::<f64>() / 3.0;
                assert!((found - expected).abs() < 1e-9, "{}", metric.name);
            }
        }
    }

    #[test]
    fn those_of_a_mean_are_its_terms() {
        let (truth, guess) = (truth(), guess(0));
        let mae = protocol("mosi").unwrap().metric("mae").unwrap();
        let found = pseudo_values(&mae.sums.unwrap(), &truth, &[&guess]);
        let errors = truth.iter().zip(&guess);
        let errors: Vec<f64> = errors.map(|(t, p)| f64::from(*p) - f64::from(*t)).collect();
        for (found, error) in found.iter().zip(&errors) {
            assert!((found - error.abs()).abs() < 1e-6);
        }
    }

    /// Fisher's approximation for a correlation of a normal pair: (1 - r^2)^2 / N.
    #[test]
    fn their_variance_is_that_of_a_correlation() {
        let mut random = crate::report::stats::random::Random::new(3, 1);
        let mut normal = || -> f64 {
            let one =
                |r: &mut crate::report::stats::random::Random| r.bits() as f64 / 2f64.powi(64);
            (0..12).map(|_| one(&mut random)).sum::<f64>() - 6.0
        };
        let pairs: Vec<[f64; 2]> = (0..3000).map(|_| [normal(), normal()]).collect();
        let truth: Vec<f32> = pairs.iter().map(|p| p[0] as f32).collect();
        let guess: Vec<f32> = pairs.iter().map(|p| (p[0] + p[1]) as f32).collect();
        let corr = protocol("mosi").unwrap().metric("corr").unwrap();
        let all = pseudo_values(&corr.sums.unwrap(), &truth, &[&guess]);
        let r = mean(&all).unwrap();
        let variance = summarize(&all).unwrap().sd.unwrap().powi(2) / 3000.0;
        let expected = (1.0 - r * r).powi(2) / 3000.0;
        assert!(
            (variance / expected - 1.0).abs() < 0.15,
            "{variance} {expected}"
        );
    }

    #[test]
    fn a_metric_that_hangs_on_one_sample_has_no_pseudo_value_there() {
        let corr = protocol("mosi").unwrap().metric("corr").unwrap();
        let found = pseudo_values(&corr.sums.unwrap(), &[1.0, 1.0, 2.0], &[&[0.5, 0.1, 0.3]]);
        assert!(found[2].is_nan() && found[0].is_finite(), "{found:?}");
    }
}
