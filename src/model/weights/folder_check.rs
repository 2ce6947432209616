//! Names what keeps a folder from being read as a BERT: no folder, a link without its target, a pointer in
//! place of a file, weights of another program.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use crate::model::error::{ModelError, Result};
use crate::support::FileKind;
use crate::support::file_kind::Target;

/// Weights of other programs by the start of their names, and the option with which transformers reads
/// them.
const OTHER_PROGRAMS: [(&str, &str, &str); 5] = [
    ("tf_model.", "TensorFlow", ", from_tf=True"),
    ("bert_model.ckpt", "TensorFlow", ", from_tf=True"),
    ("model.ckpt", "TensorFlow", ", from_tf=True"),
    ("flax_model.", "Flax", ", from_flax=True"),
    ("rust_model.", "rust-bert", ""),
];

/// Largest header of a safetensors file that its own library reads.
const LARGEST_HEADER: u64 = 100_000_000;

/// Checks that `dir` is a folder.
///
/// # Errors
/// [`ModelError::NoFolder`].
pub(super) fn check_folder(dir: &Path) -> Result<()> {
    if dir.is_dir() {
        return snapshot_hint(dir)
            .map_or(Ok(()), |hint| Err(no_folder(dir, "a cache folder", hint)));
    }
    let found = match FileKind::of(dir) {
        Ok(FileKind::DanglingLink) => "a link to a folder that is missing",
        Ok(_) => "a file",
        Err(_) => "nothing",
    };
    let hint = if dir.is_file() {
        "name the folder that holds it".to_owned()
    } else {
        hub_hint(dir)
    };
    Err(no_folder(dir, found, hint))
}

fn no_folder(dir: &Path, found: &'static str, hint: String) -> ModelError {
    ModelError::NoFolder {
        dir: dir.to_owned(),
        found,
        hint,
    }
}

/// Where a folder that is not there comes from: a name of the hub looks like `bert-base-uncased` or `OWNER/NAME`,
/// and its owner is no folder here.
fn hub_hint(dir: &Path) -> String {
    let name = dir.to_string_lossy();
    let is_name = match name.split('/').collect::<Vec<_>>()[..] {
        [name] => name.contains('-'),
        [owner, name] => {
            !owner.is_empty() && !name.is_empty() && owner != "models" && !Path::new(owner).is_dir()
        }
        _ => false,
    };
    let is_name = is_name && !name.starts_with(['.', '~']);
    if is_name {
        format!(
            "names of the Hugging Face hub are not downloaded; where there is a network run `hf download {name} \
             --local-dir models/{name}`, and give the folder models/{name}"
        )
    } else {
        "give the path of a folder with config.json, vocab.txt and model.safetensors".to_owned()
    }
}

/// The folder to give in place of a `models--NAME` folder of the hub's cache.
fn snapshot_hint(dir: &Path) -> Option<String> {
    if dir.join("config.json").exists() {
        return None;
    }
    let snapshots = fs::read_dir(dir.join("snapshots")).ok()?;
    let first = snapshots.filter_map(io::Result::ok).next()?;
    Some(format!("give {}", first.path().display()))
}

/// The error about a file that is missing or cannot be used: a link without target, else none.
pub(super) fn dangling(path: &Path) -> Option<ModelError> {
    match FileKind::of(path) {
        Ok(kind @ (FileKind::DanglingLink | FileKind::AnnexLink)) => {
            Some(other_kind(path, "a file", kind))
        }
        _ => None,
    }
}

/// Describes weights of other programs in a folder that has none of this one's; empty where there are none.
pub(super) fn other_weights(dir: &Path) -> String {
    let names = fs::read_dir(dir).into_iter().flatten();
    let mut names: Vec<String> = names
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    names.sort();
    for name in &names {
        let known = OTHER_PROGRAMS
            .iter()
            .find(|(start, _, _)| name.starts_with(start));
        if let Some((_, program, option)) = known {
            return format!(
                ", but {name}, weights of {program}; convert them once in Python: \
                 transformers.BertModel.from_pretrained('{0}'{option}).save_pretrained('{0}')",
                dir.display()
            );
        }
    }
    let ends = [
        ".safetensors",
        ".bin",
        ".pt",
        ".pth",
        ".h5",
        ".onnx",
        ".msgpack",
    ];
    let weights = names
        .iter()
        .filter(|name| ends.iter().any(|end| name.ends_with(end)));
    let weights: Vec<&str> = weights.take(3).map(String::as_str).collect();
    if weights.is_empty() {
        String::new()
    } else {
        format!(
            ", but {}; give the file its usual name, with its index where there are several",
            weights.join(", ")
        )
    }
}

