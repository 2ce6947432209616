//! The labels of a split that is large enough to be judged.

use crate::data::dataset::labels;
use crate::data::dataset::plan::Plan;

/// Fewer samples show nothing about a split.
pub const ENOUGH: usize = 30;

/// The labels that are predicted.
pub fn main<'p>(plan: &'p Plan<'_>) -> Option<&'p [f64]> {
    let main = plan.labels.iter().find(|(name, _)| name == labels::MAIN)?;
    (main.1.len() >= ENOUGH).then_some(&main.1[..])
}
