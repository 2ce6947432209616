//! Finds a column that lags behind another by more and more samples, as where one of them leaves out what failed.

use std::ops::Range;

use super::relation::Relation;

/// Parts of a split, and the fewest samples of one; samples that a column lags by at most, and at least at its end.
const PARTS: usize = 8;
const ENOUGH: usize = 42;
const FARTHEST: usize = 12;
const LEAST: isize = 2;

/// Standard errors, over all parts, of the relation along the way, and those by which it is better than in place. The way
/// is chosen among many: in samples without any relation it has 4 at most (see the tests).
const CERTAIN: f64 = 6.0;

/// The parts of a split of `samples`.
pub fn parts(samples: usize) -> impl Iterator<Item = Range<usize>> {
    (0..PARTS).map(move |at| at * samples / PARTS..(at + 1) * samples / PARTS)
}

/// The samples that a column lags by in each part, and mean correlations in place and there.
#[derive(Debug, PartialEq)]
pub struct Drift {
    pub lags: Vec<isize>,
    pub own: f64,
    pub lagging: f64,
}

impl Drift {
    /// Of a split of `samples`, by how the samples of a range go with the rows of another column so many places further on.
    pub fn of(
        samples: usize,
        relation: impl Fn(Range<usize>, isize) -> Option<Relation>,
    ) -> Option<Self> {
        let size = samples / PARTS;
        if size < ENOUGH {
            return None;
        }
        let parts: Vec<Range<usize>> = parts(samples).collect();
        let found = [1, -1].into_iter().filter_map(|sign| {
            let by = |part: &Range<usize>, lag: usize| {
                // Only samples whose row exists.
                let lag = sign * lag as isize;
                let start = part.start.max(usize::try_from(-lag).unwrap_or(0));
                let end = part
                    .end
                    .min(samples.saturating_sub(usize::try_from(lag).unwrap_or(0)));
                relation(start..end, lag)
            };
            let table = parts.iter().map(|part| {
                let lags = 0..=FARTHEST;
                lags.map(|lag| by(part, lag))
                    .collect::<Option<Vec<Relation>>>()
            });
            let table = table.collect::<Option<Vec<Vec<Relation>>>>()?;
            Self::along(&table, sign)
        });
        found.max_by(|a, b| a.lagging.total_cmp(&b.lagging))
    }

    /// The best way on which lags do not become smaller, if it is better than none by far.
    fn along(table: &[Vec<Relation>], sign: isize) -> Option<Self> {
        let errors = |part: usize, lag: usize| table[part][lag].errors();
        // For each lag the best way that ends there.
        let mut ways: Vec<(f64, Vec<usize>)> = (0..=FARTHEST)
            .map(|lag| (errors(0, lag), vec![lag]))
            .collect();
        for part in 1..table.len() {
            let longer = (0..=FARTHEST).map(|lag| {
                let before = ways[..=lag].iter().max_by(|a, b| a.0.total_cmp(&b.0));
                let (sum, way) = before.map_or((0.0, &[][..]), |(sum, way)| (*sum, &way[..]));
                (sum + errors(part, lag), [way, &[lag]].concat())
            });
            ways = longer.collect();
        }
        let (sum, way) = ways.into_iter().max_by(|a, b| a.0.total_cmp(&b.0))?;
        let count = table.len() as f64;
        let own: f64 = (0..table.len()).map(|part| errors(part, 0)).sum();
        let is_there = sum / count.sqrt() > CERTAIN && (sum - own) / (2.0 * count).sqrt() > CERTAIN;
        let lags: Vec<isize> = way.iter().map(|lag| sign * *lag as isize).collect();
        let mean = |lag: &dyn Fn(usize) -> usize| {
            let all = (0..table.len()).map(|part| table[part][lag(part)].correlation);
            all.sum::<f64>() / count
        };
        let is_far = lags.last().is_some_and(|last| last.abs() >= LEAST);
        (is_there && is_far).then(|| Self {
            own: mean(&|_| 0),
            lagging: mean(&|part| way[part]),
            lags,
        })
    }

    /// The lags at the beginning and at the end.
    pub fn describe(&self) -> String {
        let ends = [self.lags.first(), self.lags.last()];
        let [first, last] = ends.map(|lag| lag.map_or(0, |lag| lag.abs()));
        let after = if self.lags.iter().any(|lag| *lag > 0) {
            "after"
        } else {
            "before"
        };
        format!(
            "of samples further and further {after} them, {first} at the beginning of the split, {last} at its end, with a \
             correlation of {:.2} in place of {:.2}",
            self.lagging, self.own
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values without order, and others that are near them.
    fn values(seed: u64, count: usize) -> Vec<f64> {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let draw = |_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f64 / f64::from(1 << 24)
        };
        (0..count).map(draw).collect()
    }

    fn drift(own: &[f64], other: &[f64]) -> Option<Drift> {
        Drift::of(own.len().min(other.len()), |range, lag| {
            let moved = range.start.checked_add_signed(lag)?..range.end.checked_add_signed(lag)?;
            Relation::of(own.get(range)?, other.get(moved)?, 20)
        })
    }

    #[test]
    fn a_column_that_leaves_samples_out_lags_more_and_more() {
        let own = values(1, 640);
        let noise = values(2, 640);
        let near: Vec<f64> = own.iter().zip(&noise).map(|(a, b)| a + b).collect();
        assert_eq!(drift(&own, &near), None);
        let without = |every: usize| {
            let rows = near
                .iter()
                .enumerate()
                .filter(|(at, _)| at % every != every / 2);
            rows.map(|(_, value)| *value).collect::<Vec<f64>>()
        };
        let found = drift(&own, &without(100)).unwrap();
        assert!(found.lags.is_sorted_by(|a, b| a >= b), "{found:?}");
        assert!(
            found.lags[7] <= -4 && found.lagging > 0.5 && found.own < 0.3,
            "{found:?}"
        );
        assert!(drift(&without(100), &own).unwrap().lags[7] >= 4);
        assert!(found.describe().contains("before"));
    }

    #[test]
    fn without_a_relation_there_is_no_way() {
        for seed in 0..200 {
            let (own, other) = (values(2 * seed + 1, 480), values(2 * seed + 2, 480));
            assert_eq!(drift(&own, &other), None, "{seed}");
        }
    }
}