/// The error about a text file of the folder that does not hold what it should; `None` where it is of the
/// usual kind.
pub(super) fn foreign_text(path: &Path, expected: &'static str) -> Option<ModelError> {
    use FileKind as K;
    match FileKind::of(path) {
        Ok(K::Json | K::JsonLines | K::Csv | K::Text) | Err(_) => None,
        Ok(kind) => Some(other_kind(path, expected, kind)),
    }
}

/// Checks by its content that a file holds weights, whole.
///
/// # Errors
/// [`ModelError::OtherFile`].
pub(super) fn check_weights(path: &Path) -> Result<()> {
    use FileKind as K;
    let kind = FileKind::of(path).map_err(|source| ModelError::Read {
        path: path.to_owned(),
        source,
    })?;
    let is_bin = path.extension().is_some_and(|end| end == "bin");
    match kind {
        // What is wrong inside is found where they are read.
        K::Torch | K::TorchLegacy | K::Zip if is_bin => Ok(()),
        K::Unknown | K::Safetensors if !is_bin => check_safetensors(path, kind),
        _ => Err(other_kind(path, Target::Weights.name(), kind)),
    }
}

/// Checks that a safetensors file holds all bytes that its header lists.
fn check_safetensors(path: &Path, kind: FileKind) -> Result<()> {
    let read = |source| ModelError::Read {
        path: path.to_owned(),
        source,
    };
    let cut = |listed: u64, bytes: u64| ModelError::OtherFile {
        path: path.to_owned(),
        found: format!("{bytes} of {listed} bytes of a safetensors file"),
        expected: "all of it",
        remedy: "the copy or download was cut off: get it again".to_owned(),
    };
    let bytes = fs::metadata(path).map_err(read)?.len();
    let mut file = File::open(path).map_err(read)?;
    let mut length = [0; 8];
    let header = file
        .read_exact(&mut length)
        .map(|()| u64::from_le_bytes(length));
    let header = match header {
        Ok(header) if header <= LARGEST_HEADER => header,
        _ => return Err(other_kind(path, Target::Weights.name(), kind)),
    };
    let mut text = Vec::new();
    file.take(header).read_to_end(&mut text).map_err(read)?;
    if !text.starts_with(b"{") {
        return Err(other_kind(path, Target::Weights.name(), kind));
    }
    if (text.len() as u64) < header {
        return Err(cut(8 + header, bytes));
    }
    let Ok(entries) = serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(&text)
    else {
        return Err(other_kind(path, Target::Weights.name(), kind));
    };
    let ends = entries
        .values()
        .filter_map(|entry| entry["data_offsets"][1].as_u64());
    let listed = 8 + header + ends.max().unwrap_or(0);
    if bytes < listed {
        Err(cut(listed, bytes))
    } else {
        Ok(())
    }
}

