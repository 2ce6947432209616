//! Looks at the lengths of the samples of every split.

use super::cut::{cut, halves, rates};
use super::shifted::shifted;
use crate::data::dataset::check::basis::sample_steps::SampleSteps;
use crate::data::dataset::profile::Profiles;
use crate::data::dataset::read::plan::Plan;

/// Finds modalities of a split, or of a part of one, that are in another order than the others, were cut elsewhere or have
/// another frame rate.
pub fn steps(plans: &[Plan<'_>], profiles: &Profiles) -> Vec<String> {
    let official = plans.iter().filter(|plan| plan.official().is_some());
    let all: Vec<SampleSteps> = official
        .map(|plan| SampleSteps::of(plan, profiles))
        .collect();
    let warnings = all.iter().filter_map(|own| {
        let whole = own.unlike(&all).or_else(|| own.odd_one());
        let part = || shifted(own).or_else(|| (0..2).find_map(|at| own.half(at)?.unlike(&all)));
        whole.or_else(part).or_else(|| own.lagging())
    });
    let mut warnings: Vec<String> = warnings.collect();
    let short = cut(&all);
    // Samples that were cut have fewer frames for each token.
    if short.is_empty() {
        warnings.extend(rates(&all));
    }
    warnings.extend(short);
    // A part in another order has other lengths too.
    if warnings.is_empty() {
        warnings.extend(all.iter().flat_map(halves));
    }
    warnings
}
