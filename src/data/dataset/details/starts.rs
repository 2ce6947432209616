//! Remembers how samples begin.

use std::hash::{DefaultHasher, Hash, Hasher};

/// Frames, and dimensions, without which equal ones are chance.
const FRAMES: usize = 3;
const DIMENSIONS: usize = 3;

/// A hash of the first frames of each sample; none where these are few, zero or stand still.
#[derive(Clone, Debug, Default)]
pub struct Starts(pub Vec<Option<u64>>);

impl Starts {
    /// Adds a sample of `width` values a frame.
    pub fn add(&mut self, sample: &[f32], width: usize) {
        self.0.push(start(sample, width));
    }
}

fn start(sample: &[f32], width: usize) -> Option<u64> {
    let first = sample.iter().position(|value| *value != 0.0)? / width * width;
    let frames = sample.get(first..first + FRAMES * width)?;
    let each = || frames.chunks_exact(width);
    let moves = each().zip(each().skip(1)).all(|(a, b)| a != b);
    let is_known = |frame: &[f32]| {
        frame.iter().any(|value| *value != 0.0) && frame.iter().all(|value| value.is_finite())
    };
    (width >= DIMENSIONS && moves && each().all(is_known)).then(|| {
        let mut hasher = DefaultHasher::new();
        frames
            .iter()
            .for_each(|value| value.to_bits().hash(&mut hasher));
        hasher.finish()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_that_move_tell_how_a_sample_begins() {
        let frames: Vec<f32> = (1..=15).map(|value| value as f32).collect();
        let start = |sample: &[f32]| start(sample, 3);
        assert!(start(&frames).is_some());
        assert_eq!(start(&frames), start(&frames[..9]));
        assert_eq!(start(&frames), start(&[&[0.0; 6], &frames[..]].concat()));
        assert_ne!(start(&frames), start(&frames[3..]));
        assert_eq!(start(&frames[..6]), None, "two frames");
        assert_eq!(start(&[1.0; 15]), None, "they stand still");
        assert_eq!(start(&[&frames[..3], &[0.0; 12]].concat()), None);
    }
}
