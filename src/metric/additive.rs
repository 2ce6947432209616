//! Metrics as functions of sums over samples, so that a resample costs additions instead of a pass.
//!
//! A bootstrap or a permutation asks for a metric on thousands of reweighted copies of one vector.
//! Each metric here is a function of a few sums of per-sample terms (hits, confusion counts,
//! moments), and such sums are linear in the weights.

/// A metric as per-sample terms and the value of their weighted sums.
#[derive(Clone, Copy, Debug)]
pub struct Sums {
    /// Number of terms a sample has.
    pub width: usize,
    /// Adds the terms of (prediction, truth) to a slice of `width` numbers.
    pub add: fn(f32, f32, &mut [f64]),
    /// The metric's value on sums of terms; `None` where it is undefined.
    pub value: fn(&[f64]) -> Option<f64>,
}

impl Sums {
    /// A mean: sum and weight.
    pub(super) const fn mean(add: fn(f32, f32, &mut [f64])) -> Self {
        let (width, value) = (2, ratio as fn(&[f64]) -> Option<f64>);
        Self { width, add, value }
    }

    /// Weighted F1 of two classes: the confusion matrix, row by row, truth first.
    pub(super) const fn two_classes(add: fn(f32, f32, &mut [f64])) -> Self {
        let (width, value) = (4, weighted_f1 as fn(&[f64]) -> Option<f64>);
        Self { width, add, value }
    }

    /// Macro F1 of so many classes: the confusion matrix, row by row, truth first.
    pub(super) const fn classes(count: usize, add: fn(f32, f32, &mut [f64])) -> Self {
        let (width, value) = (count * count, macro_f1 as fn(&[f64]) -> Option<f64>);
        Self { width, add, value }
    }

    /// Lin's concordance, from the sums of [`Sums::correlation`].
    pub(super) const fn agreement(add: fn(f32, f32, &mut [f64])) -> Self {
        let (width, value) = (6, concordance as fn(&[f64]) -> Option<f64>);
        Self { width, add, value }
    }

    /// Pearson's correlation: weight, both sums, both sums of squares, sum of products.
    pub(super) const fn correlation(add: fn(f32, f32, &mut [f64])) -> Self {
        let (width, value) = (6, pearson as fn(&[f64]) -> Option<f64>);
        Self { width, add, value }
    }
}

/// Counts a pair of classes into a confusion matrix of [`Sums::two_classes`].
pub(super) fn count(truth: bool, prediction: bool, sums: &mut [f64]) {
    sums[usize::from(truth) * 2 + usize::from(prediction)] += 1.0;
}

/// Counts a pair of classes, counted from 0, into the confusion matrix of [`Sums::classes`].
pub(super) fn count_class(count: usize, truth: usize, prediction: usize, sums: &mut [f64]) {
    sums[truth * count + prediction] += 1.0;
}

/// Counts a hit or a miss for [`Sums::mean`].
pub(super) fn hit(equal: bool, sums: &mut [f64]) {
    sums[0] += f64::from(u8::from(equal));
    sums[1] += 1.0;
}

/// Adds a pair to the moments of [`Sums::correlation`].
pub(super) fn moments(prediction: f32, truth: f32, sums: &mut [f64]) {
    let (p, t) = (f64::from(prediction), f64::from(truth));
    for (sum, term) in sums.iter_mut().zip([1.0, p, t, p * p, t * t, p * t]) {
        *sum += term;
    }
}

fn ratio(sums: &[f64]) -> Option<f64> {
    (sums[1] > 0.0).then(|| sums[0] / sums[1])
}

fn weighted_f1(sums: &[f64]) -> Option<f64> {
    let total: f64 = sums.iter().sum();
    let wrong = sums[1] + sums[2];
    let term = |hits: f64, support: f64| {
        if hits > 0.0 {
            support * 2.0 * hits / (2.0 * hits + wrong)
        } else {
            0.0
        }
    };
    let sum = term(sums[0], sums[0] + sums[1]) + term(sums[3], sums[2] + sums[3]);
    (total > 0.0).then(|| sum / total)
}

