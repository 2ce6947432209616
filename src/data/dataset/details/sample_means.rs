//! Means of some dimensions over the frames of each sample.

/// Dimensions that are looked at, spread over all.
pub const LOOKED_AT: usize = 4;

/// One row per sample; not a number where all frames are zero or a value is not finite.
#[derive(Clone, Debug, Default)]
pub struct SampleMeans(Vec<[f64; LOOKED_AT]>);

impl SampleMeans {
    /// Adds a sample of `width` values a frame. Frames of zeros do not count.
    pub fn add(&mut self, sample: &[f32], width: usize) {
        let (mut sums, mut frames) = ([0.0; LOOKED_AT], 0.0);
        for frame in sample.chunks_exact(width) {
            if frame.iter().any(|value| *value != 0.0) {
                frames += 1.0;
                for (at, sum) in sums.iter_mut().enumerate() {
                    *sum += f64::from(frame[at * width / LOOKED_AT]);
                }
            }
        }
        self.0.push(sums.map(|sum| sum / frames));
    }

    /// Each dimension that is looked at, of all samples.
    pub fn dimensions(&self) -> [Vec<f64>; LOOKED_AT] {
        std::array::from_fn(|at| self.0.iter().map(|means| means[at]).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_of_zeros_do_not_count() {
        let mut means = SampleMeans::default();
        means.add(
            &[1.0, 2.0, 3.0, 4.0, 3.0, 2.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0],
            4,
        );
        means.add(&[0.0; 12], 4);
        let [first, .., last] = means.dimensions();
        assert_eq!((first[0], last[0]), (2.0, 2.0));
        assert!(first[1].is_nan());
    }
}
