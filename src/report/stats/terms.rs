//! Turns a row's predictions into per-sample terms, whose weighted sums give every metric under every
//! condition.

use crate::metric::{Metric, Sums};

/// Predictions of one row: by seed, then condition, then mask seed, each one per sample.
pub type Predictions<'a> = Vec<Vec<Vec<&'a [f32]>>>;

/// Per-sample terms of several metrics at several conditions.
#[derive(Clone, Debug)]
pub struct Terms {
    metrics: Vec<Sums>,
    seeds: usize,
    conditions: usize,
    masks: usize,
    samples: usize,
    /// Numbers of one sample.
    width: usize,
    data: Vec<f64>,
}

impl Terms {
    /// Terms of the metrics that have a form as sums; the others are skipped. `truth` and every
    /// vector of `predictions` are of one length, and every seed has the same conditions and masks.
    pub fn new(metrics: &[&Metric], truth: &[f32], predictions: &Predictions<'_>) -> Self {
        let metrics: Vec<Sums> = metrics.iter().filter_map(|m| m.sums).collect();
        let seeds = predictions.len();
        let conditions = predictions.first().map_or(0, Vec::len);
        let masks = predictions
            .first()
            .and_then(|l| l.first())
            .map_or(0, Vec::len);
        let passes: Vec<&[f32]> = predictions.iter().flatten().flatten().copied().collect();
        let width = metrics.iter().map(|m| m.width).sum::<usize>() * passes.len();
        let mut data = vec![0.0; width * truth.len()];
        for (sample, terms) in data.chunks_exact_mut(width.max(1)).enumerate() {
            let mut rest = terms;
            for metric in &metrics {
                for pass in &passes {
                    let (own, others) = rest.split_at_mut(metric.width);
                    (metric.add)(pass[sample], truth[sample], own);
                    rest = others;
                }
            }
        }
        Self {
            metrics,
            seeds,
            conditions,
            masks,
            samples: truth.len(),
            width,
            data,
        }
    }

    /// Number of samples.
    pub fn samples(&self) -> usize {
        self.samples
    }

    /// Number of seeds.
    pub fn seeds(&self) -> usize {
        self.seeds
    }

    /// Sums of the terms, each sample's times its weight.
    pub fn sum(&self, weight: impl Fn(usize) -> f64) -> Vec<f64> {
        let mut sums = vec![0.0; self.width];
        let samples = self.data.chunks_exact(self.width.max(1)).enumerate();
        for (sample, terms) in samples {
            let weight = weight(sample);
            if weight != 0.0 {
                let pairs = sums.iter_mut().zip(terms);
                pairs.for_each(|(sum, term)| *sum += weight * term);
            }
        }
        sums
    }

    /// Terms of the same shape, each less that of another row.
    pub fn minus(&self, other: &Self) -> Self {
        let pairs = self.data.iter().zip(&other.data);
        Self {
            data: pairs.map(|(a, b)| a - b).collect(),
            ..self.clone()
        }
    }

    /// Metrics in order, each at every condition: the mean over mask seeds and over seeds with these
    /// weights, NaN where one of them is undefined.
    pub fn values(&self, sums: &[f64], seed_weights: &[f64]) -> Vec<f64> {
        let mut out = Vec::with_capacity(self.metrics.len() * self.conditions);
        let total: f64 = seed_weights.iter().sum::<f64>() * self.masks as f64;
        let mut rest = sums;
        for metric in &self.metrics {
            let passes = self.seeds * self.conditions * self.masks;
            let (own, others) = rest.split_at(passes * metric.width);
            rest = others;
            let mut values = vec![0.0; self.conditions];
            for (pass, sums) in own.chunks_exact(metric.width).enumerate() {
                let (seed, condition) = (
                    pass / (self.conditions * self.masks),
                    pass / self.masks % self.conditions,
                );
                if seed_weights[seed] != 0.0 {
                    let value = (metric.value)(sums).unwrap_or(f64::NAN);
                    values[condition] += seed_weights[seed] * value;
                }
            }
            out.extend(values.iter().map(|v| v / total));
        }
        out
    }

    /// [`Terms::values`] of all samples and seeds, each once.
    pub fn observed(&self) -> Vec<f64> {
        self.values(&self.sum(|_| 1.0), &vec![1.0; self.seeds])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::protocol;

    #[test]
    fn values_are_the_metrics_means_over_seeds_and_masks() {
        let truth: Vec<f32> = (0..40).map(|i| ((i * 7) % 31) as f32 / 5.0 - 3.0).collect();
        let guess = |seed: usize, condition: usize, mask: usize| -> Vec<f32> {
            let noise = |i: usize| ((i * 13 + seed * 5 + condition * 3 + mask) % 17) as f32 / 9.0;
            (0..40).map(|i| truth[i] * 0.5 + noise(i) - 1.0).collect()
        };
        let passes: Vec<Vec<Vec<Vec<f32>>>> = (0..3)
            .map(|s| {
                (0..2)
                    .map(|l| (0..2).map(|m| guess(s, l, m)).collect())
                    .collect()
            })
            .collect();
        let views = passes
            .iter()
            .map(|s| {
                s.iter()
                    .map(|l| l.iter().map(|m| &m[..]).collect())
                    .collect()
            })
            .collect();
        let mosi = protocol("mosi").unwrap();
        let metrics: Vec<&Metric> = mosi.metrics.iter().collect();
        let observed = Terms::new(&metrics, &truth, &views).observed();
        for (i, metric) in metrics.iter().enumerate() {
            for condition in 0..2 {
                let each = passes.iter().flat_map(|s| &s[condition]);
                let scores = each.map(|p| (metric.compute)(p, &truth).unwrap());
                let mean = scores.sum::<f64>() / 6.0;
                let found = observed[i * 2 + condition];
                assert!(
                    (found - mean).abs() < 1e-12,
                    "{} {found} {mean}",
                    metric.name
                );
            }
        }
    }
}
