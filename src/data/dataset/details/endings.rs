//! Looks at the ends of some samples: whether their last frames are their first ones again, those of the next sample, or those
//! that the sample before has at the same steps; and at those of all, whether the next sample begins with the last frame.

use std::collections::HashSet;

/// Samples of a split that are looked at, about.
const SAMPLES: usize = 60;

/// Frames, and dimensions, without which equal frames are chance.
const FRAMES: usize = 3;
const DIMENSIONS: usize = 3;

/// The samples that were looked at, and the rows of those that go on so.
#[derive(Clone, Debug, Default)]
pub struct Endings {
    pub judged: usize,
    pub again: Vec<usize>,
    pub next: Vec<usize>,
    pub stale: Vec<usize>,
    /// Of all samples the rows of those that begin with the last frame of the one before, each with another frame.
    pub filled: Vec<usize>,
    /// The last frame of the sample before, where it differs from the one before it.
    last: Vec<f32>,
    /// The frames of `filled`, by their bits.
    known: HashSet<Vec<u32>>,
    /// The sample before, where it or the next one is looked at.
    before: Option<(usize, Vec<f32>)>,
}

impl Endings {
    /// Adds a sample of `width` values a frame, by its row of `rows`.
    pub fn add(&mut self, sample: &[f32], width: usize, (row, rows): (usize, usize)) {
        let last = sample.iter().rposition(|value| *value != 0.0);
        let content = &sample[..last.map_or(0, |last| last / width + 1) * width];
        self.begin(content, width, row);
        let is_looked_at = |row: usize| row.is_multiple_of(rows / SAMPLES + 1);
        let is_enough =
            |content: &[f32]| width >= DIMENSIONS && content.len() >= 2 * FRAMES * width;
        let is_judged = is_enough(content) && is_looked_at(row);
        if let Some((at, before)) = self.before.take().filter(|(at, _)| at + 1 == row) {
            let is_next = is_enough(&before) && is_looked_at(at);
            if is_next && goes_on_with(&before, content, width) {
                self.next.push(at);
            }
            if is_judged && ends_as(content, &before, width) {
                self.stale.push(row);
            }
        }
        if is_judged {
            self.judged += 1;
            if goes_on_with(content, content, width) {
                self.again.push(row);
            }
        }
        if is_judged || is_looked_at(row + 1) {
            self.before = Some((row, content.to_vec()));
        }
    }
}

impl Endings {
    /// Compares the first frame of a sample with the last one before, and keeps its own last one.
    fn begin(&mut self, content: &[f32], width: usize, row: usize) {
        let is_filled = !self.last.is_empty() && content.starts_with(&self.last);
        // A frame that stands for missing ones is met again and again.
        if is_filled
            && self
                .known
                .insert(self.last.iter().map(|v| v.to_bits()).collect())
        {
            self.filled.push(row);
        }
        self.last.clear();
        let mut frames = content.chunks_exact(width).rev();
        if let (Some(last), Some(other)) = (frames.next(), frames.next()) {
            let values = last.iter().filter(|value| **value != 0.0).count();
            if last != other && values >= DIMENSIONS {
                self.last.extend(last);
            }
        }
    }
}

/// Whether the last frames, but not the first, are those of the sample before at the same steps.
fn ends_as(content: &[f32], before: &[f32], width: usize) -> bool {
    let both = content.chunks_exact(width).zip(before.chunks_exact(width));
    let is_same: Vec<bool> = both.map(|(a, b)| a == b).collect();
    let same = is_same.iter().rev().take_while(|is_same| **is_same).count();
    let tail = &content[content.len() - FRAMES * width..];
    before.len() >= content.len() && same >= FRAMES && !is_same[0] && moves(tail, width)
}

/// Whether each frame differs from the one before.
fn moves(frames: &[f32], width: usize) -> bool {
    let pairs = frames
        .chunks_exact(width)
        .zip(frames[width..].chunks_exact(width));
    pairs.into_iter().all(|(a, b)| a != b)
}

