//! Resumes a stored fit.

use std::collections::HashMap;
use std::path::Path;

use tch::{Tensor, nn};

use super::files::Files;
use super::optimizers::Optimizers;
use super::state::State;
use super::{Error, checkpoint, epoch_log};

/// Loads the stored state; a fresh one where none is stored.
///
/// `micro_batch` is that of the plan: a stored fit with a smaller one keeps it, since it has run out of
/// memory before.
pub(super) fn resume(
    store: &mut nn::VarStore,
    optimizers: &mut Optimizers,
    files: &Files,
    micro_batch: usize,
) -> Result<State, Error> {
    if !files.last.exists() {
        epoch_log::truncate(&files.log, 0)?;
        return Ok(State {
            micro_batch,
            ..State::default()
        });
    }
    let (tensors, state) = checkpoint::load(&files.last)?;
    let mut state: State = serde_json::from_str(&state).map_err(|e| Error::Checkpoint {
        path: files.last.clone(),
        reason: e.to_string(),
    })?;
    restore(store, &tensors)?;
    optimizers.load_state(&tensors)?;
    // A kill may have come between the log line of an epoch and its state; `trainer/stored.rs` explains
    // where else, and does the rest.
    epoch_log::truncate(&files.log, state.epoch as usize)?;
    tracing::info!("resuming after epoch {}, step {}", state.epoch, state.step);
    if state.micro_batch == 0 {
        state.micro_batch = micro_batch;
    }
    if micro_batch < state.micro_batch {
        tracing::warn!(
            "going on with {micro_batch} samples per pass in place of the {} stored: dropout is drawn in \
             another order than an undisturbed run draws it",
            state.micro_batch
        );
        state.micro_batch = micro_batch;
    }
    Ok(state)
}

/// The weights in `path` into the store.
pub fn load_weights(store: &mut nn::VarStore, path: &Path) -> Result<(), Error> {
    restore(store, &checkpoint::load(path)?.0)
}

/// All variables of the store, sorted by name.
pub fn weights(store: &nn::VarStore) -> Vec<(String, Tensor)> {
    let mut weights: Vec<_> = store.variables().into_iter().collect();
    weights.sort_by(|a, b| a.0.cmp(&b.0));
    weights
}

fn restore(store: &mut nn::VarStore, tensors: &[(String, Tensor)]) -> Result<(), Error> {
    let stored: HashMap<&str, &Tensor> = tensors.iter().map(|(n, t)| (n.as_str(), t)).collect();
    for (name, mut variable) in store.variables() {
        let stored = stored.get(name.as_str()).ok_or_else(|| {
            Error::Unexpected(format!(
                "expected parameter {name} in the checkpoint, found none"
            ))
        })?;
        tch::no_grad(|| variable.f_copy_(stored))?;
    }
    Ok(())
}
