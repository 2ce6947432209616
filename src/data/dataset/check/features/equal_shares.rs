//! Finds splits whose features were cut into classes by their own quantiles.

use std::collections::BTreeMap;

use crate::data::dataset::details::Details;
use crate::data::dataset::read::plan::Plan;

/// Frames, and dimensions, without which nothing is judged; and the part of the dimensions of few values in which each is as often
/// as the others: values that are often equal have other shares. By the quantiles of train, shares in CMU-MOSI are 7 to
/// 13 % apart in the median dimension.
const FRAMES: u64 = 100;
const DIMENSIONS: usize = 5;
const PART: f64 = 0.5;

/// Splits other than train in which values of most dimensions are as often as each other.
pub fn equal_shares(plans: &[Plan<'_>], details: &BTreeMap<String, Details>) -> Vec<String> {
    let mut warnings = Vec::new();
    let official = plans.iter().skip(1).filter(|p| p.official().is_some());
    for plan in official {
        for column in ["text", "audio", "vision"] {
            let Some(details) = details.get(&format!("{}/{column}", plan.split())) else {
                continue;
            };
            let [few, equal] = details.shares.equal();
            let is_most = equal >= DIMENSIONS && equal as f64 >= PART * few as f64;
            if is_most && details.shares.frames() >= FRAMES {
                warnings.push(format!(
                    "{}: in {equal} of {few} dimensions of {column} with few values each is as often as the others (first: {}): cut \
                     into classes by the split's own quantiles (KBinsDiscretizer, qcut)? Cut it at those of {}",
                    plan.split(),
                    plan.ids[0],
                    plans[0].split()
                ));
            }
        }
    }
    warnings
}
