//! Replaces errors about files that are not damaged pickles but something else.

use super::error::Error;
use crate::support::file_kind::{FileKind, Target};

/// Zero bytes at the end that show an interrupted copy.
const ZEROS: usize = 64;

/// The error for a file that could not be read as a pickle from `start` on, if its content shows another
/// format or a known damage, or if it fails at its first byte.
pub fn explain(bytes: &[u8], start: usize, error: Error) -> Error {
    let specific = match &error {
        // A name with a carriage return is a line of a file that was copied as text.
        Error::ForbiddenGlobal { name, .. } => !name.contains('\r'),
        Error::Limit { .. } | Error::Io(_) => true,
        _ => false,
    };
    if specific {
        return error;
    }
    let kind = FileKind::of_damaged(bytes);
    let known = match kind {
        FileKind::Pickle(_) | FileKind::Unknown => false,
        // Protocol 0 is text that starts with one of these opcodes.
        FileKind::Text | FileKind::Csv => !b"(FILSVclN".contains(&bytes[0]),
        _ => true,
    };
    if known {
        return not_a_pickle(kind);
    }
    // A pickle ends with STOP.
    let ends_in_zeros = bytes.len() > ZEROS && bytes[bytes.len() - ZEROS..].iter().all(|b| *b == 0);
    if ends_in_zeros {
        return Error::NotAPickle {
            found: "one that is zero from its middle to its end, as an interrupted copy leaves it",
            hint: "copy or download it again".to_owned(),
        };
    }
    match error {
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
