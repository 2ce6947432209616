//! Opens Hugging Face BERT folders: `config.json`, and `model.safetensors` or `pytorch_model.bin`, each in
//! one file or in several with an index.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use tch::{TchError, Tensor, nn};

use super::file::WeightFile;
use super::folder_check;
use super::index::WeightIndex;
use crate::model::error::{ModelError, Result, shape};
use crate::model::layers::BertConfig;

/// The keys of `config.json` that decide whether this crate can run the model.
#[derive(Deserialize)]
struct Kind {
    model_type: Option<String>,
    hidden_act: Option<String>,
    position_embedding_type: Option<String>,
}

/// Reads the sizes of a BERT folder and finds its weights, without loading them.
///
/// # Errors
/// [`ModelError::NoFolder`], [`ModelError::IncompleteFolder`] where a file is missing,
/// [`ModelError::OtherFile`] for one that holds something else by its content,
/// [`ModelError::BertConfig`] where `config.json` describes something else than a BERT,
/// [`ModelError::Read`].
pub fn open(dir: &Path) -> Result<(BertConfig, PathBuf)> {
    folder_check::check_folder(dir)?;
    let config = config(dir)?;
    let mut files = WEIGHTS.iter().map(|name| dir.join(name));
    let Some(weights) = files.find(|file| file.is_file()) else {
        let dangling = WEIGHTS
            .iter()
            .find_map(|name| folder_check::dangling(&dir.join(name)));
        return Err(dangling.unwrap_or_else(|| ModelError::IncompleteFolder {
            dir: dir.to_owned(),
            missing: WEIGHTS[0],
            found: folder_check::other_weights(dir),
        }));
    };
    for file in weight_files(weights.clone())? {
        if !WeightIndex::is_index(&file) {
            folder_check::check_weights(&file)?;
        }
    }
    Ok((config, weights))
}

/// Reads `config.json`.
fn config(dir: &Path) -> Result<BertConfig> {
    let path = dir.join("config.json");
    if !path.is_file() {
        let missing = ModelError::IncompleteFolder {
            dir: dir.to_owned(),
            missing: "config.json",
            found: String::new(),
        };
        return Err(folder_check::dangling(&path).unwrap_or(missing));
    }
    let text = fs::read_to_string(&path);
    let config = text.as_deref().map(parse);
    if let Ok(Ok(config)) = config {
        return Ok(config);
    }
    if let Some(foreign) = folder_check::foreign_text(&path, "the sizes of a BERT as JSON") {
        return Err(foreign);
    }
    match text {
        Err(source) => Err(ModelError::Read { path, source }),
        Ok(text) => parse(&text).map_err(|what| ModelError::BertConfig { path, what }),
    }
}

/// Checks that `vocab.txt` of a folder, where there is one, is a text by its content.
///
/// # Errors
/// [`ModelError::OtherFile`].
pub fn check_vocabulary_file(dir: &Path) -> Result<()> {
    let path = dir.join("vocab.txt");
    let foreign = folder_check::foreign_text(&path, "the entries of a vocabulary, one a line");
    foreign.map_or(Ok(()), Err)
}

/// The files that weights are read from, the first one that is there.
const WEIGHTS: [&str; 4] = [
    "model.safetensors",
    "model.safetensors.index.json",
    "pytorch_model.bin",
    "pytorch_model.bin.index.json",
];

/// All files that weights are read from, where `weights` is what [`open`] found: itself, and what it
/// names where it is an index.
///
/// # Errors
/// [`ModelError::WeightIndex`], [`ModelError::Read`].
pub fn weight_files(weights: PathBuf) -> Result<Vec<PathBuf>> {
    let mut files = vec![weights];
    if WeightIndex::is_index(&files[0]) {
        files.extend(WeightIndex::read(&files[0])?.files.into_keys());
    }
    Ok(files)
}

