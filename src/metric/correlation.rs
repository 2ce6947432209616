//! Pearson's correlation.

use super::{Undefined, undefined};

/// Pearson's r of predictions and truths in [-1, 1], population form, in float64.
///
/// # Errors
/// [`Undefined`] where the vectors are empty, of unequal length or not finite, hold one sample
/// only, or where either of them is constant.
pub fn pearson(predictions: &[f32], truths: &[f32]) -> Result<f64, Undefined> {
    undefined::check(predictions, truths)?;
    if predictions.len() == 1 {
        return Err(Undefined::SingleSample);
    }
    // Constancy is asked of the values themselves: a sum of squared deviations may round to a
    // tiny positive number where it should be 0.
    if is_constant(predictions) {
        return Err(Undefined::ConstantPrediction);
    }
    if is_constant(truths) {
        return Err(Undefined::ConstantTruth);
    }
    let (p, t) = (centred(predictions), centred(truths));
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
    let r = dot(&p, &t) / (dot(&p, &p).sqrt() * dot(&t, &t).sqrt());
    Ok(r.clamp(-1.0, 1.0))
}

fn is_constant(values: &[f32]) -> bool {
    values.iter().all(|v| *v == values[0])
}

fn centred(values: &[f32]) -> Vec<f64> {
    let mean = values.iter().map(|&v| f64::from(v)).sum::<f64>() / values.len() as f64;
    values.iter().map(|&v| f64::from(v) - mean).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_and_bounds() {
        let truths = [1.0, 2.0, 4.0];
        assert!((pearson(&[2.0, 4.0, 8.0], &truths).unwrap() - 1.0).abs() < 1e-15);
        assert!((pearson(&[-2.0, -4.0, -8.0], &truths).unwrap() + 1.0).abs() < 1e-15);
    }

    #[test]
    fn constants_have_a_reason() {
        assert_eq!(
            pearson(&[0.1; 3], &[1.0, 2.0, 3.0]),
            Err(Undefined::ConstantPrediction)
        );
        assert_eq!(
            pearson(&[0.0, -0.0], &[1.0, 2.0]),
            Err(Undefined::ConstantPrediction)
        );
        assert_eq!(
            pearson(&[1.0, 2.0], &[0.5; 2]),
            Err(Undefined::ConstantTruth)
        );
        assert_eq!(pearson(&[1.0], &[0.5]), Err(Undefined::SingleSample));
        assert_eq!(pearson(&[], &[]), Err(Undefined::NoSample));
    }
}
