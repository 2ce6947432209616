//! Finds what a split that was scaled by its own values has in all dimensions alike: a mean, a deviation, ends, a largest
//! size. Scaled by the values of train, each dimension of another split has one of its own.

use crate::data::dataset::scale::median;
use crate::data::dataset::spread::{Ends, Spread, varies};

/// Frames, and dimensions that vary, without which nothing is judged.
const FRAMES: u64 = 100;
const DIMENSIONS: usize = 5;

/// Part of the dimensions that is nearly all: ranks of equal values, and dimensions that hardly vary, are elsewhere. By the
/// values of train, quantiles of another split of CMU-MOSI reach both ends in 11 % of the dimensions at most.
const NEARLY: f64 = 0.9;

/// Distance of means, in deviations, and of deviations, as a part of them, that no split has in five dimensions but by
/// its own values.
const OWN: f64 = 1e-3;

/// Distance of ends that is rounding, and of sizes, to which a network may come near.
const ENDS: f32 = 1e-5;
const SIZE: f32 = 1e-6;

/// A dimension that varies.
struct Dimension {
    mean: f64,
    deviation: f64,
    ends: Ends,
}

/// What dimensions have in common.
pub struct Own {
    what: String,
    found: usize,
    all: usize,
}

impl Own {
    /// What nearly all dimensions of a split that was read whole have in common.
    pub fn of(spread: &Spread) -> Option<Self> {
        let all = spread.moments().into_iter().zip(spread.ends());
        let varying = all.filter(|(moments, _)| varies(*moments));
        let dimensions = varying.map(|((mean, deviation), ends)| Dimension {
            mean,
            deviation,
            ends,
        });
        let dimensions: Vec<Dimension> = dimensions.collect();
        if spread.frames() < FRAMES || dimensions.len() < DIMENSIONS {
            return None;
        }
        let zero = nearly_all(&dimensions, |one| one.mean.abs() < OWN * one.deviation);
        // Flags that are as rare as each other have one mean and one deviation, and copies of a dimension all in common.
        let are_flags = spread.kinds.whole == spread.kinds.values;
        let are_copies = zero.is_none() && are_copies(spread);
        let are_equal = are_copies || zero.is_none() && are_flags;
        let mean = zero.map(|found| (found, 0.0));
        let mean = mean.or_else(|| common_mean(&dimensions));
        let mean = mean.filter(|_| !are_equal);
        let deviation = common_deviation(&dimensions).filter(|_| !are_equal);
        let ends = || common_ends(&dimensions).or_else(|| unit_size(&dimensions));
        let (found, what) = match (mean, deviation) {
            (Some((a, mean)), Some((b, deviation))) => {
                let what = format!("mean {} and deviation {}", shown(mean), shown(deviation));
                (a.min(b), what)
            }
            (Some((found, mean)), None) => (found, format!("mean {}", shown(mean))),
            (None, Some((found, value))) => (found, format!("deviation {}", shown(value))),
            (None, None) if !are_copies => ends()?,
            (None, None) => return None,
        };
        let all = dimensions.len();
        Some(Self { what, found, all })
    }

    /// `mean 0 in 12 of 12 dimensions`; those that do not vary are not counted.
    pub fn describe(&self) -> String {
        format!("{} in {} of {} dimensions", self.what, self.found, self.all)
    }
}

/// The number of dimensions that are so, where nearly all are.
fn nearly_all(dimensions: &[Dimension], is: impl Fn(&Dimension) -> bool) -> Option<usize> {
    let found = dimensions.iter().filter(|one| is(one)).count();
    (found as f64 >= NEARLY * dimensions.len() as f64).then_some(found)
}

/// Whether neighboring dimensions are one and the same, but for their scale.
fn are_copies(spread: &Spread) -> bool {
    let links = spread.signature().links;
    links.iter().all(|link| link.is_nan() || *link > 0.999)
}

/// The middle one of values of all dimensions.
fn middle(dimensions: &[Dimension], of: impl Fn(&Dimension) -> f64) -> f64 {
    median(&mut dimensions.iter().map(of).collect::<Vec<f64>>())
}

/// The mean of all, as ranks have.
fn common_mean(dimensions: &[Dimension]) -> Option<(usize, f64)> {
    let mean = middle(dimensions, |one| one.mean);
    let is_near = |one: &Dimension| (one.mean - mean).abs() < OWN * one.deviation;
    Some((nearly_all(dimensions, is_near)?, mean))
}

/// The deviation of all: values were divided by it, whichever its divisor.
fn common_deviation(dimensions: &[Dimension]) -> Option<(usize, f64)> {
    let deviation = middle(dimensions, |one| one.deviation);
    let is_near = |one: &Dimension| (one.deviation - deviation).abs() < OWN * deviation;
    Some((nearly_all(dimensions, is_near)?, deviation))
}

