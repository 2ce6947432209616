//! F1: of two classes weighted by how often each occurs in the truth, and the macro average.

use std::collections::BTreeMap;

use super::{Undefined, undefined};

/// Weighted F1 of two classes, in [0, 1], over pairs (truth, prediction) of one class each.
///
/// The sum over both classes of support / N times 2 tp / (2 tp + fp + fn), 0 where a class occurs
/// on neither side. Support is counted on the FIRST of each pair; exchanging truth and prediction
/// gives the "swapped" F1 of older code bases, whose weights come from the prediction.
///
/// # Errors
/// [`Undefined::NoSample`] where `pairs` is empty.
pub fn weighted(pairs: impl IntoIterator<Item = (bool, bool)>) -> Result<f64, Undefined> {
    let mut confusion = [[0usize; 2]; 2];
    for (truth, prediction) in pairs {
        confusion[usize::from(truth)][usize::from(prediction)] += 1;
    }
    let total: usize = confusion.iter().flatten().sum();
    if total == 0 {
        return Err(Undefined::NoSample);
    }
    let wrong = confusion[0][1] + confusion[1][0];
    let term = |class: usize| {
        let (hits, support) = (
            confusion[class][class],
            confusion[class][0] + confusion[class][1],
        );
        // With two classes the false positives of one are the false negatives of the other.
        let f1 = if hits == 0 {
            0.0
        } else {
            2.0 * hits as f64 / (2 * hits + wrong) as f64
        };
        support as f64 * f1
    };
    Ok((term(0) + term(1)) / total as f64)
}

/// Weighted F1 of the two classes `class` cuts the values into, support from the truth.
///
/// # Errors
/// [`Undefined`] where the vectors are empty, of unequal length or not finite.
pub fn by_class(
    predictions: &[f32],
    truths: &[f32],
    class: impl Fn(f32) -> bool,
) -> Result<f64, Undefined> {
    undefined::check(predictions, truths)?;
    weighted(
        truths
            .iter()
            .zip(predictions)
            .map(|(&t, &p)| (class(t), class(p))),
    )
}

/// The F1 of older code bases: as [`by_class`], but the weights are the support in the PREDICTION.
///
/// It rewards predicting one class only (MOSEI's constant predictor: 83.06 instead of 58.99), so it
/// is good for nothing but comparing with tables that used it.
///
/// # Errors
/// [`Undefined`] where the vectors are empty, of unequal length or not finite.
pub fn swapped_by_class(
    predictions: &[f32],
    truths: &[f32],
    class: impl Fn(f32) -> bool,
) -> Result<f64, Undefined> {
    undefined::check(predictions, truths)?;
    weighted(
        truths
            .iter()
            .zip(predictions)
            .map(|(&t, &p)| (class(p), class(t))),
    )
}

/// Macro F1 over pairs (truth, prediction): the plain mean of 2 tp / (2 tp + fp + fn) over the
/// classes that occur on either side, in [0, 1].
///
/// # Errors
/// [`Undefined::NoSample`] where `pairs` is empty.
pub fn macro_average<C: Ord + Copy>(
    pairs: impl IntoIterator<Item = (C, C)>,
) -> Result<f64, Undefined> {
    // Per class: how often both say so, and how often each does.
    let mut counts: BTreeMap<C, (usize, usize)> = BTreeMap::new();
    for (truth, prediction) in pairs {
        counts.entry(truth).or_default().1 += 1;
        counts.entry(prediction).or_default().1 += 1;
        if truth == prediction {
            counts.entry(truth).or_default().0 += 1;
        }
    }
    if counts.is_empty() {
        return Err(Undefined::NoSample);
    }
    let f1 = |(both, either): &(usize, usize)| 2.0 * *both as f64 / *either as f64;
    Ok(counts.values().map(f1).sum::<f64>() / counts.len() as f64)
}

/// Macro F1 of the classes `class` cuts the values into.
///
/// # Errors
/// [`Undefined`] where the vectors are empty, of unequal length or not finite.
pub fn macro_by_class<C: Ord + Copy>(
    predictions: &[f32],
    truths: &[f32],
    class: impl Fn(f32) -> C,
) -> Result<f64, Undefined> {
    undefined::check(predictions, truths)?;
    let pairs = truths.iter().zip(predictions);
    macro_average(pairs.map(|(&t, &p)| (class(t), class(p))))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Floors of constant predictors on the published test sets: (positives, negatives, constant,
    /// weighted F1, swapped F1), in percent.
    const FLOORS: [(usize, usize, bool, f64, f64); 5] = [
        (277, 379, false, 42.31, 73.24),
        (307, 379, false, 39.32, 71.17),
        (2284, 1350, true, 48.51, 77.19),
        (3309, 1350, true, 58.99, 83.06),
        (140, 317, false, 56.82, 81.91),
    ];

    #[test]
    fn constant_predictors_reach_the_published_floors() {
        for (positive, negative, constant, right, swapped) in FLOORS {
            let truths = || (0..positive + negative).map(|i| i < positive);
            let close = |value: f64, baseline: f64| (100.0 * value - baseline).abs() < 0.005;
            assert!(close(
                weighted(truths().map(|t| (t, constant))).unwrap(),
                right
            ));
            assert!(close(
                weighted(truths().map(|t| (constant, t))).unwrap(),
                swapped
            ));
        }
    }

    #[test]
    fn the_macro_average_counts_classes_that_occur_on_either_side() {
        // Class 0: 2/3, class 1: 0, class 2: 0.
        let pairs = [(0, 0), (0, 1), (2, 1)];
        assert!((macro_average(pairs).unwrap() - 2.0 / 9.0).abs() < 1e-15);
        assert_eq!(macro_average::<u8>([]), Err(Undefined::NoSample));
    }

    #[test]
    fn nothing_to_score_has_a_reason() {
        assert_eq!(weighted([]), Err(Undefined::NoSample));
        assert_eq!(weighted([(true, false)]), Ok(0.0));
    }
}
