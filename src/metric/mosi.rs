//! The protocol of CMU-MOSI and CMU-MOSEI: labels in [-3, 3], as MMSA and LNLN score them.

use super::additive::{count, count_class, hit, moments};
use super::descriptor::{Direction, Metric};
use super::{Protocol, Sums, Undefined, accuracy, correlation, error, f1, undefined};

/// Columns in the order of published tables; "Non0" is negative / positive, "Has0" is negative /
/// non-negative.
pub(super) const PROTOCOL: Protocol = Protocol {
    name: "mosi",
    title: "CMU-MOSI / CMU-MOSEI",
    metrics: &[
        Metric::share("acc7", "Acc-7", acc7).summed(Sums::mean(|p, t, s| {
            hit(rounded(p, 3.0) == rounded(t, 3.0), s)
        })),
        Metric::share("acc5", "Acc-5", acc5).summed(Sums::mean(|p, t, s| {
            hit(rounded(p, 2.0) == rounded(t, 2.0), s)
        })),
        Metric::share("acc2_non0", "Acc-2 (Non0)", acc2_non0).summed(Sums::mean(|p, t, s| {
            if t != 0.0 {
                hit((p > 0.0) == (t > 0.0), s);
            }
        })),
        Metric::share("acc2_has0", "Acc-2 (Has0)", acc2_has0)
            .summed(Sums::mean(|p, t, s| hit((p >= 0.0) == (t >= 0.0), s))),
        Metric::share("f1_non0", "F1 (Non0)", f1_non0).summed(Sums::two_classes(|p, t, s| {
            if t != 0.0 {
                count(t > 0.0, p > 0.0, s);
            }
        })),
        Metric::share("f1_has0", "F1 (Has0)", f1_has0)
            .summed(Sums::two_classes(|p, t, s| count(t >= 0.0, p >= 0.0, s))),
        Metric::number("mae", "MAE", Direction::LowerIsBetter, error::mean_absolute).summed(
            Sums::mean(|p, t, s| {
                s[0] += (f64::from(p) - f64::from(t)).abs();
                s[1] += 1.0;
            }),
        ),
        Metric::number(
            "corr",
            "Corr",
            Direction::HigherIsBetter,
            correlation::pearson,
        )
        .summed(Sums::correlation(moments)),
    ],
    extras: &[
        Metric::share("acc3", "Acc-3", acc3).summed(Sums::mean(|p, t, s| {
            hit(rounded(p, 1.0) == rounded(t, 1.0), s)
        })),
        Metric::share("f1_swapped_non0", "F1 swapped (Non0)", f1_swapped_non0).summed(
            Sums::two_classes(|p, t, s| {
                if t != 0.0 {
                    count(p > 0.0, t > 0.0, s);
                }
            }),
        ),
        Metric::share("f1_swapped_has0", "F1 swapped (Has0)", f1_swapped_has0)
            .summed(Sums::two_classes(|p, t, s| count(p >= 0.0, t >= 0.0, s))),
        Metric::share("f1_macro_non0", "macro F1 (Non0)", f1_macro_non0).summed(Sums::classes(
            2,
            |p, t, s| {
                if t != 0.0 {
                    count(t > 0.0, p > 0.0, s);
                }
            },
        )),
        Metric::share("f1_macro_has0", "macro F1 (Has0)", f1_macro_has0)
            .summed(Sums::classes(2, |p, t, s| count(t >= 0.0, p >= 0.0, s))),
        Metric::share("f1_macro7", "macro F1 (7 classes)", f1_macro7)
            .summed(Sums::classes(7, |p, t, s| {
                count_class(7, seven(t), seven(p), s)
            })),
        Metric::number(
            "spearman",
            "Spearman",
            Direction::HigherIsBetter,
            correlation::spearman,
        ),
        Metric::number(
            "concordance",
            "Concordance",
            Direction::HigherIsBetter,
            correlation::concordance,
        )
        .summed(Sums::agreement(moments)),
    ],
    classes: &["-3", "-2", "-1", "0", "1", "2", "3"],
    class: seven,
    selection: "mae",
    seed_decimals: Some(4),
};

fn acc7(predictions: &[f32], truths: &[f32]) -> Result<f64, Undefined> {
    accuracy::by_class(predictions, truths, |v| rounded(v, 3.0))
}

