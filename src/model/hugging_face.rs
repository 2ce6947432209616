//! Hugging Face BERT folders: `config.json` and `model.safetensors`.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use tch::{Tensor, nn};

use super::error::{ModelError, Result, shape};
use super::layers::BertConfig;

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
/// [`ModelError::IncompleteFolder`] where a file is missing, [`ModelError::BertConfig`] where
/// `config.json` describes something else than a BERT, [`ModelError::Read`].
pub fn open(dir: &Path) -> Result<(BertConfig, PathBuf)> {
    let path = dir.join("config.json");
    if !path.is_file() {
        return Err(incomplete(dir, "config.json", ""));
    }
    let text = fs::read_to_string(&path).map_err(|source| ModelError::Read {
        path: path.clone(),
        source,
    })?;
    let config = parse(&text).map_err(|what| ModelError::BertConfig { path, what })?;
    let weights = dir.join("model.safetensors");
    if !weights.is_file() {
        let hint = if dir.join("pytorch_model.bin").is_file() {
            " (pytorch_model.bin is a pickle and is not read: save the model again with \
             safe_serialization=True)"
        } else {
            ""
        };
        return Err(incomplete(dir, "model.safetensors", hint));
    }
    Ok((config, weights))
}

fn incomplete(dir: &Path, missing: &'static str, hint: &'static str) -> ModelError {
    ModelError::IncompleteFolder {
        dir: dir.to_owned(),
        missing,
        hint,
    }
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
/// [`ModelError::MissingWeight`], [`ModelError::WeightShape`], [`ModelError::Torch`].
pub fn load(path: &nn::Path<'_>, config: &BertConfig, file: &Path) -> Result<()> {
    let torch = |source| ModelError::Torch {
        doing: format!(
            "reading {} for a BERT of {} layers",
            file.display(),
            config.num_hidden_layers
        ),
        source,
    };
    let stored: HashMap<String, Tensor> = Tensor::read_safetensors(file)
        .map_err(torch)?
        .into_iter()
        .collect();
    for name in config.parameter_names() {
        let Some(mut parameter) = variable(path, &name) else {
            continue;
        };
        match lookup(&stored, &name) {
            Some(value) if value.size() == parameter.size() => {
                tch::no_grad(|| parameter.f_copy_(value)).map_err(torch)?;
            }
            Some(value) => return Err(wrong_shape(file, name, &parameter, value)),
            None if name.starts_with("pooler.") => {}
            None => return Err(missing(file, name, &parameter, &stored)),
        }
    }
    Ok(())
}

/// The parameter of this dotted name below `path`.
fn variable(path: &nn::Path<'_>, name: &str) -> Option<Tensor> {
    let (parents, leaf) = name.rsplit_once('.')?;
    parents
        .split('.')
        .fold(path.clone(), |path, part| path / part)
        .get(leaf)
}

fn lookup<'a>(stored: &'a HashMap<String, Tensor>, name: &str) -> Option<&'a Tensor> {
    let old = name
        .replace("LayerNorm.weight", "LayerNorm.gamma")
        .replace("LayerNorm.bias", "LayerNorm.beta");
    let spellings = [
        name.to_owned(),
        format!("bert.{name}"),
        format!("bert.{old}"),
        old,
    ];
    spellings.iter().find_map(|spelling| stored.get(spelling))
}

fn wrong_shape(file: &Path, name: String, parameter: &Tensor, value: &Tensor) -> ModelError {
    ModelError::WeightShape {
        path: file.to_owned(),
        name,
        expected: shape(&parameter.size()),
        got: shape(&value.size()),
    }
}

fn missing(
    file: &Path,
    name: String,
    parameter: &Tensor,
    stored: &HashMap<String, Tensor>,
) -> ModelError {
    let last = name.rsplit('.').nth(1).unwrap_or(&name);
    let mut nearest: Vec<&str> = stored
        .keys()
        .map(String::as_str)
        .filter(|key| key.contains(last))
        .collect();
    nearest.sort_unstable();
    nearest.truncate(3);
    let nearest = if nearest.is_empty() {
        "none".to_owned()
    } else {
        nearest.join(", ")
    };
    let expected = shape(&parameter.size());
    ModelError::MissingWeight {
        path: file.to_owned(),
        name,
        expected,
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
    fn folder_without_weights_says_what_it_wants() {
        let dir = tempfile::tempdir().unwrap();
        let error = open(dir.path()).unwrap_err().to_string();
        assert!(error.contains("no config.json"), "{error}");
        fs::write(dir.path().join("config.json"), CONFIG).unwrap();
        fs::write(dir.path().join("pytorch_model.bin"), "").unwrap();
        let error = open(dir.path()).unwrap_err().to_string();
        assert!(error.contains("no model.safetensors"), "{error}");
        assert!(error.contains("safe_serialization"), "{error}");
    }

    #[test]
    fn other_architectures_are_refused() {
        let error = parse(&CONFIG.replace("\"bert\"", "\"roberta\"")).unwrap_err();
        assert!(error.contains("expected `bert`, got `roberta`"), "{error}");
        let error = parse(&CONFIG.replace("_heads\": 4", "_heads\": 5")).unwrap_err();
        assert!(error.contains("multiple"), "{error}");
    }
}