fn other_kind(path: &Path, expected: &'static str, kind: FileKind) -> ModelError {
    let (file, dir) = (path.display().to_string(), path.parent().unwrap_or(path));
    let remedy = kind.remedy(Target::Weights).replace("FILE", &file);
    ModelError::OtherFile {
        path: path.to_owned(),
        found: kind.name().to_owned(),
        expected,
        remedy: remedy.replace("DIR", &dir.display().to_string()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::path::PathBuf;

    use super::*;
    use crate::model::weights::hugging_face;

    const CONFIG: &str = r#"{"model_type": "bert", "hidden_act": "gelu", "vocab_size": 30,
        "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 4,
        "intermediate_size": 24, "max_position_embeddings": 12, "type_vocab_size": 2}"#;
    const POINTER: &str =
        "version https://git-lfs.github.com/spec/v1\noid sha256:68d4\nsize 440449768\n";
    const WHOLE: &[u8] = b"\x02\0\0\0\0\0\0\0{}";

    /// A folder with config.json, and these files.
    fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("config.json"), CONFIG).unwrap();
        for (name, bytes) in files {
            fs::write(dir.path().join(name), bytes).unwrap();
        }
        dir
    }

    fn message(dir: &Path) -> String {
        hugging_face::open(dir).unwrap_err().to_string()
    }

    #[track_caller]
    fn assert_parts(message: &str, parts: &[&str]) {
        for part in parts {
            assert!(message.contains(part), "no {part:?} in: {message}");
        }
    }

    #[test]
    fn a_name_of_the_hub_is_no_folder_and_gets_the_download() {
        let message = message(Path::new("google-bert/bert-base-none"));
        assert_parts(
            &message,
            &[
                "no folder",
                "hf download google-bert/bert-base-none --local-dir",
            ],
        );
        let message = self::message(Path::new("/none/here"));
        assert_parts(&message, &["no folder", "config.json"]);
        assert!(!message.contains("hf download"), "{message}");
        for path in [
            "models/mini",
            "mini",
            "src/mini",
            "a/b/c",
            "~/mini",
            "mini/",
        ] {
            let message = self::message(Path::new(path));
            assert_parts(&message, &["give the path of a folder with config.json"]);
        }
        let message = self::message(Path::new("bert-base-none"));
        assert_parts(&message, &["hf download bert-base-none"]);
    }

    #[test]
    fn a_file_and_a_folder_of_the_cache_are_named_with_the_folder_to_give() {
        let dir = folder(&[("model.safetensors", WHOLE)]);
        let message = message(&dir.path().join("model.safetensors"));
        assert_parts(&message, &["a file", "folder that holds it"]);
        let cache = tempfile::tempdir().unwrap();
        fs::create_dir_all(cache.path().join("snapshots/86b5")).unwrap();
        assert_parts(
            &self::message(cache.path()),
            &["a cache folder", "snapshots/86b5"],
        );
    }

    #[test]
    fn pointers_and_pages_are_named_in_place_of_every_file() {
        for name in ["model.safetensors", "pytorch_model.bin"] {
            let dir = folder(&[(name, POINTER.as_bytes())]);
            assert_parts(
                &message(dir.path()),
                &[name, "a Git LFS pointer", "git lfs pull"],
            );
            let dir = folder(&[(name, b"<!DOCTYPE html><html>Sign in")]);
            assert_parts(&message(dir.path()), &[name, "a web page", "download"]);
        }
        let dir = folder(&[
            ("config.json", POINTER.as_bytes()),
            ("model.safetensors", WHOLE),
        ]);
        assert_parts(&message(dir.path()), &["config.json", "git lfs pull"]);
    }

    #[test]
    fn links_without_a_target_are_named() {
        let dir = folder(&[]);
        symlink("../../blobs/gone", dir.path().join("model.safetensors")).unwrap();
        assert_parts(
            &message(dir.path()),
            &["model.safetensors", "a link to a file that is missing"],
        );
        let dir = tempfile::tempdir().unwrap();
        symlink("gone", dir.path().join("config.json")).unwrap();
        assert_parts(
            &message(dir.path()),
            &["config.json", "a link to a file that is missing"],
        );
        symlink("gone", dir.path().join("folder")).unwrap();
        assert_parts(
            &message(&dir.path().join("folder")),
            &["a link to a folder that is missing"],
        );
    }

    #[test]
    fn weights_of_other_programs_come_with_the_line_that_converts_them() {
        for (name, parts) in [
            (
                "tf_model.h5",
                ["tf_model.h5, weights of TensorFlow", "from_tf=True"],
            ),
            (
                "bert_model.ckpt.index",
                [
                    "bert_model.ckpt.index, weights of TensorFlow",
                    "from_tf=True",
                ],
            ),
            (
                "flax_model.msgpack",
                ["flax_model.msgpack, weights of Flax", "from_flax=True"],
            ),
            (
                "weights.safetensors",
                ["but weights.safetensors", "usual name"],
            ),
        ] {
            let dir = folder(&[(name, b"x")]);
            assert_parts(&message(dir.path()), &parts);
        }
        let hdf5: &[u8] = b"\x89HDF\r\n\x1a\n\0\0\0\0";
        let dir = folder(&[("pytorch_model.bin", hdf5)]);
        assert_parts(&message(dir.path()), &["an HDF5 file", "from_tf=True"]);
        let dir = folder(&[("pytorch_model.bin", WHOLE)]);
        assert!(hugging_face::open(dir.path()).is_err());
    }

    #[test]
    fn a_file_that_is_cut_off_is_named_with_its_bytes() {
        let header = br#"{"a": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}}"#;
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header);
        bytes.extend([0; 16]);
        let whole = bytes.len();
        let open = |bytes: &[u8]| {
            let dir = folder(&[("model.safetensors", bytes)]);
            hugging_face::open(dir.path()).map(|(_, path): (_, PathBuf)| path)
        };
        assert!(open(&bytes).is_ok());
        for length in [whole - 1, 40] {
            let error = open(&bytes[..length]).unwrap_err().to_string();
            assert_parts(&error, &[&format!("found {length} of"), "get it again"]);
        }
        assert_parts(&open(&[0; 64]).unwrap_err().to_string(), &["zero bytes"]);
        assert_parts(&open(b"").unwrap_err().to_string(), &["an empty file"]);
    }

    #[test]
    fn files_that_an_index_names_are_checked() {
        let index = br#"{"weight_map": {"a": "one.safetensors"}}"#;
        let files = [("model.safetensors.index.json", &index[..])];
        let dir = folder(&files);
        assert_parts(&message(dir.path()), &["one.safetensors"]);
        fs::write(dir.path().join("one.safetensors"), POINTER).unwrap();
        assert_parts(&message(dir.path()), &["one.safetensors", "git lfs pull"]);
        fs::write(dir.path().join("one.safetensors"), WHOLE).unwrap();
        assert!(hugging_face::open(dir.path()).is_ok());
    }
}
