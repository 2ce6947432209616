//! Writes and reads `runs/ID/`, the directory of a run.
//!
//! | file | holds |
//! |---|---|
//! | `config.toml` | the resolved configuration of the run |
//! | `manifest.json` | [`Manifest`]: data, model, seed, training, selection, build |
//! | `metrics.jsonl` | one line per epoch |
//! | `checkpoint.safetensors` | the selected weights |
//! | `last.safetensors` | weights and optimizer after the last finished epoch; gone when done |
//! | `evaluations/` | [`evaluation`]: a folder per evaluation, each sealed by itself |
//! | `DONE` | written when the first evaluation is there: checksums of manifest and log of epochs |
//! | `attempts/` | [`Attempt`]: one file per process that worked on the run |
//! | `failure.json` | [`Failure`]: the last error, if any |
//!
//! A run is worked on in `runs/unfinished/ID/ATTEMPT/` ([`RunLease`]) and renamed to `runs/ID/` when it is done.
//! `runs/sweeps/ID/manifest.json` ([`SweepManifest`]) names the runs of a sweep; the logs of their
//! processes are in `logs/` next to it or, under Slurm, in `slurm/`.
//!
//! Every file is written atomically and `DONE` last, so a folder with `DONE` is complete.

pub mod attempt;
pub mod epochs;
pub mod error;
pub mod evaluation;
pub mod find;
#[cfg(test)]
pub(crate) mod fixture;
mod groups;
pub mod import;
pub mod manifest;
pub mod masks;
pub mod new_predictions;
pub mod parquet;
pub mod predictions;
pub mod run_dir;
pub mod scores;
pub mod seal;
pub mod sealed;
pub mod search;
pub mod selection;
pub mod sweep;
pub mod trainer_options;
pub mod training;
pub mod work;

pub use attempt::{Attempt, Failure, Outcome};
pub use error::Error;
pub use evaluation::Evaluation;
pub use find::{Runs, directories, find_runs, run_dir};
pub use manifest::{Manifest, VERSION};
pub use masks::MaskGrid;
pub use predictions::{Group, Prediction, PredictionKey, Predictions};
pub use run_dir::{Record, RunDir};
pub use scores::Scores;
pub use seal::hash as hash_bytes;
pub use sealed::Sealed;
pub use selection::SelectionRule;
pub use sweep::{SweepDir, SweepManifest, SweepRun, sweeps};
pub use trainer_options::TrainerOptions;
pub use training::{EngineKind, Precision};
pub use work::{Acquired, RunLease};
