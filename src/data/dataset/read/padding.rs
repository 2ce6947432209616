//! Detects at which end samples are padded, and counts the frames without the padding.
//!
//! MMSA's files end with zero frames; the original CMU files of MulT and MultiBench begin with
//! them. A zero frame inside a sample is not padding: face detection sometimes fails.

use std::str::FromStr;

use super::columns::Columns;
use super::features::Features;
use super::given_lengths::Given;
use crate::data::dataset::error::{Error, Result};

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

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        [Self::Left, Self::Right]
            .into_iter()
            .find(|padding| padding.as_str() == text)
            .ok_or_else(|| format!("expected left or right, found {text:?}"))
    }
}

/// Counts of zero frames at the ends of the first samples of a column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ends {
    pub seen: usize,
    /// Samples with more zero frames at the beginning than at the end.
    pub left: usize,
    /// Samples with more zero frames at the end.
    pub right: usize,
    /// Indices of the samples that `left` counts, and their zero frames at the beginning.
    leads: Vec<(usize, usize)>,
    /// Index of the first sample that `right` counts.
    first_right: Option<usize>,
}

impl Ends {
    /// Examines the first samples of a column.
    ///
    /// # Errors
    /// As [`Features::for_each_sample`].
    pub fn of(columns: &Columns<'_>, column: &str, features: &Features<'_>) -> Result<Self> {
        let mut ends = Self::default();
        features.for_each_sample(columns, column, |sample| {
            let frames = || sample.chunks_exact(features.width);
            let (lead, trail) = (zeros(frames()), zeros(frames().rev()));
            // Undetected faces in the first frames and silence are not padding.
            let enough = |zeros: usize| zeros >= 2 && 10 * zeros >= frames().len();
            if lead > trail && enough(lead) {
                ends.left += 1;
                ends.leads.push((ends.seen, lead));
            } else if trail > lead && enough(trail) {
                ends.right += 1;
                ends.first_right.get_or_insert(ends.seen);
            }
            ends.seen += 1;
            Ok(ends.seen < SAMPLES)
        })?;
        Ok(ends)
    }

    /// Whether enough samples begin with zeros and hardly any ends with them. One sample is not enough.
    pub fn is_left(&self) -> bool {
        one_sided(self.left, self.right, self.seen)
    }

    /// Whether enough samples end with zeros and hardly any begins with them.
    pub fn is_right(&self) -> bool {
        one_sided(self.right, self.left, self.seen)
    }

    /// Whether samples that are said to be padded at the end are padded at the beginning: most of them, or those
    /// whose given lengths count the other frames. Without lengths every zero frame there would be one of the sample.
    fn is_left_all_the_same(&self, lengths: Option<&[i32]>, steps: usize) -> bool {
        let Some(lengths) = lengths else {
            return 2 * self.left >= self.seen;
        };
        let counts = |(index, lead): &&(usize, usize)| {
            let length = lengths.get(*index).map(|length| *length as usize);
            length.is_some_and(|length| length + lead == steps)
        };
        2 * self.leads.iter().filter(counts).count() > self.left
    }
}

