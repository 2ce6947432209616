//! The labels of a split that are predicted.

use crate::data::dataset::read::labels;
use crate::data::dataset::read::plan::Plan;

/// Fewer samples show nothing about a split.
pub const ENOUGH: usize = 30;

/// The labels that are predicted, of enough samples.
pub fn main<'p>(plan: &'p Plan<'_>) -> Option<&'p [f64]> {
    of_any_number(plan).filter(|labels| labels.len() >= ENOUGH)
}

/// The labels that are predicted, of however few samples.
pub fn of_any_number<'p>(plan: &'p Plan<'_>) -> Option<&'p [f64]> {
    let main = plan.labels.iter().find(|(name, _)| name == labels::MAIN)?;
    Some(&main.1)
}
