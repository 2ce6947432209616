//! Comparison with stored numbers of the reference implementations.

#[cfg(feature = "torch")]
pub mod case;
#[cfg(feature = "torch")]
pub mod compare;
#[cfg(feature = "torch")]
pub mod models;
#[cfg(feature = "torch")]
pub mod schedule;

/// One compared quantity of one case.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    pub case: String,
    pub quantity: String,
    /// Difference in the unit of the tolerance.
    pub error: f64,
    pub tolerance: f64,
}

impl Outcome {
    /// Whether the error is a number within the tolerance.
    pub fn passed(&self) -> bool {
        self.error <= self.tolerance
    }
}
