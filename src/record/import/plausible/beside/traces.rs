//! Computes the traces that batches of some size leave in predictions: by the position in the batch, and by the border between two.

use crate::record::import::plausible::centered_ranks;
use crate::record::import::plausible::groups::Groups;

/// Fewest clips of a video whose mean is taken off: those of one video are alike, whatever batch they are in.
const CLIPS: usize = 4;

/// The half of standard errors that is nearer to 0, by chance.
const MIDDLE: f64 = 0.6745;

/// What bugs leave that mix the samples of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trace {
    /// Values follow the position in the batch.
    Position,
    /// Sizes follow the position in the batch.
    Spread,
    /// Means of batches are nearer to each other than those of as many samples by chance.
    Means,
    /// Samples of a batch are more alike than those as far apart, half a batch on.
    Alike,
    /// Samples resemble those at the mirrored place of the batch.
    Mirrored,
}

impl Trace {
    pub const ALL: [Self; 5] = [
        Self::Position,
        Self::Spread,
        Self::Means,
        Self::Alike,
        Self::Mirrored,
    ];
}

/// A series over the test split, by ranks: a few extreme values decide about nothing.
pub struct Series {
    ranks: Vec<f64>,
    /// Distances from the middle.
    sizes: Vec<f64>,
    /// Less the means of videos.
    own: Vec<f64>,
}

impl Series {
    pub fn of(values: &[f32], videos: &Groups) -> Self {
        let ranks = standardized(centered_ranks(values));
        let sizes = standardized(ranks.iter().map(|rank| rank.abs()).collect());
        let mut own = ranks.clone();
        for clips in videos.iter().filter(|clips| clips.len() >= CLIPS) {
            let mean = clips.iter().map(|at| ranks[*at]).sum::<f64>() / clips.len() as f64;
            clips.iter().for_each(|at| own[*at] -= mean);
        }
        let own = standardized(own);
        Self { ranks, sizes, own }
    }

    /// How far a trace of batches of each size is beyond chance, in standard errors. Where neighbors resemble each other, products of
    /// them vary more, at most sizes.
    pub fn of_sizes(&self, trace: Trace, sizes: &[usize]) -> Vec<f64> {
        let mut errors: Vec<f64> = sizes.iter().map(|size| self.errors(trace, *size)).collect();
        if matches!(trace, Trace::Alike | Trace::Mirrored) {
            let mut usual: Vec<f64> = errors.iter().map(|errors| errors.abs()).collect();
            usual.sort_by(f64::total_cmp);
            let usual = usual
                .get(usual.len() / 2)
                .map_or(1.0, |middle| middle / MIDDLE);
            errors
                .iter_mut()
                .for_each(|errors| *errors /= usual.max(1.0));
        }
        errors
    }

    fn errors(&self, trace: Trace, size: usize) -> f64 {
        let n = self.ranks.len() as f64;
        let halves = |sum: fn(&[f64], usize, usize) -> (f64, f64)| {
            [size - size / 2, 0].map(|first| sum(&self.own, size, first))
        };
        match trace {
            Trace::Position => of_positions(&self.ranks, size),
            Trace::Spread => of_positions(&self.sizes, size),
            Trace::Means => {
                let batches = self.ranks.chunks(size);
                -of_sums(
                    batches.map(|batch| (batch.iter().sum(), batch.len())),
                    self.ranks.len(),
                )
            }
            Trace::Alike => {
                let [(there, others), (here, pairs)] = halves(products);
                // Half of the pairs are in one batch both times.
                (here - there * pairs / others) / (n * size as f64 / 2.0).sqrt()
            }
            Trace::Mirrored => {
                let [(there, others), (here, pairs)] = halves(mirrored);
                (here - there * pairs / others) / (2.0 * pairs).sqrt()
            }
        }
    }
}

/// Values around 0 whose squares are 1 in the mean.
fn standardized(mut values: Vec<f64>) -> Vec<f64> {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    values.iter_mut().for_each(|value| *value -= mean);
    let size = (values.iter().map(|value| value * value).sum::<f64>() / n).sqrt();
    values.iter_mut().for_each(|value| *value /= size);
    values
}

fn of_positions(values: &[f64], size: usize) -> f64 {
    let mut sums = vec![0.0; size];
    for batch in values.chunks(size) {
        sums.iter_mut().zip(batch).for_each(|(sum, v)| *sum += v);
    }
    let n = values.len();
    let count = |at: usize| n / size + usize::from(at < n % size);
    of_sums(
        sums.into_iter().enumerate().map(|(i, sum)| (sum, count(i))),
        n,
    )
}

/// Whether means of groups differ: the F statistic as a normal deviate (Paulson's approximation), from the sums of groups of
/// `n` standardized values.
fn of_sums(groups: impl Iterator<Item = (f64, usize)>, n: usize) -> f64 {
    let add = |(squares, count): (f64, f64), (sum, of): (f64, usize)| {
        (squares + sum * sum / of as f64, count + 1.0)
    };
    let (between, groups) = groups.fold((0.0, 0.0), add);
    let n = n as f64;
    let (above, below) = (groups - 1.0, n - groups);
    let root = (between / above / ((n - between) / below)).cbrt();
    let [a, b] = [above, below].map(|free| 2.0 / (9.0 * free));
    ((1.0 - b) * root - (1.0 - a)) / (b * root * root + a).sqrt()
}

/// Batches of which the first one has other samples.
fn batches(values: &[f64], size: usize, first: usize) -> impl Iterator<Item = &[f64]> {
    let (first, rest) = values.split_at(first);
    std::iter::once(first).chain(rest.chunks(size))
}

/// Products of the pairs of samples in one batch, and the number of pairs.
fn products(values: &[f64], size: usize, first: usize) -> (f64, f64) {
    let add = |(sum, pairs): (f64, f64), batch: &[f64]| {
        let (all, count) = (batch.iter().sum::<f64>(), batch.len() as f64);
        (sum + all * all, pairs + count * (count - 1.0) / 2.0)
    };
    let (squares, pairs) = batches(values, size, first).fold((0.0, 0.0), add);
    ((squares - values.len() as f64) / 2.0, pairs)
}

/// Products of the samples at mirrored places of one batch, and their number.
fn mirrored(values: &[f64], size: usize, first: usize) -> (f64, f64) {
    let add = |(sum, pairs): (f64, f64), batch: &[f64]| {
        let half = batch.len() / 2;
        let both = batch[..half].iter().zip(batch.iter().rev());
        (
            sum + both.map(|(a, b)| a * b).sum::<f64>(),
            pairs + half as f64,
        )
    };
    batches(values, size, first).fold((0.0, 0.0), add)
}
