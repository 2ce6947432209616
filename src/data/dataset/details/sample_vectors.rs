//! Means over the frames of each of some samples, in every dimension.

/// Samples of a split that are looked at, about.
pub const SAMPLES: usize = 1500;

/// Wider features are not looked at: they would take more memory than a sample does.
const WIDTH: usize = 4096;

/// The mean frame of each sample that is looked at, with its row. Samples without a frame, or with a value that is not
/// finite, are left out.
#[derive(Clone, Debug, Default)]
pub struct SampleVectors(pub Vec<(usize, Vec<f32>)>);

impl SampleVectors {
    /// Adds a sample of `width` values a frame, by its row of `rows`. Frames of zeros do not count.
    pub fn add(&mut self, sample: &[f32], width: usize, (row, rows): (usize, usize)) {
        if width > WIDTH || !row.is_multiple_of(rows / SAMPLES + 1) {
            return;
        }
        let (mut sums, mut frames) = (vec![0.0_f32; width], 0.0);
        for frame in sample.chunks_exact(width) {
            if frame.iter().any(|value| *value != 0.0) {
                frames += 1.0;
                sums.iter_mut()
                    .zip(frame)
                    .for_each(|(sum, value)| *sum += value);
            }
        }
        sums.iter_mut().for_each(|sum| *sum /= frames);
        if sums.iter().all(|sum| sum.is_finite()) {
            self.0.push((row, sums));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_has_the_mean_of_its_frames() {
        let mut vectors = SampleVectors::default();
        vectors.add(&[1.0, 2.0, 3.0, 4.0, 0.0, 0.0], 2, (0, 9));
        vectors.add(&[0.0; 6], 2, (1, 9));
        vectors.add(&[f32::NAN, 1.0], 2, (2, 9));
        assert_eq!(vectors.0, [(0, vec![2.0, 3.0])]);
    }
}