fn acc5(predictions: &[f32], truths: &[f32]) -> Result<f64, Undefined> {
    accuracy::by_class(predictions, truths, |v| rounded(v, 2.0))
}

fn acc3(predictions: &[f32], truths: &[f32]) -> Result<f64, Undefined> {
    accuracy::by_class(predictions, truths, |v| rounded(v, 1.0))
}

fn acc2_has0(predictions: &[f32], truths: &[f32]) -> Result<f64, Undefined> {
    accuracy::by_class(predictions, truths, |v| v >= 0.0)
}

fn f1_has0(predictions: &[f32], truths: &[f32]) -> Result<f64, Undefined> {
    f1::by_class(predictions, truths, |v| v >= 0.0)
}

fn acc2_non0(predictions: &[f32], truths: &[f32]) -> Result<f64, Undefined> {
    accuracy::share_equal(non_zero(predictions, truths)?)
}

fn f1_non0(predictions: &[f32], truths: &[f32]) -> Result<f64, Undefined> {
    f1::weighted(non_zero(predictions, truths)?)
}

fn f1_swapped_has0(predictions: &[f32], truths: &[f32]) -> Result<f64, Undefined> {
    f1::swapped_by_class(predictions, truths, |v| v >= 0.0)
}

fn f1_swapped_non0(predictions: &[f32], truths: &[f32]) -> Result<f64, Undefined> {
    let pairs = non_zero(predictions, truths)?;
    f1::weighted(pairs.into_iter().map(|(t, p)| (p, t)))
}

fn f1_macro_non0(predictions: &[f32], truths: &[f32]) -> Result<f64, Undefined> {
    f1::macro_average(non_zero(predictions, truths)?)
}

fn f1_macro_has0(predictions: &[f32], truths: &[f32]) -> Result<f64, Undefined> {
    f1::macro_by_class(predictions, truths, |v| v >= 0.0)
}

fn f1_macro7(predictions: &[f32], truths: &[f32]) -> Result<f64, Undefined> {
    f1::macro_by_class(predictions, truths, |v| rounded(v, 3.0) as i8)
}

/// The integer class of a value: clipped to [-limit, limit] first, then rounded half to even.
fn rounded(value: f32, limit: f32) -> f32 {
    value.clamp(-limit, limit).round_ties_even()
}

/// The place of a value among the seven classes.
fn seven(value: f32) -> usize {
    (rounded(value, 3.0) + 3.0) as usize
}

/// (truth > 0, prediction > 0) of the samples whose truth is not 0.
fn non_zero(predictions: &[f32], truths: &[f32]) -> Result<Vec<(bool, bool)>, Undefined> {
    undefined::check(predictions, truths)?;
    let pairs = truths.iter().zip(predictions).filter(|(t, _)| **t != 0.0);
    let pairs: Vec<_> = pairs.map(|(t, p)| (*t > 0.0, *p > 0.0)).collect();
    if pairs.is_empty() {
        Err(Undefined::NoNonZeroTruth)
    } else {
        Ok(pairs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_round_to_even_after_clipping() {
        let classes = [0.5, 1.5, -0.5, -1.5, 2.5, 3.7].map(|v| rounded(v, 3.0));
        assert_eq!(classes, [0.0, 2.0, 0.0, -2.0, 2.0, 3.0]);
        assert_eq!([2.5, -9.0].map(|v| rounded(v, 2.0)), [2.0, -2.0]);
    }

    #[test]
    fn zero_is_non_negative_but_not_positive() {
        assert_eq!(acc2_has0(&[0.0, -0.0], &[1.0, 1.0]), Ok(1.0));
        assert_eq!(acc2_non0(&[0.0, -0.0], &[1.0, -1.0]), Ok(0.5));
    }

    #[test]
    fn zero_truths_leave_nothing_to_score() {
        assert_eq!(acc2_non0(&[1.0], &[-0.0]), Err(Undefined::NoNonZeroTruth));
        assert_eq!(f1_non0(&[1.0], &[0.0]), Err(Undefined::NoNonZeroTruth));
        assert_eq!(f1_non0(&[], &[]), Err(Undefined::NoSample));
    }
}
