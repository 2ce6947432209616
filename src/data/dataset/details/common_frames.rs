//! Counts the frames of a column that are most often the same one, over all samples.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

/// Samples of a split that are looked at, about.
const SAMPLES: usize = 500;

/// Different frames that are counted at a time: a frame's count is too small by this part of all frames, at most.
const COUNTED: usize = 100;

/// Dimensions below which frames are equal by nature.
const DIMENSIONS: usize = 5;

/// Frames by their hash: how often, in how many samples, and the first and last of these.
#[derive(Clone, Debug, Default)]
pub struct CommonFrames {
    counts: HashMap<u64, Common>,
    frames: usize,
    samples: usize,
}

/// A frame that several samples have.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Common {
    pub count: usize,
    pub samples: usize,
    pub first: usize,
    last: usize,
}

impl CommonFrames {
    /// Adds a sample of `width` values a frame, by its row of `rows`, without the frames that are equal at its end.
    pub fn add(&mut self, sample: &[f32], width: usize, (row, rows): (usize, usize)) {
        if width < DIMENSIONS || !row.is_multiple_of(rows / SAMPLES + 1) {
            return;
        }
        self.samples += 1;
        let end = sample.iter().rposition(|value| *value != 0.0);
        let content = &sample[..end.map_or(0, |last| last / width + 1) * width];
        let frames: Vec<&[f32]> = content.chunks_exact(width).collect();
        let tail = frames.iter().rev().take_while(|f| frames.last() == Some(f));
        let kept = frames.len() - Some(tail.count()).filter(|n| *n > 1).unwrap_or(0);
        for frame in &frames[..kept] {
            if frame.iter().any(|value| *value != 0.0) {
                self.count(frame, row);
            }
        }
    }

    fn count(&mut self, frame: &[f32], row: usize) {
        self.frames += 1;
        if !is_described(frame) {
            return;
        }
        let mut hasher = DefaultHasher::new();
        frame
            .iter()
            .for_each(|value| value.to_bits().hash(&mut hasher));
        let key = hasher.finish();
        if let Some(common) = self.counts.get_mut(&key) {
            common.count += 1;
            common.samples += usize::from(common.last != row);
            common.last = row;
        } else if self.counts.len() < COUNTED {
            let (first, last) = (row, row);
            let one = Common {
                count: 1,
                samples: 1,
                first,
                last,
            };
            self.counts.insert(key, one);
        } else {
            // Of all that are counted one is taken off with this one, so that what is frequent stays.
            self.counts.values_mut().for_each(|one| one.count -= 1);
            self.counts.retain(|_, one| one.count > 0);
        }
    }

    /// The most frequent frame, with its part of the frames and that of the samples that have it.
    pub fn most(&self) -> Option<(Common, f64, f64)> {
        let all = self.counts.values();
        let most = all.max_by_key(|one| (one.count, std::cmp::Reverse(one.first)))?;
        let part = |count: usize, of: usize| count as f64 / of.max(1) as f64;
        let in_samples = part(most.samples, self.samples);
        Some((*most, part(most.count, self.frames), in_samples))
    }
}

/// Whether a frame has several values most of which are no whole numbers: marks of one value have a warning of their own, flags
/// and classes are equal by nature.
fn is_described(frame: &[f32]) -> bool {
    let fractions = frame.iter().filter(|value| value.fract() != 0.0).count();
    2 * fractions > frame.len() && frame.iter().any(|value| *value != frame[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Forty samples of ten frames, of which every so many are one and the same.
    fn most(every: usize, same: f32) -> Option<(f64, f64)> {
        let mut common = CommonFrames::default();
        for row in 0..40 {
            let value = |at: usize| {
                let frame = at / 5;
                let own = (row * 50 + at) as f32 + 0.25;
                let is_same = (row * 7 + frame).is_multiple_of(every) && frame < 9;
                if is_same { (at % 5) as f32 + same } else { own }
            };
            let sample: Vec<f32> = (0..50).map(value).collect();
            common.add(&sample, 5, (row, 40));
        }
        common.most().map(|(_, frames, samples)| (frames, samples))
    }

    #[test]
    fn a_frame_of_many_samples_is_counted() {
        let (frames, samples) = most(4, 0.5).unwrap();
        assert!(frames > 0.2 && samples > 0.9, "{frames} {samples}");
        let (frames, _) = most(1000, 0.5).unwrap();
        assert!(frames < 0.03, "{frames}");
        let (frames, _) = most(4, 0.0).unwrap();
        assert!(frames < 0.03, "whole numbers {frames}");
    }

    #[test]
    fn equal_frames_at_the_end_are_padding() {
        let mut common = CommonFrames::default();
        for row in 0..20 {
            let own = (0..10).map(|at| row as f32 + at as f32 / 16.0);
            let sample: Vec<f32> = own.chain([0.5, 1.5, 2.5, 3.5, 4.5].repeat(6)).collect();
            common.add(&sample, 5, (row, 20));
        }
        assert_eq!(common.frames, 40);
    }
}
