//! Finds labels whose rows show how they were made: sorted by themselves.

use std::collections::BTreeSet;

use crate::data::dataset::check::basis::main_labels::of_any_number;
use crate::data::dataset::read::plan::Plan;

/// Samples, and different labels, without which an order is chance.
const SORTED: usize = 12;
const DIFFERENT: usize = 4;

fn different(values: &[f64]) -> usize {
    let bits: BTreeSet<u64> = values.iter().map(|value| value.to_bits()).collect();
    bits.len()
}

/// Labels in ascending or descending order.
pub fn sorted(plan: &Plan<'_>) -> Option<String> {
    let labels = of_any_number(plan)?;
    let up = labels.is_sorted();
    let down = labels.iter().rev().is_sorted();
    let is_order = labels.len() >= SORTED && different(labels) >= DIFFERENT && (up || down);
    is_order.then(|| {
        format!(
            "{}: the samples are in {} order of their labels (first: {}): were labels sorted without their samples? \
             Fine if the samples were sorted with them: --accept labels",
            plan.split(),
            if up { "ascending" } else { "descending" },
            plan.ids[0]
        )
    })
}
