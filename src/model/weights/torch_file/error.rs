//! Defines what can be wrong with a file of `torch.save`.

use std::io;

use crate::data::pickle;

/// Result of reading such a file.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A file that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another kind of file.
    #[error("expected a zip archive of torch.save, found {found}; {hint}")]
    NotAnArchive { found: &'static str, hint: String },

    /// The format before PyTorch 1.6: several pickles, followed by the storages.
    #[error(
        "expected a zip archive of torch.save, found its format from before PyTorch 1.6, which is \
         not read; convert it once in Python: w = torch.load(\"pytorch_model.bin\", \
         map_location=\"cpu\", weights_only=True), then safetensors.torch.save_file({{k: v.clone() \
         for k, v in w.items()}}, \"model.safetensors\")"
    )]
    Legacy,

    /// The archive contradicts itself or ends too early.
    #[error("damaged zip archive: {what}; copy or download the file again")]
    Damaged { what: String },

    /// An entry of another form than torch.save writes.
    #[error("entry {entry}: expected {expected}, found {found}")]
    Entry {
        entry: String,
        expected: &'static str,
        found: String,
    },

    /// Elements that changed since they were written.
    #[error(
        "entry {entry}: its checksum does not match: the file is damaged (or was stored without \
         checksums, torch.serialization.set_crc32_options(False)); copy or download it again"
    )]
    Checksum { entry: String },

    /// A damaged or refused pickle.
    #[error("data.pkl: {0}")]
    Pickle(pickle::Error),

    /// Something other than names and tensors was saved.
    #[error(
        "data.pkl: expected a dict of parameter names and tensors, found {found}; save \
         model.state_dict()"
    )]
    NoStateDict { found: &'static str },

    /// A tensor that contradicts its storage.
    #[error("tensor {name}: expected {expected}, found {found}")]
    Tensor {
        name: String,
        expected: String,
        found: String,
    },

    /// Reading failed.
    #[error("cannot read the file: {0}")]
    Io(io::Error),
}

impl Error {
    pub(super) fn tensor(
        name: &str,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Self {
        Self::Tensor {
            name: name.to_owned(),
            expected: expected.into(),
            found: found.into(),
        }
    }
}

impl From<pickle::Error> for Error {
    fn from(error: pickle::Error) -> Self {
        Self::Pickle(error)
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}
