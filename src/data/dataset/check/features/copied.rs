//! Finds dimensions of one modality that are those of another in the same samples.

use std::collections::BTreeMap;

use crate::data::dataset::details::Details;
use crate::data::dataset::read::plan::Plan;

/// Dimensions that two modalities may share, such as times.
const SHARED: usize = 2;

/// Each pair of modalities, with the one that is taken for the copy first.
const PAIRS: [[&str; 2]; 3] = [["vision", "audio"], ["vision", "text"], ["audio", "text"]];

/// Finds modalities that hold more than two dimensions of another, or consist of them.
pub fn copied(plans: &[Plan<'_>], details: &BTreeMap<String, Details>) -> Vec<String> {
    let mut warnings = Vec::new();
    for plan in plans.iter().filter(|plan| plan.official().is_some()) {
        let split = plan.split();
        for [own, other] in PAIRS {
            let of = |column: &str| details.get(&format!("{split}/{column}"));
            let (Some(a), Some(b), Some(features)) = (of(own), of(other), plan.features_of(own))
            else {
                continue;
            };
            let equal = a.hashes.equal(&b.hashes);
            let is_copy = equal.len() > SHARED || equal.len() == features.width;
            let Some((at, there)) = equal.first().filter(|_| is_copy) else {
                continue;
            };
            warnings.push(format!(
                "{split}: {} of {} dimensions of {own} have the values of dimensions of {other} in the same samples, such \
                 as dimension {at} those of dimension {there} (first: {}): was {other} written as {own}? Extract {own} \
                 again",
                equal.len(),
                features.width,
                plan.ids[0]
            ));
        }
    }
    warnings
}