/// Whether the last frames, from some later one on, are the first of `other`, which do not stand still.
fn goes_on_with(content: &[f32], other: &[f32], width: usize) -> bool {
    let frames = content.len() / width;
    let starts = 1..=frames.saturating_sub(FRAMES);
    starts.into_iter().any(|start| {
        let tail = &content[start * width..];
        let both = tail.len().min(other.len());
        both >= FRAMES * width
            && tail[..both] == other[..both]
            && moves(&tail[..FRAMES * width], width)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(sample: usize, range: std::ops::Range<usize>) -> Vec<f32> {
        let value = |at: usize, d: usize| ((sample * 31 + at * 7 + d * 3) % 101 + 1) as f32;
        range
            .flat_map(|at| (0..3).map(move |d| value(at, d)))
            .collect()
    }

    fn endings(samples: &[Vec<f32>]) -> Endings {
        let mut endings = Endings::default();
        for (row, sample) in samples.iter().enumerate() {
            endings.add(sample, 3, (row, samples.len()));
        }
        endings
    }

    #[test]
    fn samples_that_begin_again_or_go_on_with_the_next_are_found() {
        let padded = |row| [frames(row, 0..10), vec![0.0; 12]].concat();
        let sound: Vec<_> = (0..20).map(padded).collect();
        let found = endings(&sound);
        assert_eq!(
            (found.judged, found.again.len(), found.next.len()),
            (20, 0, 0)
        );

        let wrap = |row| [frames(row, 0..4), frames(row, 0..4), frames(row, 0..2)].concat();
        let again = endings(&(0..20).map(wrap).collect::<Vec<_>>());
        assert_eq!((again.again.len(), again.next.len()), (20, 0));

        let next = |row| [frames(row, 0..6), frames(row + 1, 0..4)].concat();
        let next = endings(&(0..20).map(next).collect::<Vec<_>>());
        assert_eq!((next.again.len(), next.next.len()), (0, 19));

        let still = endings(&vec![[1.0, 2.0, 3.0].repeat(10); 20]);
        assert_eq!((still.again.len(), still.next.len()), (0, 0));
        assert_eq!(still.stale.len(), 0);

        // Of a large split every so many samples are looked at, beside the next one.
        let next = |row| [frames(row, 0..6), frames(row + 1, 0..4)].concat();
        let next = endings(&(0..200).map(next).collect::<Vec<_>>());
        assert_eq!((next.judged, next.next.len()), (50, 50));
    }

    #[test]
    fn samples_that_begin_with_the_last_frame_before_are_found() {
        // Every tenth clip failed, and was filled with the frame before it.
        let filled = |row: usize, own: usize| match row % 10 {
            3 => frames(row - 1, 9..10).repeat(own),
            _ => frames(row, 0..10),
        };
        let found = |sample: &dyn Fn(usize) -> Vec<f32>| {
            endings(&(0..60).map(sample).collect::<Vec<_>>()).filled
        };
        assert_eq!(found(&|row| filled(row, 5)), [3, 13, 23, 33, 43, 53]);
        assert_eq!(found(&|row| frames(row, 0..10)), [0; 0]);
        let missing = |row: usize| match row % 10 {
            3 => [7.0, 8.0, 9.0].repeat(5),
            2 => [frames(row, 0..5), vec![7.0, 8.0, 9.0]].concat(),
            _ => frames(row, 0..10),
        };
        assert_eq!(found(&missing), [3], "one frame stands for what is missing");
        assert_eq!(
            found(&|_| [1.0, 2.0, 3.0].repeat(4)),
            [0; 0],
            "all stand still"
        );
    }

    #[test]
    fn samples_that_end_as_the_one_before_are_found() {
        let stale = |count: usize, length: fn(usize) -> usize| {
            let mut buffer = vec![0.0; 60];
            let sample = |row: usize| {
                let own = frames(row, 0..length(row));
                buffer[..own.len()].copy_from_slice(&own);
                buffer.clone()
            };
            let found = endings(&(0..count).map(sample).collect::<Vec<_>>());
            (found.judged, found.stale.len())
        };
        assert_eq!(stale(40, |row| 6 + row * 7 % 12), (40, 28));
        assert_eq!(stale(400, |row| if row == 0 { 20 } else { 9 }), (58, 57));
        assert_eq!(stale(40, |_| 20), (40, 0), "none is shorter");
        let copies = endings(&vec![frames(1, 0..12); 20]);
        assert_eq!(copies.stale.len(), 0, "one sample again");
    }
}
