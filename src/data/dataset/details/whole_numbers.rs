//! Tells features that were rounded from flags, counts, classes and pixels.

use std::collections::BTreeSet;

/// Different values that flags and classes do not have.
const DIFFERENT: usize = 17;

/// Largest value of an unsigned byte: coordinates in pixels, whole numbers by nature, go beyond.
const BYTE: f32 = 255.0;

/// Part of the values other than zero that have the rarer sign, where values are signs rather than marks.
const SIGN: f64 = 0.1;

/// Single precision has no fractions from here on.
const NO_FRACTIONS: f32 = 8_388_608.0;

/// Values of a column, looked at until one is no whole number.
#[derive(Clone, Debug, Default)]
pub struct WholeNumbers {
    has_fraction: bool,
    zeros: u64,
    others: u64,
    negative: u64,
    range: Option<(f32, f32)>,
    /// Some of the values other than zero.
    different: BTreeSet<i64>,
}

impl WholeNumbers {
    /// Adds the values of a sample; those that are not finite, and zeros past the last other value, do not count.
    pub fn add(&mut self, sample: &[f32]) {
        if self.has_fraction {
            return;
        }
        let end = sample.iter().rposition(|value| *value != 0.0);
        let content = &sample[..end.map_or(0, |last| last + 1)];
        for value in content.iter().filter(|value| value.abs() < NO_FRACTIONS) {
            if value.fract() != 0.0 {
                self.has_fraction = true;
                return;
            }
            let (least, largest) = self.range.unwrap_or((*value, *value));
            self.range = Some((least.min(*value), largest.max(*value)));
            if *value == 0.0 {
                self.zeros += 1;
                continue;
            }
            self.others += 1;
            self.negative += u64::from(*value < 0.0);
            if self.different.len() < DIFFERENT {
                self.different.insert(*value as i64);
            }
        }
    }

    /// The smallest and the largest value of what may be the numbers of words in a vocabulary: whole, not negative, many and
    /// beyond bytes, zero at the end alone.
    pub fn indices(&self) -> Option<(f32, f32)> {
        let (least, largest) = self.range.filter(|_| !self.has_fraction)?;
        let is_many = self.different.len() >= DIFFERENT && self.zeros < self.others;
        (least >= 0.0 && largest > BYTE && is_many).then_some((least, largest))
    }

    /// -1 and 1, where all values are one of these or 0, and the rarer of both is a tenth of them or more.
    pub fn signs(&self) -> Option<(f32, f32)> {
        let range = self.range.filter(|_| !self.has_fraction)?;
        let rarer = self.negative.min(self.others - self.negative);
        (range == (-1.0, 1.0) && rarer as f64 >= SIGN * self.others as f64).then_some(range)
    }

    /// The smallest and the largest value of whole numbers that are neither flags and classes, which are few and not
    /// negative, nor counts, which are mostly zero, nor pixels.
    pub fn rounded(&self) -> Option<(f32, f32)> {
        let range = self.range.filter(|_| !self.has_fraction)?;
        // One negative value alone is a mark.
        let is_negative = self.different.range(..0).count() > 1;
        let is_byte = range.1 <= BYTE && self.zeros < self.others;
        let is_many = is_byte && self.different.len() >= DIFFERENT;
        (is_negative || is_many).then_some(range)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rounded(values: impl Iterator<Item = f32>) -> Option<(f32, f32)> {
        let mut whole = WholeNumbers::default();
        whole.add(&values.collect::<Vec<f32>>());
        whole.rounded()
    }

    #[test]
    fn numbers_of_words_are_told_from_counts() {
        let indices = |values: &[f32]| {
            let mut whole = WholeNumbers::default();
            whole.add(values);
            whole.indices()
        };
        let ids: Vec<f32> = (0..60).map(|i| (101 + i * 977 % 30_000) as f32).collect();
        assert_eq!(indices(&ids).map(|(least, _)| least), Some(101.0));
        let rare: Vec<f32> = ids
            .iter()
            .map(|id| if id % 4.0 == 0.0 { *id } else { 0.0 })
            .collect();
        assert_eq!(indices(&rare), None);
        let fractions: Vec<f32> = ids.iter().map(|id| id + 0.5).collect();
        assert_eq!(indices(&fractions), None);
        let bytes: Vec<f32> = ids.iter().map(|id| id % 256.0).collect();
        assert_eq!(indices(&bytes), None);
    }

    #[test]
    fn signs_are_told_from_flags() {
        let signs = |value: fn(i32) -> i32| {
            let mut whole = WholeNumbers::default();
            whole.add(&(0..400).map(|i| value(i) as f32).collect::<Vec<f32>>());
            whole.signs()
        };
        assert_eq!(signs(|i| i % 3 - 1), Some((-1.0, 1.0)));
        assert_eq!(signs(|i| i % 2), None);
        assert_eq!(signs(|i| i % 4 - 1), None);
        assert_eq!(signs(|i| if i == 3 { -1 } else { i % 2 }), None, "a mark");
    }

    #[test]
    fn rounded_features_are_told_from_flags_and_counts() {
        let wave = |i: i32| 2.6 * (i as f32 / 7.0).sin();
        assert_eq!(rounded((0..400).map(wave)), None);
        assert_eq!(
            rounded((0..400).map(|i| wave(i).trunc())),
            Some((-2.0, 2.0))
        );
        let bytes = (0..400).map(|i| (i * 37 % 256) as f32);
        assert_eq!(rounded(bytes), Some((0.0, 255.0)));
        // Flags, one-hot vectors, intensities from 0 to 5, signs, counts.
        assert_eq!(rounded((0..400).map(|i| (i % 3 / 2) as f32)), None);
        assert_eq!(rounded((0..400).map(|i| (i % 6) as f32)), None);
        assert_eq!(rounded((0..400).map(|i| (i % 3 - 1) as f32)), None);
        let counts = (0..400).map(|i| if i % 4 == 0 { (i % 60) as f32 } else { 0.0 });
        assert_eq!(rounded(counts), None);
        assert_eq!(rounded([0.0; 40].into_iter()), None);
        // Coordinates in pixels, and values without fractions in single precision.
        let pixel = |i: i32| {
            if i % 50 == 0 {
                -1.0
            } else {
                (i * 37 % 640) as f32
            }
        };
        assert_eq!(rounded((0..400).map(pixel)), None);
        assert_eq!(rounded((0..400).map(|i| -1e9 - 100.0 * i as f32)), None);
    }
}
