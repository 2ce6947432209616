//! Scores of predictions against truths: plain functions over float32 slices, no tensors.
//!
//! - [`accuracy`], [`f1`], [`error`], [`correlation`] hold the formulas, one idea a file.
//! - [`Metric`] is a formula with its direction, unit and title; nothing compares metrics by name.
//! - [`Sums`] is a metric's form for resampling; [`baseline`] finds what a constant can reach.
//! - [`Protocol`] is the named list of metrics a data set is scored by; [`PROTOCOLS`] lists them.
//!
//! Values are fractions in [0, 1] for accuracies and F1, label units for the mean absolute error;
//! a score that does not exist is an [`Undefined`] with its reason, never NaN.

pub mod accuracy;
mod additive;
pub mod baseline;
pub mod correlation;
mod descriptor;
pub mod error;
pub mod f1;
mod mosi;
mod protocol;
mod sims;
mod undefined;

pub use additive::Sums;
pub use descriptor::{Direction, Metric, Unit, fixed};
pub use protocol::{Protocol, UnknownProtocol, protocol};
pub use undefined::Undefined;

/// Every protocol, in the order help texts list them.
pub const PROTOCOLS: &[&Protocol] = &[&mosi::PROTOCOL, &sims::PROTOCOL];
