//! Finds splits whose frames were standardized step by step over their own samples.

use std::collections::BTreeMap;

use super::counters::each;
use crate::data::dataset::details::Details;
use crate::data::dataset::read::plan::Plan;

/// Splits other than the first one with the mean 0 over their samples at each step, and a first one whose steps were each
/// scaled by themselves.
pub fn own_steps(plans: &[Plan<'_>], details: &BTreeMap<String, Details>) -> Vec<String> {
    let mut warnings = in_train(plans, details);
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

/// A first split, by whose values scales are fitted, with the mean 0 and the deviation 1 over its samples at the first step. In CMU-MOSI,
/// CH-SIMS and ICT-MMMO at most one dimension of 100 has both.
fn in_train(plans: &[Plan<'_>], details: &BTreeMap<String, Details>) -> Vec<String> {
    each(&plans[..plans.len().min(1)], details, |details, _| {
        details.windows.begin_standardized().then(|| {
            (
                "values of".to_owned(),
                "at the first step have mean 0 and deviation 1 over the samples in every dimension".to_owned(),
                "was a scaler fitted on the array reshaped to (N, T * d), with padding as values? Each step has a scale of its own then, \
                 and late ones, mostly padding, a large one; fit it on the frames of all samples, as --standardize does",
            )
        })
    })
}
