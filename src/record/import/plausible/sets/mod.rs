//! Compares conditions at which whole modalities are missing.

pub mod absent;
pub mod subsets;
pub mod unmasked;
