//! Defines a table parsed from CSV and its cells.

use super::{Metric, Number, ParsedCondition};

/// One number with everything the table states about it.
#[derive(Clone, Debug, PartialEq)]
pub struct ParsedCell {
    /// Name in `datasets.toml` where it is a known one; empty where the table names none.
    pub dataset: String,
    /// Method as printed, followed by the configuration where the table has columns for one.
    pub method: String,
    pub condition: ParsedCondition,
    pub metric: &'static Metric,
    pub number: Number,
    /// Line in the file, counted from 1.
    pub line: u64,
    /// Column in the file, counted from 1.
    pub column: usize,
}

/// A table parsed from CSV.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ParsedTable {
    /// File name, for messages.
    pub name: String,
    /// In the order of the file.
    pub cells: Vec<ParsedCell>,
    /// What the reader assumed or left out.
    pub notes: Vec<String>,
}
