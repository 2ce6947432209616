//! Decides whether an existing prepared file is kept, replaced or in the way.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use super::dataset_name::{DatasetName, file_name};
use super::error::{Error, Result};
use super::fold_files::prepared_names;
use super::source;
use super::stored_table::StoredTable;
use crate::data::store::{self, Provenance, Reader};

/// The provenance and content hash of the file at `path` if it is complete and was made from the same
/// bytes with the same options and matches its checksums: it is kept. `None` where a new file is to be written: there is none, or
/// it `replaces` any other unchecked. `wanted` is the provenance that the new file would have.
///
/// # Errors
/// [`Error::Exists`] for any other file of that name; [`Error::OlderTable`] where it holds another table or note.
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
    let (found, content_hash) = opened.map_err(|error| {
        exists(match error {
            store::Error::Damaged { damaged, .. } => {
                format!("a file that is damaged: {}", damaged.join(", "))
            }
            _ => "something that is no complete prepared file".to_owned(),
        })
    })?;
    let same = found.dataset == wanted.dataset
        && found.source_bytes == wanted.source_bytes
        && found.source_sha256 == hash(input, &AtomicBool::new(false))?;
    let (made, asked) = (changes(&found.options), changes(&wanted.options));
    match (same, made == asked) {
        (true, true) if !older(&found, wanted).is_empty() => Err(Error::OlderTable {
            path: path.to_owned(),
            dataset: wanted.dataset.clone(),
            keys: older(&found, wanted),
        }),
        (true, true) => match store::verify(path, |_| ()) {
            Ok(_) => Ok(Some((found, content_hash))),
            Err(damaged) => Err(exists(format!("the same data, but {damaged}"))),
        },
        (true, false) => Err(exists(format!(
            "the same data prepared with other options ({made}, not {asked})"
        ))),
        (false, _) => Err(exists(format!(
            "{} {} from {}",
            found.layout, found.dataset, found.source_name
        ))),
    }
}

/// Other folds and versions of the data set that were prepared in the folder of `path` from the same bytes in the same
/// way.
pub fn same_source(path: &Path, own: &Provenance) -> Vec<String> {
    let folder = path.parent().unwrap_or(Path::new(""));
    let base = DatasetName::of(&own.dataset).base;
    let others = prepared_names(folder).into_iter();
    let others = others.filter(|name| *name != own.dataset && DatasetName::of(name).base == base);
    let is_same = |name: &String| {
        let read = Reader::open(&folder.join(file_name(name))).and_then(|r| r.provenance());
        let same_way = |other: &Provenance| changes(&other.options) == changes(&own.options);
        read.is_ok_and(|other| other.source_sha256 == own.source_sha256 && same_way(&other))
    };
    others.filter(is_same).collect()
}

/// The keys of the table that differ, and the note of `prepare --note`.
fn older(found: &Provenance, wanted: &Provenance) -> Vec<String> {
    let tables = [found, wanted].map(|one| StoredTable::parse(&one.table));
    let mut keys = match &tables {
        [Some(found), Some(wanted)] => found.differences(wanted),
        _ => Vec::new(),
    };
    if found.note != wanted.note && !keys.iter().any(|key| key == "note") {
        keys.push("note".to_owned());
    }
    keys
}

/// The options that decide the content of a file and how it is stored. Old files lack some.
fn changes(options: &str) -> String {
    let options: serde_json::Value = serde_json::from_str(options).unwrap_or_default();
    let text = |name: &str, default| options[name].as_str().unwrap_or(default).to_owned();
    let tokens = match options["tokenizer"].as_str() {
        Some(tokenizer) => format!(", {} tokens by {tokenizer}", options["tokens"]),
        None => String::new(),
    };
    format!(
        "padding {}, compression {}, {}standardized{tokens}",
        text("padding", "right"),
        text("compression", "none"),
        if options["standardize"] == true {
            ""
        } else {
            "not "
        }
    )
}

/// Hexadecimal SHA-256 of a file; empty, and not used, if `stop` was set before the end.
///
/// # Errors
/// [`Error::Io`].
pub fn hash(input: &Path, stop: &AtomicBool) -> Result<String> {
    let hash = source::sha256(input, stop).map_err(|reason| Error::Io {
        path: input.to_owned(),
        action: "hash it",
        reason,
    })?;
    Ok(hash.unwrap_or_default())
}
