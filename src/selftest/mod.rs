//! Compares this program with the reference implementations, on stored cases.
//!
//! A case is a file (masks, metrics) or folder (models) of a golden set; `tests/golden` holds the
//! committed one, and any folder of the same form can be checked. Each check yields an
//! [`Comparison`]: the largest distance from the reference, and the tolerance.

#[cfg(feature = "torch")]
pub mod case;
#[cfg(feature = "torch")]
pub mod compare;
mod comparison;
mod error;
mod files;
#[cfg(feature = "torch")]
mod label_generation;
pub mod masks;
pub mod metrics;
#[cfg(feature = "torch")]
pub mod models;
#[cfg(feature = "torch")]
pub mod schedule;
mod suite;
pub mod tensors;

pub use comparison::Comparison;
pub use error::Error;
pub use suite::{Report, Setting, run};
