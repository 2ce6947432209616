//! Holds a number of a table until its unit, its cut and its condition are settled.

use super::cell::ParsedCell;
use super::heading::Unit;
use super::modalities::ModalitySet;

/// A number as a table prints it.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub cell: ParsedCell,
    /// Which of two numbers of a cell it is, where nothing in the table tells the order.
    pub slot: Option<usize>,
    /// The modalities that its condition names.
    pub modalities: Option<ModalitySet>,
    /// It is the spread of another number.
    pub spread: bool,
    /// The unit that the heading states.
    pub unit: Option<Unit>,
    /// A percent sign is beside the number.
    pub percent: bool,
    /// The number beside it is in brackets.
    pub bracketed: bool,
    /// Numbers that are printed in one unit: those of a column, or of a data set and metric.
    pub group: String,
}
