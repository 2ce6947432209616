//! Finds labels whose rows show how they were made: sorted by themselves, in a split or in each video.

use std::collections::{BTreeMap, BTreeSet};

use crate::data::dataset::check::basis::main_labels::of_any_number;
use crate::data::dataset::read::plan::Plan;
use crate::data::dataset::video::video_of;

/// Samples, and different labels, without which an order is chance.
const SORTED: usize = 12;
const DIFFERENT: usize = 4;

/// Steps from a sample to the next of its video, with another label, that go one way by no chance. In CMU-MOSI and
/// CH-SIMS 47 to 56 % of them rise.
const STEPS: usize = 30;

fn different(values: &[f64]) -> usize {
    let bits: BTreeSet<u64> = values.iter().map(|value| value.to_bits()).collect();
    bits.len()
}

/// Labels in ascending or descending order, of a split or of each of its videos.
pub fn sorted(plan: &Plan<'_>) -> Option<String> {
    let labels = of_any_number(plan)?;
    whole(plan, labels).or_else(|| by_video(plan, labels))
}

fn by_video(plan: &Plan<'_>, labels: &[f64]) -> Option<String> {
    let (steps, is_up) = steps_of_videos(&plan.ids, labels)?;
    Some(format!(
        "{}: the samples of each video are in {} order of their labels, in all of {steps} steps to another label (first: {}): \
         were labels sorted without their samples, as by an index of a database? Join them by id; fine if the samples were \
         sorted with them: --accept labels",
        plan.split(),
        order(is_up),
        plan.ids[0]
    ))
}

fn order(is_up: bool) -> &'static str {
    if is_up { "ascending" } else { "descending" }
}

/// The number of steps to another label within videos, where all go one way, and whether they rise.
fn steps_of_videos(ids: &[String], labels: &[f64]) -> Option<(usize, bool)> {
    let mut videos: BTreeMap<String, f64> = BTreeMap::new();
    let [mut up, mut down] = [0, 0];
    for (id, label) in ids.iter().zip(labels) {
        if let Some(before) = video_of(id).and_then(|video| videos.insert(video, *label)) {
            up += usize::from(*label > before);
            down += usize::from(*label < before);
        }
    }
    (up + down >= STEPS && up.min(down) == 0).then_some((up + down, up > 0))
}

fn whole(plan: &Plan<'_>, labels: &[f64]) -> Option<String> {
    let up = labels.is_sorted();
    let down = labels.iter().rev().is_sorted();
    let is_order = labels.len() >= SORTED && different(labels) >= DIFFERENT && (up || down);
    is_order.then(|| {
        format!(
            "{}: the samples are in {} order of their labels (first: {}): were labels sorted without their samples? \
             Fine if the samples were sorted with them: --accept labels",
            plan.split(),
            order(up),
            plan.ids[0]
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_that_were_sorted_in_each_video_are_found() {
        let ids: Vec<String> = (0..80).map(|i| format!("v{}$_${}", i / 8, i % 8)).collect();
        let labels: Vec<f64> = (0..80)
            .map(|i| f64::from(i * 37 % 61 - 30) / 10.0)
            .collect();
        assert_eq!(steps_of_videos(&ids, &labels), None);
        let mut sorted = labels.clone();
        sorted
            .chunks_mut(8)
            .for_each(|video| video.sort_by(f64::total_cmp));
        let found = steps_of_videos(&ids, &sorted);
        assert!(found.is_some_and(|(_, is_up)| is_up), "{found:?}");
        assert_eq!(steps_of_videos(&ids[..24], &sorted[..24]), None, "few");
        sorted.swap(40, 47);
        assert_eq!(steps_of_videos(&ids, &sorted), None, "one step");
        let by_video: Vec<f64> = (0..80).map(|i| f64::from(i / 8)).collect();
        assert_eq!(steps_of_videos(&ids, &by_video), None);
    }
}
