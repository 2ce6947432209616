//! Computes the statistics of a table: spread over seeds, mean and area over missing rates, tests.

pub mod compare;
pub mod comparison;
pub mod family;
pub mod holm;
pub mod inference;
pub mod jackknife;
mod pairs;
pub mod permute;
mod portable;
mod predicted;
pub mod random;
pub mod selection_gap;
pub mod student;
pub mod terms;
pub mod train_rate;
pub mod versions;

/// Mean and spread over the seeds of one row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    pub mean: f64,
    /// Sample standard deviation (divisor n - 1); `None` for a single seed.
    pub sd: Option<f64>,
    pub n: usize,
}

/// Mean, standard deviation and number of `values`; `None` for no value.
pub fn summarize(values: &[f64]) -> Option<Summary> {
    let n = values.len();
    let mean = mean(values)?;
    let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
    let sd = (n > 1).then(|| (squares / (n - 1) as f64).sqrt());
    Some(Summary { mean, sd, n })
}

/// Arithmetic mean; `None` for no value.
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// Weights that turn values over these ascending rates into the area under them by the trapezoid
/// rule, divided by the width of the grid so that it has the metric's own scale; they sum to 1.
/// Nothing for fewer than two rates.
///
/// The usual name is AUILC (TFR-Net, Yuan et al. 2021); there it is not divided by the width.
pub fn trapezoid(rates: &[f64]) -> Vec<f64> {
    let (Some(first), Some(last)) = (rates.first(), rates.last()) else {
        return Vec::new();
    };
    let width = last - first;
    let step = |i: usize| match (rates.get(i), rates.get(i + 1)) {
        (Some(a), Some(b)) => (b - a) / (2.0 * width),
        _ => 0.0,
    };
    let before = |i: usize| if i > 0 { step(i - 1) } else { 0.0 };
    if width > 0.0 {
        (0..rates.len()).map(|i| before(i) + step(i)).collect()
    } else {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spread_divides_by_n_minus_one() {
        let s = summarize(&[1.0, 2.0, 4.0]).unwrap();
        assert_eq!((s.mean, s.n), (7.0 / 3.0, 3));
        assert!((s.sd.unwrap() - 1.527_525_231_652).abs() < 1e-12);
    }

    #[test]
    fn one_seed_has_no_spread_and_none_has_no_mean() {
        assert_eq!(summarize(&[2.0]).unwrap().sd, None);
        assert_eq!(summarize(&[]), None);
    }

    #[test]
    fn area_of_a_line_is_its_middle_on_any_grid() {
        let area = |rates: &[f64]| -> f64 {
            let line = rates.iter().map(|r| 3.0 - 2.0 * r);
            line.zip(trapezoid(rates)).map(|(v, w)| v * w).sum()
        };
        assert!((area(&[0.0, 0.1, 0.7, 1.0]) - 2.0).abs() < 1e-12);
        assert!((area(&[0.0, 0.5]) - 2.5).abs() < 1e-12);
        assert!(trapezoid(&[0.5]).is_empty() && trapezoid(&[]).is_empty());
    }
}
