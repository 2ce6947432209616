//! Summarizes the frames of every sample in the pass that converts them.

use std::collections::BTreeMap;

use super::runs::Runs;

/// Summary of one sample of one column, before values are cleaned.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Profile {
    /// One past the last frame that is not zero.
    pub end: usize,
    /// Whether any value up to there is a finite number other than zero.
    pub finite: bool,
    /// Whether all values up to there are the same.
    pub constant: bool,
    /// Whether there are several frames other than zeros and all are the same.
    pub still: bool,
    /// Number of values other than zero.
    pub values: usize,
    /// Largest absolute value of the finite ones.
    pub largest: f32,
    /// Hash of the values up to there.
    pub hash: u128,
    /// Zero and equal frames up to there.
    pub runs: Runs,
}

impl Profile {
    /// Summarizes the frames of a sample, of `width` values each.
    pub fn of(sample: &[f32], width: usize) -> Self {
        let last = sample.iter().rposition(|value| *value != 0.0);
        let end = last.map_or(0, |last| last / width + 1);
        let content = &sample[..end * width];
        let first = content.first().map(|value| value.to_bits());
        let mut frames = content
            .chunks(width)
            .filter(|frame| frame.iter().any(|value| *value != 0.0));
        let one = frames.next();
        let mut others = frames.peekable();
        Self {
            end,
            finite: content
                .iter()
                .any(|value| value.is_finite() && *value != 0.0),
            constant: content.iter().all(|value| Some(value.to_bits()) == first),
            still: others.peek().is_some() && others.all(|frame| Some(frame) == one),
            values: content.iter().filter(|value| **value != 0.0).count(),
            largest: content
                .iter()
                .map(|value| value.abs())
                .filter(|size| size.is_finite())
                .fold(0.0, f32::max),
            hash: content
                .iter()
                .fold(END, |hash, value| step(hash, value.to_bits())),
            runs: Runs::of(content, width),
        }
    }

    /// A hash of the frames of a sample and its text.
    pub fn combined(frames: [&Self; 2], text: &[u8]) -> u128 {
        let hash = frames.into_iter().flat_map(|profile| {
            let bytes = profile.hash.to_le_bytes();
            bytes.into_iter().map(u32::from)
        });
        let text = text.iter().map(|byte| u32::from(*byte));
        hash.chain(text).fold(END, step)
    }
}

/// FNV-1a's offset and prime for 128 bits: equal values are found, nothing is protected.
const END: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;

fn step(hash: u128, bits: u32) -> u128 {
    (hash ^ u128::from(bits)).wrapping_mul(PRIME)
}

/// Profiles by split and column.
#[derive(Clone, Debug, Default)]
pub struct Profiles(BTreeMap<(String, &'static str), Vec<Profile>>);

impl Profiles {
    /// The profiles of a column of a split, to be added to.
    pub fn entry(&mut self, split: &str, column: &'static str) -> &mut Vec<Profile> {
        self.0.entry((split.to_owned(), column)).or_default()
    }

    /// The profiles of a column of a split, in the order of its samples.
    pub fn of(&self, split: &str, column: &'static str) -> Option<&[Profile]> {
        self.0.get(&(split.to_owned(), column)).map(Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_ends_with_the_last_frame_that_is_not_zero() {
        let profile = Profile::of(&[1.0, 2.0, 0.0, 0.0, 0.0, 3.0, 0.0, 0.0], 2);
        assert_eq!(
            (profile.end, profile.finite, profile.constant),
            (3, true, false)
        );
        let zero = Profile::of(&[0.0; 8], 2);
        assert_eq!((zero.end, zero.finite), (0, false));
        let same = Profile::of(&[0.5, 0.5, 0.5, 0.5, 0.0, 0.0], 2);
        assert!(same.constant && same.end == 2);
        let frames = [[1.0, 2.0], [1.0, 2.0], [0.0, 0.0]].concat();
        assert!(Profile::of(&frames, 2).still && same.still && !profile.still);
        let gap = [[1.0, 2.0], [0.0, 0.0], [1.0, 2.0]].concat();
        assert!(Profile::of(&gap, 2).still && !Profile::of(&frames[2..], 2).still);
        assert_eq!(Profile::of(&gap, 2).values, 4);
        let lost = Profile::of(&[f32::NAN, 0.0, f32::INFINITY, 0.0], 2);
        assert!(!lost.finite && lost.end == 2);
    }

    #[test]
    fn equal_frames_have_equal_hashes_whatever_the_padding() {
        let short = Profile::of(&[1.0, 2.0], 2);
        let padded = Profile::of(&[1.0, 2.0, 0.0, 0.0], 2);
        assert_eq!(short.hash, padded.hash);
        assert_ne!(short.hash, Profile::of(&[2.0, 1.0], 2).hash);
        assert_ne!(
            Profile::combined([&short, &padded], b"a"),
            Profile::combined([&short, &padded], b"b")
        );
    }
}
