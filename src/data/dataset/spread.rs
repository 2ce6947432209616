//! Means and standard deviations of features per dimension, of samples spread evenly over a split.

/// Samples of a split that are looked at, about.
const SAMPLES: usize = 2000;

/// Sums over the frames of a column of a split.
#[derive(Clone, Debug, Default)]
pub struct Spread {
    frames: u64,
    sums: Vec<f64>,
    squares: Vec<f64>,
}

impl Spread {
    /// Adds the frames of a sample, of `width` values each, without those of zeros and those with a value
    /// that is not finite. Of a split with `rows` samples every so many are added, by their `row`.
    pub fn add(&mut self, sample: &[f32], width: usize, (row, rows): (usize, usize)) {
        if width == 0 || !row.is_multiple_of(rows / SAMPLES + 1) {
            return;
        }
        self.sums.resize(width, 0.0);
        self.squares.resize(width, 0.0);
        for frame in sample.chunks_exact(width) {
            let zero = frame.iter().all(|value| *value == 0.0);
            if zero || !frame.iter().all(|value| value.is_finite()) {
                continue;
            }
            self.frames += 1;
            let sums = self.sums.iter_mut().zip(&mut self.squares);
            for (value, (sum, square)) in frame.iter().zip(sums) {
                let value = f64::from(*value);
                *sum += value;
                *square += value * value;
            }
        }
    }

    /// Number of frames.
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// Mean and standard deviation of each dimension.
    pub fn moments(&self) -> Vec<(f64, f64)> {
        let n = self.frames as f64;
        let pairs = self.sums.iter().zip(&self.squares);
        pairs
            .map(|(sum, square)| {
                let mean = sum / n;
                (mean, (square / n - mean * mean).max(0.0).sqrt())
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_and_values_that_are_not_finite_do_not_count() {
        let mut spread = Spread::default();
        spread.add(&[1.0, 10.0, 0.0, 0.0, f32::NAN, 1.0], 2, (0, 2));
        spread.add(&[3.0, 10.0], 2, (1, 2));
        assert_eq!(spread.frames(), 2);
        assert_eq!(spread.moments(), [(2.0, 1.0), (10.0, 0.0)]);
    }
}
