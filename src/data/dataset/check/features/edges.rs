//! Finds samples that were padded to the last step with copies of their last frame or their mean, where lengths hide it.

use crate::data::dataset::profile::{Profile, Profiles};
use crate::data::dataset::read::plan::Plan;

/// Frames of samples that are judged, and the least dimensions: flags of few dimensions repeat by nature.
const FRAMES: usize = 6;
const DIMENSIONS: usize = 3;

/// Equal frames at the end, and how many of the frames before may repeat the one before.
const TAIL: usize = 3;
const SINGLE: f64 = 0.1;

/// Samples that end so, and their part. In CMU-MOSI, CH-SIMS and ICT-MMMO none does.
const SAMPLES: usize = 8;
const PART: f64 = 0.25;

/// Finds splits many samples of which end in copies of one frame.
pub fn edges(plans: &[Plan<'_>], profiles: &Profiles) -> Vec<String> {
    let mut warnings = Vec::new();
    for plan in plans.iter().filter(|plan| plan.official().is_some()) {
        let columns = [
            ("audio", &plan.lengths.audio),
            ("vision", &plan.lengths.vision),
        ];
        for (column, lengths) in columns {
            let features = plan.features_of(column);
            let Some(features) = features.filter(|one| one.width >= DIMENSIONS) else {
                continue;
            };
            let all = profiles.of(plan.split(), column).unwrap_or_default();
            let Some((rows, tail)) = padded(all, lengths, features.steps) else {
                continue;
            };
            warnings.push(format!(
                "{}: {} of {} samples end in copies of one frame of {column}, to the last step and within their length \
                 (first: {}, its last {tail} frames): were they padded with their last frame or mean (numpy.pad's \"edge\" \
                 or \"mean\")? Pad with zeros, and write the lengths before padding",
                plan.split(),
                rows.len(),
                all.len(),
                plan.ids[rows[0]]
            ));
        }
    }
    warnings
}

/// The rows of samples that end in copies, where they are many, and the number of equal frames of the first.
fn padded(profiles: &[Profile], lengths: &[i32], steps: usize) -> Option<(Vec<usize>, usize)> {
    let is_padded = |profile: &Profile, length: i32| {
        let runs = profile.runs;
        let before = runs.repeated.saturating_sub(runs.tail.saturating_sub(1));
        runs.frames >= FRAMES
            && runs.tail >= TAIL
            && profile.end == steps
            && usize::try_from(length).is_ok_and(|length| length >= profile.end)
            && before as f64 <= SINGLE * (runs.frames - runs.tail) as f64
    };
    let all = profiles.iter().zip(lengths).enumerate();
    let rows = all.filter(|(_, (profile, length))| is_padded(profile, **length));
    let rows: Vec<usize> = rows.map(|(row, _)| row).collect();
    let is_many = rows.len() >= SAMPLES && rows.len() as f64 >= PART * profiles.len() as f64;
    let tail = profiles[*rows.first().filter(|_| is_many)?].runs.tail;
    Some((rows, tail))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Samples of 20 frames, each the one of the step that `step` gives.
    fn profiles(step: impl Fn(usize, usize) -> usize) -> Vec<Profile> {
        let sample = |row: usize| {
            let value = |at: usize| (step(row, at) * 37 + row * 11 + 1) as f32;
            let frames = (0..20).flat_map(|at| [value(at), 1.0, -value(at)]);
            Profile::of(&frames.collect::<Vec<f32>>(), 3)
        };
        (0..40).map(sample).collect()
    }

    #[test]
    fn copies_of_the_last_frame_are_found() {
        let edge = profiles(|row, at| at.min(7 + row % 13));
        let (rows, tail) = padded(&edge, &[20; 40], 20).unwrap();
        assert_eq!((rows.len(), rows[0], tail), (34, 0, 13));
        assert_eq!(padded(&edge, &[9; 40], 20), None, "past the lengths");
        assert_eq!(padded(&edge, &[20; 40], 30), None, "zeros follow");
        assert_eq!(padded(&profiles(|_, at| at), &[20; 40], 20), None);
        assert_eq!(
            padded(&profiles(|_, at| at / 3), &[20; 40], 20),
            None,
            "another rate"
        );
        let some = profiles(|row, at| if row % 6 == 0 { at.min(9) } else { at });
        assert_eq!(padded(&some, &[20; 40], 20), None, "a sixth");
    }
}
