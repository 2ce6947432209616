//! Many runs: a suite becomes cells, a cell becomes a run directory.

#[cfg(feature = "torch")]
pub mod cell;
#[cfg(feature = "torch")]
pub mod condition_list;
#[cfg(feature = "torch")]
pub mod error;
#[cfg(feature = "torch")]
pub mod fleet;
#[cfg(feature = "torch")]
pub mod forecast;
#[cfg(feature = "torch")]
pub mod machine;
#[cfg(feature = "torch")]
pub mod manifest;
#[cfg(feature = "torch")]
pub mod mask_name;
#[cfg(feature = "torch")]
pub mod metadata;
#[cfg(feature = "torch")]
pub mod outcome;
#[cfg(feature = "torch")]
pub mod plan;
#[cfg(feature = "torch")]
pub mod planned;
#[cfg(feature = "torch")]
pub mod predict;
#[cfg(feature = "torch")]
mod prospect;
#[cfg(feature = "torch")]
pub mod runner;
#[cfg(feature = "torch")]
pub mod settings;
pub mod slurm;
pub mod status;
#[cfg(feature = "torch")]
pub mod suite;
#[cfg(feature = "torch")]
mod text;
#[cfg(feature = "torch")]
pub mod train_on;
#[cfg(feature = "torch")]
pub mod unbegun;
#[cfg(feature = "torch")]
pub mod warm;
#[cfg(feature = "torch")]
pub mod workbench;

#[cfg(feature = "torch")]
pub use condition_list::ConditionList;
#[cfg(feature = "torch")]
pub use error::Error;
#[cfg(feature = "torch")]
pub use fleet::{Fleet, Slot};
#[cfg(feature = "torch")]
pub use forecast::forecast;
#[cfg(feature = "torch")]
pub use machine::Machine;
#[cfg(feature = "torch")]
pub use mask_name::MaskName;
#[cfg(feature = "torch")]
pub use outcome::{Failed, Summary};
#[cfg(feature = "torch")]
pub use planned::{Options, Sweep};
#[cfg(feature = "torch")]
pub use settings::Settings;
#[cfg(feature = "torch")]
pub use suite::{Protocol, Suite};
#[cfg(feature = "torch")]
pub use train_on::TrainOn;
#[cfg(feature = "torch")]
pub use unbegun::Unbegun;
