//! Finds labels that were brought to one scale within each video, or replaced by their ranks: exact facts of numbers.

use std::collections::{BTreeMap, BTreeSet};

use crate::data::dataset::check::basis::chance::is_above;
use crate::data::dataset::video::video_of;

/// Labels of a video, and videos, without which nothing is judged, and the part of these that is all: cut labels are
/// none. In CMU-MOSI no video has mean 0, in CH-SIMS one of 38.
const LABELS: usize = 3;
const VIDEOS: usize = 5;
const MOST: f64 = 0.75;

/// Part of the videos that have mean 0 by chance, at least.
const LEAST: f64 = 0.02;

/// What means and deviations differ by from 0 and 1, of labels with two decimals too, and ranks from a line, at most.
const EXACT: f64 = 0.006;
const ON_LINE: f64 = 1e-6;

/// Labels without which ranks are not judged.
const RANKED: usize = 30;

/// What was done to the labels of a split.
pub fn processed(ids: &[String], values: &[f64]) -> Option<String> {
    by_video(ids, values).or_else(|| ranked(values))
}

fn by_video(ids: &[String], values: &[f64]) -> Option<String> {
    let mut videos: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for (id, value) in ids.iter().zip(values) {
        if let Some(video) = video_of(id) {
            videos.entry(video).or_default().push(*value);
        }
    }
    videos.retain(|_, labels| labels.len() >= LABELS && labels.iter().any(|y| *y != labels[0]));
    let found = |is: fn(&[f64]) -> bool| videos.iter().filter(move |(_, labels)| is(labels));
    // The last label of a video makes the mean 0 at most as often as one label is there.
    let chance = most_frequent(values).max(LEAST);
    let is_most = |count: usize| {
        videos.len() >= VIDEOS
            && count as f64 >= MOST * videos.len() as f64
            && is_above(count, videos.len(), chance)
    };
    let (centered, scaled) = (found(has_mean_0), found(has_deviation_1));
    if !is_most(centered.clone().count()) {
        return None;
    }
    let (count, what) = if is_most(scaled.clone().count()) {
        (
            scaled.count(),
            "mean 0 and deviation 1: they were standardized",
        )
    } else {
        (
            centered.clone().count(),
            "mean 0: the mean of each video was taken away",
        )
    };
    let (video, _) = centered.clone().next()?;
    Some(format!(
        "the labels of {count} of {} videos (such as {video}) have {what} within each video, and zero and the classes lie \
         elsewhere; write the labels of the source",
        videos.len()
    ))
}

/// The part of the labels that have the most frequent value.
fn most_frequent(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let most = sorted.chunk_by(|a, b| a == b).map(<[f64]>::len).max();
    most.unwrap_or(0) as f64 / values.len().max(1) as f64
}

fn mean(labels: &[f64]) -> f64 {
    labels.iter().sum::<f64>() / labels.len() as f64
}

fn has_mean_0(labels: &[f64]) -> bool {
    mean(labels).abs() < EXACT
}

/// With either divisor.
fn has_deviation_1(labels: &[f64]) -> bool {
    let mean = mean(labels);
    let squares: f64 = labels.iter().map(|y| (y - mean).powi(2)).sum();
    let n = labels.len() as f64;
    let of = |divisor: f64| ((squares / divisor).sqrt() - 1.0).abs() < EXACT;
    has_mean_0(labels) && (of(n) || of(n - 1.0))
}

