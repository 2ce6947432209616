//! Builds the tidy tables of a report: one line per number, for pandas, R and spreadsheets.

pub mod columns;
pub mod summary;
