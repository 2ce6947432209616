//! Predictions made elsewhere, as runs: read, joined by sample id with the prepared truth, checked,
//! and written as finished run directories, so that they are a model of their own in every report.

pub mod error;
mod join;
mod read;
mod read_csv;
mod read_parquet;
mod row;
mod said;
mod write;

use std::path::{Path, PathBuf};

use crate::data::dataset::Corpus;
use crate::record::hash_bytes;

pub use error::{Error, Result};
pub use row::Row;

/// What the file does not say of itself. Title, citation and parameters are of one model: given
/// for a file of several, or otherwise than in a run that is there already, they are refused.
#[derive(Clone, Debug)]
pub struct Options {
    /// Model of rows that name none; the file's name where left out.
    pub model: Option<String>,
    /// Title in tables; the model's name where left out.
    pub title: Option<String>,
    /// Authors, title, venue.
    pub citation: Option<String>,
    /// Trainable scalars.
    pub parameters: Option<u64>,
    /// Mask protocol of rows that name none.
    pub mask_protocol: String,
    /// Mask seed of rows that name none.
    pub mask_seed: u64,
}

/// A run that was written, or was there already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scored {
    pub path: PathBuf,
    pub model: String,
    pub seed: u64,
    /// Whether it is new.
    pub new: bool,
    /// Its mask protocols that this program does not know.
    pub foreign_masks: Vec<String>,
}

/// Turns the predictions in `file` (CSV, or Parquet by its first bytes) into run directories under
/// `runs`, one per model and seed. Equal predictions give equal ids, so doing it again changes
/// nothing. Either all runs are written, or, where a check fails, none.
///
/// # Errors
/// [`Error`]; says which rows, samples or conditions are wrong.
pub fn score(file: &Path, corpus: &Corpus, runs: &Path, options: &Options) -> Result<Vec<Scored>> {
    let bytes = std::fs::read(file).map_err(|reason| Error::Io {
        path: file.to_owned(),
        reason,
    })?;
    let rows = read::rows(file, &bytes)?;
    let joined = join::join(file, &rows, corpus, options)?;
    said::check(&file_name(file), &joined, corpus, runs, options)?;
    let origin = write::Origin {
        name: file_name(file),
        hash: hash_bytes(&bytes),
        rows: rows.len(),
    };
    let each = joined.iter();
    each.map(|run| write::write(run, corpus, runs, options, &origin))
        .collect()
}

/// The name without its folder.
fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}
