//! Many runs: a suite becomes cells, a cell becomes a run directory.

pub mod cell;
pub mod error;
pub mod facts;
pub mod fleet;
pub mod forecast;
pub mod machine;
pub mod manifest;
pub mod outcome;
pub mod plan;
pub mod planned;
pub mod predict;
mod prospect;
pub mod runner;
pub mod settings;
pub mod suite;
pub mod train_on;
pub mod unbegun;
pub mod warm;
pub mod workbench;

pub use error::Error;
pub use fleet::{Fleet, Slot};
pub use forecast::forecast;
pub use machine::Machine;
pub use outcome::{Failed, Summary};
pub use planned::{Options, Sweep};
pub use settings::Settings;
pub use suite::{Protocol, Suite};
pub use train_on::TrainOn;
pub use unbegun::Unbegun;
