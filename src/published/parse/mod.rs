//! Parses published tables of scores from CSV.
//!
//! Long form (a cell per line), wide form (a column per metric, or per data set and metric) and
//! wide form by rate (a column per missing rate) give the same [`ParsedTable`] of [`ParsedCell`]s. Names of
//! data sets and metrics are brought to those of this program where they are known
//! ([`names`], [`metric`]); everything else stays as it was printed.

pub mod cell;
pub mod condition;
pub mod error;
mod header;
mod layout;
mod line_keys;
pub mod metric;
pub mod names;
pub mod number;
mod read;

pub use cell::{ParsedCell, ParsedTable};
pub use condition::ParsedCondition;
pub use error::{Error, Result};
pub use metric::Metric;
pub use number::Number;
pub use read::{Options, parse, read};
