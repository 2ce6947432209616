//! Makes tables and figures from finished runs.
//!
//! ```text
//! run directories -> scores -> sections -> tables -> Markdown, LaTeX, HTML, terminal
//!                                |  |         \-> manifest: cell -> origin -> runs
//!                                |  \-> figures
//!                                \-> tidy tables: CSV, Parquet
//! ```
//!
//! Reads [`crate::record`] alone and computes with [`crate::metric`] alone. [`format`] turns a report
//! into bytes, [`write`] puts them on disk. The same runs give the same bytes.

pub mod block;
pub mod build;
pub mod changed;
pub mod check;
pub mod citation;
pub mod contents;
pub mod contribution;
pub mod detail;
pub mod elsewhere;
pub mod error;
pub mod figure;
pub mod findings;
pub mod format;
pub mod manifest;
pub mod numbering;
pub mod options;
pub mod origin;
pub mod rows;
pub mod sources;
pub mod stats;
pub mod table;
pub mod test_plan;
pub mod tidy;
pub mod write;

#[cfg(test)]
mod check_tests;
#[cfg(test)]
mod compare_tests;
#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod latex_tests;
#[cfg(test)]
mod mark_tests;
#[cfg(test)]
mod protocol_tests;
#[cfg(test)]
mod recompute_tests;
#[cfg(test)]
mod row_tests;
#[cfg(test)]
mod selection_gap_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tidy_tests;
#[cfg(test)]
mod trace_tests;
#[cfg(test)]
mod train_rate_tests;
#[cfg(test)]
mod write_tests;

pub use check::{Checked, check};
pub use error::Error;
pub use findings::SectionFindings;
pub use format::terminal;
pub use options::{Curves, FigureFormat, Layout, Options, ReferenceRow};
pub use rows::joined::{LeftOut, describe as describe_left_out};
pub use rows::reference::Reference;
pub use sources::Sources;
pub use table::Table;
pub use write::{Written, write_report};
