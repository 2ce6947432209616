//! Replaces errors about files that are not damaged pickles but something else.

use super::error::Error;
use crate::support::file_kind::{FileKind, Target};

/// The error for a file that could not be read as a pickle from `start` on, if its content shows another
/// format or a known damage, or if it fails at its first byte.
pub fn explain(bytes: &[u8], start: usize, error: Error) -> Error {
    let specific = matches!(
        error,
        Error::ForbiddenGlobal { .. } | Error::Limit { .. } | Error::Io(_)
    );
    if specific {
        return error;
    }
    let kind = FileKind::of_bytes(bytes);
    let known = match kind {
        FileKind::Pickle(_) | FileKind::Unknown => false,
        // Protocol 0 is text that starts with one of these opcodes.
        FileKind::Text | FileKind::Csv => !b"(FILSVclN".contains(&bytes[0]),
        _ => true,
    };
    match error {
        _ if known => not_a_pickle(kind),
        Error::Malformed { offset, .. } if offset == start as u64 => not_a_pickle(kind),
        error => error,
    }
}

/// The error for a file of another kind.
pub fn not_a_pickle(kind: FileKind) -> Error {
    Error::NotAPickle {
        found: kind.name(),
        hint: kind.remedy(Target::Pickle),
    }
}
