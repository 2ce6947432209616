//! Statistics of features per dimension and of neighboring dimensions, of samples spread evenly over a split.

use std::collections::BTreeMap;

/// Samples of a split that are looked at, about.
const SAMPLES: usize = 2000;

/// How far apart dimensions are whose correlations are known, at most.
const LINKS: usize = 4;

/// Pairs of consecutive frames below which their correlation is not known.
const PAIRS: u64 = 300;

/// Values of uniform frames that are counted: a mark of missing frames is one value.
const UNIFORM: usize = 100;

/// Products of neighboring dimensions without which nothing is told, and sum of squares of a dimension, as a part of the largest,
/// that is rounding.
const PRODUCTS: usize = 10;
const NOISE: f64 = 1e-6;

/// Single precision has no odd numbers from here on.
const EXACT: f32 = 16_777_216.0;

/// Sums over the frames of a column of a split.
#[derive(Clone, Debug, Default)]
pub struct Spread {
    /// Of the first half of the split and the second: of every second sample, and of the others.
    parts: [[Sums; 2]; 2],
    /// Samples of each half of the split.
    samples: [usize; 2],
    /// Products of each dimension with itself one frame later, and their number.
    later: Vec<f64>,
    pairs: u64,
    /// Frames of zeros before the last other one of their sample.
    gaps: u64,
    /// Frames that have one value in all dimensions, by that value.
    uniform: BTreeMap<u32, u64>,
    pub kinds: Kinds,
}

/// Numbers of values other than zero, and of those of some kind.
#[derive(Clone, Copy, Debug, Default)]
pub struct Kinds {
    pub values: u64,
    pub negative: u64,
    pub whole: u64,
    pub hundredths: u64,
    pub beyond_one: u64,
    /// Whole numbers of three digits or more, by their last one.
    pub digits: [u64; 10],
}

/// Sums of one half.
#[derive(Clone, Debug, Default)]
struct Sums {
    frames: u64,
    zeros: u64,
    sums: Vec<f64>,
    squares: Vec<f64>,
    /// Absolute values.
    sizes: Vec<f64>,
    ends: Vec<Ends>,
    /// Products of each dimension with the next, the one after it and so on.
    links: [Vec<f64>; LINKS],
}

/// The smallest and largest value of a dimension, and the numbers of frames that have them.
#[derive(Clone, Copy, Debug)]
pub struct Ends {
    pub low: f32,
    pub high: f32,
    pub at_low: u64,
    pub at_high: u64,
}

impl Default for Ends {
    fn default() -> Self {
        Self {
            low: f32::INFINITY,
            high: f32::NEG_INFINITY,
            at_low: 0,
            at_high: 0,
        }
    }
}

impl Ends {
    fn add(&mut self, other: Self) {
        if other.low < self.low {
            (self.low, self.at_low) = (other.low, 0);
        }
        self.at_low += u64::from(other.low == self.low) * other.at_low;
        if other.high > self.high {
            (self.high, self.at_high) = (other.high, 0);
        }
        self.at_high += u64::from(other.high == self.high) * other.at_high;
    }
}

/// What tells the dimensions of features from one another. Not a number for a dimension that does not vary.
#[derive(Clone, Debug)]
pub struct Signature {
    /// Means in units of the deviation.
    pub levels: Vec<f64>,
    /// Logarithms of deviations.
    pub scales: Vec<f64>,
    /// Correlations of neighboring dimensions.
    pub links: Vec<f64>,
}

/// What a half of a split is like.
#[derive(Clone, Debug, PartialEq)]
pub struct Half {
    pub samples: usize,
    pub moments: Vec<(f64, f64)>,
    pub sizes: Vec<f64>,
}

