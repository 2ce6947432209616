//! Detects at which end samples are padded, and counts the frames without the padding.
//!
//! MMSA's files end with zero frames; the original CMU files of MulT and MultiBench begin with
//! them. A zero frame inside a sample is not padding: face detection sometimes fails.

use std::str::FromStr;

use crate::data::pickle::{self, ArrayRef};

/// Samples used for detection.
const SAMPLES: usize = 64;

/// The end with the zero frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Padding {
    Left,
    Right,
}

impl Padding {
    /// Name in flags and provenance.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Right => "right",
        }
    }
}

impl FromStr for Padding {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Left, Self::Right]
            .into_iter()
            .find(|padding| padding.as_str() == text)
            .ok_or_else(|| format!("expected left or right, found {text:?}"))
    }
}

/// Counts of zero frames at the ends of the first samples of a column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ends {
    pub seen: usize,
    /// Samples with more zero frames at the beginning than at the end.
    pub left: usize,
    /// Samples with more zero frames at the end.
    pub right: usize,
    /// Index of the first sample that `left` counts.
    pub first_left: Option<usize>,
}

impl Ends {
    /// Examines the first samples of an array (N, T, d).
    ///
    /// # Errors
    /// [`pickle::Error`] where the payload cannot be read.
    pub fn of(array: ArrayRef<'_>) -> pickle::Result<Self> {
        let mut ends = Self::default();
        for_each_sample(array, SAMPLES, |sample, width| {
            let frames = || sample.chunks_exact(width);
            let (lead, trail) = (zeros(frames()), zeros(frames().rev()));
            // Undetected faces in the first frames and silence are not padding.
            let enough = |zeros: usize| zeros >= 2 && 10 * zeros >= frames().len();
            if lead > trail && enough(lead) {
                ends.left += 1;
                ends.first_left.get_or_insert(ends.seen);
            } else if trail > lead && enough(trail) {
                ends.right += 1;
            }
            ends.seen += 1;
        })?;
        Ok(ends)
    }

    /// Whether enough samples begin with zeros and hardly any ends with them. One sample is not enough.
    pub fn is_left(self) -> bool {
        one_sided(self.left, self.right, self.seen)
    }

    /// Whether enough samples end with zeros and hardly any begins with them.
    pub fn is_right(self) -> bool {
        one_sided(self.right, self.left, self.seen)
    }
}

fn one_sided(this: usize, other: usize, seen: usize) -> bool {
    this >= 2 && this > 4 * other && 4 * this >= seen
}

/// Frames of every sample of an array (N, T, d) without the zero frames at one end.
///
/// # Errors
/// [`pickle::Error`] where the payload cannot be read.
pub fn lengths(array: ArrayRef<'_>, padding: Padding) -> pickle::Result<Vec<i32>> {
    let mut lengths = Vec::with_capacity(array.shape()[0]);
    for_each_sample(array, usize::MAX, |sample, width| {
        let frames = sample.chunks_exact(width);
        let (all, padding) = match padding {
            Padding::Left => (frames.len(), zeros(frames)),
            Padding::Right => (frames.len(), zeros(frames.rev())),
        };
        lengths.push((all - padding) as i32);
    })?;
    Ok(lengths)
}

/// Number of zero frames before the first that is not zero.
fn zeros<'f>(frames: impl Iterator<Item = &'f [f64]>) -> usize {
    let is_zero = |frame: &&[f64]| frame.iter().all(|value| *value == 0.0);
    frames.take_while(is_zero).count()
}

/// Reason why an iteration over samples ended early.
enum Stop {
    Enough,
    Pickle(pickle::Error),
}

impl From<pickle::Error> for Stop {
    fn from(error: pickle::Error) -> Self {
        Self::Pickle(error)
    }
}

/// Calls `f` with at most `most` samples of an array (N, T, d), and d.
fn for_each_sample(
    array: ArrayRef<'_>,
    most: usize,
    mut f: impl FnMut(&[f64], usize),
) -> pickle::Result<()> {
    let (steps, width) = (array.shape()[1], array.shape()[2]);
    let mut seen = 0;
    let walked = array.for_each_block(steps * width, |sample: &[f64]| {
        if seen == most {
            return Err(Stop::Enough);
        }
        f(sample, width);
        seen += 1;
        Ok(())
    });
    match walked {
        Err(Stop::Pickle(error)) => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::pickle::{Limits, Pickle, Writer};

    /// Samples of four frames of two values from their patterns, 1 for a frame that is not zero.
    fn samples(patterns: &[&str]) -> Pickle {
        let frames = patterns.iter().flat_map(|pattern| pattern.chars());
        let values: Vec<f64> = frames
            .flat_map(|frame| match frame {
                '1' => [0.0, -2.0],
                'x' => [f64::NEG_INFINITY, 0.0],
                _ => [0.0, 0.0],
            })
            .collect();
        let mut writer = Writer::new(Vec::new()).unwrap();
        writer.f64_array(&[patterns.len(), 4, 2], &values).unwrap();
        Pickle::from_bytes(writer.finish().unwrap(), Limits::default()).unwrap()
    }

    fn ends(patterns: &[&str]) -> Ends {
        Ends::of(samples(patterns).root().array().unwrap()).unwrap()
    }

    #[test]
    fn the_padded_end_is_told_from_lost_frames() {
        assert!(ends(&["0011", "0001", "1111"]).is_left());
        assert!(ends(&["1100", "1000", "1111"]).is_right());
        // Undetected first frames, full samples, empty samples, both ends equal.
        for patterns in [
            &["0111", "0111", "1111"][..],
            &["1111"; 3],
            &["0000"; 3],
            &["0110"; 3],
        ] {
            let ends = ends(patterns);
            assert!(!ends.is_left() && !ends.is_right(), "{ends:?}");
        }
        // Silence first, padding last.
        assert!(ends(&["0100", "0100", "0111"]).is_right());
        assert!(!ends(&["0011", "0011", "1100", "1100"]).is_left());
        assert_eq!(ends(&["1111", "0011", "0001"]).first_left, Some(1));
    }

    #[test]
    fn lengths_count_what_is_left() {
        let pickle = samples(&["0011", "1000", "0000", "1011", "x001", "0110"]);
        let array = pickle.root().array().unwrap();
        assert_eq!(lengths(array, Padding::Left).unwrap(), [2, 4, 0, 4, 4, 3]);
        assert_eq!(lengths(array, Padding::Right).unwrap(), [4, 1, 0, 4, 4, 3]);
    }
}
