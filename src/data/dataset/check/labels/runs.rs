//! Finds long runs of one label: an array filled with zeros and a loop that stopped, or the last value repeated.
//!
//! A run is judged by the other labels of its split: how often one label follows itself there. So labels in few classes,
//! or of speakers with one opinion, have longer runs by chance. The longest run is 3 in CMU-MOSI, 4 in ICT-MMMO, 8 in
//! CH-SIMS.

use std::ops::Range;

use super::keys::{keys, label_of, runs};
use crate::data::dataset::read::plan::Plan;
use crate::data::dataset::video::video_of;

/// Samples of a run, and samples outside of it, without which nothing is judged.
const LONG: usize = 10;
const OTHERS: usize = 10;

/// Long runs of one label that may all be of one cause, so that they do not count when others are judged by.
const ASIDE: usize = 3;

/// Share of neighbors with equal labels from which labels belong to something larger than samples, or are sorted.
const BLOCKS: f64 = 0.5;

/// Runs that are expected by chance, at most; within one video, or where ids name none, a speaker without an opinion is
/// another reason.
const EXPECTED: f64 = 1e-6;
const EXPECTED_WITHIN: f64 = 1e-12;

/// Weight of the labels of all others when one label's share of neighbors is judged.
const PRIOR: f64 = 2.0;

/// A run of equal labels that chance does not make.
pub fn long_run(plan: &Plan<'_>) -> Option<String> {
    let keys = keys(plan)?;
    let run = unlikely(&keys, &plan.ids)?;
    let label = keys[run.start];
    let others = runs(&keys)
        .into_iter()
        .filter(|other| keys[other.start] == label && *other != run);
    let others = others.map(|other| other.len()).max().unwrap_or(0);
    Some(format!(
        "{}: {} samples in a row, {} to {} (from 0; first: {}), have the label {}, elsewhere {others} at most: was an array \
         filled beforehand and the loop over samples stopped, or the last value repeated? Write the labels again, or leave \
         the samples out; samples sorted by class: --accept labels",
        plan.split(),
        run.len(),
        run.start,
        run.end - 1,
        plan.ids[run.start],
        label_of(label)
    ))
}

fn unlikely(keys: &[i64], ids: &[String]) -> Option<Range<usize>> {
    let runs = runs(keys);
    let longest = runs.iter().max_by_key(|run| run.len())?;
    let label = keys[longest.start];
    let mut aside: Vec<&Range<usize>> = runs
        .iter()
        .filter(|run| keys[run.start] == label && run.len() >= LONG)
        .collect();
    aside.sort_by_key(|run| std::cmp::Reverse(run.len()));
    aside.truncate(ASIDE);
    let others = || runs.iter().filter(|run| !aside.contains(run));
    let samples: usize = others().map(Range::len).sum();
    if longest.len() < LONG || samples < OTHERS {
        return None;
    }
    // Of all samples outside, and of those with this label, the part that the same label follows.
    let equal = |run: &Range<usize>| (run.len() - 1) as f64;
    let of_all = others().map(equal).sum::<f64>() / samples as f64;
    let own = || others().filter(|run| keys[run.start] == label);
    let (pairs, same) = own().fold((0.0, 0.0), |(pairs, same), run| {
        (pairs + run.len() as f64, same + equal(run))
    });
    let share = (same + PRIOR * of_all.max(1.0 / samples as f64)) / (pairs + PRIOR);
    let expected = keys.len() as f64 * share.powi(longest.len() as i32 - 1);
    let videos = [longest.start, longest.end - 1].map(|row| video_of(&ids[row]));
    let is_within = videos[0] == videos[1];
    let limit = if is_within { EXPECTED_WITHIN } else { EXPECTED };
    let is_unlikely = of_all < BLOCKS && expected < limit;
    (is_unlikely && !is_a_class(keys, longest)).then(|| longest.clone())
}

/// Whether all labels before a run are smaller and all after it larger, or the reverse: samples sorted by class.
fn is_a_class(keys: &[i64], run: &Range<usize>) -> bool {
    let label = keys[run.start];
    let (before, after) = (&keys[..run.start], &keys[run.end..]);
    let is_between = |low: &[i64], high: &[i64]| {
        low.iter().all(|key| *key < label) && high.iter().all(|key| *key > label)
    };
    let both = !before.is_empty() && !after.is_empty();
    both && (is_between(before, after) || is_between(after, before))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(count: usize) -> Vec<String> {
        (0..count)
            .map(|i| format!("v{}$_${}", i / 8, i % 8))
            .collect()
    }

    fn found(count: usize, label: impl Fn(usize) -> i64) -> Option<Range<usize>> {
        let keys: Vec<i64> = (0..count).map(label).collect();
        unlikely(&keys, &ids(count))
    }

    /// Labels without order.
    fn drawn(row: usize, below: i64) -> i64 {
        let mixed = (row as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        ((mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 40) as i64 % below
    }

    #[test]
    fn a_loop_that_stopped_is_found() {
        let stopped = |at: usize| move |row: usize| if row < at { drawn(row, 20) } else { 3 };
        assert_eq!(found(300, stopped(280)), Some(280..300));
        assert_eq!(found(80, stopped(64)), Some(64..80));
        assert_eq!(found(300, |row| drawn(row, 20)), None);
    }

    #[test]
    fn labels_in_few_classes_and_those_of_videos_have_runs_by_chance() {
        assert_eq!(found(3000, |row| drawn(row, 3)), None);
        assert_eq!(found(3000, |row| drawn(row, 8).min(1)), None);
        assert_eq!(found(300, |row| (row / 100) as i64), None, "sorted");
        let by_class = |row: usize| match row {
            0..100 => drawn(row, 9) - 10,
            100..150 => 0,
            _ => drawn(row, 9) + 1,
        };
        assert_eq!(found(300, by_class), None);
        let of_videos = |row: usize| drawn(row.max(200) / 8, 9);
        assert_eq!(found(600, of_videos), None);
    }

    #[test]
    fn one_speaker_may_have_no_opinion() {
        let neutral = |row: usize| {
            if (80..94).contains(&row) {
                9
            } else {
                drawn(row, 6)
            }
        };
        let keys: Vec<i64> = (0..300).map(neutral).collect();
        let one = vec!["v$_$1".to_owned(); 300];
        assert_eq!(unlikely(&keys, &one), None);
        assert_eq!(unlikely(&keys, &ids(300)), Some(80..94));
    }
}
