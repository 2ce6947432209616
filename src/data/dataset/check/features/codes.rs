//! Finds numbers that were written for missing values and are read as features.

use std::collections::BTreeMap;

use crate::data::dataset::details::Details;
use crate::data::dataset::read::plan::Plan;

/// Finds dimensions that hold a number such as -999 far from all their other values.
pub fn codes(plans: &[Plan<'_>], details: &BTreeMap<String, Details>) -> Vec<String> {
    let mut warnings = Vec::new();
    for plan in plans.iter().filter(|plan| plan.official().is_some()) {
        for column in ["text", "audio", "vision"] {
            let details = details.get(&format!("{}/{column}", plan.split()));
            let both = details.zip(plan.features_of(column));
            let Some((found, width)) = both.map(|(own, all)| (own.codes.found(), all.width)) else {
                continue;
            };
            let most = found.iter().max_by(|a, b| a.part.total_cmp(&b.part));
            let Some((most, first)) = most.zip(found.iter().map(|code| code.first).min()) else {
                continue;
            };
            let same = found.iter().filter(|code| code.value == most.value);
            let (low, high) = most.range;
            warnings.push(format!(
                "{}: {} of {width} dimensions of {column} hold {}, such as dimension {} (from 0) in {:.0} % of its frames, whose \
                 other values are {low} to {high} (first: {}): a value for missing ones, as fillna({}) or numpy.nan_to_num writes? It is read as a \
                 feature; write zeros, or the mean of train",
                plan.split(),
                same.count(),
                most.value,
                most.dimension,
                100.0 * most.part,
                plan.ids[first],
                most.value
            ));
        }
    }
    warnings
}
