//! Many runs: a suite becomes cells, a cell becomes a run directory.

mod attempts;
pub mod cell;
pub mod error;
pub mod facts;
pub mod forecast;
pub mod machine;
pub mod plan;
pub mod predict;
mod prospect;
pub mod runner;
pub mod suite;
pub mod workbench;

pub use error::Error;
pub use forecast::forecast;
pub use machine::Machine;
pub use runner::{Options, Summary, run};
pub use suite::{Protocol, Suite};