impl Spread {
    /// Adds the frames of a sample, of `width` values each, without those of zeros and those with a value
    /// that is not finite. Of a split with `rows` samples every so many are added, by their `row`.
    pub fn add(&mut self, sample: &[f32], width: usize, (row, rows): (usize, usize)) {
        let stride = rows / SAMPLES + 1;
        if width == 0 || !row.is_multiple_of(stride) {
            return;
        }
        let part = usize::from(2 * row >= rows);
        self.samples[part] += 1;
        let half = &mut self.parts[part][row / stride % 2];
        half.resize(width);
        self.later.resize(width, 0.0);
        let mut before: Option<&[f32]> = None;
        let mut gap = 0;
        for frame in sample.chunks_exact(width) {
            if frame.iter().all(|value| *value == 0.0) {
                (before, gap) = (None, gap + 1);
                continue;
            }
            self.gaps += std::mem::take(&mut gap);
            if !frame.iter().all(|value| value.is_finite()) {
                before = None;
                continue;
            }
            half.add(frame);
            self.kinds.add(frame);
            let few = self.uniform.len() < UNIFORM;
            if width > 2 && few && frame.iter().all(|value| *value == frame[0]) {
                *self.uniform.entry(frame[0].to_bits()).or_default() += 1;
            }
            if let Some(before) = before.replace(frame) {
                self.pairs += 1;
                let both = before.iter().zip(frame);
                for (sum, (a, b)) in self.later.iter_mut().zip(both) {
                    *sum += f64::from(*a) * f64::from(*b);
                }
            }
        }
    }

    /// Whether all of so many samples are looked at.
    pub fn is_whole(rows: usize) -> bool {
        rows < SAMPLES
    }

    /// The sums of several splits of one width in one; nothing of how frames follow each other.
    pub fn joined(splits: &[&Self]) -> Self {
        let mut all = Self::default();
        for split in splits {
            all.parts[0][0].join(&split.whole());
        }
        all
    }

    /// Number of frames.
    pub fn frames(&self) -> u64 {
        self.parts.iter().flatten().map(|part| part.frames).sum()
    }

    /// Part of the frames within samples that are zero.
    pub fn gaps(&self) -> f64 {
        self.gaps as f64 / (self.gaps + self.frames()).max(1) as f64
    }

    /// The value that most frames of one value have, and their number.
    pub fn uniform(&self) -> Option<(f32, u64)> {
        let most = self.uniform.iter().max_by_key(|(_, count)| **count)?;
        Some((f32::from_bits(*most.0), *most.1))
    }

    /// The ends of each dimension.
    pub fn ends(&self) -> Vec<Ends> {
        self.whole().ends
    }

    /// Mean and standard deviation of each dimension.
    pub fn moments(&self) -> Vec<(f64, f64)> {
        self.whole().moments()
    }

    /// Mean absolute value of each dimension, which rare large values raise less than the deviation.
    pub fn sizes(&self) -> Vec<f64> {
        self.whole().sizes()
    }

    /// The signature of all frames.
    pub fn signature(&self) -> Signature {
        self.whole().signature()
    }

    /// The signatures of two halves of the samples.
    pub fn halves(&self) -> [Signature; 2] {
        let [first, second] = &self.parts;
        [0, 1].map(|at| first[at].clone().joined(&second[at]).signature())
    }

    /// The first half of the split and the second: samples that are looked at, and moments and mean absolute value of each
    /// dimension.
    pub fn by_half(&self) -> [Half; 2] {
        [0, 1].map(|at| {
            let [even, odd] = &self.parts[at];
            let all = even.clone().joined(odd);
            Half {
                samples: self.samples[at],
                moments: all.moments(),
                sizes: all.sizes(),
            }
        })
    }

    /// Largest product of two neighboring dimensions over all frames, as a part of their sizes; where most values are zero,
    /// products are by nature.
    pub fn largest_product(&self) -> Option<f64> {
        let parts = || self.parts.iter().flatten();
        let values: u64 = parts()
            .map(|part| part.frames * part.sums.len() as u64)
            .sum();
        let zeros: u64 = parts().map(|part| part.zeros).sum();
        self.whole()
            .largest_product()
            .filter(|_| 2 * zeros < values)
    }

    /// Median over dimensions of the correlation of consecutive frames, where there are enough.
    pub fn steadiness(&self) -> Option<f64> {
        let n = self.pairs as f64;
        let moments = self.moments();
        let pairs = self.later.iter().zip(moments);
        let mut all: Vec<f64> = pairs
            .filter(|(_, moments)| varies(*moments))
            .map(|(sum, (mean, deviation))| (sum / n - mean * mean) / (deviation * deviation))
            .collect();
        all.sort_by(f64::total_cmp);
        (self.pairs >= PAIRS)
            .then(|| all.get(all.len() / 2).copied())
            .flatten()
    }

