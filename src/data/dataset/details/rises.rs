//! Counts how often values rise and fall from frame to frame, from dimension to dimension and from sample to sample.

/// Samples of a split that are looked at within, about.
const SAMPLES: usize = 60;

/// Wider features are not looked at: they would take more memory than a sample does.
const WIDTH: usize = 4096;

/// Steps, and dimensions, without which nothing is told.
const STEPS: u64 = 1000;
const DIMENSIONS: usize = 3;

/// Part of the steps that rise where values were sorted. In CMU-MOSI, CH-SIMS and ICT-MMMO 45 to 55 % do.
const SORTED: f64 = 0.99;

/// Steps that rise and fall in each direction.
#[derive(Clone, Debug, Default)]
pub struct Rises {
    frames: Steps,
    dimensions: Steps,
    samples: Steps,
    /// The first frame of the sample before.
    before: Vec<f32>,
}

/// Numbers of steps that rise and fall; equal values are none.
#[derive(Clone, Copy, Debug, Default)]
struct Steps {
    up: u64,
    down: u64,
}

impl Rises {
    /// Adds a sample of `width` values a frame, by its row of `rows`. Frames of zeros do not count.
    pub fn add(&mut self, sample: &[f32], width: usize, (row, rows): (usize, usize)) {
        if !(DIMENSIONS..=WIDTH).contains(&width) {
            return;
        }
        let is_other = |frame: &&[f32]| frame.iter().any(|value| *value != 0.0);
        if let Some(first) = sample.chunks_exact(width).next().filter(is_other) {
            self.samples.add(&self.before, first);
            self.before.clear();
            self.before.extend(first);
        }
        if !row.is_multiple_of(rows / SAMPLES + 1) {
            return;
        }
        let mut before: &[f32] = &[];
        for frame in sample.chunks_exact(width).filter(is_other) {
            self.frames.add(before, frame);
            self.dimensions.add(frame, &frame[1..]);
            before = frame;
        }
    }

    /// Part of the steps that rise, and between what, where values were sorted.
    pub fn sorted(&self) -> Option<(f64, &'static str)> {
        let all = [
            (self.frames, "frame to frame"),
            (self.dimensions, "dimension to dimension"),
            (self.samples, "sample to sample"),
        ];
        all.into_iter().find_map(|(steps, between)| {
            let count = steps.up + steps.down;
            let part = steps.up as f64 / count as f64;
            (count >= STEPS && part >= SORTED).then_some((part, between))
        })
    }
}

impl Steps {
    /// Adds the steps from some values to others.
    fn add(&mut self, from: &[f32], to: &[f32]) {
        for (a, b) in from.iter().zip(to) {
            self.up += u64::from(a < b);
            self.down += u64::from(a > b);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How values of 60 samples of 10 frames and 8 dimensions are sorted, by their sample, frame and dimension.
    fn sorted(value: impl Fn(usize, usize, usize) -> usize) -> Option<&'static str> {
        let mut rises = Rises::default();
        for row in 0..60 {
            let value = |at: usize| value(row, at / 8, at % 8) as f32 + 1.0;
            let mut sample: Vec<f32> = (0..80).map(value).collect();
            sample.extend([0.0; 16]);
            rises.add(&sample, 8, (row, 60));
        }
        rises.sorted().map(|(_, between)| between)
    }

    #[test]
    fn values_that_were_sorted_rise() {
        let any = |a: usize, b: usize, c: usize| (a * 7919 + b * 613 + c * 31) * 37 % 101;
        assert_eq!(sorted(any), None);
        let time = |row, frame, d| 200 * frame + any(row, frame, d);
        assert_eq!(sorted(time), Some("frame to frame"));
        let dimensions = |row, frame, d| 200 * d + any(row, frame, d);
        assert_eq!(sorted(dimensions), Some("dimension to dimension"));
        // The first frames alone are too few.
        let samples = |row, frame, d| 200 * row + any(row, frame, d);
        assert_eq!(sorted(samples), None);
        let mut rises = Rises::default();
        for row in 0..300 {
            let frame = [0, 1, 2, 3].map(|d| (200 * row + any(row, 0, d)) as f32);
            rises.add(&frame, 4, (row, 300));
        }
        assert_eq!(rises.sorted().unwrap().1, "sample to sample");
        // One dimension in four that rises is the time.
        let time = |row, frame, d| {
            if d % 4 == 0 {
                frame
            } else {
                any(row, frame, d)
            }
        };
        assert_eq!(sorted(time), None);
    }
}
