//! Counts numbers that programs write for missing values, such as -999, in each dimension.

use std::collections::BTreeMap;

/// Samples of a split that are looked at, about.
const SAMPLES: usize = 600;

/// Size of the smallest number that is a code.
const LEAST: f32 = 999.0;

/// Size beyond which a value is no feature, and has a warning of its own.
const MOST: f32 = 1e12;

/// Numbers that stand for a missing value beside those of nines and powers of ten: the ends of float16 and of integers.
const ENDS: [f32; 4] = [65_504.0, 32_767.0, 32_768.0, i32::MAX as f32];

/// Part of the frames, and their number, that have a code.
const PART: f64 = 0.01;
const COUNT: u64 = 5;

/// Distance of a code from all other values, in ranges of these. In CMU-MOSI, CH-SIMS and ICT-MMMO no value is a code at all.
const DISTANCE: f64 = 1.0;

/// What each dimension holds.
#[derive(Clone, Debug, Default)]
pub struct Codes {
    frames: u64,
    /// The smallest and the largest other value.
    ranges: Vec<(f32, f32)>,
    /// How often a dimension holds a code, by its bits, and the first row.
    counts: BTreeMap<(usize, u32), (u64, usize)>,
}

/// A code in a dimension.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Code {
    pub dimension: usize,
    pub value: f32,
    /// Part of the frames.
    pub part: f64,
    /// The first row with it.
    pub first: usize,
    /// Range of the other values.
    pub range: (f32, f32),
}

impl Codes {
    /// Adds a sample of `width` values a frame, by its row of `rows`, without frames that are one value throughout.
    pub fn add(&mut self, sample: &[f32], width: usize, (row, rows): (usize, usize)) {
        if !row.is_multiple_of(rows / SAMPLES + 1) {
            return;
        }
        self.ranges
            .resize(width, (f32::INFINITY, f32::NEG_INFINITY));
        for frame in sample.chunks_exact(width) {
            let is_one = frame.iter().all(|value| *value == frame[0]);
            if is_one && (width > 2 || frame[0] == 0.0) {
                continue;
            }
            self.frames += 1;
            for (at, (value, range)) in frame.iter().zip(&mut self.ranges).enumerate() {
                if value.abs() >= LEAST && is_code(value.abs()) {
                    let found = self.counts.entry((at, value.to_bits()));
                    found.or_insert((0, row)).0 += 1;
                } else {
                    *range = (range.0.min(*value), range.1.max(*value));
                }
            }
        }
    }

    /// The codes far from all other values of their dimension.
    pub fn found(&self) -> Vec<Code> {
        let all = self.counts.iter();
        let all = all.map(|(&(dimension, bits), &(count, first))| {
            let code = Code {
                dimension,
                value: f32::from_bits(bits),
                part: count as f64 / self.frames as f64,
                first,
                range: self.ranges[dimension],
            };
            (code, count)
        });
        all.filter(|(code, count)| *count >= COUNT && code.part >= PART && code.is_far())
            .map(|(code, _)| code)
            .collect()
    }
}

impl Code {
    fn is_far(&self) -> bool {
        let [low, high, value] = [self.range.0, self.range.1, self.value].map(f64::from);
        let beyond = (low - value).max(value - high);
        low < high && beyond > DISTANCE * (high - low)
    }
}

/// Whether a size is one of [`ENDS`], a power of ten, or one below it, as 999 is.
fn is_code(size: f32) -> bool {
    let power = |size: f32| {
        let exact = 10_f64.powi(f64::from(size).log10().round() as i32);
        size == exact as f32
    };
    size <= MOST && (power(size) || power(size + 1.0) || ENDS.contains(&size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_told_from_other_numbers() {
        let codes = [
            999.0, 9999.0, 999_999.0, 1000.0, 1e6, 1e9, 65_504.0, 32_768.0,
        ];
        assert!(codes.into_iter().all(is_code));
        let others = [1001.0, 998.0, 5000.0, 99_990.0, 65_503.0, 1e20, 4096.0];
        assert!(!others.into_iter().any(is_code));
        assert!(is_code(i32::MAX as f32));
    }

    /// 20 samples of 10 frames, of whose second dimension one frame in `every` holds `value`.
    fn found(value: f32, every: usize, size: f32) -> Vec<Code> {
        let mut codes = Codes::default();
        for row in 0..20 {
            let frame = |at: usize| {
                let own = size * ((row * 10 + at) as f32).sin();
                let is_lost = (row * 10 + at).is_multiple_of(every);
                [own, if is_lost { value } else { own }]
            };
            let sample: Vec<f32> = (0..10).flat_map(frame).chain([0.0; 6]).collect();
            codes.add(&sample, 2, (row, 20));
        }
        codes.found()
    }

    #[test]
    fn codes_far_from_all_other_values_are_found() {
        let one = found(-999.0, 10, 3.0);
        let seen: Vec<_> = one
            .iter()
            .map(|c| (c.dimension, c.value, c.first))
            .collect();
        assert_eq!(seen, [(1, -999.0, 0)]);
        assert!((one[0].part - 0.1).abs() < 0.01, "{one:?}");
        assert_eq!(found(-255.0, 10, 3.0), []);
        assert_eq!(found(-999.0, 10, 600.0), [], "near");
        assert_eq!(found(-999.0, 100, 3.0), [], "rare");
    }
}
