//! The machine a sweep runs on.

use crate::train::MicroBatch;

/// How this machine is used. Nothing here is part of a run's identity; what of it could show in the
/// last bits is in the run's manifest.
#[derive(Clone, Copy, Debug, Default)]
pub struct Machine {
    pub micro_batch: MicroBatch,
    /// Bytes a fit may use; `None` for the device's own.
    pub memory_budget: Option<u64>,
    /// Compute the text encoder twice in place of keeping its activations.
    pub recompute_encoder: bool,
    /// Let CUDA use algorithms whose results vary from run to run.
    pub nondeterministic: bool,
    /// Write event files for TensorBoard.
    pub tensorboard: bool,
}
