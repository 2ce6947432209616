//! Finds frames that are written several times: one split of another frame rate, or samples that stand still.

use crate::data::dataset::check::Samples;
use crate::data::dataset::profile::{Profile, Profiles};
use crate::data::dataset::read::plan::Plan;

/// Frames of samples that are judged, their number, and the least dimensions: flags of few dimensions repeat by nature.
const FRAMES: usize = 8;
const SAMPLES: usize = 10;
const DIMENSIONS: usize = 3;

/// Part of the frames of a sample that repeat the one before where each is written twice or more, and where hardly any
/// is; and the parts of samples that are all and none.
const REPEATED: f64 = 0.4;
const SINGLE: f64 = 0.1;
const ALL: f64 = 0.8;
const NONE: f64 = 0.1;

/// Samples, of all, that stand still for half of their frames, and where an own warning tells that all do.
const STILL: f64 = 0.05;
const FEWEST: usize = 4;
const MOST: f64 = 0.9;

/// Finds splits whose frames are repeated unlike those of train, and samples most of which is one frame.
pub fn repeats(plans: &[Plan<'_>], profiles: &Profiles) -> Vec<String> {
    let mut warnings = Vec::new();
    let official = |plan: &&Plan<'_>| plan.official().is_some();
    for column in ["text", "audio", "vision"] {
        let of = |plan: &Plan<'_>| {
            let features = plan.features_of(column)?;
            let is_wide = features.width >= DIMENSIONS;
            profiles.of(plan.split(), column).filter(|_| is_wide)
        };
        for (at, plan) in plans.iter().enumerate().filter(|(_, plan)| official(plan)) {
            let Some(own) = of(plan) else { continue };
            let unlike = of(&plans[0])
                .filter(|_| at > 0)
                .and_then(|train| differ(own, train));
            if let Some([here, there]) = unlike {
                warnings.push(format!(
                    "{}: most frames of {column} repeat the one before in {here:.0} % of the samples, in {} in \
                     {there:.0} % (first: {}): another frame rate in one split? Extract both alike",
                    plan.split(),
                    plans[0].split(),
                    plan.ids[0]
                ));
            }
            warnings.extend(still(own, &plan.ids, plan.split(), column));
        }
    }
    warnings
}

fn judged(profiles: &[Profile]) -> impl Iterator<Item = &Profile> + Clone {
    profiles
        .iter()
        .filter(|profile| profile.runs.frames >= FRAMES)
}

/// Percentages of samples whose frames are repeated, where they are all in one split and none in the other.
fn differ(own: &[Profile], train: &[Profile]) -> Option<[f64; 2]> {
    let part = |profiles: &[Profile], of: f64| {
        let all = judged(profiles).count();
        let is_repeated = |p: &&Profile| p.runs.repeated as f64 >= of * (p.runs.frames - 1) as f64;
        let found = judged(profiles).filter(is_repeated).count();
        (all >= SAMPLES).then_some(found as f64 / all as f64)
    };
    let all = [part(own, REPEATED)?, part(train, REPEATED)?];
    let some = [part(own, SINGLE)?, part(train, SINGLE)?];
    let is_unlike = |a: usize, b: usize| all[a] >= ALL && some[b] <= NONE;
    (is_unlike(0, 1) || is_unlike(1, 0)).then_some(all.map(|part| 100.0 * part))
}

/// Samples of which half or more is one frame, where most have hardly any frame twice.
fn still(profiles: &[Profile], ids: &[String], split: &str, column: &str) -> Option<String> {
    let all = judged(profiles).count();
    let single =
        judged(profiles).filter(|p| p.runs.repeated as f64 <= SINGLE * p.runs.frames as f64);
    let mut found = Samples::default();
    for (profile, id) in profiles.iter().zip(ids) {
        let runs = profile.runs;
        if runs.longest >= FRAMES && 2 * runs.longest >= runs.frames {
            found.add(id);
        }
    }
    let part = found.count() as f64 / all.max(1) as f64;
    let some = found.count() >= FEWEST && (STILL..MOST).contains(&part);
    let fault = format!("of which half or more is one frame of {column}");
    let text = found
        .describe(split, &fault)
        .filter(|_| some && 2 * single.count() > all)?;
    Some(text + ": repeated where frames were missing? Write zeros there")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Samples of 24 frames, each the one of the step that `step` gives.
    fn profiles(step: impl Fn(usize, usize) -> usize) -> Vec<Profile> {
        let sample = |row: usize| {
            let value = |at: usize| (step(row, at) * 37 + row * 11 + 1) as f32;
            let frames: Vec<f32> = (0..24)
                .flat_map(|at| [value(at), 1.0, -value(at)])
                .collect();
            Profile::of(&frames, 3)
        };
        (0..40).map(sample).collect()
    }

    #[test]
    fn another_frame_rate_of_one_split_is_found() {
        let (own, double) = (profiles(|_, at| at), profiles(|_, at| at / 2));
        assert_eq!(differ(&double, &own), Some([100.0, 0.0]));
        assert_eq!(differ(&own, &double), Some([0.0, 100.0]));
        assert_eq!(
            differ(&double, &profiles(|_, at| at / 3)),
            None,
            "both are repeated"
        );
        assert_eq!(differ(&own, &own), None);
        let some = profiles(|row, at| if row % 3 == 0 { at / 2 } else { at });
        assert_eq!(differ(&some, &own), None, "a third of the samples");
    }

    #[test]
    fn samples_that_stand_still_are_found() {
        let ids: Vec<String> = (0..40).map(|i| format!("v{i}")).collect();
        let found = |profiles: &[Profile]| still(profiles, &ids, "test", "vision");
        assert_eq!(found(&profiles(|_, at| at)), None);
        let lost = profiles(|row, at| if row % 5 == 2 { at.min(11) } else { at });
        let text = found(&lost).unwrap();
        let words = "test: 8 samples of which half or more is one frame of vision (first: v2)";
        assert!(text.starts_with(words), "{text}");
        assert_eq!(found(&profiles(|_, at| at / 12)), None, "upsampled");
        assert_eq!(
            found(&profiles(|row, at| if row == 3 { 1 } else { at })),
            None,
            "one sample"
        );
    }
}
