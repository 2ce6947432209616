//! Compares the scale of features in the two halves of a split: an extraction that was stopped may go on with other settings.

use std::collections::BTreeMap;

use crate::data::dataset::read::plan::Plan;
use crate::data::dataset::scale::median;
use crate::data::dataset::spread::{Half, Spread, varies};

/// Samples of a half, and dimensions, without which nothing is judged.
const SAMPLES: usize = 100;
const DIMENSIONS: usize = 3;

/// Mean absolute value, in deviations, of dimensions whose deviation is no affair of a few samples: that of rare marks is
/// less, and part of the dimensions that are none.
const DENSE: f64 = 0.6;
const PART: f64 = 0.5;

/// Factor between the deviations of the two halves that the median dimension does not have: in training and test splits of
/// CMU-MOSI and ICT-MMMO it is below 1.2.
const RATIO: f64 = 1.75;

/// Finds columns of which most dimensions have another deviation in the second half of a split than in the first.
pub fn halves(plans: &[Plan<'_>], spreads: &BTreeMap<String, Spread>) -> Vec<String> {
    let official = plans.iter().filter(|plan| plan.official().is_some());
    let each = official.flat_map(|plan| ["text", "audio", "vision"].map(|column| (plan, column)));
    let found = each.filter_map(|(plan, column)| {
        let spread = spreads.get(&format!("{}/{column}", plan.split()))?;
        let factor = factor(spread).filter(|factor| *factor > RATIO)?;
        Some(format!(
            "{}: the deviations of {column} in the second half of the samples are off those in the first by a factor of \
             {factor:.2} (median over dimensions; first: {}): did the extraction go on in another scale, or with \
             dimensions in another order? Extract all samples alike",
            plan.split(),
            plan.ids[plan.ids.len() / 2]
        ))
    });
    found.collect()
}

/// The median over dimensions of the larger deviation by the smaller one.
fn factor(spread: &Spread) -> Option<f64> {
    let [first, second] = spread.by_half();
    let is_dense = |half: &Half, at: usize| {
        let moments = half.moments[at];
        varies(moments) && half.sizes[at] >= DENSE * moments.1
    };
    let width = first.moments.len().min(second.moments.len());
    let dense = (0..width).filter(|at| is_dense(&first, *at) && is_dense(&second, *at));
    let factor = |at: usize| {
        let [a, b] = [&first, &second].map(|half| half.moments[at].1);
        (a / b).max(b / a)
    };
    let mut factors: Vec<f64> = dense.map(factor).collect();
    let are_enough = first.samples.min(second.samples) >= SAMPLES
        && factors.len() >= DIMENSIONS
        && factors.len() as f64 >= PART * width as f64;
    are_enough.then(|| median(&mut factors))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of a split of so many samples, each of one frame of four dimensions, with these scales in each half.
    fn found(samples: usize, scales: [[f32; 4]; 2]) -> Option<f64> {
        let mut spread = Spread::default();
        for row in 0..samples {
            let value = |at: usize| ((row * (at + 3)) as f32 * 0.618).fract() - 0.4;
            let scale = scales[usize::from(2 * row >= samples)];
            let frame: [f32; 4] = std::array::from_fn(|at| value(at) * scale[at]);
            spread.add(&frame, 4, (row, samples));
        }
        factor(&spread)
    }

    #[test]
    fn another_scale_from_the_middle_on_is_found() {
        let scale = [1.0, 2.0, 8.0, 0.5];
        let same = found(400, [scale, scale]).unwrap();
        assert!((1.0..1.1).contains(&same), "{same}");
        let standardized = found(400, [scale, [1.0; 4]]).unwrap();
        assert!((1.9..2.1).contains(&standardized), "{standardized}");
        let reversed = found(400, [scale, [0.5, 8.0, 2.0, 1.0]]).unwrap();
        assert!(reversed > 1.9, "{reversed}");
        assert_eq!(found(180, [scale, [1.0; 4]]), None);
    }

    #[test]
    fn rare_marks_are_left_out() {
        let mut spread = Spread::default();
        for row in 0..400_usize {
            let often = if row < 200 { 20 } else { 80 };
            let mark = |at: usize| f32::from(u8::from((row + at).is_multiple_of(often)));
            spread.add(&[1.0, mark(0), mark(1), mark(2)], 4, (row, 400));
        }
        assert_eq!(factor(&spread), None);
    }
}
