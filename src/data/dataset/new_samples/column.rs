//! Gives the frames of a column the steps that a model was trained with, standardizes them and marks lost ones.

use super::lost::{self, MissingAs};
use super::report::Lost;
use crate::data::dataset::spread::Spread;
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
        found: &mut Lost,
        spread: &mut Spread,
    ) -> Result<(), String> {
        let (size, width) = (self.steps * self.width, self.width);
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
