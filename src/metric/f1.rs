//! F1 of two classes, weighted by how often each class occurs in the truth.

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
            let close = |value: f64, floor: f64| (100.0 * value - floor).abs() < 0.005;
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
    fn nothing_to_score_has_a_reason() {
        assert_eq!(weighted([]), Err(Undefined::NoSample));
        assert_eq!(weighted([(true, false)]), Ok(0.0));
    }
}
