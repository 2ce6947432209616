//! Finds features whose steps and dimensions were exchanged by `reshape`, which keeps the order of values.

use std::collections::BTreeMap;

use super::counters::each;
use crate::data::dataset::details::Details;
use crate::data::dataset::details::folds::{Folds, Places};
use crate::data::dataset::read::plan::Plan;

/// Steps between values of each kind without which nothing is judged.
const STEPS: u64 = 100;

/// How much more often values jump where dimensions would begin than beside, and standard errors of that. In CMU-MOSI,
/// CH-SIMS and ICT-MMMO the former is 0.03 at most, in reshaped ones 0.16 to 0.37.
const MORE: f64 = 0.1;
const ERRORS: f64 = 6.0;

/// Finds splits whose values begin again where those of (N, d, T) would.
pub fn reshaped(plans: &[Plan<'_>], details: &BTreeMap<String, Details>) -> Vec<String> {
    each(plans, details, |details, _| {
        let [at, beside] = jumps(&details.folds)?;
        Some((
            "the values of".to_owned(),
            format!(
                "jump where each dimension of (d, T) would begin ({at:.0} % of the steps there are larger than both \
                 beside them, at the same dimensions of other frames {beside:.0} %)"
            ),
            "was an array of shape (N, d, T) reshaped to (N, T, d)? Use x.transpose(0, 2, 1); zeros past the lengths \
             mend nothing",
        ))
    })
}

/// Percentages of large steps at the beginnings of rows and beside, where they differ.
fn jumps(folds: &Folds) -> Option<[f64; 2]> {
    folds.0.iter().find_map(more)
}

fn more(places: &Places) -> Option<[f64; 2]> {
    let [at, beside] = [places.at, places.beside];
    let both = (at.large + beside.large) as f64 / (at.all + beside.all).max(1) as f64;
    let error = (both * (1.0 - both) * (1.0 / at.all as f64 + 1.0 / beside.all as f64)).sqrt();
    let more = at.part() - beside.part();
    (at.all.min(beside.all) >= STEPS && more > MORE && more > ERRORS * error)
        .then_some([100.0 * at.part(), 100.0 * beside.part()])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Samples of up to 12 frames of five dimensions, which go on from frame to frame, in 12 steps.
    fn folds(is_reshaped: bool, is_padded: bool) -> Folds {
        let mut folds = Folds::default();
        for row in 0..60 {
            let frames = if is_padded { 6 + row % 7 } else { 12 };
            let value = |step: usize, dimension: usize| {
                if step >= frames {
                    return 0.0;
                }
                let chance = (row * 7_919 + dimension * 104_729) * 31 % 1_009;
                let wave = (step as f32 / 3.0 + chance as f32).sin();
                wave + 0.2 * (((row * 61 + step * 17 + dimension * 5) * 7_919 % 101) as f32 / 101.0)
            };
            let values = (0..60).map(|at| {
                if is_reshaped {
                    value(at % 12, at / 12)
                } else {
                    value(at / 5, at % 5)
                }
            });
            folds.add(&values.collect::<Vec<f32>>(), 5);
        }
        folds
    }

    #[test]
    fn reshaped_features_are_found() {
        for is_padded in [false, true] {
            let found = jumps(&folds(true, is_padded));
            assert!(found.is_some(), "{is_padded} {:?}", folds(true, is_padded));
            let sound = folds(false, is_padded);
            assert_eq!(jumps(&sound), None, "{is_padded} {sound:?}");
        }
    }
}
