//! Labels as whole numbers, so that equal ones can be counted, and the runs of equal ones.

use std::collections::HashMap;
use std::ops::Range;

use crate::data::dataset::check::basis::main_labels::of_any_number;
use crate::data::dataset::read::carried::Carried;
use crate::data::dataset::read::plan::Plan;

/// The steps in which values are equal.
const STEPS: f64 = 1e4;

/// The labels of a split in their order; none where some are not finite, or marked as unlabeled.
pub fn keys(plan: &Plan<'_>) -> Option<Vec<i64>> {
    let labels = of_any_number(plan)?;
    let is_masked = plan.carried.iter().any(|(name, column)| {
        let zero = |values: &Vec<f64>| values.contains(&0.0);
        name == "mask" && matches!(column, Carried::Numbers(values) if zero(values))
    });
    let is_known = !is_masked && labels.iter().all(|label| label.is_finite());
    is_known.then(|| labels.iter().map(|label| key(*label)).collect())
}

/// A label as a whole number.
pub fn key(label: f64) -> i64 {
    (label * STEPS).round() as i64
}

/// The label of a whole number.
pub fn label_of(key: i64) -> f64 {
    key as f64 / STEPS
}

/// How often each label occurs.
pub fn counts(keys: &[i64]) -> HashMap<i64, usize> {
    let mut counts = HashMap::new();
    for key in keys {
        *counts.entry(*key).or_default() += 1;
    }
    counts
}

/// Every run of equal labels.
pub fn runs(keys: &[i64]) -> Vec<Range<usize>> {
    let mut start = 0;
    let lengths = keys.chunk_by(|a, b| a == b).map(<[i64]>::len);
    let ranges = lengths.map(|length| {
        start += length;
        start - length..start
    });
    ranges.collect()
}
