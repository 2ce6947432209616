//! Collects how much samples differ from each other at each step, where all go to the last one.

/// Steps without which first and last ones are not compared, and parts of them that are.
const STEPS: usize = 10;
const FIRST: usize = 4;
const LAST: usize = 10;

/// Dimensions that are looked at, spread over all.
const LOOKED_AT: usize = 4;

/// Samples without which a step is not judged.
const SAMPLES: f64 = 30.0;

/// Distance from 0 of means over samples, as a part of the size, that is rounding: chance has 0.02 to 0.2. A mean that is the size is
/// that of a constant. And samples without which nothing is told.
const CENTERED: f64 = 1e-3;
const SAME: f64 = 0.9999;
const CENTERED_SAMPLES: usize = 10;

/// Count, sum and sum of squares of each dimension that is looked at, by step.
#[derive(Clone, Debug, Default)]
pub struct Windows {
    steps: Vec<[[f64; 3]; LOOKED_AT]>,
}

impl Windows {
    /// Adds a sample of `width` values a frame. Frames of zeros, and values that are not finite, do not count.
    pub fn add(&mut self, sample: &[f32], width: usize) {
        let steps = sample.len() / width;
        if steps < STEPS {
            return;
        }
        self.steps
            .resize(self.steps.len().max(steps), Default::default());
        for (sums, frame) in self.steps.iter_mut().zip(sample.chunks_exact(width)) {
            if frame.iter().all(|value| *value == 0.0) {
                continue;
            }
            for (at, sums) in sums.iter_mut().enumerate() {
                let value = f64::from(frame[at * width / LOOKED_AT]);
                if value.is_finite() {
                    let added = [1.0, value, value * value];
                    sums.iter_mut().zip(added).for_each(|(sum, v)| *sum += v);
                }
            }
        }
    }

    /// Whether the dimensions that are looked at have the mean 0 over the samples at each of the first steps, which all of so
    /// many samples have.
    pub fn are_centered(&self, rows: usize) -> bool {
        let whole = |sums: &&[[f64; 3]; LOOKED_AT]| sums.iter().all(|one| one[0] == rows as f64);
        let moments = self.steps.iter().take_while(whole).flatten();
        let moments = moments.map(|[n, sum, squares]| (sum / n, (squares / n).sqrt()));
        let varying: Vec<(f64, f64)> = moments
            .filter(|(mean, size)| mean.abs() < SAME * size)
            .collect();
        let first = self.steps.first().filter(whole);
        let is_zero = |(mean, size): &(f64, f64)| mean.abs() < CENTERED * size;
        rows >= CENTERED_SAMPLES
            && first.is_some()
            && varying.len() >= LOOKED_AT
            && varying.iter().all(is_zero)
    }

    /// Whether the dimensions that are looked at have the mean 0 and the deviation 1 over the samples at the first step.
    pub fn begin_standardized(&self) -> bool {
        let first = self.steps.first().into_iter().flatten();
        let moments = first.map(|[n, sum, squares]| {
            let mean = sum / n;
            (*n, mean, (squares / n - mean * mean).max(0.0).sqrt())
        });
        let varying: Vec<(f64, f64, f64)> = moments
            .filter(|(_, mean, deviation)| *deviation > CENTERED * mean.abs())
            .collect();
        // With either divisor.
        let is_one = |(n, deviation): (f64, f64)| {
            let unbiased = deviation * (n / (n - 1.0)).sqrt();
            [deviation, unbiased]
                .iter()
                .any(|d| (d - 1.0).abs() < CENTERED)
        };
        varying.len() + 1 >= LOOKED_AT
            && varying.iter().all(|(n, mean, deviation)| {
                *n >= SAMPLES && mean.abs() < CENTERED && is_one((*n, *deviation))
            })
    }

    /// The variance over samples in the last steps, as a part of that in the first ones: the largest over dimensions.
    pub fn left_at_the_end(&self) -> Option<f64> {
        let steps = self.steps.len();
        let (first, last) = (0..steps / FIRST, steps - steps / LAST..steps);
        let ratios = (0..LOOKED_AT).map(|at| {
            let mean = |range: std::ops::Range<usize>| {
                let each = self.steps[range].iter().map(|sums| variance(sums[at]));
                let variances: Vec<f64> = each.collect::<Option<_>>()?;
                Some(variances.iter().sum::<f64>() / variances.len() as f64)
            };
            Some((mean(first.clone())?, mean(last.clone())?))
        });
        let ratios: Vec<(f64, f64)> = ratios.collect::<Option<_>>()?;
        // A dimension without differences tells nothing.
        let told = ratios.into_iter().filter(|(early, _)| *early > 0.0);
        told.map(|(early, late)| late / early).reduce(f64::max)
    }
}

fn variance([count, sum, squares]: [f64; 3]) -> Option<f64> {
    let mean = sum / count;
    (count >= SAMPLES).then(|| (squares / count - mean * mean).max(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Forty samples of forty steps, of which `spoken` are their own.
    fn left(spoken: usize) -> Option<f64> {
        let mut windows = Windows::default();
        for row in 0..40 {
            let value = |at: usize| {
                let own = ((row * 7919 + at * 104_729) % 1000) as f32 / 500.0 - 1.0;
                let silence = (at % 7) as f32 / 10.0 + own / 20.0;
                if at < spoken * 5 { own } else { silence }
            };
            windows.add(&(0..200).map(value).collect::<Vec<_>>(), 5);
        }
        windows.left_at_the_end()
    }

    #[test]
    fn steps_with_the_mean_0_over_samples_are_found() {
        let values = |row: usize, at: usize| (row * 7919 + at * 104_729) as f32 % 1000.0 / 500.0;
        let mean = |at: usize| (0..40).map(|row| values(row, at)).sum::<f32>() / 40.0;
        let centered = |by: f32| {
            let mut windows = Windows::default();
            for row in 0..40 {
                let sample = (0..80).map(|at| values(row, at) - by * mean(at));
                // Later steps are there in some samples alone.
                let sample = sample.map(|value| if row % 3 == 0 { 0.0 } else { value });
                let first = (0..40).map(|at| values(row, at) - by * mean(at));
                windows.add(&first.chain(sample).collect::<Vec<_>>(), 4);
            }
            windows.are_centered(40)
        };
        assert!(centered(1.0));
        assert!(!centered(0.98));
        assert!(!Windows::default().are_centered(40));
    }

    #[test]
    fn a_first_step_that_was_standardized_by_itself_is_found() {
        let value = |row: usize, at: usize| (row * 7919 + at * 104_729) as f64 % 1000.0 / 500.0;
        let begins = |factor: f64| {
            let mut windows = Windows::default();
            for row in 0..40 {
                let scaled = |at: usize| {
                    let all = || (0..40).map(|row| value(row, at));
                    let mean = all().sum::<f64>() / 40.0;
                    let variance = all().map(|v| (v - mean).powi(2)).sum::<f64>() / 40.0;
                    (factor * (value(row, at) - mean) / variance.sqrt()) as f32
                };
                windows.add(&(0..80).map(scaled).collect::<Vec<_>>(), 8);
            }
            windows.begin_standardized()
        };
        assert!(begins(1.0));
        assert!(begins((39.0_f64 / 40.0).sqrt()), "by the other divisor");
        assert!(!begins(0.97));
        assert!(!Windows::default().begin_standardized());
    }

    #[test]
    fn silence_behind_clips_differs_little() {
        assert!(left(40).is_some_and(|part| (0.7..1.5).contains(&part)));
        assert!(left(20).is_some_and(|part| part < 0.01));
        assert!(Windows::default().left_at_the_end().is_none());
    }
}
