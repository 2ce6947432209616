//! The pickle reader by itself, for the fuzz target.

#[path = "../../src/pickle/mod.rs"]
pub mod pickle;
