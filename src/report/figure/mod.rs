//! Pictures of a section.

pub mod curves;
pub mod dodge;
pub mod plot;
mod stroke;
