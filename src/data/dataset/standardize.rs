//! Standardizes every feature to mean 0 and standard deviation 1.
//!
//! SIMS's vision holds raw OpenFace values of tens of millions. Statistics are taken over the valid
//! frames of the training split, finite values only, and applied to every split; padding stays 0.

use super::error::Result;
use crate::data::dataset::read::frames::Frames;
use crate::data::store::Reader;

/// Mean and standard deviation per feature, in the precision in which they are stored and applied.
#[derive(Clone, Debug, PartialEq)]
pub struct Moments {
    pub mean: Vec<f32>,
    /// Population standard deviation; 1 where all values are equal.
    pub deviation: Vec<f32>,
}

impl Moments {
    /// Computes the moments of the valid frames of a column.
    ///
    /// # Errors
    /// As [`Frames::for_each`].
    pub fn of(frames: &Frames<'_, '_>) -> Result<Self> {
        let mut running = vec![Running::default(); frames.width()];
        frames.for_each(|samples| {
            let each = samples.values.chunks_exact(frames.sample()).enumerate();
            for (index, sample) in each {
                let valid = &sample[..frames.valid(samples.first + index)];
                for frame in valid.chunks_exact(frames.width()) {
                    running
                        .iter_mut()
                        .zip(frame)
                        .for_each(|(r, value)| r.add(*value));
                }
            }
            Ok(())
        })?;
        Ok(Self {
            mean: running.iter().map(|r| r.mean as f32).collect(),
            deviation: running.iter().map(Running::deviation).collect(),
        })
    }

    /// Those by which `prepare` standardized a column, if it did.
    ///
    /// # Errors
    /// Those of [`Reader::numbers`].
    pub fn stored(reader: &Reader, column: &str) -> Result<Option<Self>> {
        let name = |what: &str| format!("standardization/{column}_{what}");
        if !reader.has("standardization") || !reader.has(&name("mean")) {
            return Ok(None);
        }
        Ok(Some(Self {
            mean: reader.numbers(&name("mean"))?,
            deviation: reader.numbers(&name("deviation"))?,
        }))
    }

    /// Standardizes frames.
    pub fn apply(&self, frames: &mut [f32]) {
        for frame in frames.chunks_exact_mut(self.mean.len()) {
            let moments = self.mean.iter().zip(&self.deviation);
            for (value, (mean, deviation)) in frame.iter_mut().zip(moments) {
                let centred = f64::from(*value) - f64::from(*mean);
                *value = (centred / f64::from(*deviation)) as f32;
            }
        }
    }

    /// Gives standardized frames their own units again, to within rounding.
    pub fn undo(&self, frames: &mut [f32]) {
        for frame in frames.chunks_exact_mut(self.mean.len()) {
            let moments = self.mean.iter().zip(&self.deviation);
            for (value, (mean, deviation)) in frame.iter_mut().zip(moments) {
                let own = f64::from(*value) * f64::from(*deviation) + f64::from(*mean);
                *value = own as f32;
            }
        }
    }
}

/// Welford's running mean and sum of squared deviations, since sums of squares of values of tens of
/// millions would cancel.
#[derive(Clone, Copy, Debug, Default)]
struct Running {
    count: u64,
    mean: f64,
    squares: f64,
}

impl Running {
    fn add(&mut self, value: f32) {
        if value.is_finite() {
            let value = f64::from(value);
            self.count += 1;
            let before = value - self.mean;
            self.mean += before / self.count as f64;
            self.squares += before * (value - self.mean);
        }
    }

    fn deviation(&self) -> f32 {
        let deviation = (self.squares / self.count.max(1) as f64).sqrt() as f32;
        if deviation > 0.0 { deviation } else { 1.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_of_large_values_are_exact() {
        let mut running = Running::default();
        for value in [3e7, 3e7 + 2.0, f32::NAN, 3e7 + 4.0, f32::INFINITY] {
            running.add(value);
        }
        assert_eq!(running.mean, 3e7 + 2.0);
        assert_eq!(running.deviation(), (8.0f64 / 3.0).sqrt() as f32);
        assert_eq!(Running::default().deviation(), 1.0);
    }

    #[test]
    fn applying_centres_and_scales() {
        let (mean, deviation) = (vec![1.0, 10.0], vec![2.0, 1.0]);
        let mut frames = [3.0, 10.0, -1.0, 12.5];
        Moments { mean, deviation }.apply(&mut frames);
        assert_eq!(frames, [1.0, 0.0, -1.0, 2.5]);
    }
}
