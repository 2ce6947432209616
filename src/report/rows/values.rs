//! Values of metrics, by metric and condition.

use std::collections::BTreeMap;

use crate::mask::Condition;

/// A score in the metric's own scale (percentages as fractions), or why there is none.
pub type Value = std::result::Result<f64, String>;

/// Scores at every condition, per metric name.
pub type Conditions = BTreeMap<&'static str, BTreeMap<Condition, Value>>;
