//! Reads runs: scores per run, rows and sections of runs, aggregates of their curves.

pub mod aggregate;
pub mod baseline;
pub mod by_rule;
mod check;
pub mod condition;
pub mod config;
mod copied;
pub mod doubtful;
pub mod ends;
pub mod folds;
pub mod joined;
pub mod kept;
pub mod matched;
pub mod order;
pub mod provenance;
pub mod reference;
pub mod row;
mod same_masks;
pub mod samples;
pub mod scores;
pub mod section;
pub mod sort;
pub mod trained;
pub mod values;
