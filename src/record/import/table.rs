//! Represents a file of predictions as columns of text, whatever its format.

use super::Text;
use super::csv_table::CsvTable;
use super::error::Result;
use super::parquet_table::ParquetTable;

/// A file of predictions. Columns are decoded when they are read, so that one that is not needed may have
/// any type.
pub(super) enum Table {
    Csv(CsvTable),
    Parquet(Box<ParquetTable>),
}

impl Table {
    /// The names of the columns.
    pub fn headings(&self) -> &[String] {
        match self {
            Self::Csv(table) => table.headings(),
            Self::Parquet(table) => table.headings(),
        }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        match self {
            Self::Csv(table) => table.rows(),
            Self::Parquet(table) => table.rows(),
        }
    }

    /// The values of a column, each as the text that reads back as the same number.
    pub fn column(&self, index: usize) -> Result<Vec<Text>> {
        match self {
            Self::Csv(table) => Ok(table.column(index)),
            Self::Parquet(table) => table.column(index),
        }
    }

    /// The numbers of a column: as [`Table::column`], decimal commas of CSV as points. Whether there were
    /// some.
    pub fn numbers(&self, index: usize) -> Result<(Vec<Text>, bool)> {
        match self {
            Self::Csv(table) => table.numbers(index),
            Self::Parquet(table) => Ok((table.column(index)?, false)),
        }
    }

    /// The number of a row in messages: the line of a CSV file, the row of a Parquet file from 1.
    pub fn row_number(&self, row: usize) -> u64 {
        match self {
            Self::Csv(table) => table.line(row),
            Self::Parquet(_) => row as u64 + 1,
        }
    }

    /// What was assumed in reading, a sentence each.
    pub fn notes(&self) -> Vec<String> {
        match self {
            Self::Csv(table) => table.notes.clone(),
            Self::Parquet(_) => Vec::new(),
        }
    }
}
