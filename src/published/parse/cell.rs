//! Defines a parsed table and its cells.

use std::fmt;

use serde::Serialize;

use super::{Metric, Number, ParsedCondition};

/// One number with everything the table states about it.
#[derive(Clone, Debug, PartialEq)]
pub struct ParsedCell {
    /// Name in `datasets.toml` where it is a known one; empty where the table names none.
    pub dataset: String,
    /// Method as printed, without marks and references, followed by the configuration where the
    /// table has columns for one.
    pub method: String,
    pub condition: ParsedCondition,
    pub metric: &'static Metric,
    pub number: Number,
    /// Whether it is the mean of runs or rows that the table has lines for, too.
    pub averaged: bool,
    /// In bold, as papers print the best number of a column.
    pub bold: bool,
    /// Line in the file, counted from 1.
    pub line: u64,
    /// Column in the file, counted from 1.
    pub column: usize,
}

/// A table parsed from a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ParsedTable {
    /// Path of the file as it was given.
    pub name: String,
    /// What its title states of masks and training data, which sets it apart from tables beside it.
    pub scope: String,
    /// In the order of the file.
    pub cells: Vec<ParsedCell>,
    /// What the reader assumed or left out.
    pub notes: Vec<String>,
    /// What no rule sees because it was not understood.
    pub left_out: LeftOut,
}

/// Counts of what was in a file but is no cell of its table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct LeftOut {
    pub tables: usize,
    pub lines: usize,
    pub columns: usize,
    pub cells: usize,
}

impl LeftOut {
    /// Whether everything was understood.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl std::ops::AddAssign for LeftOut {
    fn add_assign(&mut self, other: Self) {
        self.tables += other.tables;
        self.lines += other.lines;
        self.columns += other.columns;
        self.cells += other.cells;
    }
}

impl std::iter::Sum for LeftOut {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |mut sum, next| {
            sum += next;
            sum
        })
    }
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |n: usize, what: &str| match n {
            0 => None,
            1 => Some(format!("1 {what}")),
            n => Some(format!("{n} {what}s")),
        };
        let parts = [
            count(self.tables, "table"),
            count(self.lines, "line"),
            count(self.columns, "column"),
            count(self.cells, "cell"),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        f.write_str(&parts.join(", "))
    }
}
