//! Finds features whose values were sorted, along any axis.

use std::collections::BTreeMap;

use super::counters::each;
use crate::data::dataset::details::Details;
use crate::data::dataset::read::plan::Plan;

/// Splits whose values rise.
pub fn sorted_values(plans: &[Plan<'_>], details: &BTreeMap<String, Details>) -> Vec<String> {
    each(plans, details, |details, _| {
        let (part, between) = details.rises.sorted()?;
        Some((
            format!("{:.1} % of the values of", 100.0 * part),
            format!("rise from {between}"),
            "were values sorted (numpy.sort takes the last axis, axis=0 each column by itself) or summed up in place of whole \
             frames or samples put in order? Take the features before that",
        ))
    })
}
