//! Tables as files: each format turns the same [`crate::report::Table`] into text.

pub mod csv;
pub mod html;
pub mod json;
pub mod latex;
mod long;
pub mod markdown;
pub mod page;
pub mod terminal;
