//! Imports external predictions: reads a file, joins it by sample id with the prepared labels, checks it,
//! and writes finished run directories, so that every report shows a further model.

mod description;
pub mod error;
mod input_row;
mod join;
mod read;
mod read_csv;
mod read_parquet;
mod write;

use std::path::{Path, PathBuf};

use crate::data::dataset::Corpus;
use crate::record::hash_bytes;
use crate::record::manifest::ExternalMetadata;

pub use error::{Error, Result};
pub use input_row::InputRow;

/// Metadata that the file does not hold. Title, citation and parameters describe one model: they are
/// refused for a file of several models, and where an existing run has other values.
#[derive(Clone, Debug)]
pub struct Options {
    /// Model of rows without one [default: the file's name].
    pub model: Option<String>,
    /// Title in tables [default: the model's name].
    pub title: Option<String>,
    /// Authors, title, venue.
    pub citation: Option<String>,
    /// Trainable scalars.
    pub parameters: Option<u64>,
    /// Mask protocol of rows without one.
    pub mask_protocol: String,
    /// Mask seed of rows without one.
    pub mask_seed: u64,
}

/// A run that was written or existed before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scored {
    pub path: PathBuf,
    pub model: String,
    pub seed: u64,
    /// Whether it is new.
    pub new: bool,
    /// Its mask protocols that this program does not know.
    pub unknown_masks: Vec<String>,
}

/// Turns the predictions in `file` (CSV, or Parquet by its first bytes) into run directories under
/// `runs`, one per model and seed. Equal predictions give equal ids, so doing it again changes
/// nothing. Either all runs are written, or, where a check fails, none.
///
/// # Errors
/// [`Error`]; names the rows, samples or conditions that are wrong.
pub fn score(file: &Path, corpus: &Corpus, runs: &Path, options: &Options) -> Result<Vec<Scored>> {
    let bytes = std::fs::read(file).map_err(|source| Error::Io {
        path: file.to_owned(),
        source,
    })?;
    let rows = read::rows(file, &bytes)?;
    let joined = join::join(file, &rows, corpus, options)?;
    description::check(&file_name(file), &joined, corpus, runs, options)?;
    let source = ExternalMetadata {
        file: file_name(file),
        blake3: hash_bytes(&bytes),
        rows: rows.len(),
    };
    let runs = joined
        .iter()
        .map(|run| write::write(run, corpus, runs, options, &source));
    runs.collect()
}

/// The name without its folder.
fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}