    fn whole(&self) -> Sums {
        let parts = self.parts.iter().flatten();
        parts.fold(Sums::default(), |all, part| all.joined(part))
    }
}

impl Sums {
    /// Makes room for `width` dimensions, once.
    fn resize(&mut self, width: usize) {
        if self.sums.len() < width {
            self.sums.resize(width, 0.0);
            self.squares.resize(width, 0.0);
            self.sizes.resize(width, 0.0);
            self.ends.resize(width, Ends::default());
            for (far, links) in self.links.iter_mut().enumerate() {
                links.resize(width.saturating_sub(far + 1), 0.0);
            }
        }
    }

    /// Adds the sums of other frames.
    fn join(&mut self, other: &Self) {
        self.resize(other.sums.len());
        self.frames += other.frames;
        self.zeros += other.zeros;
        let add = |to: &mut Vec<f64>, from: &Vec<f64>| {
            to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
        };
        add(&mut self.sums, &other.sums);
        add(&mut self.squares, &other.squares);
        add(&mut self.sizes, &other.sizes);
        let ends = self.ends.iter_mut().zip(&other.ends);
        ends.for_each(|(to, from)| to.add(*from));
        let links = self.links.iter_mut().zip(&other.links);
        links.for_each(|(to, from)| add(to, from));
    }

    fn joined(mut self, other: &Self) -> Self {
        self.join(other);
        self
    }

    fn add(&mut self, frame: &[f32]) {
        self.frames += 1;
        self.zeros += frame.iter().filter(|value| **value == 0.0).count() as u64;
        let sums = self.sums.iter_mut().zip(&mut self.squares);
        for (value, (sum, square)) in frame.iter().zip(sums) {
            let value = f64::from(*value);
            *sum += value;
            *square += value * value;
        }
        for (value, size) in frame.iter().zip(&mut self.sizes) {
            *size += f64::from(value.abs());
        }
        for (value, ends) in frame.iter().zip(&mut self.ends) {
            ends.add(Ends {
                low: *value,
                high: *value,
                at_low: 1,
                at_high: 1,
            });
        }
        for (far, links) in self.links.iter_mut().enumerate() {
            let pairs = frame.iter().zip(frame.iter().skip(far + 1));
            for (sum, (a, b)) in links.iter_mut().zip(pairs) {
                *sum += f64::from(*a) * f64::from(*b);
            }
        }
    }

    fn sizes(&self) -> Vec<f64> {
        let n = self.frames as f64;
        self.sizes.iter().map(|size| size / n).collect()
    }

    fn moments(&self) -> Vec<(f64, f64)> {
        let n = self.frames as f64;
        let pairs = self.sums.iter().zip(&self.squares);
        pairs
            .map(|(sum, square)| {
                let mean = sum / n;
                (mean, (square / n - mean * mean).max(0.0).sqrt())
            })
            .collect()
    }

    fn largest_product(&self) -> Option<f64> {
        let largest = self.squares.iter().copied().reduce(f64::max)?;
        let is_known = |square: &f64| *square > NOISE * largest;
        let each = self.links.iter().enumerate().flat_map(|(far, links)| {
            let pairs = self.squares.iter().zip(self.squares.iter().skip(far + 1));
            let known = links
                .iter()
                .zip(pairs)
                .filter(|(_, (a, b))| is_known(a) && is_known(b));
            known.map(|(link, (a, b))| link.abs() / (a * b).sqrt())
        });
        let products: Vec<f64> = each.collect();
        (products.len() >= PRODUCTS).then(|| products.into_iter().fold(0.0, f64::max))
    }

