//! Counts the zero frames within a sample, and the frames that repeat the one before, also to its end.

/// Zero and equal frames of a sample.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Runs {
    /// Frames other than zeros.
    pub frames: usize,
    /// Frames between the first and the last that are not zeros, how many of them are, and in how many runs.
    pub inner: usize,
    pub gaps: usize,
    pub gap_runs: usize,
    /// Frames equal to the one before, and most frames in a row that are equal; no zeros.
    pub repeated: usize,
    pub longest: usize,
    /// Frames at the end that are equal.
    pub tail: usize,
}

impl Runs {
    /// Of the frames of a sample, of `width` values each.
    pub fn of(content: &[f32], width: usize) -> Self {
        let mut runs = Self::default();
        let (mut first, mut last, mut row) = (None, 0, 0);
        let mut before: Option<&[f32]> = None;
        let mut gap = 0;
        for (at, frame) in content.chunks_exact(width).enumerate() {
            if frame.iter().all(|value| *value == 0.0) {
                (before, gap) = (None, gap + 1);
                continue;
            }
            if first.is_some() && gap > 0 {
                runs.gaps += gap;
                runs.gap_runs += 1;
            }
            (first, last, gap) = (first.or(Some(at)), at, 0);
            runs.frames += 1;
            // A frame with one value in all dimensions is a mark, and no picture that stands still.
            let is_repeated = before == Some(frame) && frame.iter().any(|value| *value != frame[0]);
            row = if is_repeated { row + 1 } else { 1 };
            runs.repeated += usize::from(is_repeated);
            runs.longest = runs.longest.max(row);
            before = Some(frame);
        }
        runs.tail = row;
        runs.inner = (last - first.unwrap_or(last)).saturating_sub(1);
        runs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_frames_within_a_sample_and_repeated_ones_are_counted() {
        let frames = [0, 1, 1, 0, 2, 0, 0, 3, 3, 3, 4, 0];
        let content: Vec<f32> = frames
            .iter()
            .flat_map(|f| [*f as f32, (2 * f) as f32])
            .collect();
        let expected = Runs {
            frames: 7,
            inner: 8,
            gaps: 3,
            gap_runs: 2,
            repeated: 3,
            longest: 3,
            tail: 1,
        };
        assert_eq!(Runs::of(&content, 2), expected);
        assert_eq!(Runs::of(&content[..20], 2).tail, 3);
        // Marks of one value are not repeated frames.
        assert_eq!(Runs::of(&[7.0; 8], 2).repeated, 0);
        assert_eq!(Runs::of(&[0.0; 8], 2), Runs::default());
    }
}
