//! Checks that the samples of one video are in one split.

use std::collections::BTreeMap;

use crate::data::dataset::check::Check;
use crate::data::dataset::read::plan::Plan;
use crate::data::dataset::video::video_of;

/// Fewer videos of several samples show nothing.
const VIDEOS: usize = 5;

/// Standard deviations by which fewer videos are in several splits than chance has, where splits are by video.
const ERRORS: f64 = 4.0;

/// Videos that a warning names.
const NAMED: usize = 3;

/// Samples of a video, per split.
type Counts<'p> = BTreeMap<&'p str, usize>;

/// Finds videos with samples in several splits, where most have all in one. Splits that were drawn by sample, as
/// those of CH-SIMS, have most videos in several; that is no warning.
pub fn videos(plans: &[Plan<'_>]) -> Check {
    let mut videos: BTreeMap<String, Counts<'_>> = BTreeMap::new();
    let mut sizes: Counts<'_> = BTreeMap::new();
    for plan in plans.iter().filter(|plan| plan.official().is_some()) {
        sizes.insert(plan.split(), plan.ids.len());
        for video in plan.ids.iter().filter_map(|id| video_of(id)) {
            let counts = videos.entry(video).or_default();
            *counts.entry(plan.split()).or_default() += 1;
        }
    }
    videos.retain(|_, counts| counts.values().sum::<usize>() > 1);
    if videos.len() < VIDEOS {
        return Check::idle("videos");
    }
    let spread: Vec<_> = videos.iter().filter(|(_, c)| c.len() > 1).collect();
    let all = format!("{} videos of several samples", videos.len());
    if spread.is_empty() {
        return Check::new("videos", format!("{all}, each in one split"), Vec::new());
    }
    let some = format!("{} of {all} are in several splits", spread.len());
    if !are_by_video(&videos, &sizes, spread.len()) {
        let fact = format!("{some}: splits by sample, with the same speakers in train and test");
        return Check::new("videos", fact, Vec::new());
    }
    let named = spread.iter().take(NAMED).map(|(video, counts)| {
        let splits: Vec<&str> = counts.keys().copied().collect();
        format!("{video}: {}", splits.join(" and "))
    });
    let named: Vec<String> = named.collect();
    let more = if spread.len() > NAMED { ", ..." } else { "" };
    let warning = format!(
        "{some} ({}{more}), the others in one each: a speaker of train in another split makes scores too high",
        named.join(", ")
    );
    Check::new("videos", String::new(), vec![warning])
}

/// Whether at most half of the videos, and far fewer than by chance, are in several splits.
fn are_by_video(videos: &BTreeMap<String, Counts<'_>>, sizes: &Counts<'_>, spread: usize) -> bool {
    let total: usize = sizes.values().sum();
    let (mut expected, mut variance) = (0.0, 0.0);
    for counts in videos.values() {
        let samples = counts.values().sum::<usize>() as f64;
        let in_one = |size: &usize| (*size as f64 / total as f64).powf(samples);
        let several = 1.0 - sizes.values().map(in_one).sum::<f64>();
        expected += several;
        variance += several * (1.0 - several);
    }
    2 * spread <= videos.len() && expected - spread as f64 > ERRORS * variance.sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_drawn_by_sample_are_no_fault() {
        let sizes = Counts::from([("train", 80), ("test", 20)]);
        let videos = |spread: usize, of: usize| -> BTreeMap<String, Counts<'static>> {
            let counts = |i: usize| {
                let all = Counts::from([("train", 8), ("test", 2)]);
                if i < spread {
                    all
                } else {
                    Counts::from([("train", 10)])
                }
            };
            (0..of).map(|i| (i.to_string(), counts(i))).collect()
        };
        assert!(are_by_video(&videos(1, 10), &sizes, 1));
        assert!(!are_by_video(&videos(8, 10), &sizes, 8));
        // Videos of two samples are often in one split by chance.
        let pairs = |i: usize| (i.to_string(), Counts::from([("train", 2)]));
        let pairs: BTreeMap<String, Counts<'_>> = (0..10).map(pairs).collect();
        assert!(!are_by_video(&pairs, &sizes, 2));
    }
}
