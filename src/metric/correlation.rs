//! Correlations: Pearson's, Spearman's of ranks, and Lin's concordance.

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
    Ok(of_varying(&wide(predictions), &wide(truths)))
}

/// Spearman's rho in [-1, 1]: Pearson's r of the ranks, ties sharing their mean rank.
///
/// # Errors
/// As [`pearson`].
pub fn spearman(predictions: &[f32], truths: &[f32]) -> Result<f64, Undefined> {
    pearson(predictions, truths)?;
    Ok(of_varying(&ranks(predictions), &ranks(truths)))
}

/// Lin's concordance in [-1, 1], population form: 2 cov / (var p + var t + (mean p - mean t)^2).
///
/// Lin: A Concordance Correlation Coefficient to Evaluate Reproducibility. Biometrics 1989.
///
/// # Errors
/// [`Undefined`] where the vectors are empty, of unequal length or not finite, hold one sample
/// only, or where both are the same constant.
pub fn concordance(predictions: &[f32], truths: &[f32]) -> Result<f64, Undefined> {
    undefined::check(predictions, truths)?;
    if predictions.len() == 1 {
        return Err(Undefined::SingleSample);
    }
    // The formula's 0 / 0, and its 0, without the rounding of means.
    match is_constant(predictions) || is_constant(truths) {
        true if predictions == truths => return Err(Undefined::ConstantTruth),
        true => return Ok(0.0),
        false => {}
    }
    let (p, t) = (wide(predictions), wide(truths));
    let gap = mean(&p) - mean(&t);
    let n = p.len() as f64;
    let (p, t) = (centred(&p), centred(&t));
    Ok(2.0 * dot(&p, &t) / (dot(&p, &p) + dot(&t, &t) + n * gap * gap))
}

/// Pearson's r of vectors of one length that both vary.
fn of_varying(a: &[f64], b: &[f64]) -> f64 {
    let (a, b) = (centred(a), centred(b));
    let r = dot(&a, &b) / (dot(&a, &a).sqrt() * dot(&b, &b).sqrt());
    r.clamp(-1.0, 1.0)
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// Ranks from 1, ties sharing their mean rank.
pub(crate) fn ranks(values: &[f32]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    // 0 and -0 are equal, so that equality and not the total order decides on ties.
    let mut before = 0;
    for tie in order.chunk_by(|&a, &b| values[a] == values[b]) {
        let rank = before as f64 + (tie.len() + 1) as f64 / 2.0;
        tie.iter().for_each(|&i| ranks[i] = rank);
        before += tie.len();
    }
    ranks
}

fn is_constant(values: &[f32]) -> bool {
    values.iter().all(|v| *v == values[0])
}

fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&v| f64::from(v)).collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn centred(values: &[f64]) -> Vec<f64> {
    let mean = mean(values);
    values.iter().map(|v| v - mean).collect()
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
    fn ties_share_a_rank_and_zero_has_no_sign() {
        assert_eq!(ranks(&[3.0, 1.0, 1.0, -2.0]), [4.0, 2.5, 2.5, 1.0]);
        assert_eq!(ranks(&[0.0, -0.0, 1.0]), [1.5, 1.5, 3.0]);
        let monotone = spearman(&[1.0, 4.0, 90.0], &[1.0, 2.0, 3.0]).unwrap();
        assert!((monotone - 1.0).abs() < 1e-15);
    }

    #[test]
    fn concordance_sees_a_shift_that_correlation_does_not() {
        let (a, b) = ([0.0, 1.0, 2.0], [1.0, 2.0, 3.0]);
        assert_eq!(concordance(&a, &a), Ok(1.0));
        assert!((concordance(&a, &b).unwrap() - 4.0 / 7.0).abs() < 1e-15);
        assert_eq!(concordance(&[0.5; 3], &b), Ok(0.0));
        assert_eq!(
            concordance(&[0.5; 3], &[0.5; 3]),
            Err(Undefined::ConstantTruth)
        );
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