/// The ends of all, such as 0 and 1, or those of quantiles of a normal distribution. Values that are clipped, or marks of
/// 0 and 1, have the largest often.
fn common_ends(dimensions: &[Dimension]) -> Option<(usize, String)> {
    let low = middle(dimensions, |one| f64::from(one.ends.low)) as f32;
    let high = middle(dimensions, |one| f64::from(one.ends.high)) as f32;
    let is_near = |one: &Dimension| {
        let near = |a: f32, b: f32| (a - b).abs() < ENDS * (high - low);
        near(one.ends.low, low) && near(one.ends.high, high)
    };
    let single = dimensions.iter().filter(|one| one.ends.at_high == 1);
    let is_single = 2 * single.count() >= dimensions.len();
    let found = nearly_all(dimensions, is_near).filter(|_| is_single)?;
    let (low, high) = (shown(low.into()), shown(high.into()));
    let what = format!("a smallest value of {low} and a largest of {high}");
    Some((found, what))
}

/// The largest size 1 of all, by which values were divided, of one frame in half of the dimensions.
fn unit_size(dimensions: &[Dimension]) -> Option<(usize, String)> {
    let is_unit = |value: f32| (value.abs() - 1.0).abs() < SIZE;
    let is_largest = |one: &Dimension| is_unit(one.ends.high.max(-one.ends.low));
    let is_single = |one: &&Dimension| {
        let Ends { low, high, .. } = one.ends;
        let at = [(low, one.ends.at_low), (high, one.ends.at_high)];
        let at = at.into_iter().filter(|(value, _)| is_unit(*value));
        at.map(|(_, count)| count).sum::<u64>() == 1
    };
    let single = dimensions.iter().filter(is_single).count();
    let is_many = 2 * single >= dimensions.len();
    let found = nearly_all(dimensions, is_largest).filter(|_| is_many)?;
    Some((found, "a largest size of 1".to_owned()))
}

/// Three decimals.
fn shown(value: f64) -> f64 {
    (value * 1e3).round() / 1e3 + 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A value without order.
    fn drawn(row: usize, at: usize) -> f64 {
        let mixed = (row as u64 * 31 + at as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        ((mixed >> 40) % 10_007) as f64 / 10_007.0 * (at + 1) as f64 + at as f64
    }

    /// 200 vectors of twelve dimensions, each scaled by `how` from its values in so many rows, the first of which it has.
    fn found(rows: usize, how: impl Fn(f64, &[f64]) -> f64) -> Option<String> {
        let columns = (0..12).map(|at| (0..rows).map(|row| drawn(row, at)).collect::<Vec<f64>>());
        let columns: Vec<Vec<f64>> = columns.collect();
        let mut spread = Spread::default();
        for row in 0..200 {
            let vector = columns.iter().map(|column| how(column[row], column) as f32);
            spread.add(&vector.collect::<Vec<f32>>(), 12, (row, 200));
        }
        Own::of(&spread).map(|own| own.describe())
    }

    fn mean(values: &[f64]) -> f64 {
        values.iter().sum::<f64>() / values.len() as f64
    }

    fn deviation(values: &[f64]) -> f64 {
        let mean = mean(values);
        let squares = values.iter().map(|value| (value - mean).powi(2));
        (squares.sum::<f64>() / (values.len() - 1) as f64).sqrt()
    }

    fn largest(values: &[f64]) -> f64 {
        values.iter().copied().fold(f64::NEG_INFINITY, f64::max)
    }

    fn least(values: &[f64]) -> f64 {
        values.iter().copied().fold(f64::INFINITY, f64::min)
    }

    fn rank(value: f64, values: &[f64]) -> f64 {
        values.iter().filter(|other| **other <= value).count() as f64 / values.len() as f64
    }

    #[test]
    fn what_dimensions_have_in_common_names_the_scaler() {
        type Scaler = fn(f64, &[f64]) -> f64;
        let scalers: [(Scaler, &str); 6] = [
            (
                |v, all| (v - mean(all)) / deviation(all),
                "mean 0 and deviation 0.997",
            ),
            (|v, all| v - mean(all), "mean 0"),
            (|v, all| v / deviation(all), "deviation 0.997"),
            (|v, all| v / largest(all), "a largest size of 1"),
            (
                |v, all| 10.4 * (v - least(all)) / (largest(all) - least(all)) - 5.2,
                "a smallest value of -5.2 and a largest of 5.2",
            ),
            (rank, "mean 0.503 and deviation 0.289"),
        ];
        for (scaler, what) in scalers {
            let words = format!("{what} in 12 of 12 dimensions");
            assert_eq!(found(200, scaler), Some(words));
            assert_eq!(found(700, scaler), None, "{what}, by the values of train");
        }
        assert_eq!(found(200, |v, _| v), None);
        assert_eq!(
            found(200, |v, all| f64::from(rank(v, all) > 0.9)),
            None,
            "flags"
        );
        assert_eq!(
            found(200, |v, all| (v / mean(all)).clamp(0.5, 1.4)),
            None,
            "clipped"
        );
    }

    #[test]
    fn copies_of_a_dimension_have_all_in_common() {
        let mut spread = Spread::default();
        for row in 0..200 {
            spread.add(&[drawn(row, 3) as f32; 12], 12, (row, 200));
        }
        assert!(Own::of(&spread).is_none());
    }
}
