//! What runs say: scores per run, rows and sections of runs, readings of their curves.

pub mod config;
pub mod provenance;
pub mod rate;
pub mod reading;
pub mod scores;
pub mod section;
