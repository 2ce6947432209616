//! Recognizes files of other formats by their first bytes.

use super::error::Error;
use super::opcode;

/// First bytes, the format, and what to do.
const FORMATS: &[(&[u8], &str, &str)] = &[
    (
        b"\x89HDF\r\n",
        "an HDF5 file",
        "name the MMSA pickle it was made from",
    ),
    (
        b"PK\x03\x04",
        "a zip archive (or npz, or a torch file)",
        "unpack it first",
    ),
    (b"\x1f\x8b", "a gzip file", "unpack it first"),
    (b"\x93NUMPY", "an npy file", "name the MMSA pickle"),
    (
        b"<",
        "a web page or XML",
        "download the file again: this is often an error page",
    ),
    (
        b"version https://git-lfs",
        "a Git LFS pointer",
        "fetch the real file with git lfs pull",
    ),
];

/// Replaces the error of a stream that could not be read, if the file fails at its first byte or starts
/// like another format: it is then not a damaged pickle.
pub fn explain(bytes: &[u8], start: usize, error: Error) -> Error {
    let specific = matches!(
        error,
        Error::ForbiddenGlobal { .. } | Error::Limit { .. } | Error::Io(_)
    );
    if specific || bytes.first() == Some(&opcode::PROTO) {
        return error;
    }
    let format = FORMATS.iter().find(|(magic, ..)| bytes.starts_with(magic));
    if let Some((_, found, hint)) = format {
        return Error::NotAPickle {
            found: (*found).into(),
            hint,
        };
    }
    match error {
        Error::Malformed { offset, .. } if offset == start as u64 => Error::NotAPickle {
            found: "bytes that do not start a pickle".into(),
            hint: "write it again with pickle.dump(..., protocol=4)",
        },
        error => error,
    }
}
