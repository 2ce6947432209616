//! Finds windows of a fixed length whose end is silence in all samples, where lengths count it.

use std::collections::BTreeMap;

use crate::data::dataset::details::Details;
use crate::data::dataset::read::plan::Plan;

/// Part of the samples that reach the last step by their lengths.
const WHOLE: f64 = 0.9;

/// Variance over samples that is left in the last steps: frames at fixed times, and clips that were cut, keep all of it.
const LEFT: f64 = 0.25;

/// Splits whose samples all end in nearly the same frames.
pub fn windows(plans: &[Plan<'_>], details: &BTreeMap<String, Details>) -> Vec<String> {
    let mut warnings = Vec::new();
    for plan in plans.iter().filter(|plan| plan.official().is_some()) {
        let columns = [
            ("audio", &plan.lengths.audio),
            ("vision", &plan.lengths.vision),
        ];
        for (column, lengths) in columns {
            let details = details.get(&format!("{}/{column}", plan.split()));
            let (Some(own), Some(features)) = (details, plan.features_of(column)) else {
                continue;
            };
            let whole = lengths
                .iter()
                .filter(|n| usize::try_from(**n).is_ok_and(|n| n >= features.steps))
                .count();
            let left = own.windows.left_at_the_end().filter(|left| *left < LEFT);
            if let Some(left) = left.filter(|_| whole as f64 >= WHOLE * lengths.len() as f64) {
                warnings.push(format!(
                    "{}: the last frames of {column} differ little between samples ({:.1} % of the variance of the first ones) \
                     and count by the lengths (first: {}): was a window of fixed length kept, such as Whisper's 30 s, with \
                     silence behind each clip? Cut the frames at the end of the clip, or give {column}_lengths",
                    plan.split(),
                    100.0 * left,
                    plan.ids[0]
                ));
            }
        }
    }
    warnings
}
