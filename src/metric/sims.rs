//! The protocol of CH-SIMS: labels in [-1, 1], everything computed on clipped values.

use super::additive::{count, count_class, hit, moments};
use super::descriptor::{Direction, Metric};
use super::{Protocol, Sums, Undefined, accuracy, correlation, error, f1, undefined};

/// Columns in the order of published tables.
pub(super) const PROTOCOL: Protocol = Protocol {
    name: "sims",
    title: "CH-SIMS",
    metrics: &[
        Metric::share("acc5", "Acc-5", acc5)
            .summed(Sums::mean(|p, t, s| hit(bin(p, FIVE) == bin(t, FIVE), s))),
        Metric::share("acc3", "Acc-3", acc3)
            .summed(Sums::mean(|p, t, s| hit(bin(p, THREE) == bin(t, THREE), s))),
        Metric::share("acc2", "Acc-2", acc2)
            .summed(Sums::mean(|p, t, s| hit((p > 0.0) == (t > 0.0), s))),
        Metric::share("f1", "F1", f1_two_classes)
            .summed(Sums::two_classes(|p, t, s| count(t > 0.0, p > 0.0, s))),
        Metric::number("mae", "MAE", Direction::LowerIsBetter, mae).summed(Sums::mean(
            |p, t, s| {
                s[0] += (f64::from(sample(p)) - f64::from(sample(t))).abs();
                s[1] += 1.0;
            },
        )),
        Metric::number("corr", "Corr", Direction::HigherIsBetter, corr).summed(Sums::correlation(
            |p, t, s| moments(sample(p), sample(t), s),
        )),
    ],
    extras: &[
        Metric::share("f1_swapped", "F1 swapped", f1_swapped)
            .summed(Sums::two_classes(|p, t, s| count(p > 0.0, t > 0.0, s))),
        Metric::share("f1_macro", "macro F1", f1_macro)
            .summed(Sums::classes(2, |p, t, s| count(t > 0.0, p > 0.0, s))),
        Metric::share("f1_macro5", "macro F1 (5 classes)", f1_macro5)
            .summed(Sums::classes(5, |p, t, s| {
                count_class(5, bin(t, FIVE), bin(p, FIVE), s)
            })),
        Metric::number("spearman", "Spearman", Direction::HigherIsBetter, spearman),
        Metric::number(
            "concordance",
            "Concordance",
            Direction::HigherIsBetter,
            concordance,
        )
        .summed(Sums::agreement(|p, t, s| moments(sample(p), sample(t), s))),
    ],
    classes: &[
        "negative",
        "weakly neg.",
        "neutral",
        "weakly pos.",
        "positive",
    ],
    class: |v| bin(v, FIVE),
    selection: "mae",
    seed_decimals: None,
};

/// Inner edges of the right-closed bins, compared in float32 as the reference does.
const THREE: &[f32] = &[-0.1, 0.1];
const FIVE: &[f32] = &[-0.7, -0.1, 0.1, 0.7];

fn acc5(predictions: &[f32], truths: &[f32]) -> Result<f64, Undefined> {
    accuracy::by_class(predictions, truths, |v| bin(v, FIVE))
}

fn acc3(predictions: &[f32], truths: &[f32]) -> Result<f64, Undefined> {
    accuracy::by_class(predictions, truths, |v| bin(v, THREE))
}

fn acc2(predictions: &[f32], truths: &[f32]) -> Result<f64, Undefined> {
    accuracy::by_class(predictions, truths, |v| v > 0.0)
}

fn f1_two_classes(predictions: &[f32], truths: &[f32]) -> Result<f64, Undefined> {
    f1::by_class(predictions, truths, |v| v > 0.0)
}

fn f1_swapped(predictions: &[f32], truths: &[f32]) -> Result<f64, Undefined> {
    f1::swapped_by_class(predictions, truths, |v| v > 0.0)
}

fn f1_macro(predictions: &[f32], truths: &[f32]) -> Result<f64, Undefined> {
    f1::macro_by_class(predictions, truths, |v| v > 0.0)
}

fn f1_macro5(predictions: &[f32], truths: &[f32]) -> Result<f64, Undefined> {
    f1::macro_by_class(predictions, truths, |v| bin(v, FIVE))
}

fn mae(predictions: &[f32], truths: &[f32]) -> Result<f64, Undefined> {
    undefined::check(predictions, truths)?;
    error::mean_absolute(&clipped(predictions), &clipped(truths))
}

fn corr(predictions: &[f32], truths: &[f32]) -> Result<f64, Undefined> {
    undefined::check(predictions, truths)?;
    correlation::pearson(&clipped(predictions), &clipped(truths))
}

fn spearman(predictions: &[f32], truths: &[f32]) -> Result<f64, Undefined> {
    undefined::check(predictions, truths)?;
    correlation::spearman(&clipped(predictions), &clipped(truths))
}

fn concordance(predictions: &[f32], truths: &[f32]) -> Result<f64, Undefined> {
    undefined::check(predictions, truths)?;
    correlation::concordance(&clipped(predictions), &clipped(truths))
}

/// Number of edges strictly below the value. The outermost bins reach past the clipping range,
/// so clipping cannot change the bin.
fn bin(value: f32, edges: &[f32]) -> usize {
    edges.iter().filter(|edge| value > **edge).count()
}

fn clipped(values: &[f32]) -> Vec<f32> {
    values.iter().copied().map(sample).collect()
}

fn sample(value: f32) -> f32 {
    value.clamp(-1.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_are_right_closed_in_float32() {
        assert_eq!(
            [-1.0, -0.7, -0.1, 0.1, 0.7, 1.0].map(|v| bin(v, FIVE)),
            [0, 0, 1, 2, 3, 4]
        );
        // In float64 the same number lies above the edge 0.1.
        assert!(f64::from(0.1_f32) > 0.1);
        assert_eq!(bin(0.1_f32, THREE), 1);
    }

    #[test]
    fn zero_is_negative_and_clipping_comes_first() {
        assert_eq!(acc2(&[0.0], &[-1.0]), Ok(1.0));
        assert_eq!(mae(&[40.0, -3.0], &[1.0, -2.0]), Ok(0.0));
    }

    #[test]
    fn a_diverged_prediction_is_not_clipped_into_range() {
        let broken = Undefined::NonFinitePrediction { index: 0 };
        assert_eq!(mae(&[f32::INFINITY], &[1.0]), Err(broken));
    }
}
