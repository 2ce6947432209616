//! Rows against each other: how sure each number is, and which differences are more than chance.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::draws::{Draws, Resampled};
use super::finding::{Comparison, Effort, Finding, Met, Test};
use super::pairs::{Pairs, pairs};
use super::resample::{interval, p_value, permute};
use crate::report::error::Result;
use crate::report::rows::reading::Reading;
use crate::report::rows::section::Section;

/// Resamples all rows of a section, and compares them with the row at this position.
///
/// # Errors
/// If predictions cannot be read again.
pub fn compare(section: &Section, reference: usize, effort: Effort) -> Result<Comparison> {
    let rows: Result<Vec<Resampled>> = section
        .rows
        .iter()
        .map(|r| Resampled::new(section, r, effort))
        .collect();
    let rows = rows?;
    let (mut findings, mut met) = (BTreeMap::new(), BTreeMap::new());
    for (place, row) in rows.iter().enumerate() {
        let held = place != reference && !section.rows[place].baseline;
        let found = held.then(|| pairs(row, &rows[reference]));
        if let Some(found) = &found {
            met.insert(
                place,
                found
                    .as_ref()
                    .map_or_else(|why| Met::Not(why), |p| p.met.clone()),
            );
        }
        let rival = found.and_then(std::result::Result::ok);
        let rival = rival.map(|pairs| Rival::new(row, &rows[reference], pairs, effort));
        for (m, metric) in row.metrics.iter().enumerate() {
            for reading in Reading::all(&section.conditions) {
                let finding = Finding {
                    interval: interval(row.draws.read(&reading, m)),
                    test: rival.as_ref().and_then(|rival| rival.test(&reading, m)),
                };
                findings.insert((place, metric.name, reading.name()), finding);
            }
        }
    }
    Ok(Comparison {
        reference,
        effort,
        met,
        findings,
    })
}

/// What a row is tested by: differences from the reference over the seeds and conditions of both.
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
    fn new(row: &'a Resampled, reference: &'a Resampled, pairs: Pairs, effort: Effort) -> Self {
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
            permuted: draws(permute(&a, &b, effort.permutations)),
            own: row.draws_of(&own, &a, &conditions, effort),
            theirs: reference.draws_of(&theirs, &b, &conditions, effort),
        }
    }

    /// `None` where one of both lacks what the reading needs, or the metric is undefined.
    fn test(&self, reading: &Reading, metric: usize) -> Option<Test> {
        let difference = self.observed.read(reading, metric).next()?;
        let gaps = self
            .own
            .read(reading, metric)
            .zip(self.theirs.read(reading, metric));
        difference.is_finite().then(|| Test {
            difference,
            interval: interval(gaps.map(|(a, b)| a - b)),
            p: p_value(difference, self.permuted.read(reading, metric)),
        })
    }
}
