//! Finds splits whose frames were standardized step by step over their own samples.

use std::collections::BTreeMap;

use crate::data::dataset::details::Details;
use crate::data::dataset::read::plan::Plan;

/// Splits other than the first one with the mean 0 over their samples at each step.
pub fn own_steps(plans: &[Plan<'_>], details: &BTreeMap<String, Details>) -> Vec<String> {
    let mut warnings = Vec::new();
    let official = plans.iter().skip(1).filter(|p| p.official().is_some());
    for plan in official {
        for column in ["text", "audio", "vision"] {
            let details = details.get(&format!("{}/{column}", plan.split()));
            if details.is_some_and(|details| details.windows.are_centered(plan.rows())) {
                warnings.push(format!(
                    "{}: the frames of {column} have mean 0 over the samples at each step (first: {}): was each step \
                     standardized by itself, by the split's own values, as with x.mean(axis=0) of an array (N, T, d)? Take the \
                     mean and deviation of all frames of {}, as --standardize does",
                    plan.split(),
                    plan.ids[0],
                    plans[0].split()
                ));
            }
        }
    }
    warnings
}
