//! Mean absolute and mean squared error.

use super::{Undefined, undefined};

/// Mean of |prediction - truth|, in label units, accumulated in float64.
///
/// # Errors
/// [`Undefined`] where the vectors are empty, of unequal length or not finite.
pub fn mean_absolute(predictions: &[f32], truths: &[f32]) -> Result<f64, Undefined> {
    undefined::check(predictions, truths)?;
    let pairs = predictions.iter().zip(truths);
    let sum: f64 = pairs
        .map(|(&p, &t)| (f64::from(p) - f64::from(t)).abs())
        .sum();
    Ok(sum / predictions.len() as f64)
}

/// Mean of (prediction - truth)^2, in squared label units, accumulated in float64.
///
/// # Errors
/// As [`mean_absolute`].
pub fn mean_squared(predictions: &[f32], truths: &[f32]) -> Result<f64, Undefined> {
    undefined::check(predictions, truths)?;
    let pairs = predictions.iter().zip(truths);
    let sum: f64 = pairs
        .map(|(&p, &t)| (f64::from(p) - f64::from(t)).powi(2))
        .sum();
    Ok(sum / predictions.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn averages_absolute_differences() {
        assert_eq!(mean_absolute(&[1.0, -2.0], &[0.5, 1.0]), Ok(1.75));
        assert_eq!(mean_squared(&[1.0, -2.0], &[0.5, 1.0]), Ok(4.625));
    }

    #[test]
    fn a_diverged_prediction_has_no_error() {
        let broken = Undefined::NonFinitePrediction { index: 0 };
        assert_eq!(mean_absolute(&[f32::INFINITY], &[0.0]), Err(broken));
    }
}
