//! Gives the frames of a column the steps that a model was trained with, standardizes them and marks lost ones.

use super::lost::{self, MissingAs};
use super::repeated::print_of;
use super::report::Found;
use crate::data::dataset::standardize::Moments;

/// Frames of consecutive samples.
#[derive(Debug, Default)]
pub struct Part {
    /// (n, T, d)
    pub values: Vec<f32>,
    /// (n, T)
    pub lost: Vec<bool>,
}

/// Shape and standardization of a column.
#[derive(Clone, Copy)]
pub struct Target<'a> {
    pub steps: usize,
    pub width: usize,
    pub moments: Option<&'a Moments>,
    pub missing_as: MissingAs,
}

impl Target<'_> {
    /// Appends a sample of frames (t, d), of which `length` are valid in the file.
    ///
    /// # Errors
    /// A description of what is wrong with the sample.
    pub fn push(
        &self,
        sample: &[f32],
        length: usize,
        part: &mut Part,
        found: &mut Found,
    ) -> Result<(), String> {
        let Found {
            lost: found,
            spread,
            kinds,
            ends,
            prints,
        } = found;
        let (size, width) = (self.steps * self.width, self.width);
        let nonzero = |values: &[f32]| values.iter().any(|value| *value != 0.0);
        let (own, past) = sample.split_at((length * width).min(sample.len()));
        found.samples_past_length += u64::from(nonzero(past));
        prints.push(print_of(own, width));
        let last = own.iter().rposition(|value| *value != 0.0);
        ends.push(last.map_or(0, |last| last / width.max(1) + 1));
        let last = &own[own.len().saturating_sub(width)..];
        found.samples_ending_in_zeros += u64::from(nonzero(own) && !nonzero(last));
        let start = part.values.len();
        let valid = length.min(self.steps);
        part.values
            .extend_from_slice(&sample[..sample.len().min(size)]);
        part.values.resize(start + size, 0.0);
        let marks = part.lost.len();
        part.lost.resize(marks + self.steps, false);
        let values = &mut part.values[start..];
        let frames = &values[..valid * width];
        let steps = lost::mark(
            frames,
            width,
            self.missing_as,
            &mut part.lost[marks..][..valid],
        );
        found.add(steps);
        found.cut_samples += u64::from(length > self.steps);
        let unknown = frames.iter().filter(|value| !value.is_finite()).count();
        if steps.nan > 0 && self.missing_as == MissingAs::None {
            return Err("a frame of NaN; --missing-as nan takes such frames as missing".to_owned());
        }
        found.not_finite += (unknown - (steps.nan * width).min(unknown)) as u64;
        let kept = values[..valid * width].chunks_exact(width.max(1));
        let kept = kept.zip(&part.lost[marks..]).filter(|(_, lost)| !**lost);
        kept.for_each(|(frame, _)| kinds.add(frame));
        let (frames, padding) = values.split_at_mut(valid * width);
        if let Some(moments) = self.moments {
            moments.apply(frames);
            padding.fill(0.0);
        }
        // After the standardization, as `prepare` does: 0 is the mean then.
        for value in values.iter_mut().filter(|value| !value.is_finite()) {
            *value = 0.0;
        }
        let frames = values[..valid * width].chunks_exact(width.max(1));
        let kept = frames.zip(&part.lost[marks..]).filter(|(_, lost)| !**lost);
        kept.for_each(|(frame, _)| spread.add(frame, width, (0, 1)));
        Ok(())
    }
}
