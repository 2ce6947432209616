//! Looks at means and differences beside what they are of.

mod blank_as_zero;
mod data_set_means;
mod method_means;
mod mixed_means;
mod moved_means;
pub mod overall_mean;
mod parts;
mod run_means;
pub mod wrong_difference;
pub mod wrong_parts;
