//! A cell of a printed table and where it stands.

use super::{Metric, Number, ParsedCondition};

/// One number with everything the table says about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
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

/// A printed table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// File name, for messages.
    pub name: String,
    /// In the order of the file.
    pub cells: Vec<Cell>,
    /// What the reader assumed or left out.
    pub notes: Vec<String>,
}
