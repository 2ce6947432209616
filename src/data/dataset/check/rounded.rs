//! Finds features that were rounded to whole numbers in all splits.

use std::collections::BTreeMap;

use crate::data::dataset::details::Details;
use crate::data::dataset::plan::Plan;
use crate::data::pickle::ElementKind;

/// Finds modalities with whole numbers only. One split that has them alone is compared with train elsewhere.
pub fn rounded(plans: &[Plan<'_>], details: &BTreeMap<String, Details>) -> Vec<String> {
    let official: Vec<&Plan<'_>> = plans.iter().filter(|p| p.official().is_some()).collect();
    let found = ["text", "audio", "vision"].into_iter().filter_map(|column| {
        let range = |plan: &&Plan<'_>| {
            let details = details.get(&format!("{}/{column}", plan.split()))?;
            details.whole.rounded()
        };
        let ranges: Option<Vec<(f32, f32)>> = official.iter().map(range).collect();
        let (least, largest) = ranges?.into_iter().reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))?;
        let first = official.first()?;
        Some(format!(
            "all values of {column} are whole numbers in every split, from {least} to {largest}{} (first: {}): were \
             features cast to integers, or rounded? Write them as floats before any cast; classes or counts: --accept \
             features",
            integers(first, column),
            first.ids[0]
        ))
    });
    found.collect()
}

/// The type of an array of integers.
fn integers(plan: &Plan<'_>, column: &str) -> String {
    let array = plan
        .features_of(column)
        .and_then(|features| features.array());
    match array.filter(|array| array.dtype().kind != ElementKind::Float) {
        Some(array) => format!(", of dtype {}", array.type_name()),
        None => String::new(),
    }
}
