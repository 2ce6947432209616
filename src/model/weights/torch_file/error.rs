//! Defines what can be wrong with a file of `torch.save`.

use std::io;

use crate::data::pickle;

/// Result of reading such a file.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a file is not read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Something else.
    #[error("expected a zip archive of torch.save, found {found}; {hint}")]
    NotAnArchive { found: String, hint: &'static str },

    /// The format before PyTorch 1.6: several pickles, and the storages behind them.
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

    /// An entry that torch.save does not write.
    #[error("entry {entry}: expected {expected}, found {found}")]
    Entry {
        entry: String,
        expected: &'static str,
        found: String,
    },

    /// Elements that are not those written.
    #[error(
        "entry {entry}: its checksum does not match: the file is damaged (or was stored without \
         checksums, torch.serialization.set_crc32_options(False)); copy or download it again"
    )]
    Checksum { entry: String },

    /// The pickle itself.
    #[error("data.pkl: {0}")]
    Pickle(#[from] pickle::Error),

    /// Something else than names and tensors was saved.
    #[error(
        "data.pkl: expected a dict of parameter names and tensors, found {found}; save \
         model.state_dict()"
    )]
    NoStateDict { found: &'static str },

    /// A tensor that cannot be.
    #[error("tensor {name}: expected {expected}, found {found}")]
    Tensor {
        name: String,
        expected: String,
        found: String,
    },

    /// Reading failed.
    #[error("cannot read the file: {0}")]
    Io(#[from] io::Error),
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
