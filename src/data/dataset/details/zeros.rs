//! Counts values that are zero in frames that are not, as dropout leaves them.
//!
//! A ReLU behind a normalization has half zeros in every dimension, and no negative value: such features are not judged.

/// Samples of a split that are looked at, about.
const SAMPLES: usize = 600;

/// Frames, and dimensions, without which nothing is told.
const FRAMES: u64 = 300;
const DIMENSIONS: usize = 10;

/// Least part of the values that is dropped.
const PART: f64 = 0.02;

/// Standard errors by which half of the dimensions differ from the median one at most, and those by which no dimension has
/// fewer zeros; chance gives 0.7 and 4. Zeros of a ReLU are as many as they like: in vectors of CMU-MOSI's
/// vision half of the dimensions are 10 standard errors and more away.
const HALF: f64 = 2.0;
const LEAST: f64 = 6.0;

/// How often two dimensions are both zero, as a multiple of what chance gives, at most. Dimensions that lack together, as
/// those of ICT-MMMO's vision do, have 60 or more.
const TOGETHER: f64 = 1.5;

/// Frames that are not zero, and how often a dimension is zero in them, and how often it is so together with the next one.
#[derive(Clone, Debug, Default)]
pub struct Zeros {
    frames: u64,
    single: Vec<u32>,
    pairs: Vec<u32>,
    has_negative: bool,
}

impl Zeros {
    /// Adds a sample of `width` values a frame, by its row of `rows`.
    pub fn add(&mut self, sample: &[f32], width: usize, (row, rows): (usize, usize)) {
        if width < DIMENSIONS || !row.is_multiple_of(rows / SAMPLES + 1) {
            return;
        }
        self.single.resize(width, 0);
        self.pairs.resize(width - 1, 0);
        for frame in sample.chunks_exact(width) {
            if frame.iter().all(|value| *value == 0.0) {
                continue;
            }
            self.frames += 1;
            self.has_negative |= frame.iter().any(|value| *value < 0.0);
            for (count, value) in self.single.iter_mut().zip(frame) {
                *count += u32::from(*value == 0.0);
            }
            let pairs = frame.iter().zip(&frame[1..]);
            for (count, (a, b)) in self.pairs.iter_mut().zip(pairs) {
                *count += u32::from(*a == 0.0 && *b == 0.0);
            }
        }
    }

    /// The part of the values that was dropped by chance, in every dimension alike and in each by itself.
    pub fn dropped(&self) -> Option<f64> {
        let n = self.frames as f64;
        let part = |count: &u32| f64::from(*count) / n;
        let mut parts: Vec<f64> = self.single.iter().map(part).collect();
        parts.sort_by(f64::total_cmp);
        let least = *parts.first()?;
        let usual = parts[parts.len() / 2];
        if !self.has_negative || self.frames < FRAMES || !(PART..=1.0 - PART).contains(&usual) {
            return None;
        }
        let error = (usual * (1.0 - usual) / n).sqrt();
        let mut apart: Vec<f64> = parts
            .iter()
            .map(|one| (one - usual).abs() / error)
            .collect();
        apart.sort_by(f64::total_cmp);
        let mut together: Vec<f64> = self.pairs.iter().map(part).collect();
        together.sort_by(f64::total_cmp);
        let is_alike = apart[apart.len() / 2] < HALF && least > usual - LEAST * error;
        let is_single = together[together.len() / 2] < TOGETHER * usual * usual + 3.0 / n;
        (is_alike && is_single).then_some(usual)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 400 frames of 12 dimensions, with zeros where the number of the frame and the dimension say so.
    fn dropped(is_zero: impl Fn(u64, u64) -> bool) -> Option<f64> {
        of_value(-1.0, is_zero)
    }

    fn of_value(value: f32, is_zero: impl Fn(u64, u64) -> bool) -> Option<f64> {
        let mut zeros = Zeros::default();
        for row in 0..40 {
            let at = |at: u64| {
                let (frame, dimension) = (row * 10 + at / 12, at % 12);
                value * f32::from(u8::from(!is_zero(frame, dimension)))
            };
            let sample: Vec<f32> = (0..120).map(at).collect();
            zeros.add(&sample, 12, (row as usize, 40));
        }
        zeros.dropped()
    }

    /// A number below 100 without order.
    fn mix(value: u64) -> u64 {
        let mixed = (value + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mixed = (mixed ^ (mixed >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (mixed ^ (mixed >> 29)) % 100
    }

    #[test]
    fn dropout_is_told_from_a_relu_and_from_lost_frames() {
        let found = dropped(|frame, d| mix(frame * 12 + d) < 20).unwrap();
        assert!((found - 0.2).abs() < 0.05, "{found}");
        // Two dimensions were always zero.
        assert!(dropped(|frame, d| d < 2 || mix(frame * 12 + d) < 20).is_some());
        let relu = dropped(|frame, d| mix(frame * 12 + d) < 10 + 6 * d);
        assert_eq!(relu, None);
        let normalized = of_value(1.0, |frame, d| mix(frame * 12 + d) < 50);
        assert_eq!(normalized, None, "no negative value");
        let lost = dropped(|frame, d| d > 0 && mix(frame) < 20);
        assert_eq!(lost, None);
        let one_never = dropped(|frame, d| d > 0 && mix(frame * 12 + d) < 20);
        assert_eq!(one_never, None);
        assert_eq!(dropped(|_, _| false), None);
    }
}
