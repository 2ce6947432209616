//! Parses published tables of scores: delimited text, Markdown and LaTeX.
//!
//! ```text
//! bytes -> text -> grids of cells -> blocks with headings -> layout -> entries -> units, pairs, conditions -> cells
//! ```
//!
//! Long form (a number per line), wide form (a column per metric, or per data set and metric) and
//! wide form by condition (a column per missing rate or set of modalities) give the same [`ParsedTable`] of
//! [`ParsedCell`]s. Names of data sets and metrics are brought to those of this program where they are known
//! ([`names`], [`metric`]); everything else stays as it was printed. What the text leaves open is decided by what
//! fits the numbers, and noted; what is not understood is counted in [`LeftOut`].

pub mod cell;
mod cell_numbers;
pub mod condition;
mod context;
mod continued;
mod correlation;
mod differences;
mod entries;
mod entry;
pub mod error;
mod foreign;
mod grid;
mod header;
mod heading;
mod headings;
mod layout;
mod line_keys;
mod margins;
mod marks;
mod markup;
pub mod metric;
pub mod modalities;
mod moved_rows;
pub mod names;
mod naming;
pub mod number;
mod pairs;
mod qualifier;
mod ranks;
mod read;
mod references;
mod scales;
mod scope;
mod spread_units;
mod spreads;
#[cfg(test)]
mod tests;
mod text;
mod units;
mod unknown_macros;

pub use cell::{LeftOut, ParsedCell, ParsedTable};
pub use condition::ParsedCondition;
pub(in crate::published) use condition::is_mean;
pub use error::{Error, Result};
pub(in crate::published) use line_keys::RUNS;
pub use metric::Metric;
pub use modalities::Naming;
pub use number::Number;
pub use read::{Options, parse, parse_all, read, read_all};
