//! A prepared file that is there already.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use super::digest;
use super::error::{Error, Result};
use crate::data::store::{Provenance, Reader};

/// What a complete file under the final name says, with its content hash, if it was made from the
/// same bytes in the same way. `wanted` is what a new file would say of itself before the
/// conversion. With `replaces` nobody looks.
///
/// # Errors
/// [`Error::Exists`] for any other file of that name.
pub fn find(
    input: &Path,
    path: &Path,
    wanted: &Provenance,
    replaces: bool,
) -> Result<Option<(Provenance, String)>> {
    if replaces || !path.exists() {
        return Ok(None);
    }
    let exists = |holds: String| Error::Exists {
        path: path.to_owned(),
        holds,
    };
    let opened = Reader::open(path).and_then(|r| Ok((r.provenance()?, r.content_hash()?)));
    let Ok((found, content_hash)) = opened else {
        return Err(exists("something that is no complete prepared file".into()));
    };
    let same = found.dataset == wanted.dataset
        && found.source_bytes == wanted.source_bytes
        && found.source_sha256 == hash(input, &AtomicBool::new(false))?;
    let (made, asked) = (changes(&found.options), changes(&wanted.options));
    match (same, made == asked) {
        (true, true) => Ok(Some((found, content_hash))),
        (true, false) => Err(exists(format!(
            "the same data prepared with other options ({made}, not {asked})"
        ))),
        (false, _) => Err(exists(format!(
            "{} {} from {}",
            found.layout, found.dataset, found.source_name
        ))),
    }
}

/// The options that decide what a file holds and how. Files of earlier programs lack some.
fn changes(options: &str) -> String {
    let options: serde_json::Value = serde_json::from_str(options).unwrap_or_default();
    let text = |name: &str, default| options[name].as_str().unwrap_or(default).to_owned();
    format!(
        "padding {}, compression {}, {}standardized",
        text("padding", "right"),
        text("compression", "none"),
        if options["standardize"] == true {
            ""
        } else {
            "not "
        }
    )
}

/// Hexadecimal SHA-256 of a file; empty where `stop` was set before the end, and then it is not
/// used.
///
/// # Errors
/// [`Error::Io`].
pub fn hash(input: &Path, stop: &AtomicBool) -> Result<String> {
    let hash = digest::sha256(input, stop).map_err(|reason| Error::Io {
        path: input.to_owned(),
        action: "hash it",
        reason,
    })?;
    Ok(hash.unwrap_or_default())
}