/// Checks that zero frames are at the end that the user named, or at the end of samples.
///
/// # Errors
/// [`Error::Padding`]; those of reading lengths.
pub fn check(
    columns: &Columns<'_>,
    ids: &[String],
    (column, features): (&str, &Features<'_>),
    padding: Option<Padding>,
) -> Result<()> {
    let ends = Ends::of(columns, column, features)?;
    let found = match padding {
        Some(Padding::Left) => ends.is_right().then_some(Padding::Right),
        Some(Padding::Right) if ends.is_left() => {
            let given = Given {
                columns,
                ids,
                modality: column,
                steps: features.steps,
                own: None,
                width: Some(features.width),
            };
            let lengths = given.read()?;
            let is_left = ends.is_left_all_the_same(lengths.as_deref(), features.steps);
            is_left.then_some(Padding::Left)
        }
        Some(Padding::Right) => None,
        None => ends.is_left().then_some(Padding::Left),
    };
    let Some(found) = found else {
        return Ok(());
    };
    let first_left = ends.leads.first().map(|(index, _)| *index);
    let (samples, end, first) = match found {
        Padding::Left => (ends.left, "beginning", first_left),
        Padding::Right => (ends.right, "end", ends.first_right),
    };
    Err(Error::Padding {
        place: columns.place(column),
        samples,
        seen: ends.seen,
        first: first.and_then(|index| ids.get(index).cloned()),
        found: found.as_str(),
        end,
        stated: padding.map(Padding::as_str),
    })
}

fn one_sided(this: usize, other: usize, seen: usize) -> bool {
    this >= 2 && this > 4 * other && 4 * this >= seen
}

/// Frames of every sample of a column without the zero frames at one end.
///
/// # Errors
/// As [`Features::for_each_sample`].
pub fn lengths(
    columns: &Columns<'_>,
    column: &str,
    features: &Features<'_>,
    padding: Padding,
) -> Result<Vec<i32>> {
    let mut lengths = Vec::with_capacity(features.rows);
    features.for_each_sample(columns, column, |sample| {
        let frames = sample.chunks_exact(features.width);
        let (all, padding) = match padding {
            Padding::Left => (frames.len(), zeros(frames)),
            Padding::Right => (frames.len(), zeros(frames.rev())),
        };
        lengths.push((all - padding) as i32);
        Ok(true)
    })?;
    Ok(lengths)
}

/// Number of zero frames before the first that is not zero.
fn zeros<'f>(frames: impl Iterator<Item = &'f [f64]>) -> usize {
    let is_zero = |frame: &&[f64]| frame.iter().all(|value| *value == 0.0);
    frames.take_while(is_zero).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

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
        for key in ["train", "audio"] {
            writer.begin_dict().unwrap();
            writer.str(key).unwrap();
        }
        writer.f64_array(&[patterns.len(), 4, 2], &values).unwrap();
        writer.end_dict().unwrap();
        writer.end_dict().unwrap();
        Pickle::from_bytes(writer.finish().unwrap(), Limits::default()).unwrap()
    }

    fn columns(pickle: &Pickle) -> Columns<'_> {
        Columns::of(Path::new("x"), pickle.root(), "train", "train").unwrap()
    }

    fn ends(patterns: &[&str]) -> Ends {
        let pickle = samples(patterns);
        let columns = columns(&pickle);
        let features = Features::read(&columns, "audio", &[]).unwrap();
        Ends::of(&columns, "audio", &features).unwrap()
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
        assert_eq!(ends(&["1111", "0011", "0001"]).leads, [(1, 2), (2, 3)]);
    }

    #[test]
    fn padding_at_the_beginning_shows_against_a_statement() {
        let left = ends(&["0011", "0001", "1111"]);
        assert!(left.is_left_all_the_same(None, 4));
        assert!(left.is_left_all_the_same(Some(&[2, 1, 4]), 4));
        // Lengths that count the zero frames: lost ones.
        assert!(!left.is_left_all_the_same(Some(&[4, 4, 4]), 4));
        assert!(!ends(&["0011", "0001", "1111", "1111", "1111"]).is_left_all_the_same(None, 4));
    }

    #[test]
    fn lengths_count_what_is_left() {
        let pickle = samples(&["0011", "1000", "0000", "1011", "x001", "0110"]);
        let columns = columns(&pickle);
        let features = Features::read(&columns, "audio", &[]).unwrap();
        let lengths = |padding| lengths(&columns, "audio", &features, padding).unwrap();
        assert_eq!(lengths(Padding::Left), [2, 4, 0, 4, 4, 3]);
        assert_eq!(lengths(Padding::Right), [4, 1, 0, 4, 4, 3]);
    }
}