fn parse(text: &str) -> std::result::Result<BertConfig, String> {
    let kind: Kind = serde_json::from_str(text).map_err(|e| e.to_string())?;
    let expect = |key, got: Option<String>, expected: &str| match got {
        Some(got) if got != expected => Err(format!("{key}: expected `{expected}`, got `{got}`")),
        _ => Ok(()),
    };
    expect("model_type", kind.model_type, "bert")?;
    expect("hidden_act", kind.hidden_act, "gelu")?;
    expect(
        "position_embedding_type",
        kind.position_embedding_type,
        "absolute",
    )?;
    let config: BertConfig = serde_json::from_str(text).map_err(|e| e.to_string())?;
    let (hidden, heads) = (config.hidden_size, config.num_attention_heads);
    if heads < 1 || hidden % heads != 0 {
        return Err(format!(
            "hidden_size: expected a multiple of num_attention_heads ({heads}), got {hidden}"
        ));
    }
    Ok(config)
}

/// Copies the weights of `file` into the BERT that was built under `path`.
///
/// Names are taken with or without a leading `bert.`, and norms also by their old names `gamma` and
/// `beta`. Parameters of other heads in the file are ignored, and a missing pooler is left as it is,
/// since nothing reads it.
///
/// # Errors
/// [`ModelError::MissingWeight`], [`ModelError::WeightShape`], [`ModelError::NotFiniteWeight`],
/// [`ModelError::Torch`].
pub fn load(path: &nn::Path<'_>, config: &BertConfig, file: &Path) -> Result<()> {
    let torch = |source| ModelError::Torch {
        doing: format!(
            "reading {} for a BERT of {} layers",
            file.display(),
            config.num_hidden_layers
        ),
        source,
    };
    let stored = WeightFile::open(file)?;
    for name in config.parameter_names() {
        let Some(mut parameter) = variable(path, &name) else {
            continue;
        };
        match lookup(&stored, &name) {
            Some((_, size)) if size != parameter.size() => {
                return Err(wrong_shape(file, name, &parameter.size(), &size));
            }
            Some((spelling, _)) => {
                let value = stored.read(&spelling)?;
                if !is_finite(&value).map_err(torch)? {
                    return Err(ModelError::NotFiniteWeight {
                        path: file.to_owned(),
                        name,
                    });
                }
                tch::no_grad(|| parameter.f_copy_(&value)).map_err(torch)?;
            }
            None if name.starts_with("pooler.") => {}
            None => return Err(missing(file, name, &parameter.size(), &stored)),
        }
    }
    Ok(())
}

/// Whether a tensor holds neither infinite values nor NaN.
fn is_finite(value: &Tensor) -> std::result::Result<bool, TchError> {
    bool::try_from(value.f_isfinite()?.f_all()?)
}

/// The parameter of this dotted name below `path`.
fn variable(path: &nn::Path<'_>, name: &str) -> Option<tch::Tensor> {
    let (parents, leaf) = name.rsplit_once('.')?;
    parents
        .split('.')
        .fold(path.clone(), |path, part| path / part)
        .get(leaf)
}

/// The name under which the file holds a parameter, and its shape there.
fn lookup(stored: &WeightFile, name: &str) -> Option<(String, Vec<i64>)> {
    let old = name
        .replace("LayerNorm.weight", "LayerNorm.gamma")
        .replace("LayerNorm.bias", "LayerNorm.beta");
    let spellings = [
        name.to_owned(),
        format!("bert.{name}"),
        format!("bert.{old}"),
        old,
    ];
    let mut sizes = spellings.into_iter().map(|spelling| {
        let size = stored.size(&spelling);
        (spelling, size)
    });
    sizes.find_map(|(spelling, size)| Some((spelling, size?)))
}

fn wrong_shape(file: &Path, name: String, expected: &[i64], got: &[i64]) -> ModelError {
    ModelError::WeightShape {
        path: file.to_owned(),
        name,
        expected: shape(expected),
        got: shape(got),
    }
}

