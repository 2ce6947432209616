//! Decodes the bytes of a file that should hold a table.

use super::error::{Error, Result};

/// The text of a file; `name` is for messages.
///
/// # Errors
/// [`Error::Kind`] for a file of another kind, [`Error::Csv`] where it is not UTF-8.
pub(super) fn decode<'a>(name: &str, bytes: &'a [u8]) -> Result<&'a str> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|error| {
        let before = &bytes[..error.valid_up_to()];
        let line = before.iter().filter(|b| **b == b'\n').count() + 1;
        let start = before.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
        let separators = before[start..].iter().filter(|b| b",;\t".contains(b)).count();
        Error::Csv {
            table: name.to_string(),
            reason: format!(
                "line {line}, column {}: expected text in UTF-8 (if it is Western European: iconv -f WINDOWS-1252 -t UTF-8)",
                separators + 1
            ),
        }
    })
}
