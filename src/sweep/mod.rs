//! Runs sweeps: a suite becomes planned runs, each run a run directory.

#[cfg(feature = "torch")]
mod absent_modality;
#[cfg(feature = "torch")]
pub mod condition_list;
#[cfg(feature = "torch")]
pub mod dry_run;
#[cfg(feature = "torch")]
mod encoders;
#[cfg(feature = "torch")]
pub mod error;
#[cfg(feature = "torch")]
pub mod events;
#[cfg(feature = "torch")]
pub mod manifest;
#[cfg(feature = "torch")]
pub mod mask_name;
#[cfg(feature = "torch")]
pub mod metadata;
#[cfg(feature = "torch")]
pub mod plan;
#[cfg(feature = "torch")]
pub mod planned;
#[cfg(feature = "torch")]
pub mod predict;
#[cfg(feature = "torch")]
pub mod predict_new;
#[cfg(feature = "torch")]
mod prefill;
#[cfg(feature = "torch")]
pub mod run;
#[cfg(feature = "torch")]
pub mod search;
#[cfg(feature = "torch")]
mod sequential;
#[cfg(feature = "torch")]
pub mod settings;
pub mod slurm;
pub mod status;
#[cfg(feature = "torch")]
mod stored_weights;
#[cfg(feature = "torch")]
pub mod suite;
#[cfg(feature = "torch")]
mod suite_file;
#[cfg(feature = "torch")]
pub mod summary;
#[cfg(feature = "torch")]
mod text;
#[cfg(feature = "torch")]
pub mod train_on;
#[cfg(feature = "torch")]
pub mod workers;

#[cfg(feature = "torch")]
pub use condition_list::ConditionList;
#[cfg(feature = "torch")]
pub use error::Error;
#[cfg(feature = "torch")]
pub use mask_name::MaskName;
#[cfg(feature = "torch")]
pub use planned::{Options, Sweep};
#[cfg(feature = "torch")]
pub use settings::Settings;
#[cfg(feature = "torch")]
pub use suite::{Protocol, Suite};
#[cfg(feature = "torch")]
pub use summary::{FailedRun, FailedToStart, Summary};
#[cfg(feature = "torch")]
pub use train_on::{TrainOn, TrainOnList};
#[cfg(feature = "torch")]
pub use workers::{Worker, WorkerPool};
