//! Looks for numbers that stand in more than one place, or were filled in from others.

pub mod copied_column;
pub mod copied_condition;
pub mod copied_metric;
mod copied_rows;
pub mod copied_spreads;
pub mod duplicate_rows;
pub mod exact_line;
mod filled;
mod interpolated;
pub mod moved_run;
mod pasted_pair;
pub mod same_prediction;
mod unmasked;
