//! Tables and figures from run directories.
//!
//! ```text
//! run directories -> scores -> sections (a data set each) -> tables -> markdown, latex, html, text
//!                                         |                       \-> manifest: cell -> runs
//!                                         +-> csv, figures
//! ```
//!
//! Reads nothing but [`crate::record`] and computes with nothing but [`crate::metric`]; exporters
//! give bytes, only [`write`] touches files. The same runs give the same bytes.

pub mod build;
pub mod config;
pub mod csv;
pub mod curves;
pub mod dodge;
pub mod error;
pub mod html;
pub mod latex;
pub mod manifest;
pub mod mark;
pub mod markdown;
pub mod page;
pub mod plot;
pub mod provenance;
pub mod rate;
pub mod reading;
pub mod scores;
pub mod section;
pub mod stats;
mod stroke;
pub mod table;
pub mod terminal;
pub mod write;

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;

pub use error::Error;
pub use table::Table;
pub use write::{Options, Written, write_report};
