//! Tables of scores as somebody printed them, read from CSV: no runs, no predictions, only cells.
//!
//! Long form (a cell per line), wide form (a column per metric, or per data set and metric) and
//! wide form by rate (a column per missing rate) give the same [`Table`] of [`Cell`]s. Names of
//! data sets and metrics are brought to those of this program where they are known
//! ([`names`], [`metric`]); everything else stays as it was printed.

pub mod cell;
pub mod condition;
pub mod error;
mod header;
pub mod metric;
pub mod names;
pub mod number;
mod plan;
mod read;
mod row;

pub use cell::{Cell, Table};
pub use condition::ParsedCondition;
pub use error::{Error, Result};
pub use metric::Metric;
pub use number::Number;
pub use read::{Options, parse, read};
