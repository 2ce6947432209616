//! Finds labels that were written for every second or third sample and filled forward.
//!
//! Labels of whole videos, where all samples of one have its label, also have equal neighbors, but change where the video
//! does. So neighbors of different videos are judged, and nothing where ids name no videos.

use super::keys::{counts, keys, runs};
use crate::data::dataset::check::basis::chance::is_above;
use crate::data::dataset::check::basis::relation::Relation;
use crate::data::dataset::read::plan::Plan;
use crate::data::dataset::video::video_of;

/// Pairs of neighbors that are of two videos, without which nothing is judged.
const ENOUGH: usize = 10;

/// Part of the pairs of equal neighbors beyond chance: of all, and of those of two videos. In CMU-MOSI and CH-SIMS it
/// is 0.03 at most.
const EQUAL: f64 = 0.35;
const EQUAL_ACROSS: f64 = 0.25;

/// Samples of a run of equal labels on average, and correlation of one run with the next, from which labels are sorted.
const SORTED_RUNS: usize = 8;
const SORTED: f64 = 0.9;

/// Parts of the pairs of neighbors that have equal labels.
#[derive(Debug)]
struct Equal {
    all: f64,
    across: f64,
    chance: f64,
    first: usize,
}

/// Labels that are equal in most neighbors, also of different videos.
pub fn filled_forward(plan: &Plan<'_>) -> Option<String> {
    let equal = equal(&keys(plan)?, &plan.ids)?;
    let [all, across, chance] =
        [equal.all, equal.across, equal.chance].map(|part| (100.0 * part).round());
    Some(format!(
        "{}: {all} % of neighbors have equal labels, and {across} % of those of two videos, such as {} and {}; by chance it \
         would be {chance} %: were labels of every second or third sample filled forward (ffill, numpy.repeat)? Labels of \
         whole videos would change with the video",
        plan.split(),
        plan.ids[equal.first],
        plan.ids[equal.first + 1]
    ))
}

fn equal(keys: &[i64], ids: &[String]) -> Option<Equal> {
    let n = keys.len() as f64;
    let videos: Vec<Option<String>> = ids.iter().map(|id| video_of(id)).collect();
    let across: Vec<usize> = (1..keys.len())
        .filter(|row| videos[*row].is_some() && videos[*row] != videos[row - 1])
        .collect();
    if across.len() < ENOUGH {
        return None;
    }
    let squares = counts(keys)
        .into_values()
        .map(|count| (count as f64 / n).powi(2));
    let chance: f64 = squares.sum();
    let is_equal = |row: &&usize| keys[**row] == keys[**row - 1];
    let together = across.iter().filter(is_equal);
    let runs = runs(keys);
    let found = Equal {
        all: 1.0 - (runs.len() - 1) as f64 / (n - 1.0),
        across: together.clone().count() as f64 / across.len() as f64,
        chance,
        first: together.clone().next()? - 1,
    };
    let beyond = |part: f64| (part - chance) / (1.0 - chance);
    let of_runs: Vec<f64> = runs.iter().map(|run| keys[run.start] as f64).collect();
    let next = Relation::of(&of_runs[1..], &of_runs[..of_runs.len() - 1], ENOUGH)?;
    let is_sorted = next.correlation > SORTED || runs.len() * SORTED_RUNS < keys.len();
    let is_filled = beyond(found.all) > EQUAL
        && beyond(found.across) > EQUAL_ACROSS
        && is_above(together.count(), across.len(), chance);
    (is_filled && !is_sorted).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Labels of videos of five samples, each label by the number that is given for its row.
    fn found(count: usize, number: impl Fn(usize) -> usize) -> Option<Equal> {
        let ids: Vec<String> = (0..count)
            .map(|i| format!("v{}$_${}", i / 5, i % 5))
            .collect();
        let label = |i: usize| ((number(i) + 1) * 7_919 % 1_009 % 31) as i64;
        let keys: Vec<i64> = (0..count).map(label).collect();
        equal(&keys, &ids)
    }

    #[test]
    fn labels_that_were_filled_forward_are_found() {
        assert!(found(200, |row| row).is_none());
        for every in 2..6 {
            // With videos of five samples, those of five are labels of videos.
            assert_eq!(
                found(200, |row| row / every).is_some(),
                every != 5,
                "{every}"
            );
        }
        assert!(found(30, |row| row / 2).is_none(), "too few videos");
        assert!(found(200, |row| row / 40).is_none(), "sorted");
    }
}
