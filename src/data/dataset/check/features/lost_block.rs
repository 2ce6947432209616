//! Finds a block of dimensions that is zero, or a mean, throughout some samples: one of several extractors failed there.

use std::collections::BTreeMap;

use crate::data::dataset::details::Details;
use crate::data::dataset::details::still_dimensions::BLOCK;
use crate::data::dataset::read::plan::Plan;

/// Samples that have lost a block by no chance, and part of them in which a dimension of the block is still.
const SAMPLES: usize = 5;
const SHARED: f64 = 0.8;

/// Part of a split that is judged: the samples without a loss are many, and those between few.
const FEW: f64 = 0.1;
const BETWEEN: f64 = 0.05;

/// Splits of which some samples have such a block and the others have not.
pub fn lost_block(plans: &[Plan<'_>], details: &BTreeMap<String, Details>) -> Vec<String> {
    let official = plans.iter().filter(|plan| plan.official().is_some());
    let each = official.flat_map(|plan| ["text", "audio", "vision"].map(|column| (plan, column)));
    let found = each.filter_map(|(plan, column)| {
        let still = &details.get(&format!("{}/{column}", plan.split()))?.still;
        let lost = still.rows.len() as f64;
        let all = (still.few + still.between) as f64 + lost;
        let is_apart = still.few as f64 >= FEW * all && still.between as f64 <= BETWEEN * lost.min(all - lost);
        let block = still.counts.iter().filter(|count| **count as f64 >= SHARED * lost);
        let (block, width) = (block.count(), still.counts.len());
        if still.rows.len() < SAMPLES || !is_apart || (block as f64) < BLOCK * width as f64 {
            return None;
        }
        Some(format!(
            "{}: {} samples have {block} of {width} dimensions of {column} at one value throughout, where the others have not \
             (first: {}): did one of several extractors fail there, or give fewer dimensions? Extract these samples again",
            plan.split(),
            still.rows.len(),
            plan.ids[still.rows[0]]
        ))
    });
    found.collect()
}
