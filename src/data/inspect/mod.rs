//! Describes the contents of a pickle, of arrays or of a prepared file, for programs ([`objects`]) and for people
//! ([`describe`]). Nothing in a pickle is executed, and no file is trusted.

mod contents;
mod pickled;
mod picture;
mod prepared;
mod scan;
mod stream;
#[cfg(test)]
mod tests;
mod warnings;

use std::path::Path;

pub use prepared::{PreparedFile, UnreadableFile};
pub use stream::{ArrayRow, Outcome, Stream};

use schemars::JsonSchema;
use serde::Serialize;

use crate::data::arrays;
use crate::data::dataset;
use crate::data::pickle;
use crate::data::store;
use crate::support::{Classify, ErrorClass, FileKind};

/// Result of this module.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a file cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot read {}", path.display())]
    Pickle {
        path: std::path::PathBuf,
        source: pickle::Error,
    },
    #[error("cannot read {}", path.display())]
    Io {
        path: std::path::PathBuf,
        source: std::io::Error,
    },
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl Classify for Error {
    fn class(&self) -> ErrorClass {
        match self {
            Self::Pickle { source, .. } => source.class(),
            Self::Io { .. } => ErrorClass::Io,
            Self::Store(error) => error.class(),
        }
    }
}

/// A table of the contents of a file, with lines above and below.
#[derive(Debug, Default, PartialEq)]
pub struct Description {
    /// Lines above the table.
    pub head: Vec<String>,
    pub header: Vec<&'static str>,
    pub rows: Vec<Vec<String>>,
    /// Lines below the table: lengths, labels, texts.
    pub details: Vec<String>,
    /// Differences from the published files that need attention.
    pub warnings: Vec<String>,
}

/// Describes a pickle or a prepared file for people.
///
/// # Errors
/// [`Error`] where the file cannot be read.
pub fn describe(path: &Path) -> Result<Description> {
    if is_prepared(path) {
        prepared::describe(path)
    } else {
        pickled::describe(path)
    }
}

/// An object of `inspect --json`. `docs/pickle.md` documents them.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Object {
    Stream(Stream),
    Prepared(PreparedFile),
    /// A prepared file that cannot be read.
    Unreadable(UnreadableFile),
}

/// Calls `emit` with one object per stream of a pickle, also for a stream that cannot be read, or
/// with one for a prepared file.
///
/// # Errors
/// After the last object, the first [`Error`] that an object reports; the errors of `emit`.
pub fn objects<E: From<Error>>(
    path: &Path,
    mut emit: impl FnMut(Object) -> Result<(), E>,
) -> Result<(), E> {
    if is_prepared(path) {
        prepared::object(path, emit)
    } else if is_arrays(path) {
        stream::read_arrays(path, |stream| emit(Object::Stream(stream)))
    } else {
        stream::read(path, |stream| emit(Object::Stream(stream)))
    }
}

/// Whether it is an HDF5 file with the mark of prepared files, or without arrays for `prepare`.
fn is_prepared(path: &Path) -> bool {
    let marked = |file: hdf5::File| file.attr(store::ATTR_VERSION).is_ok();
    matches!(FileKind::of(path), Ok(FileKind::Hdf5))
        && (store::read_only(path).is_ok_and(marked) || arrays::open_hdf5(path).is_err())
}

/// Whether it is a source of arrays other than a pickle.
fn is_arrays(path: &Path) -> bool {
    match FileKind::of(path) {
        Ok(FileKind::Npz | FileKind::Hdf5) => true,
        Ok(FileKind::Folder) => arrays::is_folder(path),
        _ => false,
    }
}

/// Describes the published file with this SHA-256.
fn published(sha256: &str) -> String {
    match dataset::published(sha256) {
        Some((spec, file)) => format!("the published {} {} file", file.layout, spec.title),
        None => "not a published file".to_owned(),
    }
}

/// A number with at most four decimals, or an exponent if it is very large or very small.
fn rounded(value: f64) -> String {
    let size = value.abs();
    if size == 0.0 || (1e-3..1e7).contains(&size) {
        ((value * 1e4).round() / 1e4).to_string()
    } else {
        format!("{value:.3e}")
    }
}
