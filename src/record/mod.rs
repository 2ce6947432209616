//! What a run leaves behind: the layout of `runs/ID/`, written by the sweep and read by reports.
//!
//! | file | holds |
//! |---|---|
//! | `config.toml` | the resolved configuration of the run |
//! | `manifest.json` | [`Manifest`]: data, mask, model, seed, selection, build |
//! | `metrics.jsonl` | one line per epoch |
//! | `checkpoint.safetensors` | the selected weights |
//! | `last.safetensors` | weights and optimizer after the last finished epoch; gone when done |
//! | `predictions.parquet` | [`Predictions`]: one row per (mask, rate, sample) |
//! | `scores.csv` | [`Scores`]: what the metrics make of the predictions, so that a report need not |
//! | `DONE` | written last: checksums of all of these that a report rests on |
//! | `attempts/` | [`Attempt`]: one file per process that worked on the run |
//! | `failure.json` | [`Failure`]: the last error, if any |
//!
//! A run is worked on in `runs/unfinished/ID/ATTEMPT/` ([`RunLease`]) and renamed to `runs/ID/` when it is done.
//! `runs/sweeps/ID/manifest.json` ([`SweepManifest`]) names the cells of a sweep; what their processes
//! said is kept beside it, in `logs/` or, by Slurm, in `slurm/`.
//!
//! Files appear whole or not at all, and `DONE` appears last, so a folder with `DONE` is complete.

pub mod attempt;
pub mod epochs;
pub mod error;
pub mod facts;
pub mod find;
#[cfg(test)]
pub(crate) mod fixture;
mod groups;
pub mod import;
pub mod manifest;
pub mod noise;
pub mod parquet;
pub mod predictions;
pub mod run_dir;
pub mod scores;
pub mod seal;
pub mod sweep;
pub mod work;

pub use attempt::{Attempt, Failure, Outcome};
pub use error::Error;
pub use facts::{EXTERNAL, PAPER, VERSION};
pub use find::{Runs, directories, find_runs, run_dir};
pub use manifest::Manifest;
pub use predictions::{Group, Prediction, PredictionKey, Predictions};
pub use run_dir::{Record, RunDir, Sealed};
pub use scores::Scores;
pub use seal::hash as hash_bytes;
pub use sweep::{SweepCell, SweepDir, SweepManifest, sweeps};
pub use work::{Acquired, RunLease};
