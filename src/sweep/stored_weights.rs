//! Names and checks the stored weights of a run, and computes with them as the run did.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::PathBuf;

use tch::Device;

use super::error::Error;
use crate::record::{Manifest, RunDir};

/// The file with the weights of a chosen epoch; 0 is the one that serves all metrics.
pub fn weights_file(dir: &RunDir, epoch: u32) -> PathBuf {
    if epoch == 0 {
        dir.checkpoint()
    } else {
        dir.epoch_checkpoint(epoch)
    }
}

/// blake3 of the weights of these epochs by the names of their files.
///
/// # Errors
/// [`Error::Io`].
pub fn stored_weights(
    dir: &RunDir,
    epochs: &BTreeSet<u32>,
) -> Result<BTreeMap<String, String>, Error> {
    let files = epochs.iter().map(|&epoch| weights_file(dir, epoch));
    files
        .map(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            Ok((name.into_owned(), hash(&path)?))
        })
        .collect()
}

fn hash(path: &std::path::Path) -> Result<String, Error> {
    let mut hasher = blake3::Hasher::new();
    let file = File::open(path).map_err(|e| Error::io(path, e))?;
    hasher.update_reader(file).map_err(|e| Error::io(path, e))?;
    Ok(hasher.finalize().to_hex().to_string())
}

/// Checks that a run still has the weights that it trained.
///
/// # Errors
/// [`Error::WeightsGone`]; [`Error::WeightsChanged`].
pub fn check_weights(manifest: &Manifest, dir: &RunDir) -> Result<(), Error> {
    for (name, expected) in &manifest.weights {
        let path = dir.path().join(name);
        if !path.is_file() {
            return Err(Error::WeightsGone {
                run: dir.path().to_owned(),
                file: name.clone(),
            });
        }
        let found = hash(&path)?;
        if found != *expected {
            return Err(Error::WeightsChanged {
                path,
                expected: expected.clone(),
                found,
            });
        }
    }
    Ok(())
}

/// libtorch's number of threads set to that of a run: another number sums in another order. Gone with the
/// value.
pub struct Threads(Option<i32>);

impl Threads {
    /// On a CPU as many as the run had.
    pub fn of(manifest: &Manifest, device: Device) -> Self {
        if device.is_cuda() {
            return Self(None);
        }
        let before = tch::get_num_threads();
        let threads = manifest.build.threads.unwrap_or(1);
        tch::set_num_threads(i32::try_from(threads).unwrap_or(i32::MAX));
        Self(Some(before))
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        if let Some(before) = self.0 {
            tch::set_num_threads(before);
        }
    }
}
