//! Removes the weights of trials when a search has ended.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use crate::record;
use crate::support::words;
use crate::sweep::Sweep;

/// Removes the weights of these stages' trials that were not tested; their logs and scores stay, from which the
/// same command finds the same stages again. To be called when the chosen settings are tested: until then a trial's
/// weights can be those that will be.
pub fn remove_weights(stages: &[Sweep], runs: &Path) {
    let trials = stages.iter().flat_map(|stage| &stage.runs);
    let (mut count, mut bytes) = (0, 0);
    for run in trials.filter(|run| run.is_trial()) {
        let dir = record::run_dir(runs, &run.id);
        let Ok((manifest, _)) = dir.checked_manifest() else {
            // It diverged.
            continue;
        };
        if !dir.evaluation_folders().is_empty() {
            continue;
        }
        for file in manifest.weights.keys().map(|name| dir.path().join(name)) {
            let size = fs::metadata(&file).map_or(0, |metadata| metadata.len());
            match fs::remove_file(&file) {
                Ok(()) => (count, bytes) = (count + 1, bytes + size),
                Err(e) if e.kind() == ErrorKind::NotFound => {}
                Err(e) => tracing::warn!("cannot remove {}: {e}", file.display()),
            }
        }
    }
    if count > 0 {
        tracing::info!(
            "removed the weights of {count} trials that were not chosen, {}",
            words::bytes(bytes)
        );
    }
}
