//! Finds one frame that many samples have in many places: what was written where nothing was detected.

use std::collections::BTreeMap;

use crate::data::dataset::details::Details;
use crate::data::dataset::read::plan::Plan;

/// Part of the frames of a split that are one and the same, part of the samples that have it, and the number of such frames. In
/// CMU-MOSI, CH-SIMS and ICT-MMMO the most frequent frame of audio or vision other than zeros is 0.004 of all.
const FRAMES: f64 = 0.1;
const SAMPLES: f64 = 0.1;
const ENOUGH: usize = 100;

/// Splits a large part of whose frames are one and the same.
pub fn filled_frames(plans: &[Plan<'_>], details: &BTreeMap<String, Details>) -> Vec<String> {
    let mut warnings = Vec::new();
    for plan in plans.iter().filter(|plan| plan.official().is_some()) {
        for column in ["audio", "vision"] {
            let has_steps = plan.features_of(column).is_some_and(|own| own.steps > 1);
            let details = details.get(&format!("{}/{column}", plan.split()));
            let found = details.filter(|_| has_steps);
            let Some((frame, frames, samples)) = found.and_then(|own| own.common.most()) else {
                continue;
            };
            if frames < FRAMES || samples < SAMPLES || frame.count < ENOUGH {
                continue;
            }
            warnings.push(format!(
                "{}: {:.1} % of the frames of {column}, in {:.0} % of the samples, are one and the same (first: {}): were frames \
                 without a face or voice filled with the mean, or zeros standardized? They are read as features; write zeros",
                plan.split(),
                100.0 * frames,
                100.0 * samples,
                plan.ids[frame.first]
            ));
        }
    }
    warnings
}
