//! Finds a label that many samples of one split have and few of another: one that was written where there was none.
//!
//! Samples of one video have similar labels, so that shares differ between splits by more than the number of samples
//! allows. By how much, the shares of videos tell: of 3,000 splits that were drawn from CMU-MOSI and CH-SIMS by sample
//! or by video, with their labels or coarser ones, none of five videos or more was above 4.3 standard errors.

use std::collections::{BTreeMap, BTreeSet};

use crate::data::dataset::check::basis::main_labels::main;
use crate::data::dataset::read::plan::Plan;
use crate::data::dataset::video::video_of;

/// Part of the labels of a split that one value has, in splits of fewer samples than these and in larger ones; and how
/// many times the other split's it is.
const SMALL: f64 = 150.0;
const FREQUENT: [f64; 2] = [0.25, 0.15];
const TIMES: f64 = 1.7;

/// Standard errors by which parts differ: where videos tell the errors, where there are too few videos, and where
/// ids name none.
const APART: f64 = 4.5;
const APART_FEW: f64 = 6.5;
const APART_UNKNOWN: f64 = 6.0;

/// Videos of both splits, counted by their samples, that are few.
const VIDEOS: f64 = 5.0;

/// Labels of a split and the video of each.
struct Labels {
    keys: Vec<i64>,
    /// Samples by video.
    videos: Vec<Vec<usize>>,
    are_known: bool,
}

impl Labels {
    fn of(plan: &Plan<'_>) -> Option<Self> {
        let labels = main(plan)?;
        let finite = plan.ids.iter().zip(labels).filter(|(_, y)| y.is_finite());
        let (mut keys, mut videos) = (Vec::new(), BTreeMap::<String, Vec<usize>>::new());
        for (id, label) in finite {
            let video = video_of(id).unwrap_or_else(|| id.clone());
            videos.entry(video).or_default().push(keys.len());
            keys.push((label * 1e4).round() as i64);
        }
        let videos: Vec<Vec<usize>> = videos.into_values().collect();
        // One video for all, or one for each sample, is none.
        let are_known = videos.len() > 1 && videos.len() < keys.len();
        Some(Self {
            keys,
            videos,
            are_known,
        })
    }

    fn n(&self) -> f64 {
        self.keys.len() as f64
    }

    fn part(&self, key: i64) -> f64 {
        self.keys.iter().filter(|own| **own == key).count() as f64 / self.n()
    }

    /// Mean over samples of the samples of their video.
    fn together(&self) -> f64 {
        let squares = self.videos.iter().map(|rows| (rows.len() as f64).powi(2));
        squares.sum::<f64>() / self.n()
    }

    /// Correlation of having a label between samples of one video, by an analysis of variance; 0 where it is negative.
    fn within_videos(&self, key: i64) -> f64 {
        let (n, k, part) = (self.n(), self.videos.len() as f64, self.part(key));
        let (mut between, mut inside) = (0.0, 0.0);
        for rows in &self.videos {
            let own = rows.iter().filter(|row| self.keys[**row] == key).count() as f64;
            let size = rows.len() as f64;
            between += size * (own / size - part).powi(2);
            inside += own * (1.0 - own / size);
        }
        let (between, inside) = (between / (k - 1.0), inside / (n - k));
        let size = (n - self.together()) / (k - 1.0);
        let correlation = (between - inside) / (between + (size - 1.0) * inside);
        if correlation.is_finite() {
            correlation.clamp(0.0, 1.0)
        } else {
            0.0
        }
    }
}

/// Compares every label's part of a split with that of train.
pub fn frequent(train: &Plan<'_>, other: &Plan<'_>) -> Option<String> {
    let (own, others) = (Labels::of(train)?, Labels::of(other)?);
    let keys: BTreeSet<i64> = own.keys.iter().chain(&others.keys).copied().collect();
    let label = keys.into_iter().find(|key| is_apart(&own, &others, *key))?;
    Some(format!(
        "{}: {:.0} % of the labels are {}, in {} {:.0} % (first: {}): written where there was none?",
        other.split(),
        100.0 * others.part(label),
        label as f64 / 1e4,
        train.split(),
        100.0 * own.part(label),
        other.ids[0]
    ))
}

fn is_apart(a: &Labels, b: &Labels, key: i64) -> bool {
    let (own, other) = (a.part(key), b.part(key));
    let is_large = a.n().min(b.n()) >= SMALL;
    if own.max(other) < FREQUENT[usize::from(is_large)] || own.max(other) <= TIMES * own.min(other)
    {
        return false;
    }
    let both = (own * a.n() + other * b.n()) / (a.n() + b.n());
    let are_known = a.are_known && b.are_known;
    let within = if are_known {
        a.within_videos(key).max(b.within_videos(key))
    } else {
        0.0
    };
    let share = |labels: &Labels| (1.0 + (labels.together() - 1.0) * within) / labels.n();
    let errors = (own - other).abs() / (both * (1.0 - both) * (share(a) + share(b))).sqrt();
    let few = a.n() / a.together() < VIDEOS || b.n() / b.together() < VIDEOS;
    let limit = match (are_known, few) {
        (false, _) => APART_UNKNOWN,
        (true, true) => APART_FEW,
        (true, false) => APART,
    };
    errors > limit
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Labels of videos of eight samples; the first ones have 0 more often.
    fn labels(count: usize, zero: impl Fn(usize) -> bool) -> Labels {
        let key = |i: usize| if zero(i) { 0 } else { 1 + (i * 7 % 13) as i64 };
        let videos = (0..count.div_ceil(8)).map(|v| (8 * v..count.min(8 * v + 8)).collect());
        Labels {
            keys: (0..count).map(key).collect(),
            videos: videos.collect(),
            are_known: true,
        }
    }

    #[test]
    fn one_value_in_place_of_a_third_is_found_in_a_small_split() {
        let train = labels(600, |i| i % 20 == 3);
        assert!(!is_apart(&train, &labels(64, |i| i % 20 == 3), 0));
        assert!(is_apart(&train, &labels(64, |i| i % 3 == 0), 0));
        // The zeros of a few videos alone, as a reviewer without an opinion has them.
        assert!(!is_apart(&train, &labels(64, |i| i / 8 < 3), 0));
        let unknown = |mut labels: Labels| {
            labels.are_known = false;
            labels
        };
        let few = unknown(labels(30, |i| i % 5 == 0));
        assert!(!is_apart(&unknown(train), &few, 0));
    }
}
