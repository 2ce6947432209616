//! Finds features whose dimensions are exactly uncorrelated: an SVD or a PCA that was fitted on the split itself.

use std::collections::BTreeMap;

use crate::data::dataset::read::plan::Plan;
use crate::data::dataset::spread::Spread;

/// Frames without which nothing is judged.
const FRAMES: u64 = 100;

/// Largest product of two neighboring dimensions, as a part of their sizes, that is rounding. By an SVD fitted on `train`, and in
/// all sound data, some pair of another split has 0.03 or more.
const ROUNDING: f64 = 1e-3;

/// Finds splits, or all splits together, on whose own values a decomposition was fitted.
pub fn own_axes(plans: &[Plan<'_>], spreads: &BTreeMap<String, Spread>) -> Vec<String> {
    let official: Vec<&Plan<'_>> = plans.iter().filter(|p| p.official().is_some()).collect();
    let mut warnings = Vec::new();
    for column in ["text", "audio", "vision"] {
        let of = |plan: &&Plan<'_>| spreads.get(&format!("{}/{column}", plan.split()));
        let Some(all) = official.iter().map(of).collect::<Option<Vec<_>>>() else {
            continue;
        };
        let own: Vec<bool> = all.iter().map(|spread| are_axes(spread)).collect();
        let splits = official.iter().zip(&own).skip(1);
        warnings.extend(splits.filter(|(_, own)| **own).map(|(plan, _)| {
            format!(
                "{}: the dimensions of {column} are exactly uncorrelated (first: {}): was an SVD or a PCA fitted on the split \
                 itself? Fit it on train alone",
                plan.split(),
                plan.ids[0]
            )
        }));
        let are_whole = official.iter().all(|plan| Spread::is_whole(plan.rows()));
        if are_whole && !own.contains(&true) && are_axes(&Spread::joined(&all)) {
            warnings.push(format!(
                "all splits together have exactly uncorrelated dimensions of {column}, and no split by itself (first: {}): was an \
                 SVD fitted on the test split too? Fit it on train alone",
                official[0].ids[0]
            ));
        }
    }
    warnings
}

fn are_axes(spread: &Spread) -> bool {
    let largest = spread.largest_product();
    spread.frames() >= FRAMES && largest.is_some_and(|largest| largest < ROUNDING)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Frames of six dimensions.
    fn spread(value: impl Fn(usize, usize) -> f64) -> Spread {
        let mut spread = Spread::default();
        for row in 0..16 {
            let frames = (row * 16..(row + 1) * 16).flat_map(|at| (0..6).map(move |d| (at, d)));
            let sample: Vec<f32> = frames.map(|(at, d)| value(at, d) as f32).collect();
            spread.add(&sample, 6, (row, 16));
        }
        spread
    }

    /// Waves of different frequencies are uncorrelated over all 256 frames.
    fn wave(at: usize, d: usize) -> f64 {
        (std::f64::consts::TAU * (at * (d + 3)) as f64 / 256.0 + 0.3).sin()
    }

    #[test]
    fn axes_of_the_split_itself_are_told_from_those_of_another() {
        assert!(are_axes(&spread(
            |at, d| wave(at, d) * 10_f64.powi(-(d as i32 % 3))
        )));
        // Fitted on other frames.
        assert!(!are_axes(&spread(|at, d| wave(at * 7 / 8, d))));
        // One dimension at a time is not zero.
        assert!(!are_axes(&spread(|at, d| f64::from(u8::from(at % 6 == d)))));
        // Parts of the frames, which together have these axes.
        let parts = [0, 1].map(|part| {
            spread(|at, d| wave(at, d) * f64::from(u8::from((at < 100) == (part == 0))))
        });
        assert!(parts.iter().all(|part| !are_axes(part)));
        assert!(are_axes(&Spread::joined(&[&parts[0], &parts[1]])));
    }
}
