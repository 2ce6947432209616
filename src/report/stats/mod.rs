//! The statistics of a table: spread over seeds, mean and area over missing rates, resampling.

pub mod holm;
pub mod random;
pub mod resample;
pub mod terms;

use crate::report::run::rate::Rate;

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

/// Area under a curve over missing rates by the trapezoid rule, divided by the width of the grid
/// so that it has the metric's own scale. `points` ascend in rate; `None` for fewer than two.
///
/// The usual name is AUILC (TFR-Net, Yuan et al. 2021); there it is not divided by the width.
pub fn area(points: &[(Rate, f64)]) -> Option<f64> {
    let (first, last) = (points.first()?, points.last()?);
    let width = last.0.value() - first.0.value();
    let strip = |w: &[(Rate, f64)]| (w[1].0.value() - w[0].0.value()) * (w[0].1 + w[1].1) / 2.0;
    (width > 0.0).then(|| points.windows(2).map(strip).sum::<f64>() / width)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(rate: f64) -> Rate {
        Rate::new(rate).unwrap()
    }

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
        let line = |r: f64| (at(r), 3.0 - 2.0 * r);
        assert!((area(&[0.0, 0.1, 0.7, 1.0].map(line)).unwrap() - 2.0).abs() < 1e-12);
        assert!((area(&[0.0, 0.5].map(line)).unwrap() - 2.5).abs() < 1e-12);
        assert_eq!(area(&[line(0.5)]), None);
        assert_eq!(area(&[]), None);
    }
}
