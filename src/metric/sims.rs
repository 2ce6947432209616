//! The protocol of CH-SIMS: labels in [-1, 1], everything computed on clipped values.

use super::descriptor::{Direction, Metric};
use super::{Protocol, Undefined, accuracy, correlation, error, f1, undefined};

/// Columns in the order of published tables.
pub(super) const PROTOCOL: Protocol = Protocol {
    name: "sims",
    title: "CH-SIMS",
    metrics: &[
        Metric::share("acc5", "Acc-5", acc5),
        Metric::share("acc3", "Acc-3", acc3),
        Metric::share("acc2", "Acc-2", acc2),
        Metric::share("f1", "F1", f1_two_classes),
        Metric::number("mae", "MAE", Direction::LowerIsBetter, mae),
        Metric::number("corr", "Corr", Direction::HigherIsBetter, corr),
    ],
    selection: "mae",
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

fn mae(predictions: &[f32], truths: &[f32]) -> Result<f64, Undefined> {
    undefined::check(predictions, truths)?;
    error::mean_absolute(&clipped(predictions), &clipped(truths))
}

fn corr(predictions: &[f32], truths: &[f32]) -> Result<f64, Undefined> {
    undefined::check(predictions, truths)?;
    correlation::pearson(&clipped(predictions), &clipped(truths))
}

/// Number of edges strictly below the value. The outermost bins reach past the clipping range,
/// so clipping cannot change the bin.
fn bin(value: f32, edges: &[f32]) -> usize {
    edges.iter().filter(|edge| value > **edge).count()
}

fn clipped(values: &[f32]) -> Vec<f32> {
    values.iter().map(|v| v.clamp(-1.0, 1.0)).collect()
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
