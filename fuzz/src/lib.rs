//! Compiles the pickle reader alone, for the fuzz target.

#[path = "../../src/data/pickle/mod.rs"]
pub mod pickle;
