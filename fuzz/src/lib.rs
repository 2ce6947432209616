//! The pickle reader by itself, for the fuzz target.

#[path = "../../src/data/pickle/mod.rs"]
pub mod pickle;
