//! Permutes samples between two rows: differences on these trainings by chance alone.
//!
//! A permutation exchanges a random half of the samples, and needs the sums of their terms: a product of a
//! matrix of bits with that of the terms. Every eight samples have 256 possible sums; each is computed
//! once, and a permutation then adds one of them for eight samples.

use rayon::prelude::*;

use super::random::Random;
use super::terms::Terms;

/// Seed of all permutations; reports state it.
pub const SEED: u64 = 20_240_929;

/// Columns that are summed side by side: a cache line.
const LANES: usize = 8;

/// Numbers of that many columns.
type Lanes = [f64; LANES];

/// The samples that each permutation exchanges.
pub struct Permutations {
    count: usize,
    /// A bit per sample in groups of eight, by group and then by permutation.
    bits: Vec<u8>,
}

impl Permutations {
    /// Random halves of so many samples.
    pub fn new(count: usize, samples: usize) -> Self {
        let groups = samples.div_ceil(8);
        let mut bits = vec![0; groups * count];
        for number in 0..count {
            let mut random = Random::new(SEED, 2 * number as u64 + 1);
            for word in 0..samples.div_ceil(64) {
                let bytes = random.bits().to_le_bytes().into_iter();
                for (group, byte) in (word * 8..groups).zip(bytes) {
                    bits[group * count + number] = byte;
                }
            }
        }
        Self { count, bits }
    }

    /// Differences a - b of a metric at every condition when, in each permutation, the two rows exchange
    /// their predictions of these samples: at all conditions, masks and seeds at once, so that what
    /// depends on each other stays together.
    pub fn differences(&self, a: &Terms, b: &Terms) -> Vec<Vec<f64>> {
        let (sums_a, sums_b, gap) = (a.sums(), b.sums(), b.minus(a));
        let columns = Columns::of(&gap);
        let swapped = self.sums(&gap, &columns.own);
        let one = |number: usize| {
            let moved = |sums: &[f64], sign: f64| -> Vec<f64> {
                let all = sums.iter().zip(&columns.source);
                all.map(|(sum, source)| match source {
                    Some((place, same)) => {
                        let block: &Lanes = &swapped[place / LANES][number];
                        sum + sign * same * block[place % LANES]
                    }
                    None => *sum,
                })
                .collect()
            };
            let (a, b) = (
                a.values(&moved(&sums_a, 1.0)),
                b.values(&moved(&sums_b, -1.0)),
            );
            a.iter().zip(&b).map(|(a, b)| a - b).collect()
        };
        (0..self.count).into_par_iter().map(one).collect()
    }

    /// Sums of these columns over the exchanged samples, by block of columns and permutation.
    fn sums(&self, terms: &Terms, columns: &[usize]) -> Vec<Vec<Lanes>> {
        let blocks = columns.par_chunks(LANES);
        blocks.map(|columns| self.block(terms, columns)).collect()
    }

    fn block(&self, terms: &Terms, columns: &[usize]) -> Vec<Lanes> {
        let mut sums = vec![[0.0; LANES]; self.count];
        let mut tables = vec![[[0.0; LANES]; 256]; 2];
        // Two groups at a time: sums are read and written half as often.
        for (pair, bits) in self.bits.chunks(2 * self.count).enumerate() {
            for (i, table) in tables.iter_mut().enumerate() {
                fill(table, terms, columns, (2 * pair + i) * 8);
            }
            let (first, second) = bits.split_at(self.count);
            if second.is_empty() {
                for (sum, bits) in sums.iter_mut().zip(first) {
                    add(sum, &tables[0][usize::from(*bits)]);
                }
            }
            for ((sum, first), second) in sums.iter_mut().zip(first).zip(second) {
                add(sum, &tables[0][usize::from(*first)]);
                add(sum, &tables[1][usize::from(*second)]);
            }
        }
        sums
    }
}

fn add(sum: &mut Lanes, other: &Lanes) {
    sum.iter_mut()
        .zip(other)
        .for_each(|(sum, other)| *sum += other);
}

/// The sums of every subset of eight samples from the first; those beyond the last are 0.
fn fill(table: &mut [Lanes; 256], terms: &Terms, columns: &[usize], first: usize) {
    for bit in 0..8 {
        let mut own = [0.0; LANES];
        if first + bit < terms.samples() {
            let terms = terms.of_sample(first + bit);
            let pairs = own.iter_mut().zip(columns);
            pairs.for_each(|(own, column)| *own = terms[*column]);
        }
        let (known, next) = table.split_at_mut(1 << bit);
        for (next, known) in next.iter_mut().zip(known) {
            *next = *known;
            add(next, &own);
        }
    }
}

/// The columns whose sums are needed, and how the others follow from them.
struct Columns {
    own: Vec<usize>,
    /// By column: the position among `own` of the column that it equals, and its sign; `None` for zeros.
    source: Vec<Option<(usize, f64)>>,
}

