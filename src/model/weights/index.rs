//! Reads `model.safetensors.index.json` and `pytorch_model.bin.index.json`, which list the file of each
//! parameter.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::model::error::{ModelError, Result};

/// The end of an index file's name.
pub(super) const END: &str = ".index.json";

/// No BERT has as many parameters as would fill more.
const LARGEST: u64 = 16 << 20;

/// An index: the file of each parameter, in the index's own folder.
#[derive(Debug)]
pub(super) struct WeightIndex {
    /// Paths with the names that the index lists for them, in the order of the paths.
    pub(super) files: BTreeMap<PathBuf, Vec<String>>,
}

/// The part of the file that is read; the rest is metadata.
#[derive(Deserialize)]
struct Written {
    weight_map: BTreeMap<String, String>,
}

impl WeightIndex {
    /// Whether a file is an index by its name.
    pub(super) fn is_index(path: &Path) -> bool {
        path.to_string_lossy().ends_with(END)
    }

    /// Reads an index. The files it names must be file names of the index's own kind: it cannot
    /// lead out of its folder.
    ///
    /// # Errors
    /// [`ModelError::WeightIndex`], [`ModelError::Read`].
    pub(super) fn read(path: &Path) -> Result<Self> {
        let refused = |what: String| ModelError::WeightIndex {
            path: path.to_owned(),
            what,
        };
        let failed = |source| ModelError::Read {
            path: path.to_owned(),
            source,
        };
        let size = fs::metadata(path).map_err(failed)?.len();
        if size > LARGEST {
            let what = format!("expected an index of at most {LARGEST} bytes, got {size}");
            return Err(refused(what));
        }
        let text = fs::read_to_string(path).map_err(failed)?;
        let written: Written = serde_json::from_str(&text)
            .map_err(|e| refused(format!("expected {{\"weight_map\": {{NAME: FILE}}}}: {e}")))?;
        let mut files: BTreeMap<PathBuf, Vec<String>> = BTreeMap::new();
        for (name, file) in written.weight_map {
            if !is_sibling(path, &file) {
                return Err(refused(format!(
                    "parameter `{name}`: expected a file of this folder and of this kind, got `{file}`"
                )));
            }
            files
                .entry(path.with_file_name(file))
                .or_default()
                .push(name);
        }
        if files.is_empty() {
            Err(refused("expected parameters, got none".to_owned()))
        } else {
            Ok(Self { files })
        }
    }
}

/// Whether `file` is a file name with the extension that the index's own name gives.
fn is_sibling(index: &Path, file: &str) -> bool {
    let is_name = Path::new(file).file_name() == Some(file.as_ref());
    let indexed = index.to_string_lossy();
    let indexed = Path::new(indexed.trim_end_matches(END)).extension();
    is_name && !file.contains(['/', '\\']) && Path::new(file).extension() == indexed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<WeightIndex> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("model.safetensors.index.json");
        fs::write(&path, text).unwrap();
        WeightIndex::read(&path)
    }

    #[test]
    fn files_are_named_once() {
        let index = read(
            r#"{"metadata": {"total_size": 9}, "weight_map":
                {"b": "two.safetensors", "a": "one.safetensors", "c": "one.safetensors"}}"#,
        );
        let files: Vec<Vec<String>> = index.unwrap().files.into_values().collect();
        assert_eq!(files, [vec!["a", "c"], vec!["b"]]);
    }

    #[test]
    fn other_places_and_kinds_are_refused() {
        for file in [
            "../one.safetensors",
            "/etc/one.safetensors",
            "a/b.safetensors",
            "x.bin",
            "..",
            "",
        ] {
            let text = format!(r#"{{"weight_map": {{"a": "{file}"}}}}"#);
            let error = read(&text).unwrap_err().to_string();
            assert!(
                error.contains("`a`: expected a file of this folder"),
                "{error}"
            );
        }
        for text in [
            "",
            "[]",
            "{}",
            r#"{"weight_map": {}}"#,
            r#"{"weight_map": {"a": 1}}"#,
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains("index.json: expected"), "{error}");
        }
    }
}
