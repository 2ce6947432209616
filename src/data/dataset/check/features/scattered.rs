//! Finds features in which single frames within samples are zero, as masks leave them.
//!
//! In the vision of ICT-MMMO, a row per word, up to 12 % are, most of them alone as those of a mask: only the share
//! tells both apart. Frames without a face are zero in long runs.

use crate::data::dataset::profile::{Profile, Profiles};
use crate::data::dataset::read::plan::Plan;
use crate::data::dataset::runs::Runs;

/// Frames of samples that are judged, and the number of these samples.
const FRAMES: usize = 4;
const SAMPLES: usize = 10;
const ALL_FRAMES: usize = 200;

/// Part of the frames, and of the runs that independent ones have.
const PART: f64 = 0.25;
const ALONE: f64 = 0.8;

/// Finds splits of which a quarter of the frames of a modality, or more, is zero one by one.
pub fn scattered(plans: &[Plan<'_>], profiles: &Profiles) -> Vec<String> {
    let mut warnings = Vec::new();
    for plan in plans.iter().filter(|plan| plan.official().is_some()) {
        for column in ["text", "audio", "vision"] {
            let all = profiles.of(plan.split(), column).unwrap_or_default();
            let Some(part) = part(all) else { continue };
            warnings.push(format!(
                "{}: {:.0} % of the frames of {column} within samples are zero, one by one (first: {}): was {column} masked \
                 already? Masks would be drawn a second time; prepare complete features. Frames that the source lacks: \
                 --accept features",
                plan.split(),
                100.0 * part,
                plan.ids[0]
            ));
        }
    }
    warnings
}

/// The part of frames that are zero, where they are many and scattered.
fn part(profiles: &[Profile]) -> Option<f64> {
    let mut runs: Vec<_> = profiles.iter().map(|profile| profile.runs).collect();
    runs.retain(|runs| runs.inner >= FRAMES);
    let sum = |of: fn(&Runs) -> usize| runs.iter().map(of).sum::<usize>() as f64;
    let (inner, gaps, found) = (sum(|r| r.inner), sum(|r| r.gaps), sum(|r| r.gap_runs));
    let part = gaps / inner;
    let expected = inner * part * (1.0 - part);
    let enough = runs.len() >= SAMPLES && inner >= ALL_FRAMES as f64;
    (enough && part >= PART && found >= ALONE * expected).then_some(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Samples of 40 frames, of which some are zero.
    fn profiles(is_zero: impl Fn(u32) -> bool) -> Vec<Profile> {
        let sample = |row: u32| {
            let value = |step: u32| {
                if is_zero(row * 40 + step) {
                    0.0
                } else {
                    1.0 + step as f32
                }
            };
            let frames: Vec<f32> = (0..40)
                .flat_map(|step| [value(step), 2.0 * value(step)])
                .collect();
            Profile::of(&frames, 2)
        };
        (0..30).map(sample).collect()
    }

    #[test]
    fn masked_frames_are_told_from_lost_faces() {
        let chance = |at: u32, percent: u32| (at.wrapping_mul(2_654_435_761) >> 8) % 100 < percent;
        let found = part(&profiles(|at| chance(at, 30))).unwrap();
        assert!((0.25..0.35).contains(&found), "{found}");
        assert!(part(&profiles(|at| chance(at, 70))).is_some());
        assert_eq!(
            part(&profiles(|at| chance(at, 12))),
            None,
            "words without a frame"
        );
        assert_eq!(
            part(&profiles(|at| chance(at / 12, 40))),
            None,
            "runs without a face"
        );
        assert_eq!(part(&[]), None);
    }
}
