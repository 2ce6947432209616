//! How large each sample is: the size of its vector, where it is one, and its last dimension that is not zero.

/// One entry per sample.
#[derive(Clone, Debug, Default)]
pub struct Extents {
    /// Euclidean length of the only frame.
    pub sizes: Vec<f64>,
    /// Signs of the values of the only frame.
    pub signs: Vec<Signs>,
    /// One past the last dimension that is not zero in all frames.
    pub dimensions: Vec<usize>,
}

/// Shares of the values of a frame.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Signs {
    pub below: f64,
    pub zeros: f64,
}

impl Signs {
    fn of(frame: &[f32]) -> Self {
        let share = |is: fn(f32) -> bool| {
            let count = frame.iter().filter(|value| is(**value)).count();
            count as f64 / frame.len() as f64
        };
        Self {
            below: share(|value| value < 0.0),
            zeros: share(|value| value == 0.0),
        }
    }
}

impl Extents {
    /// Adds a sample of `width` values a frame.
    pub fn add(&mut self, sample: &[f32], width: usize) {
        if sample.len() == width {
            let squares = sample.iter().map(|value| f64::from(*value).powi(2));
            self.sizes.push(squares.sum::<f64>().sqrt());
            self.signs.push(Signs::of(sample));
        }
        let mut last = 0;
        for frame in sample.chunks_exact(width) {
            // Beyond the last one that is known.
            let beyond = frame[last..].iter().rposition(|value| *value != 0.0);
            last += beyond.map_or(0, |at| at + 1);
            if last == width {
                break;
            }
        }
        self.dimensions.push(last);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extents_are_those_of_all_frames() {
        let mut extents = Extents::default();
        extents.add(&[1.0, 0.0, 0.0, 0.0, 2.0, 0.0], 3);
        extents.add(&[0.0; 6], 3);
        extents.add(&[1.0, 0.0, 0.0, 0.0, 2.0, 3.0], 3);
        assert_eq!(
            (extents.dimensions, extents.sizes.len()),
            (vec![2, 0, 3], 0)
        );
        let mut one = Extents::default();
        one.add(&[3.0, 4.0], 2);
        one.add(&[0.0, -4.0], 2);
        assert_eq!(one.sizes, [5.0, 4.0]);
        let of = |below, zeros| Signs { below, zeros };
        assert_eq!(one.signs, [of(0.0, 0.0), of(0.5, 0.5)]);
    }
}
