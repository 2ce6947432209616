//! Finds features that are one row beside their lengths.

use std::collections::BTreeMap;

use crate::data::dataset::error::{Error, Result};
use crate::data::dataset::profile::Profile;
use crate::data::dataset::read::plan::Plan;

/// Samples with another length than the one beside, without which nothing is told of their rows.
const BESIDE: usize = 10;

/// Fails where the frames of nearly every sample end at the length of the next one, or of the last.
///
/// # Errors
/// [`Error::Contradiction`].
pub fn check_row(
    plan: &Plan<'_>,
    column: &'static str,
    (profiles, lengths): (&[Profile], &[i32]),
) -> Result<()> {
    let ends = profiles.iter().map(|own| own.end as i32);
    let rows: Vec<(i32, i32)> = ends.zip(lengths.iter().copied()).collect();
    let pairs = || rows.windows(2).map(|pair| (pair[0], pair[1]));
    let next = beside(pairs().map(|((end, own), (_, next))| [end, own, next]));
    let last = beside(pairs().map(|((_, last), (end, own))| [end, own, last]));
    for (found, row, sample) in [(next, "early", "next"), (last, "late", "last")] {
        let Some((moved, judged)) = found else {
            continue;
        };
        return Err(Error::Contradiction {
            place: plan.columns.place(column),
            problem: format!(
                "the samples are one row {row}, beside their lengths: in {moved} of {judged} the frames end at the length of the \
                 {sample} sample (first: {}); write each sample to its own row, dest[i:i + n] before i += n",
                plan.ids[0]
            ),
        });
    }
    Ok(())
}

/// How many samples end at the length of the one beside, and of how many with another length, where nearly all do. Each is an end,
/// the own length and the other. Lengths that lack the same number everywhere are left to another check.
fn beside(samples: impl Iterator<Item = [i32; 3]>) -> Option<(usize, usize)> {
    let other: Vec<[i32; 3]> = samples.filter(|[_, own, other]| own != other).collect();
    let moved = other.iter().filter(|[end, _, other]| end == other).count();
    let mut offsets: BTreeMap<i32, usize> = BTreeMap::new();
    for [end, own, _] in &other {
        *offsets.entry(end - own).or_default() += 1;
    }
    let most = offsets.into_values().max().unwrap_or(0);
    let judged = other.len();
    let found = judged >= BESIDE && 10 * moved >= 9 * judged && 2 * most < judged;
    found.then_some((moved, judged))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_of_the_sample_beside_are_told_from_lengths_that_lack_a_frame() {
        let length = |row: i32| 5 + row * row * 31 % 23;
        let found = |end: &dyn Fn(i32) -> i32| {
            beside((0..40).map(|row| [end(row), length(row), length(row + 1)]))
        };
        assert_eq!(found(&|row| length(row + 1)), Some((38, 38)));
        assert_eq!(found(&length), None);
        let some = |row: i32| length(row + i32::from(row % 4 == 0));
        assert_eq!(found(&some), None);
        let by_one = (0..40).map(|row| [row + 6, row + 5, row + 6]);
        assert_eq!(beside(by_one), None, "each length is one more");
    }
}
