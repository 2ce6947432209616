//! Finds numbers whose decimal mark was read as a separator of thousands: whole ones that do not end in 0, since no number is
//! written with a 0 behind its last decimal.

use std::collections::BTreeMap;

use crate::data::dataset::read::plan::Plan;
use crate::data::dataset::spread::{Kinds, Spread};

/// Numbers of three digits or more without which nothing is judged.
const NUMBERS: u64 = 1000;

/// Part of the values that are whole: those written with a power of ten are none.
const WHOLE: f64 = 0.95;

/// Part of the numbers that end in 0 at most, and in each other digit at least; of counts and pixels a tenth ends in each.
const ZERO: f64 = 0.02;
const OTHERS: f64 = 0.05;

/// Splits whose features are whole numbers none of which ends in 0.
pub fn decimals(plans: &[Plan<'_>], spreads: &BTreeMap<String, Spread>) -> Vec<String> {
    let mut warnings = Vec::new();
    for plan in plans.iter().filter(|plan| plan.official().is_some()) {
        for column in ["text", "audio", "vision"] {
            let spread = spreads.get(&format!("{}/{column}", plan.split()));
            let Some(zero) = spread.and_then(|spread| without_zeros(&spread.kinds)) else {
                continue;
            };
            warnings.push(format!(
                "{}: the values of {column} are whole numbers, of which {:.2} % end in 0, where a tenth would by chance (first: \
                 {}): were decimal commas or points read as separators of thousands (0,25 as 25)? Give the decimal mark \
                 (decimal=',' of read_csv), without thousands",
                plan.split(),
                100.0 * zero,
                plan.ids[0]
            ));
        }
    }
    warnings
}

/// The part of the numbers that end in 0, where it is hardly any and all other digits are there.
fn without_zeros(kinds: &Kinds) -> Option<f64> {
    let numbers: u64 = kinds.digits.iter().sum();
    let part = |count: &u64| *count as f64 / numbers as f64;
    let are_whole = kinds.whole as f64 >= WHOLE * kinds.values as f64;
    let [zero, others @ ..] = &kinds.digits;
    let are_there = others.iter().all(|count| part(count) >= OTHERS);
    let is_judged = numbers >= NUMBERS && are_whole && are_there;
    Some(part(zero)).filter(|zero| is_judged && *zero <= ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(value: impl Fn(u32) -> f32) -> Option<f64> {
        let mut kinds = Kinds::default();
        kinds.add(&(0..4000).map(value).collect::<Vec<f32>>());
        without_zeros(&kinds)
    }

    #[test]
    fn decimals_that_were_read_as_thousands_are_found() {
        let drawn = |i: u32| i.wrapping_mul(2_654_435_761) >> 8 & 0xffff;
        let lost = |i: u32| {
            let mut digits = drawn(i);
            while digits % 10 == 0 && digits > 0 {
                digits /= 10;
            }
            digits as f32
        };
        assert_eq!(found(lost), Some(0.0));
        assert_eq!(found(|i| drawn(i) as f32), None, "numbers");
        assert_eq!(found(|i| drawn(i) as f32 / 7.0), None, "fractions");
        assert_eq!(
            found(|i| (drawn(i) % 9 + 11) as f32),
            None,
            "codes of 11 to 19"
        );
    }
}
