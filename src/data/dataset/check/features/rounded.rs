//! Finds features that were rounded to whole numbers in all splits, and numbers of words in the place of text features.

use std::collections::BTreeMap;

use crate::data::dataset::details::Details;
use crate::data::dataset::details::whole_numbers::WholeNumbers;
use crate::data::dataset::read::plan::Plan;
use crate::data::pickle::ElementKind;

/// Finds modalities with whole numbers only. One split that has them alone is compared with train elsewhere.
pub fn rounded(plans: &[Plan<'_>], details: &BTreeMap<String, Details>) -> Vec<String> {
    let official: Vec<&Plan<'_>> = plans.iter().filter(|p| p.official().is_some()).collect();
    let found = ["text", "audio", "vision"].into_iter().filter_map(|column| {
        let first = official.first()?;
        let in_all = |of: fn(&WholeNumbers) -> Option<(f32, f32)>| {
            let range = |plan: &&Plan<'_>| {
                let details = details.get(&format!("{}/{column}", plan.split()))?;
                of(&details.whole)
            };
            let ranges: Option<Vec<(f32, f32)>> = official.iter().map(range).collect();
            ranges?.into_iter().reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
        };
        let indices = in_all(WholeNumbers::indices).filter(|_| column == "text");
        if let Some((least, largest)) = indices {
            return Some(format!(
                "all values of text are whole numbers from {least} to {largest} (first: {}): token ids, or numbers of words? \
                 Models take text features (samples, steps, dimensions), or BERT's tokens as text_bert (samples, 3, steps)",
                first.ids[0]
            ));
        }
        let has_one_step = first.features_of(column).is_some_and(|own| own.steps == 1);
        if in_all(WholeNumbers::signs).is_some() && has_one_step {
            return Some(format!(
                "all values of {column} are -1, 0 or 1 in every split (first: {}): was the one vector of each sample normalized \
                 over its single step (F.normalize takes dim=1 of an array (N, T, d))? Give dim=-1, or leave it out; flags: \
                 --accept features",
                first.ids[0]
            ));
        }
        let (least, largest) = in_all(WholeNumbers::rounded)?;
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
