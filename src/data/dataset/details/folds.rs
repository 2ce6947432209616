//! Looks for rows of another length in the flat values of samples, as `reshape` in place of a transpose leaves them.
//!
//! Values of (d, T) that are read as (T, d) begin a new dimension every T values. There they jump, and at the same
//! columns of other frames they do not; in sound samples one frame is like another.

use std::ops::Range;

/// Dimensions without which columns tell nothing.
const DIMENSIONS: usize = 3;

/// Part of the frames that may repeat the one before: those that are written several times change at equal distances.
const REPEATED: f64 = 0.1;

/// How often values jump where rows would begin that are as long as a sample has steps, and as it has frames, where
/// these are fewer: arrays of one sample each are reshaped without padding.
#[derive(Clone, Copy, Debug, Default)]
pub struct Folds(pub [Places; 2]);

/// How often a step between values is larger than the ones before and behind it, at the places where rows of another
/// length would begin, and at the same columns of the frames before and behind.
#[derive(Clone, Copy, Debug, Default)]
pub struct Places {
    pub at: Steps,
    pub beside: Steps,
}

/// Steps that were looked at, and those that are larger than both neighbors.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Steps {
    pub all: u64,
    pub large: u64,
}

impl Folds {
    /// Adds a sample of `width` values a frame.
    pub fn add(&mut self, sample: &[f32], width: usize) {
        let steps = sample.len() / width;
        let is_other = |value: &f32| *value != 0.0;
        let ends = sample
            .iter()
            .position(is_other)
            .zip(sample.iter().rposition(is_other));
        let Some((first, last)) = ends.filter(|_| width >= DIMENSIONS && steps > 1) else {
            return;
        };
        // Where padding begins or ends, values jump too.
        let content = first / width * width..(last / width + 1) * width;
        let frames = content.len() / width;
        let [before, behind] = [&sample[content.start..], &sample[content.start + width..]];
        let pairs = before.chunks(width).zip(behind.chunks(width));
        let is_repeated = |pair: &(&[f32], &[f32])| pair.0 == pair.1 && pair.0.iter().any(is_other);
        if pairs.filter(is_repeated).count() as f64 > REPEATED * frames as f64 {
            return;
        }
        self.0[0].add(sample, &content, [width, steps]);
        if content.start == 0 && (2..steps).contains(&frames) {
            self.0[1].add(sample, &content, [width, frames]);
        }
    }
}

impl Places {
    /// Adds the content of a sample, whose rows would have so many values.
    fn add(&mut self, sample: &[f32], content: &Range<usize>, [width, row]: [usize; 2]) {
        let is_inside = |at: &usize| *at >= content.start + 2 && at + 1 < content.end;
        for at in (row..content.end).step_by(row).filter(is_inside) {
            let both = [Some(at + width), at.checked_sub(width)];
            let mut beside = both.into_iter().flatten().filter(is_inside);
            let beside = beside.find(|at| !at.is_multiple_of(row));
            // Dimensions jump more or less often, so that each place needs one of its own to compare with.
            let pair = is_large(sample, at).zip(beside.and_then(|at| is_large(sample, at)));
            if let Some((own, other)) = pair {
                self.at.add(own);
                self.beside.add(other);
            }
        }
    }
}

/// Whether the step to a value is larger than the ones before and behind it, where any is other than zero.
fn is_large(sample: &[f32], at: usize) -> Option<bool> {
    let step = |at: usize| (sample[at] - sample[at - 1]).abs();
    let (own, others) = (step(at), step(at - 1).max(step(at + 1)));
    (own.is_finite() && others.is_finite() && own.max(others) > 0.0).then_some(own > others)
}

impl Steps {
    fn add(&mut self, is_large: bool) {
        self.all += 1;
        self.large += u64::from(is_large);
    }

    /// The part of the steps that are larger than both neighbors.
    pub fn part(self) -> f64 {
        self.large as f64 / self.all.max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_another_length_jump_at_their_beginnings() {
        // Three dimensions over seven steps, one after the other.
        let rows: Vec<f32> = (0..21)
            .map(|at| (at / 7 * 50 + at % 7 + 1) as f32)
            .collect();
        let folds = |sample: &[f32]| {
            let mut folds = Folds::default();
            folds.add(sample, 3);
            folds.0
        };
        let [folded, _] = folds(&rows);
        assert_eq!(folded.at, Steps { all: 2, large: 2 });
        assert_eq!(folded.beside, Steps { all: 2, large: 0 });
        let frames: Vec<f32> = (0..21).map(|at| rows[at % 3 * 7 + at / 3]).collect();
        let [sound, _] = folds(&frames);
        assert_eq!(sound.at.part(), 0.0, "{sound:?}");
        // Samples of their own lengths, padded behind.
        let [_, own] = folds(&[&rows[..], &[0.0; 9]].concat());
        assert_eq!(own.at, Steps { all: 2, large: 2 });
        // Nothing is judged at the beginning of padding, and where frames repeat.
        let [padded, _] = folds(&[[1.0; 6], [0.0; 6]].concat());
        assert_eq!(padded.at, Steps::default());
        let [repeated, _] = folds(&[&rows[..3], &rows[..3], &rows[..15]].concat());
        assert_eq!(repeated.at, Steps::default());
    }
}
