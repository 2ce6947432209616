//! Finds features of an extractor in which dropout was active.

use std::collections::BTreeMap;

use super::counters::each;
use crate::data::dataset::details::Details;
use crate::data::dataset::read::plan::Plan;

/// Splits whose features have zeros in every dimension alike.
pub fn dropout(plans: &[Plan<'_>], details: &BTreeMap<String, Details>) -> Vec<String> {
    each(plans, details, |details, _| {
        let part = details.zeros.dropped()?;
        Some((
            format!("{:.1} % of the values of", 100.0 * part),
            "are zero, as often in every dimension and in each by itself".to_owned(),
            "was dropout active in the extractor (no model.eval()), or were values masked? Extract without it",
        ))
    })
}
