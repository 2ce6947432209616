//! Finds splits in which the dimensions of the second half are those of the first half one place on: a value too many or too few
//! in the middle moves all that follow.

use std::collections::BTreeMap;

use crate::data::dataset::read::plan::Plan;
use crate::data::dataset::spread::{Half, Spread, varies};

/// Samples of a half, and dimensions, without which nothing is judged.
const SAMPLES: usize = 100;
const DIMENSIONS: usize = 30;

/// Correlation of the logarithms of deviations one place on, and what that of the same dimensions lacks of 1 as a multiple of what
/// that one lacks. In CMU-MOSI, CH-SIMS and ICT-MMMO, where the first is so high, the multiple is 0.01, and 0.9 in others.
const ALIKE: f64 = 0.85;
const TIMES: f64 = 2.0;

/// Columns whose dimensions move by one place in the middle of a split.
pub fn half_shift(plans: &[Plan<'_>], spreads: &BTreeMap<String, Spread>) -> Vec<String> {
    let official = plans.iter().filter(|plan| plan.official().is_some());
    let each = official.flat_map(|plan| ["text", "audio", "vision"].map(|column| (plan, column)));
    let found = each.filter_map(|(plan, column)| {
        let spread = spreads.get(&format!("{}/{column}", plan.split()))?;
        let place = place(&spread.by_half())?;
        Some(format!(
            "{}: the dimensions of {column} in the second half of the samples have the deviations of those one place {place} in the \
             first (first: {}): is a value too many or too few in the middle, as np.insert and np.delete without an axis leave? Give \
             the axis",
            plan.split(),
            plan.ids[plan.ids.len() / 2]
        ))
    });
    found.collect()
}

/// On which side of a dimension of the second half that of the first half is.
fn place([first, second]: &[Half; 2]) -> Option<&'static str> {
    if first.samples.min(second.samples) < SAMPLES {
        return None;
    }
    let same = correlation(&first.moments, &second.moments)?;
    let before = correlation(&first.moments, second.moments.get(1..)?)?;
    let behind = correlation(first.moments.get(1..)?, &second.moments)?;
    let (best, place) = if before > behind {
        (before, "before")
    } else {
        (behind, "behind")
    };
    (best >= ALIKE && 1.0 - same >= TIMES * (1.0 - best)).then_some(place)
}

/// Pearson's correlation of the logarithms of deviations, of the dimensions that vary in both.
fn correlation(a: &[(f64, f64)], b: &[(f64, f64)]) -> Option<f64> {
    let both = a.iter().zip(b).filter(|(a, b)| varies(**a) && varies(**b));
    let pairs: Vec<(f64, f64)> = both.map(|(a, b)| (a.1.ln(), b.1.ln())).collect();
    let n = pairs.len() as f64;
    let sum = |of: &dyn Fn(&(f64, f64)) -> f64| pairs.iter().map(of).sum::<f64>();
    let (x, y) = (sum(&|p| p.0) / n, sum(&|p| p.1) / n);
    let xy = sum(&|p| (p.0 - x) * (p.1 - y));
    let (xx, yy) = (sum(&|p| (p.0 - x).powi(2)), sum(&|p| (p.1 - y).powi(2)));
    (pairs.len() >= DIMENSIONS).then(|| xy / (xx * yy).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of 400 samples of one frame of 40 dimensions, some smooth in their scale, of which the second half is moved by so many.
    fn found(moved: usize, samples: usize) -> Option<&'static str> {
        let mut spread = Spread::default();
        for row in 0..samples {
            let by = if 2 * row >= samples { moved } else { 0 };
            let place = |at: usize| (at + 40 - by) % 40;
            let value = |at: usize| {
                let drawn = ((row * 7919 + at * 104_729) % 1009) as f32 / 1009.0 - 0.4;
                drawn * (at as f32 / 3.0).sin().mul_add(2.0, (at % 3) as f32).exp()
            };
            let frame: Vec<f32> = (0..40).map(|at| value(place(at))).collect();
            spread.add(&frame, 40, (row, samples));
        }
        place(&spread.by_half())
    }

    #[test]
    fn dimensions_that_move_in_the_middle_are_found() {
        assert_eq!(found(0, 400), None);
        assert_eq!(found(1, 400), Some("before"));
        assert_eq!(found(39, 400), Some("behind"));
        assert_eq!(found(7, 400), None, "further");
        assert_eq!(found(1, 180), None, "few samples");
    }
}
