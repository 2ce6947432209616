//! Names the files of a fit.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::Error;
use super::selection::Rules;
use super::state::State;

/// The files of one fit.
#[derive(Clone, Debug)]
pub struct Files {
    /// The selected weights, where one epoch serves every metric.
    pub best: PathBuf,
    /// Weights, optimizer and state of the last finished epoch, or of the step where a signal
    /// stopped the fit.
    pub last: PathBuf,
    /// One line per epoch.
    pub log: PathBuf,
    /// Folder of TensorBoard's event files, where they are wanted.
    pub events: Option<PathBuf>,
    /// Where to write the operations per step of the first epoch of a call, where they are wanted.
    pub operations: Option<PathBuf>,
}

impl Files {
    /// The weights of a picked epoch.
    pub fn picked(&self, rules: &Rules, epoch: u32) -> PathBuf {
        // Epoch 0 is a model that was not trained.
        if rules.is_single() || epoch == 0 {
            self.best.clone()
        } else {
            self.folder()
                .join(format!("checkpoint-epoch-{epoch}.safetensors"))
        }
    }

    pub(super) fn folder(&self) -> &Path {
        self.best.parent().unwrap_or(Path::new("."))
    }

    /// Removes the weights of epochs that nothing picks any more.
    pub(super) fn forget_unpicked(&self, rules: &Rules, state: &State) -> Result<(), Error> {
        if rules.is_single() {
            return Ok(());
        }
        let picks = state.all_picks().flat_map(|picks| picks.values());
        let kept: BTreeSet<PathBuf> = picks.map(|pick| self.picked(rules, pick.epoch)).collect();
        let folder = self.folder();
        for entry in std::fs::read_dir(folder).map_err(|e| Error::io(folder, e))? {
            let path = entry.map_err(|e| Error::io(folder, e))?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.starts_with("checkpoint-epoch-") && !kept.contains(&path) {
                std::fs::remove_file(&path).map_err(|e| Error::io(&path, e))?;
            }
        }
        Ok(())
    }
}
