//! Many runs: a suite becomes cells, a cell becomes a run directory.

pub mod cell;
pub mod error;
pub mod facts;
pub mod machine;
pub mod plan;
pub mod predict;
pub mod runner;
pub mod suite;
pub mod workbench;

pub use error::Error;
pub use machine::Machine;
pub use runner::{Options, Summary, run};
pub use suite::{Protocol, Suite};