fn missing(file: &Path, name: String, expected: &[i64], stored: &WeightFile) -> ModelError {
    let last = name.rsplit('.').nth(1).unwrap_or(&name);
    let mut nearest: Vec<&str> = stored.names().filter(|key| key.contains(last)).collect();
    nearest.sort_unstable();
    nearest.truncate(3);
    let nearest = if nearest.is_empty() {
        "none".to_owned()
    } else {
        nearest.join(", ")
    };
    ModelError::MissingWeight {
        path: file.to_owned(),
        name,
        expected: shape(expected),
        nearest,
    }
}

#[cfg(test)]
mod tests {
    use tch::{Device, Kind, nn::VarStore};

    use super::*;
    use crate::model::encoder::{Bert, FrozenEncoder};

    const CONFIG: &str = r#"{"model_type": "bert", "hidden_act": "gelu", "vocab_size": 30,
        "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 4,
        "intermediate_size": 24, "max_position_embeddings": 12, "type_vocab_size": 2}"#;

    /// Writes a folder whose parameters are spelt by `rename` (`None` leaves one out).
    fn folder(rename: impl Fn(&str) -> Option<String>) -> (tempfile::TempDir, VarStore, Bert) {
        let dir = tempfile::tempdir().unwrap();
        let vs = VarStore::new(Device::Cpu);
        let bert = Bert::new(&vs.root(), &parse(CONFIG).unwrap());
        let tensors: Vec<(String, Tensor)> = vs
            .variables()
            .into_iter()
            .filter_map(|(name, tensor)| Some((rename(&name)?, tensor)))
            .collect();
        Tensor::write_safetensors(&tensors, dir.path().join("model.safetensors")).unwrap();
        fs::write(dir.path().join("config.json"), CONFIG).unwrap();
        (dir, vs, bert)
    }

    fn old_name(name: &str) -> String {
        let name = name.replace("LayerNorm.weight", "LayerNorm.gamma");
        format!("bert.{}", name.replace("LayerNorm.bias", "LayerNorm.beta"))
    }

    #[test]
    fn round_trip_under_every_spelling() {
        let _rng = crate::model::rng::seeded(1);
        let text = Tensor::ones([2, 3, 5], (Kind::Int64, Device::Cpu));
        let spellings: [fn(&str) -> Option<String>; 3] = [
            |name| Some(name.to_owned()),
            |name| Some(old_name(name)),
            |name| (!name.starts_with("pooler")).then(|| format!("bert.{name}")),
        ];
        for spell in spellings {
            let (dir, _vs, bert) = folder(spell);
            let loaded = FrozenEncoder::open(dir.path(), Device::Cpu).unwrap();
            let expected = bert.forward(&text, false).unwrap();
            let got = loaded.encode(&text).unwrap();
            assert!(!got.requires_grad());
            assert!(got.equal(&expected));
        }
    }

    #[test]
    fn weights_in_several_files_are_those_of_one() {
        let _rng = crate::model::rng::seeded(1);
        let (dir, vs, bert) = folder(|_| None);
        fs::remove_file(dir.path().join("model.safetensors")).unwrap();
        let (first, second): (Vec<_>, Vec<_>) = vs
            .variables()
            .into_iter()
            .partition(|(name, _)| name.starts_with("embeddings"));
        let mut map = serde_json::Map::new();
        for (file, tensors) in [("a.safetensors", first), ("b.safetensors", second)] {
            map.extend(tensors.iter().map(|(name, _)| (name.clone(), file.into())));
            Tensor::write_safetensors(&tensors, dir.path().join(file)).unwrap();
        }
        let index = dir.path().join("model.safetensors.index.json");
        let write = |map: &serde_json::Map<_, _>| {
            let text = serde_json::json!({"metadata": {}, "weight_map": map}).to_string();
            fs::write(&index, text).unwrap();
        };
        write(&map);
        let text = Tensor::ones([2, 3, 5], (Kind::Int64, Device::Cpu));
        let loaded = FrozenEncoder::open(dir.path(), Device::Cpu).unwrap();
        assert!(
            loaded
                .encode(&text)
                .unwrap()
                .equal(&bert.forward(&text, false).unwrap())
        );
        let files = weight_files(open(dir.path()).unwrap().1).unwrap();
        assert_eq!(files.len(), 3);
        map.insert("pooler.dense.bias".to_owned(), "a.safetensors".into());
        write(&map);
        let error = FrozenEncoder::open(dir.path(), Device::Cpu)
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("expected parameter `pooler.dense.bias`"),
            "{error}"
        );
        assert!(error.contains("a.safetensors, found none"), "{error}");
    }

    #[test]
    fn missing_parameter_is_named() {
        let _rng = crate::model::rng::seeded(1);
        let gone = "encoder.layer.1.output.dense.bias";
        let (dir, _vs, _) = folder(|name| (name != gone).then(|| name.to_owned()));
        let error = FrozenEncoder::open(dir.path(), Device::Cpu)
            .unwrap_err()
            .to_string();
        assert!(error.contains(gone) && error.contains("(16)"), "{error}");
    }

    #[test]
    fn wrong_shape_is_named() {
        let _rng = crate::model::rng::seeded(1);
        let (dir, _vs, _) = folder(|name| Some(name.to_owned()));
        let other = CONFIG.replace("\"vocab_size\": 30", "\"vocab_size\": 31");
        fs::write(dir.path().join("config.json"), other).unwrap();
        let error = FrozenEncoder::open(dir.path(), Device::Cpu)
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("word_embeddings") && error.contains("(31, 16)"),
            "{error}"
        );
        assert!(error.contains("(30, 16)"), "{error}");
    }

    #[test]
    fn a_weight_that_is_not_finite_is_named() {
        let _rng = crate::model::rng::seeded(1);
        let (dir, vs, _) = folder(|name| Some(name.to_owned()));
        let damaged = "encoder.layer.1.output.dense.weight";
        let mut tensors: Vec<(String, Tensor)> = vs.variables().into_iter().collect();
        for (_, tensor) in tensors.iter_mut().filter(|(name, _)| name == damaged) {
            let _ = tch::no_grad(|| tensor.get(0).fill_(f64::NAN));
        }
        Tensor::write_safetensors(&tensors, dir.path().join("model.safetensors")).unwrap();
        let error = FrozenEncoder::open(dir.path(), Device::Cpu).unwrap_err();
        let error = error.to_string();
        assert!(error.contains(damaged) && error.contains("NaN"), "{error}");
    }

    #[test]
    fn folder_without_weights_is_described() {
        let dir = tempfile::tempdir().unwrap();
        let error = open(dir.path()).unwrap_err().to_string();
        assert!(error.contains("no config.json"), "{error}");
        fs::write(dir.path().join("config.json"), CONFIG).unwrap();
        let error = open(dir.path()).unwrap_err().to_string();
        assert!(error.contains("no model.safetensors"), "{error}");
        fs::write(dir.path().join("pytorch_model.bin"), "").unwrap();
        let error = FrozenEncoder::open(dir.path(), Device::Cpu).unwrap_err();
        let error = error.to_string();
        assert!(
            error.contains("pytorch_model.bin: found an empty file"),
            "{error}"
        );
        let empty = b"\x02\0\0\0\0\0\0\0{}";
        fs::write(dir.path().join("model.safetensors"), empty).unwrap();
        let (_, weights) = open(dir.path()).unwrap();
        assert!(weights.ends_with("model.safetensors"));
    }

    #[test]
    fn other_architectures_are_refused() {
        let error = parse(&CONFIG.replace("\"bert\"", "\"roberta\"")).unwrap_err();
        assert!(error.contains("expected `bert`, got `roberta`"), "{error}");
        let error = parse(&CONFIG.replace("_heads\": 4", "_heads\": 5")).unwrap_err();
        assert!(error.contains("multiple"), "{error}");
    }
}
