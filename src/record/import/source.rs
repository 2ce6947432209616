//! A file of predictions as columns of text.

use super::Text;
use super::input_row::InputRow;

/// A file of predictions.
pub(super) struct Source {
    pub rows: Vec<InputRow>,
    /// What was assumed, a sentence each.
    pub notes: Vec<String>,
    /// Whether the file has a column of ids.
    pub has_ids: bool,
    /// Positions, or an index of pandas or R, where there is no column of ids.
    pub index: Option<Values>,
    /// Columns that may hold ids under another heading.
    pub unnamed: Vec<Values>,
    /// Columns of labels.
    pub truths: Vec<Values>,
    /// Columns without a role.
    pub others: Vec<Values>,
    /// Names of data sets.
    pub dataset: Option<Values>,
    /// Columns of splits.
    pub splits: Vec<Values>,
    /// Version, fold and rates of modalities.
    pub beside: Vec<Values>,
    /// Columns that may describe the sample of a row.
    pub described: Vec<Values>,
}

/// A column as text.
pub(super) struct Values {
    pub heading: String,
    pub values: Vec<Text>,
}
