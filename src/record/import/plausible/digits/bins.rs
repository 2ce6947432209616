//! Looks for predictions that others stand for: middles or means of bins, and texts that were cut.

use std::collections::HashMap;

use crate::record::import::join::Joined;
use crate::record::import::plausible::gaps::values::counts;
use crate::record::import::plausible::{Check, FEWEST, Finding};

/// Fewest and most values of predictions that were cut into bins, and samples for each of them. Sound predictions for 686
/// samples have 685 values; those of a small tree have few, but neither evenly spaced nor equally frequent ones.
const BINS: std::ops::RangeInclusive<usize> = 7..=30;
const OF_A_BIN: usize = 10;

/// Part of a step by which middles of bins differ from a grid, and samples by which equally full bins differ.
const OFF_GRID: f64 = 0.03;
const OFF_COUNT: usize = 2;

/// A few values that are evenly spaced, as middles of bins are, or equally frequent, as means of quantiles are.
pub fn binned(what: &str, run: &Joined) -> Option<Finding> {
    // Where nothing is left, predictions may follow the length alone.
    let is_left = |rates: [f64; 3]| rates.iter().any(|rate| *rate < 1.0);
    let mut passes = run.passes.iter().filter(|(key, _)| is_left(key.2.rates()));
    let (key, values, how) = passes.find_map(|(key, pass)| {
        let counts = counts(pass.iter().copied());
        let few = BINS.contains(&counts.len()) && pass.len() >= OF_A_BIN * counts.len();
        let how = few.then(|| spacing(&counts)).flatten()?;
        Some((key, counts.len(), how))
    })?;
    Some(Finding {
        check: Check::Classes,
        wrong: false,
        text: format!(
            "{what}, condition {}: predictions have {values} different values, {how}: were middles or means of bins written \
             in place of predictions?",
            key.2
        ),
    })
}

fn spacing(counts: &HashMap<u32, usize>) -> Option<&'static str> {
    let mut values: Vec<f64> = counts
        .keys()
        .map(|bits| f64::from(f32::from_bits(*bits)))
        .collect();
    values.sort_by(f64::total_cmp);
    let gaps = values.windows(2).map(|pair| pair[1] - pair[0]);
    let step = gaps.clone().fold(f64::MAX, f64::min);
    // Empty bins leave gaps of several steps.
    let even = |gap: f64| (gap / step - (gap / step).round()).abs() <= OFF_GRID;
    let [least, most] = [counts.values().min()?, counts.values().max()?];
    if gaps.clone().all(even) && gaps.sum::<f64>() < 2.0 * step * values.len() as f64 {
        Some("evenly spaced")
    } else if most - least <= OFF_COUNT {
        Some("which equally many samples have")
    } else {
        None
    }
}

/// Most decimals of a number that was cut, and part of the positive ones that have no more.
const DECIMALS: std::ops::RangeInclusive<i32> = 0..=3;
const AS_SHORT: f64 = 0.3;

/// Negative predictions that all have one decimal less than positive ones, as texts that were cut to one length have.
pub fn cut(what: &str, run: &Joined) -> Option<Finding> {
    let found = run.passes.iter().find_map(|(key, pass)| {
        let (negative, positive): (Vec<f32>, Vec<f32>) =
            pass.iter().filter(|p| **p != 0.0).partition(|p| **p < 0.0);
        let short = |p: &f32, decimals: i32| {
            let steps = f64::from(*p) * 10_f64.powi(decimals);
            (steps - steps.round()).abs() < 1e-3
        };
        let all = |side: &[f32], decimals| side.iter().all(|p| short(p, decimals));
        let decimals = DECIMALS.into_iter().find(|d| all(&negative, *d))?;
        let count = positive.iter().filter(|p| short(p, decimals)).count();
        let enough = negative.len().min(positive.len()) >= FEWEST;
        let few = (count as f64) < AS_SHORT * positive.len() as f64;
        (enough && few && all(&positive, decimals + 1)).then_some((key, decimals))
    });
    let (key, decimals) = found?;
    Some(Finding {
        check: Check::Classes,
        wrong: false,
        text: format!(
            "{what}, condition {}: every negative prediction is a multiple of {}, positive ones have one decimal more: were \
             texts of predictions cut to {} characters?",
            key.2,
            10_f64.powi(-decimals),
            decimals + 3
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::import::plausible::testing::complete;

    type Find = fn(&str, &Joined) -> Option<Finding>;

    /// What a check says of 400 predictions from -2 to 2, after `change`.
    fn found(check: Find, change: impl Fn(f32) -> f32) -> String {
        let pass = (0..400).map(|i| change((i * 7919 % 1009) as f32 / 252.3 - 2.0));
        let run = complete(pass.collect());
        check("m", &run).map_or(String::new(), |finding| finding.text)
    }

    #[test]
    fn middles_of_bins_are_found_and_uneven_values_are_not() {
        let middle = |p: f32| ((p + 2.0) / 0.571).floor() * 0.571 - 1.7;
        let text = found(binned, middle);
        assert!(text.contains("evenly spaced"), "{text}");
        assert_eq!(found(binned, |p| p), "");
        let leaf = |p: f32| middle(p).powi(3) + 0.1 * middle(p);
        let text = found(binned, |p| if p > 1.0 { 1.83 } else { leaf(p) });
        assert_eq!(text, "");
    }

    #[test]
    fn means_of_quantiles_are_found() {
        let counts: HashMap<u32, usize> = (1..=10)
            .map(|i: u8| (f32::from(i * i).to_bits(), 68 + usize::from(i % 2)))
            .collect();
        assert_eq!(spacing(&counts), Some("which equally many samples have"));
        let uneven = counts.into_iter().enumerate();
        let uneven = uneven.map(|(i, (v, n))| (v, n + 9 * i)).collect();
        assert_eq!(spacing(&uneven), None);
    }

    #[test]
    fn texts_that_were_cut_are_found_and_rounded_ones_are_not() {
        let cut_to = |length: usize| move |p: f32| format!("{p:.6}")[..length].parse().unwrap();
        assert!(found(cut, cut_to(4)).contains("cut to 4 characters"));
        assert!(found(cut, cut_to(5)).contains("cut to 5 characters"));
        assert_eq!(found(cut, |p| p), "");
        assert_eq!(found(cut, |p| (p * 100.0).round() / 100.0), "");
    }
}
