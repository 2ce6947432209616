//! Compares rows: the interval of each number, and a permutation test of each difference.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::comparison::{Comparison, Pairing, ResamplingPlan, ResamplingResult, Test};
use super::draws::{Draws, Resampled};
use super::pairs::{Pairs, pairs};
use super::resample::{interval, p_value, permute};
use crate::report::error::Result;
use crate::report::rows::aggregate::Aggregate;
use crate::report::rows::section::Section;

/// Resamples all rows of a section, and compares them with the row at this position.
///
/// # Errors
/// If predictions cannot be read again.
pub fn compare(section: &Section, reference: usize, plan: ResamplingPlan) -> Result<Comparison> {
    let rows: Result<Vec<Resampled>> = section
        .rows
        .iter()
        .map(|r| Resampled::new(section, r, plan))
        .collect();
    let rows = rows?;
    let (mut results, mut pairings) = (BTreeMap::new(), BTreeMap::new());
    for (index, row) in rows.iter().enumerate() {
        let held = index != reference && !section.rows[index].baseline;
        let found = held.then(|| pairs(row, &rows[reference]));
        if let Some(found) = &found {
            pairings.insert(
                index,
                found
                    .as_ref()
                    .map_or_else(|why| Pairing::Unpaired(why), |p| p.pairing.clone()),
            );
        }
        let rival = found.and_then(std::result::Result::ok);
        let rival = rival.map(|pairs| Rival::new(row, &rows[reference], pairs, plan));
        for (m, metric) in row.metrics.iter().enumerate() {
            for aggregate in Aggregate::all(&section.conditions) {
                let result = ResamplingResult {
                    interval: interval(row.draws.read(&aggregate, m)),
                    test: rival.as_ref().and_then(|rival| rival.test(&aggregate, m)),
                };
                results.insert((index, metric.name, aggregate.name()), result);
            }
        }
    }
    Ok(Comparison {
        reference,
        plan,
        pairings,
        results,
    })
}

/// A row with its differences from the reference, over the seeds and conditions of both.
struct Rival<'a> {
    /// The difference as it is.
    observed: Draws,
    /// Those of permutations.
    permuted: Draws,
    /// Resamples of the row and of the reference.
    own: Cow<'a, Draws>,
    theirs: Cow<'a, Draws>,
}

impl<'a> Rival<'a> {
    fn new(
        row: &'a Resampled,
        reference: &'a Resampled,
        pairs: Pairs,
        plan: ResamplingPlan,
    ) -> Self {
        let Pairs {
            own,
            theirs,
            conditions,
            ..
        } = pairs;
        let (a, b) = (
            row.terms(&own, &conditions),
            reference.terms(&theirs, &conditions),
        );
        let gap = a
            .observed()
            .iter()
            .zip(&b.observed())
            .map(|(a, b)| a - b)
            .collect();
        let draws = |values| Draws {
            conditions: conditions.clone(),
            values,
        };
        Self {
            observed: draws(vec![gap]),
            permuted: draws(permute(&a, &b, plan.permutations)),
            own: row.draws_of(&own, &a, &conditions, plan),
            theirs: reference.draws_of(&theirs, &b, &conditions, plan),
        }
    }

    /// `None` where one of both lacks what the aggregate needs, or the metric is undefined.
    fn test(&self, aggregate: &Aggregate, metric: usize) -> Option<Test> {
        let difference = self.observed.read(aggregate, metric).next()?;
        let gaps = self
            .own
            .read(aggregate, metric)
            .zip(self.theirs.read(aggregate, metric));
        difference.is_finite().then(|| Test {
            difference,
            interval: interval(gaps.map(|(a, b)| a - b)),
            p: p_value(difference, self.permuted.read(aggregate, metric)),
        })
    }
}
