//! Computes ranks, correlations, spreads and moments of predictions.

use super::FEWEST;
use super::gaps::values::counts;
use crate::metric::correlation::ranks;

/// Ranks around 0, so that sums of squares lose no digits.
pub(super) fn centered_ranks(values: &[f32]) -> Vec<f64> {
    let middle = (values.len() as f64 + 1.0) / 2.0;
    ranks(values)
        .into_iter()
        .map(|rank| rank - middle)
        .collect()
}

/// Pearson correlation with the labels, where there are samples enough for one.
pub(super) fn correlation(pass: &[f32], truth: &[f32]) -> Option<f64> {
    let (p, t) = (Moments::of(pass), Moments::of(truth));
    let products = pass
        .iter()
        .zip(truth)
        .map(|(a, b)| (f64::from(*a) - p.mean) * (f64::from(*b) - t.mean));
    let n = pass.len();
    let r = products.sum::<f64>() / n as f64 / p.sd / t.sd;
    (n >= FEWEST && r.is_finite()).then_some(r)
}

/// What the middle half of values spans: a few extreme ones change nothing.
pub(super) fn middle_half(values: &[f32]) -> f32 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f32::total_cmp);
    let at = |part: usize| sorted.get(sorted.len() * part / 4).copied();
    at(3).zip(at(1)).map_or(0.0, |(high, low)| high - low)
}

/// Whether most predictions differ, and not by their last bits alone: others meet labels and means of others by chance.
pub(super) fn exact(pass: &[f32]) -> bool {
    let different = counts(pass.iter().copied()).len();
    5 * different > 3 * pass.len() && middle_half(pass) > 0.05
}

/// Whether most predictions differ, and have more than three decimals: rounded ones are equal by chance.
pub(super) fn precise(pass: &[f32]) -> bool {
    let rounded = |p: &f32| (f64::from(*p) * 1e3 - (f64::from(*p) * 1e3).round()).abs() < 5e-3;
    exact(pass) && !pass.iter().all(rounded)
}

/// Mean and standard deviation of `n` values.
pub(super) struct Moments {
    pub n: f64,
    pub mean: f64,
    pub sd: f64,
}

impl Moments {
    pub fn of(values: &[f32]) -> Self {
        let n = values.len() as f64;
        let mean = values.iter().map(|v| f64::from(*v)).sum::<f64>() / n;
        let squares = values.iter().map(|v| (f64::from(*v) - mean).powi(2));
        let sd = (squares.sum::<f64>() / n).sqrt();
        Self { n, mean, sd }
    }
}
