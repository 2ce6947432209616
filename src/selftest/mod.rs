//! Parity with the reference implementations, case by case, on stored numbers.
//!
//! A case is a file (masks, metrics) or folder (models) of a golden set; `tests/golden` holds the
//! committed one, and any folder of the same form can be checked. Each check yields an
//! [`Outcome`] that says how far off we are and how far off is allowed.

#[cfg(feature = "torch")]
pub mod case;
#[cfg(feature = "torch")]
pub mod compare;
mod error;
mod files;
#[cfg(feature = "torch")]
mod label_generation;
pub mod masks;
pub mod metrics;
#[cfg(feature = "torch")]
pub mod models;
mod outcome;
#[cfg(feature = "torch")]
pub mod schedule;
mod suite;
pub mod tensors;

pub use error::Error;
pub use outcome::Outcome;
pub use suite::{Report, Setting, run};
