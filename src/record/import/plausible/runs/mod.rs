//! Compares runs: seeds of one model, and models.

pub mod means;
pub mod mixed;
pub mod pairs;
pub mod ranked;
