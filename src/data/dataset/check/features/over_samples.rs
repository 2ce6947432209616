//! Finds features that a filter or difference mixed over samples: neighbors of different videos are alike, or opposed.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use crate::data::dataset::details::Details;
use crate::data::dataset::read::plan::Plan;
use crate::data::dataset::video::video_of;

/// Correlations of the first frames of neighbors (over one sample, or two) that sound data do not have. Over all splits of
/// CMU-MOSI, CH-SIMS and ICT-MMMO they are -0.08 to 0.03, and 0.14 in texts of ICT-MMMO with long stretches of one kind; filtered
/// ones have 0.5 to 0.8, differences -0.45.
const ALIKE: f64 = 0.45;
const OPPOSED: f64 = -0.35;

/// Part of this that each split with some pairs has.
const EACH: f64 = 0.5;
const SOME: usize = 9;

/// Samples apart that no filter mixes, and how many times the correlation over these that of neighbors is.
const APART: RangeInclusive<usize> = 6..=20;
const CERTAIN: f64 = 5.0;

/// Pairs without which nothing is judged.
const PAIRS: usize = 30;

/// Deviations beyond which a value counts no more.
const FAR: f64 = 4.0;

/// First frames of a split.
struct Split {
    /// The video of every sample.
    videos: Vec<Option<String>>,
    /// The standardized frames, by row.
    frames: BTreeMap<usize, Vec<f64>>,
}

/// Sums over pairs of samples.
#[derive(Clone, Copy, Default)]
struct Sums {
    pairs: usize,
    products: f64,
    squares: [f64; 2],
}

