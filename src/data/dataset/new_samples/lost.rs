//! Finds the steps of a sample that are lost: frames of zeros or NaN, or a sample without any frame.

use std::str::FromStr;

/// What is taken as missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MissingAs {
    /// Frames of NaN, and samples of which every frame is zero.
    #[default]
    Found,
    /// Frames of NaN, and every frame of zeros.
    Zeros,
    /// Frames of NaN alone.
    Nan,
    /// Nothing: zeros are values, and NaN is an error.
    None,
}

impl MissingAs {
    /// Those that a flag names.
    pub const NAMED: [Self; 3] = [Self::Zeros, Self::Nan, Self::None];

    /// Name in flags and records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Found => "found",
            Self::Zeros => "zeros",
            Self::Nan => "nan",
            Self::None => "none",
        }
    }

    /// Whether a sample of zeros alone is missing.
    pub(super) fn takes_zero_samples(self) -> bool {
        matches!(self, Self::Found | Self::Zeros)
    }
}

impl FromStr for MissingAs {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = Self::NAMED.into_iter().find(|one| one.as_str() == text);
        known.ok_or_else(|| format!("expected zeros, nan or none, found {text:?}"))
    }
}

/// Steps of one sample.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Steps {
    pub valid: usize,
    pub zero: usize,
    pub nan: usize,
    pub lost: usize,
}

/// Marks the lost ones of the valid steps of a sample.
///
/// - `frames`: shape (valid, `width`), as they are in the file.
/// - `marks`: one per valid step.
pub fn mark(frames: &[f32], width: usize, missing_as: MissingAs, marks: &mut [bool]) -> Steps {
    let each = || frames.chunks_exact(width.max(1));
    let is_zero = |frame: &[f32]| frame.iter().all(|value| *value == 0.0);
    let is_nan = |frame: &[f32]| frame.iter().all(|value| value.is_nan());
    let mut steps = Steps {
        valid: marks.len(),
        zero: each().filter(|frame| is_zero(frame)).count(),
        nan: each().filter(|frame| is_nan(frame)).count(),
        lost: 0,
    };
    let empty = steps.zero + steps.nan == steps.valid;
    let zeros = missing_as == MissingAs::Zeros || missing_as == MissingAs::Found && empty;
    for (mark, frame) in marks.iter_mut().zip(each()) {
        *mark = match missing_as {
            MissingAs::None => false,
            _ => is_nan(frame) || zeros && is_zero(frame),
        };
        steps.lost += usize::from(*mark);
    }
    steps
}
