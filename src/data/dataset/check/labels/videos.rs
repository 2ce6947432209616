//! Finds splits whose labels do not go with their videos, while those of another split do: labels of one video are alike, unless
//! they were put into another order.

use crate::data::dataset::check::basis::main_labels::main;
use crate::data::dataset::check::splits::id_order::{id_order, videos};
use crate::data::dataset::check::splits::id_videos::{by_video, id_videos, variance};
use crate::data::dataset::read::plan::Plan;

/// Videos of several samples, and samples, without which nothing is judged.
const VIDEOS: usize = 10;
const SAMPLES: usize = 100;

/// Standard errors of the logarithm of F by which labels do not go with videos, and by which each of two splits must differ from
/// what both may have. F is 8.6 to 12 in the splits of CMU-MOSI, and about 1 in those of CH-SIMS. Of 6,000 sets of splits drawn from
/// the videos of CMU-MOSI none has such a difference.
const UNRELATED: f64 = 3.0;
const APART: f64 = 4.0;

/// How alike labels of one video are.
struct Alike {
    /// Variance of labels between videos, as a multiple of what samples in any order have.
    f: f64,
    /// Standard error of its logarithm.
    error: f64,
    /// Samples of a video, about.
    size: f64,
}

impl Alike {
    fn of(labels: &[f64], groups: &[Vec<usize>]) -> Option<Self> {
        let several = groups.iter().filter(|rows| rows.len() > 1).count();
        if several < VIDEOS || labels.len() < SAMPLES {
            return None;
        }
        let (n, k) = (labels.len() as f64, groups.len() as f64);
        let squares: f64 = groups.iter().map(|rows| (rows.len() as f64).powi(2)).sum();
        let f = variance(labels, groups)?;
        Some(Self {
            f,
            error: (2.0 / (k - 1.0) + 2.0 / (n - k)).sqrt(),
            size: (n - squares / n) / (k - 1.0),
        })
    }

    fn is_unrelated(&self) -> bool {
        self.f.ln().abs() < UNRELATED * self.error
    }

    /// Variance between videos as a multiple of that within them, so many standard errors away.
    fn ratio(&self, errors: f64) -> f64 {
        (self.f * (errors * self.error).exp() - 1.0) / self.size
    }

    fn is_below(&self, other: &Self) -> bool {
        self.is_unrelated() && self.ratio(APART) < other.ratio(-APART)
    }
}

/// Splits in which labels of one video differ as those of any, and not as in another split.
pub fn unlike(official: &[&Plan<'_>]) -> Vec<String> {
    let all: Vec<(&Plan<'_>, Alike)> = official
        .iter()
        .filter_map(|plan| Some((*plan, Alike::of(main(plan)?, &by_video(&videos(plan)?))?)))
        .collect();
    let found = all.iter().filter_map(|(plan, own)| {
        let others = all.iter().filter(|(_, other)| own.is_below(other));
        let (other, best) = others.max_by(|a, b| a.1.f.total_cmp(&b.1.f))?;
        // Ids that belong to other samples are told where ids are.
        let are_ids = || id_order(plan).or_else(|| id_videos(plan)).is_some();
        (!are_ids()).then(|| {
            format!(
                "{}: labels of one video differ as those of any (F {:.2}, in {} {:.2}) (first: {}): were labels put into another \
                 order than the samples, as by a loader with shuffle=True? Join them by id",
                plan.split(),
                own.f,
                other.split(),
                best.f,
                plan.ids[0]
            )
        })
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mix(i: usize) -> f64 {
        let mixed = (i as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mixed = (mixed ^ (mixed >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        ((mixed ^ (mixed >> 29)) % 1000) as f64 / 1000.0
    }

    /// Labels of videos of twenty samples, with so much of their own.
    fn alike(videos: usize, of_video: f64) -> Option<Alike> {
        let rows = videos * 20;
        let label = |row: usize| mix(row) + of_video * mix(row / 20 + 90_000);
        let labels: Vec<f64> = (0..rows).map(label).collect();
        let groups: Vec<Vec<usize>> = (0..videos)
            .map(|v| (v * 20..v * 20 + 20).collect())
            .collect();
        Alike::of(&labels, &groups)
    }

    #[test]
    fn labels_that_do_not_go_with_videos_are_told_from_those_that_do() {
        let (none, some) = (alike(50, 0.0).unwrap(), alike(30, 0.7).unwrap());
        assert!(none.is_below(&some), "{} {}", none.f, some.f);
        assert!(!some.is_below(&none) && !some.is_below(&some));
        let weak = alike(30, 0.2).unwrap();
        assert!(!none.is_below(&weak), "{} {}", none.f, weak.f);
    }

    #[test]
    fn few_videos_are_not_judged() {
        assert!(alike(9, 0.0).is_none());
    }

    #[test]
    fn means_taken_off_each_video_are_another_fault() {
        let groups: Vec<Vec<usize>> = (0..30).map(|v| (v * 20..v * 20 + 20).collect()).collect();
        let labels: Vec<f64> = (0..600)
            .map(|row| (row % 2) as f64 + 0.01 * mix(row))
            .collect();
        let centered = Alike::of(&labels, &groups).unwrap();
        assert!(!centered.is_below(&alike(30, 0.7).unwrap()));
    }
}
