//! Reads runs: scores per run, rows and sections of runs, readings of their curves.

pub mod baseline;
mod check;
pub mod condition;
pub mod config;
pub mod matched;
pub mod provenance;
pub mod reading;
mod same_masks;
pub mod samples;
pub mod scores;
pub mod section;
pub mod trained;
