//! Enumerates the accuracies that a number of runs on a number of samples can have.

use crate::published::audit::Rounding;
use crate::published::parse::Number;

/// Parts of one in which a run's score is rounded: four decimals of a fraction.
const PARTS: u64 = 10_000;

/// Sums of this many runs' rounded scores are enumerated; beyond, everything would be possible.
const MOST_ROUNDED_RUNS: u32 = 6;

/// How the numbers of a table may have come about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Runs {
    pub runs: u32,
    pub rounding: Rounding,
}

impl Runs {
    /// The usual ways: up to ten runs.
    pub fn usual() -> Vec<Self> {
        let every = (1..=MOST_ROUNDED_RUNS).map(|runs| (runs, Rounding::EveryRun));
        let mean = (1..=10).map(|runs| (runs, Rounding::Mean));
        let all = mean
            .chain(every)
            .map(|(runs, rounding)| Self { runs, rounding });
        all.collect()
    }

    /// `one run`, `3 runs`.
    pub fn describe(self) -> String {
        match self.runs {
            1 => "one run".to_string(),
            n => format!("{n} runs"),
        }
    }
}

/// The accuracies that some counts of right predictions give.
#[derive(Clone, Debug)]
pub struct Possible {
    /// Ascending, in percent; `None` where everything that can be printed is possible.
    values: Option<Vec<f64>>,
}

impl Possible {
    pub fn new(samples: u64, how: Runs) -> Self {
        let total = samples * u64::from(how.runs);
        let values = match how.rounding {
            // With as many right predictions as there are parts, rounding leaves no gap.
            Rounding::EveryRun if total >= PARTS => None,
            Rounding::EveryRun => {
                let all = (PARTS * u64::from(how.runs)) as f64;
                let sums = sums(samples, how.runs).into_iter();
                Some(sums.map(|sum| 100.0 * sum as f64 / all).collect())
            }
            Rounding::Mean => {
                let percent = |right: u64| 100.0 * right as f64 / total as f64;
                Some((0..=total).map(percent).collect())
            }
        };
        Self { values }
    }

    /// Whether one of them prints as this number, halves rounded either way.
    pub fn prints(&self, number: &Number) -> bool {
        let Some(values) = &self.values else {
            return true;
        };
        let half = 0.5 * number.ulp() + 1e-9;
        let first = values.partition_point(|v| *v < number.value - half);
        values.get(first).is_some_and(|v| *v <= number.value + half)
    }

    /// The possible accuracy nearest to a number; `None` where everything is possible.
    pub fn nearest(&self, number: &Number) -> Option<f64> {
        let values = self.values.as_ref()?;
        let above = values.partition_point(|v| *v < number.value);
        let around = [above.checked_sub(1), Some(above)].into_iter().flatten();
        let distance = |v: &f64| (v - number.value).abs();
        around
            .filter_map(|i| values.get(i).copied())
            .min_by(|a, b| distance(a).total_cmp(&distance(b)))
    }

    /// The share of all printable numbers of these decimals that are possible, halves rounded either way.
    pub fn density(&self, decimals: usize) -> f64 {
        let Some(values) = &self.values else {
            return 1.0;
        };
        let scale = 10f64.powi(decimals as i32);
        let printable = 100.0 * scale + 1.0;
        let around = |v: &f64| [v - 1e-9, v + 1e-9].map(|v| (v * scale).round() as i64);
        let mut printed: Vec<i64> = values.iter().flat_map(around).collect();
        printed.dedup();
        (printed.len() as f64 / printable).min(1.0)
    }
}

/// Every sum of rounded scores of this many runs, in ten-thousandths, ascending.
fn sums(samples: u64, runs: u32) -> Vec<usize> {
    let one: Vec<usize> = (0..=samples)
        .map(|right| (PARTS as f64 * right as f64 / samples as f64).round() as usize)
        .collect();
    let words = (PARTS as usize * runs as usize) / 64 + 1;
    let mut reached = vec![0u64; words];
    reached[0] = 1;
    for _ in 0..runs {
        let mut next = vec![0u64; words];
        for score in &one {
            shift_into(&reached, *score, &mut next);
        }
        reached = next;
    }
    let bits = (0..words * 64).filter(|i| reached[i / 64] >> (i % 64) & 1 == 1);
    bits.collect()
}

/// Adds the set `from`, moved up by `by`, to the set `into`.
fn shift_into(from: &[u64], by: usize, into: &mut [u64]) {
    let (words, bits) = (by / 64, by % 64);
    for (i, word) in from.iter().enumerate().filter(|(_, w)| **w != 0) {
        if let Some(low) = into.get_mut(i + words) {
            *low |= word << bits;
        }
        if bits > 0
            && let Some(high) = into.get_mut(i + words + 1)
        {
            *high |= word >> (64 - bits);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(value: f64) -> Number {
        Number {
            value,
            decimals: 2,
            sd: None,
            difference: None,
        }
    }

    fn possible(samples: u64, runs: u32, rounding: Rounding) -> Possible {
        Possible::new(samples, Runs { runs, rounding })
    }

    #[test]
    fn one_run_on_few_samples_leaves_gaps() {
        let p = possible(3, 1, Rounding::Mean);
        assert!(p.prints(&number(33.33)) && p.prints(&number(66.67)) && p.prints(&number(100.0)));
        assert!(!p.prints(&number(33.34)) && !p.prints(&number(50.0)));
        assert!((p.density(2) - 4.0 / 10_001.0).abs() < 1e-12);
    }

    #[test]
    fn rounding_every_run_moves_the_mean() {
        // 0.3333 three times is 33.33; 0.3333 + 0.6667 + 0.6667 is 55.5567.
        let p = possible(3, 3, Rounding::EveryRun);
        assert!(p.prints(&number(33.33)) && p.prints(&number(55.56)));
        // 455 samples of 686 in one run, 456 in two: 66.42 however it is rounded.
        for rounding in [Rounding::EveryRun, Rounding::Mean] {
            assert!(possible(686, 3, rounding).prints(&number(66.42)));
        }
    }

    #[test]
    fn halves_count_as_both_numbers_that_they_print() {
        // 0, 12.5, 25 and so on: without decimals four of them print two numbers.
        let p = possible(8, 1, Rounding::Mean);
        let whole = |value| Number {
            decimals: 0,
            ..number(value)
        };
        assert!(p.prints(&whole(12.0)) && p.prints(&whole(13.0)) && !p.prints(&whole(26.0)));
        assert!((p.density(0) - 13.0 / 101.0).abs() < 1e-12);
    }

    #[test]
    fn sums_are_those_of_plain_enumeration() {
        let one: Vec<usize> = (0..=7)
            .map(|k| (10_000.0 * k as f64 / 7.0_f64).round() as usize)
            .collect();
        let mut all: Vec<usize> = one
            .iter()
            .flat_map(|a| one.iter().map(move |b| a + b))
            .collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(sums(7, 2), all);
    }
}