/// Finds columns whose samples were mixed with their neighbors.
pub fn over_samples(plans: &[Plan<'_>], details: &BTreeMap<String, Details>) -> Vec<String> {
    let first = plans.first().map_or("", |plan| &plan.ids[0]);
    let warning = |(column, lag, correlation): (&str, usize, f64)| {
        let which = ["neighboring", "second next"][lag - 1];
        let how = if correlation > 0.0 {
            "alike"
        } else {
            "opposed"
        };
        format!(
            "{column} of {which} samples of different videos is {how} (correlation {correlation:.2} in all splits; first: {first}): was \
             a filter or difference taken over samples as well, as scipy.ndimage.gaussian_filter does with one sigma for all axes, or \
             np.diff with axis=0? Name the axis of the steps alone"
        )
    };
    mixed_columns(plans, details)
        .into_iter()
        .map(warning)
        .collect()
}

/// These columns, with how far apart such samples are, and their correlation.
pub(super) fn mixed_columns(
    plans: &[Plan<'_>],
    details: &BTreeMap<String, Details>,
) -> Vec<(&'static str, usize, f64)> {
    let found = ["text", "audio", "vision"]
        .into_iter()
        .filter_map(|column| {
            let official = plans.iter().filter(|plan| plan.official().is_some());
            let of = |plan: &Plan<'_>| {
                let details = details.get(&format!("{}/{column}", plan.split()))?;
                Some(Split::new(&plan.ids, &details.first.0))
            };
            let (lag, correlation) = mixed(&official.filter_map(of).collect::<Vec<Split>>())?;
            Some((column, lag, correlation))
        });
    found.collect()
}

/// The distance of neighbors, 1 or 2, that are alike or opposed in all splits, and their correlation.
fn mixed(splits: &[Split]) -> Option<(usize, f64)> {
    [1, 2].into_iter().find_map(|lag| {
        let all = pooled(splits, lag);
        let found = all.correlation();
        let limit = if found > 0.0 { ALIKE } else { OPPOSED };
        let is_far = |found: f64, part: f64| found / limit >= part;
        if all.pairs < PAIRS || !is_far(found, 1.0) {
            return None;
        }
        let each = splits.iter().map(|split| split.sums(lag));
        let mut each = each.filter(|sums| sums.pairs >= SOME);
        let is_each = each.all(|sums| is_far(sums.correlation(), EACH));
        (is_each && found.abs() >= CERTAIN * chance(splits)).then_some((lag, found))
    })
}

/// The root of the mean squared correlation of samples that are apart.
fn chance(splits: &[Split]) -> f64 {
    let squares = APART.map(|lag| pooled(splits, lag).correlation().powi(2));
    (squares.sum::<f64>() / APART.count() as f64).sqrt()
}

fn pooled(splits: &[Split], lag: usize) -> Sums {
    let mut all = Sums::default();
    for sums in splits.iter().map(|split| split.sums(lag)) {
        all.pairs += sums.pairs;
        all.products += sums.products;
        (0..2).for_each(|side| all.squares[side] += sums.squares[side]);
    }
    all
}

impl Sums {
    /// Zero without pairs.
    fn correlation(self) -> f64 {
        let size = (self.squares[0] * self.squares[1]).sqrt();
        if size > 0.0 {
            self.products / size
        } else {
            0.0
        }
    }
}

impl Split {
    fn new(ids: &[String], frames: &[(usize, Vec<f32>)]) -> Self {
        let width = frames.first().map_or(0, |(_, frame)| frame.len());
        let mut standardized: BTreeMap<usize, Vec<f64>> =
            frames.iter().map(|(row, _)| (*row, Vec::new())).collect();
        for at in 0..width {
            let values = || frames.iter().map(|(_, frame)| f64::from(frame[at]));
            let known: Vec<f64> = values().filter(|value| value.is_finite()).collect();
            let mean = known.iter().sum::<f64>() / known.len() as f64;
            let variance = known
                .iter()
                .map(|value| (value - mean).powi(2))
                .sum::<f64>();
            let deviation = (variance / known.len() as f64).sqrt();
            let scaled = |value: f64| {
                let scaled = (value - mean) / deviation;
                // Constant dimensions, and values that are not finite, tell nothing.
                if scaled.is_finite() {
                    scaled.clamp(-FAR, FAR)
                } else {
                    0.0
                }
            };
            let pairs = standardized.values_mut().zip(values());
            pairs.for_each(|(frame, value)| frame.push(scaled(value)));
        }
        Self {
            videos: ids.iter().map(|id| video_of(id)).collect(),
            frames: standardized,
        }
    }

    /// Of samples `lag` apart that belong to different videos.
    fn sums(&self, lag: usize) -> Sums {
        let mut sums = Sums::default();
        let video = |row: usize| self.videos.get(row)?.as_ref();
        for (row, frame) in &self.frames {
            let (Some(other), Some(one), Some(two)) =
                (self.frames.get(&(row + lag)), video(*row), video(row + lag))
            else {
                continue;
            };
            if one == two {
                continue;
            }
            sums.pairs += 1;
            for (a, b) in frame.iter().zip(other) {
                sums.products += a * b;
                sums.squares[0] += a * a;
                sums.squares[1] += b * b;
            }
        }
        sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Noise of a row and dimension.
    fn noise(row: usize, at: usize) -> f32 {
        let of = |number: usize, by: u64| (number as u64 + 1).wrapping_mul(by);
        let mut state = of(row, 0x9E37_79B9_7F4A_7C15) ^ of(at, 0xD1B5_4A32_D192_ED03);
        state = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        state = (state ^ (state >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((state ^ (state >> 31)) >> 40) as f32 / (1 << 24) as f32
    }

    /// What is found in two splits of 100 samples and 12 dimensions, with so many samples a video.
    fn found(clips: usize, value: impl Fn(usize, usize) -> f32) -> Option<(usize, f64)> {
        let split = |from: usize| {
            let ids: Vec<String> = (0..100)
                .map(|row| format!("v{}_{row}", row / clips))
                .collect();
            let frame = |row: usize| (row, (0..12).map(|at| value(from + row, at)).collect());
            Split::new(&ids, &(0..100).map(frame).collect::<Vec<_>>())
        };
        mixed(&[split(12), split(1012)])
    }

    fn filtered(row: usize, at: usize) -> f32 {
        (row - 1..=row + 1).map(|row| noise(row, at)).sum()
    }

    #[test]
    fn samples_that_were_filtered_or_taken_from_each_other_are_found() {
        assert_eq!(found(2, noise), None);
        let (lag, alike) = found(2, filtered).unwrap();
        assert!(lag == 1 && alike > 0.5, "{alike}");
        let difference = |row: usize, at: usize| noise(row, at) - noise(row - 1, at);
        let (lag, opposed) = found(2, difference).unwrap();
        assert!(lag == 1 && opposed < -0.4, "{opposed}");
        let gradient = |row: usize, at: usize| noise(row + 1, at) - noise(row - 1, at);
        assert!(matches!(found(2, gradient), Some((2, _))));
    }

    #[test]
    fn samples_that_are_alike_by_nature_are_not_found() {
        let of_video = |row: usize, at: usize| noise(row / 4, at) + 0.1 * noise(row, at);
        assert_eq!(found(4, of_video), None, "of one video");
        let drift = |row: usize, at: usize| row as f32 / 50.0 + noise(row, at);
        assert_eq!(found(2, drift), None, "far ones too");
        assert_eq!(found(50, filtered), None, "few videos");
        let one_split = |row: usize, at: usize| {
            if row < 1000 {
                filtered(row, at)
            } else {
                noise(row, at)
            }
        };
        assert_eq!(found(2, one_split), None, "one split");
    }
}
