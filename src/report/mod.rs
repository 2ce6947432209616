//! Tables and figures from run directories.
//!
//! ```text
//! run directories -> scores -> sections (a data set each) -> tables -> markdown, latex, html, text
//!                                         |                       \-> manifest: cell -> origin -> runs
//!                                         +-> csv, figures
//! ```
//!
//! Reads nothing but [`crate::record`] and computes with nothing but [`crate::metric`]; exporters
//! give bytes, only [`write`] touches files. The same runs give the same bytes.

pub mod check;
pub mod cite;
pub mod effort;
pub mod error;
pub mod figure;
pub mod format;
pub mod manifest;
pub mod numbering;
pub mod options;
pub mod origin;
mod place;
pub mod rows;
pub mod stats;
pub mod table;
pub mod write;

#[cfg(test)]
mod check_tests;
#[cfg(test)]
mod compare_tests;
#[cfg(test)]
mod csv_tests;
#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod latex_tests;
#[cfg(test)]
mod mark_tests;
#[cfg(test)]
mod protocol_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod trace_tests;

pub use check::{Checked, check};
pub use error::Error;
pub use format::terminal;
pub use options::{Layout, Options};
pub use table::Table;
pub use write::{Written, write_report};
