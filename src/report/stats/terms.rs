//! Turns a row's predictions into per-sample terms, whose sums give a metric under every condition.

use crate::metric::Sums;

/// Predictions of one row: by seed, then condition, then mask seed, each one per sample.
pub type Predictions<'a> = Vec<Vec<Vec<&'a [f32]>>>;

/// Per-sample terms of a metric at several conditions.
#[derive(Clone, Debug)]
pub struct Terms {
    metric: Sums,
    seeds: usize,
    conditions: usize,
    masks: usize,
    samples: usize,
    /// Numbers of one sample.
    width: usize,
    data: Vec<f64>,
}

impl Terms {
    /// `truth` and every vector of `predictions` are of one length, and every seed has the same conditions
    /// and masks.
    pub fn new(metric: Sums, truth: &[f32], predictions: &Predictions<'_>) -> Self {
        let conditions = predictions.first().map_or(0, Vec::len);
        let masks = predictions.first().and_then(|l| l.first());
        let passes: Vec<&[f32]> = predictions.iter().flatten().flatten().copied().collect();
        let width = metric.width * passes.len();
        let mut data = vec![0.0; width * truth.len()];
        for (sample, terms) in data.chunks_exact_mut(width.max(1)).enumerate() {
            for (pass, own) in passes.iter().zip(terms.chunks_exact_mut(metric.width)) {
                (metric.add)(pass[sample], truth[sample], own);
            }
        }
        Self {
            metric,
            seeds: predictions.len(),
            conditions,
            masks: masks.map_or(0, Vec::len),
            samples: truth.len(),
            width,
            data,
        }
    }

    /// Number of samples.
    pub fn samples(&self) -> usize {
        self.samples
    }

    /// Number of terms of a sample.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The terms of a sample.
    pub fn of_sample(&self, sample: usize) -> &[f64] {
        &self.data[sample * self.width..(sample + 1) * self.width]
    }

    /// Sums of the terms over all samples.
    pub fn sums(&self) -> Vec<f64> {
        let mut sums = vec![0.0; self.width];
        for terms in self.data.chunks_exact(self.width.max(1)) {
            let pairs = sums.iter_mut().zip(terms);
            pairs.for_each(|(sum, term)| *sum += term);
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

    /// The metric at every condition: the mean over mask seeds and seeds, NaN where one is undefined.
    pub fn values(&self, sums: &[f64]) -> Vec<f64> {
        let mut values = vec![0.0; self.conditions];
        for (pass, sums) in sums.chunks_exact(self.metric.width).enumerate() {
            let value = (self.metric.value)(sums).unwrap_or(f64::NAN);
            values[pass / self.masks % self.conditions] += value;
        }
        let total = (self.seeds * self.masks) as f64;
        values.iter().map(|v| v / total).collect()
    }

    /// [`Terms::values`] of all samples.
    pub fn observed(&self) -> Vec<f64> {
        self.values(&self.sums())
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
        for metric in mosi.all().filter(|m| m.sums.is_some()) {
            let observed = Terms::new(metric.sums.unwrap(), &truth, &views).observed();
            for (condition, found) in observed.into_iter().enumerate() {
                let each = passes.iter().flat_map(|s| &s[condition]);
                let scores = each.map(|p| (metric.compute)(p, &truth).unwrap());
                let mean = scores.sum::<f64>() / 6.0;
                assert!(
                    (found - mean).abs() < 1e-12,
                    "{} {found} {mean}",
                    metric.name
                );
            }
        }
    }
}