impl Columns {
    /// Differences of two rows leave many zeros (what depends on labels alone), and counts of a
    /// confusion matrix whose neighbor has them with the other sign.
    fn of(gap: &Terms) -> Self {
        let (mut own, mut source) = (Vec::<usize>::new(), Vec::with_capacity(gap.width()));
        for column in 0..gap.width() {
            let all = |sign: f64, other: Option<usize>| {
                (0..gap.samples())
                    .map(|i| gap.of_sample(i))
                    .all(|terms| terms[column] == other.map_or(0.0, |other| sign * terms[other]))
            };
            source.push(match own.last() {
                _ if all(1.0, None) => None,
                Some(last) if all(-1.0, Some(*last)) => Some((own.len() - 1, -1.0)),
                _ => {
                    own.push(column);
                    Some((own.len() - 1, 1.0))
                }
            });
        }
        Self { own, source }
    }
}

/// Two-sided p-value of an observed difference among permuted ones: the share at least as large,
/// the observed one included. Undefined ones count as larger.
pub fn p_value(observed: f64, permuted: impl Iterator<Item = f64>) -> f64 {
    let (mut beyond, mut all) = (1usize, 1usize);
    // Sums in another order differ in their last digits.
    let least = observed.abs() * (1.0 - 1e-9) - 1e-12;
    for value in permuted {
        all += 1;
        beyond += usize::from(value.is_nan() || value.abs() >= least);
    }
    beyond as f64 / all as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::{Metric, protocol};

    fn truth() -> Vec<f32> {
        (0..203)
            .map(|i| ((i * 37) % 61) as f32 / 10.0 - 3.0)
            .collect()
    }

    /// Truth plus noise of this size, from a stream of its own.
    fn guess(size: f32, stream: u64) -> Vec<f32> {
        let mut random = Random::new(1, stream);
        let noise = |r: &mut Random| (r.below(2001) as f32 / 1000.0 - 1.0) * size;
        truth().iter().map(|t| t + noise(&mut random)).collect()
    }

    fn terms(metric: &Metric, passes: &[Vec<f32>]) -> Terms {
        let views = passes.iter().map(|pass| vec![vec![&pass[..]]]).collect();
        Terms::new(metric.sums.unwrap(), &truth(), &views)
    }

    fn p(metric: &Metric, a: &[f32], b: &[f32]) -> f64 {
        let (a, b) = (terms(metric, &[a.to_vec()]), terms(metric, &[b.to_vec()]));
        let all = Permutations::new(999, 203).differences(&a, &b);
        p_value(
            a.observed()[0] - b.observed()[0],
            all.iter().map(|values| values[0]),
        )
    }

    #[test]
    fn a_better_row_is_found_and_equals_are_not_told_apart() {
        let (good, bad, equal) = (guess(0.5, 1), guess(2.0, 2), guess(0.5, 3));
        for name in ["mae", "corr"] {
            let metric = protocol("mosi").unwrap().metric(name).unwrap();
            assert_eq!(p(metric, &good, &bad), 0.001);
            assert!(p(metric, &good, &equal) > 0.05);
            assert_eq!(p(metric, &good, &good), 1.0);
        }
    }

    /// Every metric, by its formula on predictions that are exchanged one by one.
    #[test]
    fn differences_are_those_of_the_formula_on_exchanged_predictions() {
        let truth = truth();
        let (a, b) = (
            [guess(0.7, 1), guess(0.9, 2)],
            [guess(1.1, 3), guess(1.0, 4)],
        );
        for metric in protocol("mosi").unwrap().all().filter(|m| m.sums.is_some()) {
            let found =
                Permutations::new(40, 203).differences(&terms(metric, &a), &terms(metric, &b));
            for (number, found) in found.iter().enumerate() {
                let mut random = Random::new(SEED, 2 * number as u64 + 1);
                let words: Vec<u64> = (0..4).map(|_| random.bits()).collect();
                let swapped = |i: usize| (words[i / 64] >> (i % 64)) & 1 == 1;
                let score = |one: &[f32], other: &[f32]| {
                    let moved = (0..203).map(|i| if swapped(i) { other[i] } else { one[i] });
                    (metric.compute)(&moved.collect::<Vec<f32>>(), &truth).unwrap()
                };
                let pairs = || a.iter().zip(&b);
                let gap = pairs().map(|(a, b)| score(a, b) - score(b, a)).sum::<f64>() / 2.0;
                assert!((found[0] - gap).abs() < 1e-12, "{} {number}", metric.name);
            }
        }
    }

    #[test]
    fn columns_that_follow_from_others_are_not_summed() {
        let (a, b) = (guess(0.7, 1), guess(0.9, 2));
        let summed = |name: &str| {
            let metric = protocol("mosi").unwrap().metric(name).unwrap();
            let (a, b) = (
                terms(metric, std::slice::from_ref(&a)),
                terms(metric, std::slice::from_ref(&b)),
            );
            Columns::of(&b.minus(&a)).own.len()
        };
        assert_eq!(["mae", "f1_has0", "corr"].map(summed), [1, 2, 3]);
    }
}
