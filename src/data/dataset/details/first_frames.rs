//! First frames of the first samples of a split, which lie beside each other.

/// Samples of a split that are looked at, at most: those of about 200 videos of CMU-MOSEI.
const SAMPLES: usize = 1500;

/// Wider features are not looked at: they would take more memory than a sample does.
const WIDTH: usize = 4096;

/// The first frame of each sample that is not zero, with the row of the sample.
#[derive(Clone, Debug, Default)]
pub struct FirstFrames(pub Vec<(usize, Vec<f32>)>);

impl FirstFrames {
    /// Adds a sample of `width` values a frame, by its row.
    pub fn add(&mut self, sample: &[f32], width: usize, row: usize) {
        if width > WIDTH || row >= SAMPLES {
            return;
        }
        let mut frames = sample.chunks_exact(width);
        let first = frames.find(|frame| frame.iter().any(|value| *value != 0.0));
        self.0.extend(first.map(|frame| (row, frame.to_vec())));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_has_the_first_frame_that_is_not_zero() {
        let mut first = FirstFrames::default();
        first.add(&[0.0, 0.0, 3.0, 4.0, 5.0, 6.0], 2, 0);
        first.add(&[0.0; 6], 2, 1);
        first.add(&[0.0, 1.0], 2, 2);
        first.add(&[1.0, 1.0], 2, SAMPLES);
        assert_eq!(first.0, [(0, vec![3.0, 4.0]), (2, vec![0.0, 1.0])]);
    }
}