fn macro_f1(sums: &[f64]) -> Option<f64> {
    let count = sums.len().isqrt();
    let of = |class: usize| {
        let row = (0..count).map(|other| sums[class * count + other]);
        let column = (0..count).map(|other| sums[other * count + class]);
        let either = row.sum::<f64>() + column.sum::<f64>();
        // A class that occurs on neither side has no part in the mean.
        (either > 0.0).then(|| 2.0 * sums[class * count + class] / either)
    };
    let known: Vec<f64> = (0..count).filter_map(of).collect();
    (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
}

fn concordance(sums: &[f64]) -> Option<f64> {
    let [n, p, t, pp, tt, pt] = *sums else {
        return None;
    };
    if n <= 1.0 {
        return None;
    }
    let (spread_p, spread_t) = (spread(n, p, pp), spread(n, t, tt));
    let gap = (p - t) / n;
    match (spread_p, spread_t) {
        (Some(a), Some(b)) => Some(2.0 * (pt - p * t / n) / (a + b + n * gap * gap)),
        (None, None) if gap.abs() < 1e-12 => None,
        _ => Some(0.0),
    }
}

/// The sum of squared deviations; `None` where all values are equal, for differences of sums leave a
/// rounding error there.
fn spread(n: f64, sum: f64, squares: f64) -> Option<f64> {
    let spread = squares - sum * sum / n;
    (spread > 1e-12 * squares).then_some(spread)
}

fn pearson(sums: &[f64]) -> Option<f64> {
    let [n, p, t, pp, tt, pt] = *sums else {
        return None;
    };
    let scale = (spread(n, p, pp)? * spread(n, t, tt)?).sqrt();
    Some(((pt - p * t / n) / scale).clamp(-1.0, 1.0))
}

#[cfg(test)]
mod tests {
    use crate::metric::PROTOCOLS;

    fn value(state: &mut u64) -> f32 {
        *state = state.wrapping_mul(6364136223846793005).wrapping_add(1);
        ((*state >> 40) as f32 / 8_388_608.0 - 1.0) * 3.5
    }

    #[test]
    fn all_but_ranks_have_sums() {
        for protocol in PROTOCOLS {
            let without = protocol.all().filter(|m| m.sums.is_none());
            let names: Vec<&str> = without.map(|m| m.name).collect();
            assert_eq!(names, ["spearman"], "{}", protocol.name);
        }
    }

    #[test]
    fn constants_are_undefined_or_zero_as_in_the_formula() {
        for (p, t) in [([0.3; 4], [0.3; 4]), ([0.3; 4], [0.7; 4])] {
            for metric in PROTOCOLS.iter().flat_map(|p| p.all()) {
                let Some(sums) = metric.sums else { continue };
                let mut total = vec![0.0; sums.width];
                p.iter()
                    .zip(&t)
                    .for_each(|(p, t)| (sums.add)(*p, *t, &mut total));
                let (formula, value) = ((metric.compute)(&p, &t).ok(), (sums.value)(&total));
                let close = formula.zip(value).is_none_or(|(a, b)| (a - b).abs() < 1e-9);
                assert!(
                    formula.is_some() == value.is_some() && close,
                    "{}",
                    metric.name
                );
            }
        }
    }

    #[test]
    fn sums_give_the_value_of_the_formula() {
        let mut state = 7;
        for n in [1, 2, 5, 60, 400] {
            let p: Vec<f32> = (0..n).map(|_| value(&mut state)).collect();
            let t: Vec<f32> = (0..n).map(|_| value(&mut state).round()).collect();
            for protocol in PROTOCOLS {
                for metric in protocol.all().filter(|m| m.sums.is_some()) {
                    let sums = metric.sums.unwrap();
                    let mut total = vec![0.0; sums.width];
                    p.iter()
                        .zip(&t)
                        .for_each(|(p, t)| (sums.add)(*p, *t, &mut total));
                    match ((metric.compute)(&p, &t), (sums.value)(&total)) {
                        (Ok(a), Some(b)) => assert!((a - b).abs() < 1e-9, "{}", metric.name),
                        (a, b) => assert!(a.is_err() && b.is_none(), "{} {a:?} {b:?}", metric.name),
                    }
                }
            }
        }
    }
}
