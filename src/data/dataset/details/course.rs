//! Follows each dimension through some samples: whether it stays the same within them, as it does where a sample is one
//! vector, rises by the same step, or rises at all.

/// Samples of a split that are looked at, about.
const SAMPLES: usize = 60;

/// Frames of a sample without which nothing is told of it.
const FRAMES: usize = 3;

/// Distance from an equal step, as a part of it, and of a value in single precision.
const NEAR: f64 = 1e-3;
const ROUNDED: f64 = 1e-6;

/// A dimension within a sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Course {
    Constant(f32),
    Steady,
    /// Higher in every one of so many frames than in the one before, by different steps.
    Rising(usize),
    Other,
}

/// The courses of some samples, each with its row, by dimension.
#[derive(Clone, Debug, Default)]
pub struct Courses(pub Vec<(usize, Vec<Course>)>);

impl Courses {
    /// Adds a sample of `width` values a frame, by its row of `rows`, without its frames of zeros.
    pub fn add(&mut self, sample: &[f32], width: usize, (row, rows): (usize, usize)) {
        if !row.is_multiple_of(rows / SAMPLES + 1) {
            return;
        }
        let frames = sample.chunks_exact(width).enumerate();
        let frames: Vec<(usize, &[f32])> = frames
            .filter(|(_, frame)| frame.iter().any(|value| *value != 0.0))
            .collect();
        if sample.len() == width {
            let values = sample.iter().map(|value| Course::Constant(*value));
            self.0.push((row, values.collect()));
        } else if frames.len() >= FRAMES {
            let course = |at: usize| Course::of(frames.iter().map(|(i, frame)| (*i, frame[at])));
            self.0.push((row, (0..width).map(course).collect()));
        }
    }
}

impl Course {
    /// Of values at their frames.
    fn of(values: impl Iterator<Item = (usize, f32)> + Clone) -> Self {
        let mut first = values.clone();
        let (Some((start, a)), Some((next, b))) = (first.next(), first.next()) else {
            return Self::Other;
        };
        let step = (f64::from(b) - f64::from(a)) / (next - start) as f64;
        let is_near = |(at, value): (usize, f32)| {
            let expected = f64::from(a) + step * (at - start) as f64;
            let allowed = NEAR * step.abs() + ROUNDED * expected.abs();
            (f64::from(value) - expected).abs() <= allowed
        };
        match values.clone().all(is_near) {
            _ if values.clone().all(|(_, value)| value == a) => Self::Constant(a),
            true if step != 0.0 => Self::Steady,
            _ if rises(values.clone()) => Self::Rising(values.count()),
            _ => Self::Other,
        }
    }
}

fn rises(values: impl Iterator<Item = (usize, f32)> + Clone) -> bool {
    let next = values.clone().skip(1);
    values.zip(next).all(|((_, a), (_, b))| a < b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constant_and_rising_dimensions_are_told_from_others() {
        let mut courses = Courses::default();
        let frame = |at: usize| {
            let time = at as f32 * 0.033;
            [
                2.5,
                at as f32,
                100.0 + time,
                (at * at) as f32,
                1.0 / (at + 1) as f32,
            ]
        };
        let mut sample: Vec<f32> = (0..10).flat_map(frame).collect();
        // A lost frame, and padding.
        sample[15..20].fill(0.0);
        sample.extend([0.0; 15]);
        courses.add(&sample, 5, (0, 30));
        let steady = Course::Steady;
        let expected = [
            Course::Constant(2.5),
            steady,
            steady,
            Course::Rising(9),
            Course::Other,
        ];
        assert_eq!(courses.0, [(0, expected.to_vec())]);
        courses.add(&sample[..10], 5, (1, 30));
        assert_eq!(courses.0.len(), 1, "two frames");
        courses.add(&[4.0, 0.0], 2, (2, 30));
        let vector = [Course::Constant(4.0), Course::Constant(0.0)];
        assert_eq!(courses.0[1], (2, vector.to_vec()));
    }
}
