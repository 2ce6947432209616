//! Reads weights written by `torch.save` (`pytorch_model.bin`) without executing anything.
//!
//! Such a file is a zip archive of uncompressed entries: `data.pkl`, a pickle of names and of
//! descriptions of tensors, and one entry of raw elements per storage. [`crate::data::pickle`] reads the
//! pickle under an [`allow_list`] of about ten names; tensors are slices of the memory map after their
//! shape, strides and offset have been checked against their storage. Needs no libtorch.

mod allow_list;
mod archive;
mod error;
mod layout;
mod tensor;

use std::collections::BTreeMap;
use std::path::Path;

pub use self::allow_list::DType;
use self::archive::Archive;
pub use self::error::{Error, Result};
pub use self::tensor::Array;
use self::tensor::Stored;
use crate::data::pickle::{Limits, Pickle};

/// An open file: its tensors by name, their elements still on the disk.
#[derive(Debug)]
pub struct TorchFile {
    archive: Archive,
    tensors: BTreeMap<String, Stored>,
}

impl TorchFile {
    /// Maps a file and reads its names. Values of the stored dict that are no tensors are left out.
    ///
    /// # Errors
    /// [`Error`] where the file is no such archive, names anything but tensors and plain data, or
    /// describes a tensor that its storage does not hold. The path is the caller's to add.
    pub fn open(path: &Path) -> Result<Self> {
        let archive = Archive::open(path)?;
        let pickle = archive.pickle()?.to_vec();
        let pickle = Pickle::with_allow_list(pickle, Limits::default(), &allow_list::TORCH)?;
        let root = pickle.root();
        if !root.is_dict() {
            return Err(Error::NoStateDict { found: root.kind() });
        }
        let mut tensors = BTreeMap::new();
        for (key, value) in root.entries() {
            if let Some(name) = key.as_str()
                && let Some(stored) = tensor::describe(name, value)?
            {
                stored.check(name, &archive)?;
                tensors.insert(name.to_owned(), stored);
            }
        }
        Ok(Self { archive, tensors })
    }

    /// Names of the tensors, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(String::as_str)
    }

    /// The shape of a tensor, without reading it.
    pub fn shape(&self, name: &str) -> Option<&[usize]> {
        self.tensors.get(name).map(Stored::shape)
    }

    /// A tensor's elements in row-major order.
    ///
    /// # Errors
    /// [`Error::Checksum`] where the storage is damaged.
    pub fn read(&self, name: &str) -> Result<Option<Array<'_>>> {
        let stored = self.tensors.get(name);
        stored.map(|s| s.read(&self.archive)).transpose()
    }
}

#[cfg(test)]
mod tests;
