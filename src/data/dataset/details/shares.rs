//! Counts values of dimensions that have few different ones, and whether each is as often as the others.

use std::collections::BTreeMap;

/// Different values of a dimension that was cut into classes.
const FEWEST: usize = 3;
const MOST: usize = 20;

/// Distance of a share from that of all others, beside one value.
const EQUAL: f64 = 0.005;

/// How often each value of a dimension occurs, by its bits; nothing of a dimension with more values.
#[derive(Clone, Debug, Default)]
pub struct Shares {
    frames: u64,
    dimensions: Vec<Option<BTreeMap<u32, u64>>>,
}

impl Shares {
    /// Adds a sample of `width` values a frame, without frames of zeros.
    pub fn add(&mut self, sample: &[f32], width: usize) {
        self.dimensions.resize(width, Some(BTreeMap::new()));
        if self.dimensions.iter().all(Option::is_none) {
            return;
        }
        for frame in sample.chunks_exact(width) {
            if frame.iter().all(|value| *value == 0.0) {
                continue;
            }
            self.frames += 1;
            for (place, value) in self.dimensions.iter_mut().zip(frame) {
                let Some(counts) = place else { continue };
                // Zeros of either sign are one value.
                *counts.entry((*value + 0.0).to_bits()).or_default() += 1;
                if counts.len() > MOST {
                    *place = None;
                }
            }
        }
    }

    /// Number of frames.
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// Number of dimensions of few values, and of those whose values are each as often as the others.
    pub fn equal(&self) -> [usize; 2] {
        let counts = self.dimensions.iter().flatten();
        let few = counts.filter(|counts| counts.len() >= FEWEST);
        let is_equal = |counts: &&BTreeMap<u32, u64>| {
            let share = self.frames as f64 / counts.len() as f64;
            let limit = 1.0 + EQUAL * self.frames as f64;
            let mut counts = counts.values();
            counts.all(|count| (*count as f64 - share).abs() <= limit)
        };
        [few.clone().count(), few.filter(is_equal).count()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn equal(value: impl Fn(usize, usize) -> usize) -> [usize; 2] {
        let mut shares = Shares::default();
        for row in 0..203 {
            let sample = (0..6).map(|at| value(row, at) as f32);
            shares.add(&sample.collect::<Vec<f32>>(), 6);
        }
        shares.equal()
    }

    #[test]
    fn dimensions_of_equal_shares_are_counted() {
        assert_eq!(equal(|row, at| 1 + (row + at) % 5), [6, 6]);
        assert_eq!(equal(|row, at| 1 + (row * row + at) % 5), [6, 0]);
        assert_eq!(equal(|row, at| 1 + row % (at + 1)), [4, 4]);
        assert_eq!(equal(|row, at| 1 + row * (at + 1)), [0, 0]);
    }
}