/// Labels that rise with their ranks in a straight line.
fn ranked(values: &[f64]) -> Option<String> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let mut ranks: Vec<(f64, f64)> = Vec::new();
    let mut at = 0.0;
    for group in sorted.chunk_by(|a, b| a == b) {
        let count = group.len() as f64;
        ranks.push((group[0], at + (count - 1.0) / 2.0));
        at += count;
    }
    let counts: BTreeSet<usize> = sorted.chunk_by(|a, b| a == b).map(<[f64]>::len).collect();
    // Classes of equal numbers rise with their ranks by nature.
    let may_be_ranks = counts.len() > 1 || counts.contains(&1);
    let ([first, .., last], true) = (&ranks[..], values.len() >= RANKED && may_be_ranks) else {
        return None;
    };
    let step = (last.0 - first.0) / (last.1 - first.1);
    let is_on_line = |one: &(f64, f64)| {
        (one.0 - first.0 - step * (one.1 - first.1)).abs() < ON_LINE * (last.0 - first.0)
    };
    (ranks.len() >= RANKED / 3 && ranks.iter().all(is_on_line)).then(|| {
        format!(
            "labels are ranks: the {} different ones lie on a straight line with their order in the split, from {} to {}; \
             write the labels of the source",
            ranks.len(),
            first.0,
            last.0
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sixty labels of ten videos.
    fn made() -> (Vec<String>, Vec<f64>) {
        let ids = (0..60).map(|i| format!("v{}$_${}", i / 6, i % 6)).collect();
        let labels = (0..60).map(|i| f64::from(i * i % 31 - 15) / 5.0);
        (ids, labels.collect())
    }

    fn within(labels: &[f64], change: impl Fn(f64, f64, f64) -> f64) -> Vec<f64> {
        let of = |labels: &[f64]| {
            let mean = mean(labels);
            let squares: f64 = labels.iter().map(|y| (y - mean).powi(2)).sum();
            let deviation = (squares / labels.len() as f64).sqrt();
            labels
                .iter()
                .map(|y| change(*y, mean, deviation))
                .collect::<Vec<f64>>()
        };
        labels.chunks(6).flat_map(of).collect()
    }

    #[test]
    fn labels_standardized_by_video_are_found() {
        let (ids, labels) = made();
        assert_eq!(processed(&ids, &labels), None);
        let scaled = within(&labels, |y, mean, deviation| (y - mean) / deviation);
        let text = processed(&ids, &scaled).unwrap();
        let words = "the labels of 10 of 10 videos (such as v0) have mean 0 and deviation 1";
        assert!(text.starts_with(words), "{text}");
        let text = processed(&ids, &within(&labels, |y, mean, _| y - mean)).unwrap();
        assert!(
            text.contains("the mean of each video was taken away"),
            "{text}"
        );
        let decimals: Vec<f64> = scaled.iter().map(|y| (y * 100.0).round() / 100.0).collect();
        assert!(processed(&ids, &decimals).is_some());
        let classes: Vec<f64> = (0..60).map(|i| f64::from(i % 3 - 1)).collect();
        assert_eq!(processed(&ids, &classes), None, "three classes");
        let no_videos: Vec<String> = (0..60).map(|i| format!("clip{i}")).collect();
        assert_eq!(processed(&no_videos, &scaled), None);
    }

    #[test]
    fn ranks_are_found() {
        let (ids, labels) = made();
        let below = |y: f64| labels.iter().filter(|other| **other < y).count() as f64;
        let equal = |y: f64| labels.iter().filter(|other| **other == y).count() as f64;
        let mean_ranks = labels
            .iter()
            .map(|y| (below(*y) + equal(*y) / 2.0) / 10.0 - 3.0);
        let mean_ranks: Vec<f64> = mean_ranks.collect();
        assert!(
            processed(&ids, &mean_ranks)
                .unwrap()
                .starts_with("labels are ranks")
        );
        let single: Vec<f64> = (0..60)
            .map(|i| f64::from(i * 17 % 60) / 59.0 * 6.0 - 3.0)
            .collect();
        assert!(ranked(&single).unwrap().contains("60 different"));
        let classes: Vec<f64> = (0..60).map(|i| f64::from(i % 20) / 5.0).collect();
        assert_eq!(ranked(&classes), None, "as many of each");
        assert_eq!(ranked(&labels[..20]), None);
        assert_eq!(ranked(&[1.0; 40]), None);
    }
}
