//! Tells numbers whose bits are those of bfloat16 and were read as float16.

use std::collections::HashSet;

/// Values other than zero without which nothing is told, and different ones that counts and classes do not have.
const VALUES: u64 = 5000;
const DIFFERENT: usize = 200;

/// Size below which such numbers have none: all from 1e-7 on are 0.25 at least. In CMU-MOSI and ICT-MMMO 47 % to 84 % of the values
/// are below.
const SMALL: f32 = 0.2;
const SMALL_PART: f64 = 0.01;

/// Least part of the values of either sign, and of those below 4, as all are that were below 512.
const EITHER: f64 = 0.1;
const LARGE: f32 = 4.0;
const USUAL_PART: f64 = 0.99;

/// Values of a column, looked at until one is no number of half precision.
#[derive(Clone, Debug, Default)]
pub struct HalfBits {
    is_single: bool,
    values: u64,
    small: u64,
    large: u64,
    negative: u64,
    different: HashSet<u32>,
}

impl HalfBits {
    /// Adds the values of a sample other than zero.
    pub fn add(&mut self, sample: &[f32]) {
        for value in sample.iter().filter(|value| **value != 0.0) {
            if self.is_single || !is_half(*value) {
                self.is_single = true;
                return;
            }
            self.values += 1;
            self.small += u64::from(value.abs() < SMALL);
            self.large += u64::from(value.abs() >= LARGE);
            self.negative += u64::from(*value < 0.0);
            if self.different.len() < DIFFERENT {
                self.different.insert(value.to_bits());
            }
        }
    }

    /// Whether the values are as bits of bfloat16 give them: none near zero, most below 4, of both signs.
    pub fn are_other_bits(&self) -> bool {
        let part = |count: u64| count as f64 / self.values as f64;
        !self.is_single
            && self.values >= VALUES
            && self.different.len() >= DIFFERENT
            && part(self.small) <= SMALL_PART
            && part(self.large) <= 1.0 - USUAL_PART
            && (EITHER..=1.0 - EITHER).contains(&part(self.negative))
    }
}

/// Whether half precision has a value of normal size.
fn is_half(value: f32) -> bool {
    // A fraction of 10 bits, of the 23 of single precision.
    value.to_bits() & 0x1fff == 0 && (6.2e-5..=65_504.0).contains(&value.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(value: impl Fn(u32) -> f32) -> bool {
        let mut bits = HalfBits::default();
        let all: Vec<f32> = (0..20_000).map(value).collect();
        bits.add(&all);
        bits.are_other_bits()
    }

    /// A number like those of features, without order.
    fn feature(i: u32) -> f32 {
        let mixed = f64::from(i.wrapping_mul(2_654_435_761) >> 8) / f64::from(1 << 24);
        (6.0 * (mixed - 0.5)).powi(3) as f32 / 9.0
    }

    /// The number of half precision that has the bits of bfloat16.
    fn misread(value: f32) -> f32 {
        let bits = value.to_bits() >> 16;
        let (sign, power, rest) = (bits >> 15, (bits >> 10) & 0x1f, bits & 0x3ff);
        let size = (1.0 + rest as f32 / 1024.0) * 2_f32.powi(power as i32 - 15);
        if sign == 1 { -size } else { size }
    }

    #[test]
    fn bits_of_bfloat16_are_told_from_features() {
        assert!(found(|i| misread(feature(i))));
        assert!(!found(feature), "single precision");
        let half = |value: f32| f32::from_bits(value.to_bits() & !0x1fff);
        assert!(!found(|i| half(feature(i))), "half precision");
        assert!(!found(|i| misread(feature(i)).abs()), "one sign");
        assert!(!found(|i| (i % 7) as f32 - 3.0), "classes");
    }
}
