//! Counts the dimensions that are one value throughout a sample: what an extractor that failed leaves.

/// Frames that differ from the one before, without which dimensions are still by chance.
const CHANGES: usize = 4;

/// Part of the dimensions up to which a sample is like most, and from which a block of them is missing. In CMU-MOSI, CH-SIMS and
/// ICT-MMMO no sample has more than 0.11.
pub const FEW: f64 = 0.15;
pub const BLOCK: f64 = 0.3;

/// What was seen in the samples of a column that can be judged.
#[derive(Clone, Debug, Default)]
pub struct StillDimensions {
    /// Samples that are like most.
    pub few: usize,
    /// Those between.
    pub between: usize,
    /// Rows of those with a block.
    pub rows: Vec<usize>,
    /// How many of these have each dimension still.
    pub counts: Vec<usize>,
}

impl StillDimensions {
    /// Adds a sample of `width` values a frame. Frames of zeros do not count; in a single frame zeros are still.
    pub fn add(&mut self, sample: &[f32], width: usize, row: usize) {
        let Some(still) = still(sample, width) else {
            return;
        };
        let part = still.iter().filter(|s| **s).count() as f64 / width as f64;
        if part < FEW {
            self.few += 1;
        } else if part < BLOCK {
            self.between += 1;
        } else if part < 1.0 {
            self.rows.push(row);
            self.counts.resize(width, 0);
            let counts = self.counts.iter_mut().zip(still);
            counts.for_each(|(count, still)| *count += usize::from(still));
        }
    }
}

/// Whether each dimension is still, where the frames tell.
fn still(sample: &[f32], width: usize) -> Option<Vec<bool>> {
    if sample.len() == width {
        return Some(sample.iter().map(|value| *value == 0.0).collect());
    }
    let mut frames = sample
        .chunks_exact(width)
        .filter(|frame| frame.iter().any(|value| *value != 0.0));
    let first = frames.next()?;
    let (mut still, mut last, mut changes) = (vec![true; width], first, 0);
    let mut left = width;
    for frame in frames {
        if frame != last {
            changes += 1;
            last = frame;
            for at in 0..width {
                if still[at] && frame[at].to_bits() != first[at].to_bits() {
                    still[at] = false;
                    left -= 1;
                }
            }
        }
        if changes >= CHANGES && left == 0 {
            break;
        }
    }
    (changes >= CHANGES).then_some(still)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn still_dimensions_are_counted_over_frames_that_change() {
        let frames = |n: usize| -> Vec<f32> {
            let frame = |i: usize| [i as f32 + 1.0, 2.0, (i * i) as f32, 0.0];
            (0..n).flat_map(frame).chain([0.0; 8]).collect()
        };
        assert_eq!(still(&frames(4), 4), None);
        let wanted = [false, true, false, true];
        assert_eq!(still(&frames(5), 4).as_deref(), Some(&wanted[..]));
        let mut all = StillDimensions::default();
        all.add(&frames(5), 4, 3);
        all.add(&[1.0, 2.0, 3.0, 4.0], 4, 4);
        assert_eq!((all.few, all.between, &all.rows[..]), (1, 0, &[3][..]));
        assert_eq!(all.counts, [0, 1, 0, 1]);
    }
}