    fn signature(&self) -> Signature {
        let n = self.frames as f64;
        let known = |(mean, deviation): (f64, f64)| {
            let deviation = if varies((mean, deviation)) {
                deviation
            } else {
                f64::NAN
            };
            (mean, deviation)
        };
        let moments: Vec<(f64, f64)> = self.moments().into_iter().map(known).collect();
        let links = self.links.iter().enumerate().flat_map(|(far, links)| {
            let pairs = moments.iter().zip(moments.iter().skip(far + 1));
            let sums = links.iter().zip(pairs);
            sums.map(|(sum, (a, b))| (sum / n - a.0 * b.0) / (a.1 * b.1))
                .collect::<Vec<f64>>()
        });
        let links = links.collect();
        Signature {
            levels: moments.iter().map(|(mean, dev)| mean / dev).collect(),
            scales: moments.iter().map(|(_, dev)| dev.ln()).collect(),
            links,
        }
    }
}

/// Whether a dimension with this mean and deviation varies: a deviation of the last bits is that of sums.
pub fn varies((mean, deviation): (f64, f64)) -> bool {
    deviation > 1e-6 * mean.abs()
}

/// Whether a value is a multiple of 0.01, as far as single precision tells.
fn is_hundredth(value: f32) -> bool {
    let hundredths = f64::from(value) * 100.0;
    (hundredths - hundredths.round()).abs() <= f64::from(f32::EPSILON) * hundredths.abs()
}

impl Kinds {
    /// Counts the values of a frame.
    pub fn add(&mut self, frame: &[f32]) {
        for value in frame.iter().filter(|value| **value != 0.0) {
            self.values += 1;
            self.negative += u64::from(*value < 0.0);
            let is_whole = value.fract() == 0.0;
            self.whole += u64::from(is_whole);
            self.hundredths += u64::from(is_whole || is_hundredth(*value));
            if is_whole && (100.0..EXACT).contains(&value.abs()) {
                self.digits[(value.abs() % 10.0) as usize] += 1;
            }
            self.beyond_one += u64::from(value.abs() > 1.0);
        }
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
        assert_eq!(spread.sizes(), [2.0, 10.0]);
        let ends = spread.ends().into_iter();
        let ends = ends.map(|one| (one.low, one.high, one.at_low, one.at_high));
        let ends: Vec<_> = ends.collect();
        assert_eq!(ends, [(1.0, 3.0, 1, 1), (10.0, 10.0, 2, 2)]);
        assert_eq!(spread.gaps(), 1.0 / 3.0);
        for (half, value) in spread.by_half().into_iter().zip([1.0, 3.0]) {
            let expected = Half {
                samples: 1,
                moments: vec![(value, 0.0), (10.0, 0.0)],
                sizes: vec![value, 10.0],
            };
            assert_eq!(half, expected);
        }
        assert_eq!(spread.kinds.values, 4);
    }

    #[test]
    fn kinds_of_values_are_counted() {
        let mut kinds = Kinds::default();
        kinds.add(&[0.0, 0.37, -12.34, 1234.56, 0.123, 7.0, 120.0, -231.0]);
        assert_eq!((kinds.values, kinds.negative, kinds.whole), (7, 2, 3));
        assert_eq!((kinds.hundredths, kinds.beyond_one), (6, 5));
        assert_eq!(kinds.digits, [1, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn signatures_have_correlations_of_neighbors() {
        let mut spread = Spread::default();
        // The second dimension is the negative first, the third does not vary.
        for row in 0..8 {
            let value = (row / 2) as f32;
            spread.add(&[value, 5.0 - value, 7.0], 3, (row, 8));
        }
        let all = spread.signature();
        assert!((all.links[0] + 1.0).abs() < 1e-9, "{all:?}");
        assert!(all.links[1].is_nan() && all.scales[2].is_nan());
        let [even, odd] = spread.halves();
        assert_eq!(even.levels[0], odd.levels[0]);
        assert!(spread.steadiness().is_none(), "one frame a sample");
    }

    #[test]
    fn frames_of_one_value_and_steady_frames_are_found() {
        let mut spread = Spread::default();
        let frames = (0..400).flat_map(|i| [(f64::from(i) / 40.0).sin() as f32, 1.0, i as f32]);
        let mut frames: Vec<f32> = frames.collect();
        spread.add(&frames, 3, (0, 2));
        assert!(spread.steadiness().unwrap() > 0.9 && spread.uniform().is_none());
        frames[3..9].fill(-999.0);
        spread.add(&frames, 3, (1, 2));
        assert_eq!(spread.uniform(), Some((-999.0, 2)));
    }
}
