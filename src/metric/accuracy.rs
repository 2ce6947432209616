//! Accuracy: the share of samples whose predicted class is the true class.

use super::{Undefined, undefined};

/// Share of equal pairs, in [0, 1].
///
/// # Errors
/// [`Undefined::NoSample`] where `pairs` is empty.
pub fn share_equal<C: PartialEq>(
    pairs: impl IntoIterator<Item = (C, C)>,
) -> Result<f64, Undefined> {
    let (mut hits, mut total) = (0usize, 0usize);
    for (a, b) in pairs {
        hits += usize::from(a == b);
        total += 1;
    }
    if total == 0 {
        Err(Undefined::NoSample)
    } else {
        Ok(hits as f64 / total as f64)
    }
}

/// Accuracy of the classes `class` cuts the values into, in [0, 1].
///
/// # Errors
/// [`Undefined`] where the vectors are empty, of unequal length or not finite.
pub fn by_class<C: PartialEq>(
    predictions: &[f32],
    truths: &[f32],
    class: impl Fn(f32) -> C,
) -> Result<f64, Undefined> {
    undefined::check(predictions, truths)?;
    share_equal(
        predictions
            .iter()
            .zip(truths)
            .map(|(&p, &t)| (class(p), class(t))),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_equal_classes() {
        let sign = |v: f32| v >= 0.0;
        assert_eq!(
            by_class(&[1.0, -1.0, 2.0, -0.0], &[2.0, 1.0, 3.0, 0.0], sign),
            Ok(0.75)
        );
    }

    #[test]
    fn refuses_what_cannot_be_scored() {
        let sign = |v: f32| v >= 0.0;
        assert_eq!(by_class(&[], &[], sign), Err(Undefined::NoSample));
        let lengths = Undefined::Lengths {
            predictions: 1,
            truths: 2,
        };
        assert_eq!(by_class(&[1.0], &[1.0, 2.0], sign), Err(lengths));
        let broken = Undefined::NonFinitePrediction { index: 1 };
        assert_eq!(by_class(&[1.0, f32::NAN], &[1.0, 2.0], sign), Err(broken));
        let broken = Undefined::NonFiniteTruth { index: 0 };
        assert_eq!(by_class(&[1.0], &[f32::INFINITY], sign), Err(broken));
    }
}
