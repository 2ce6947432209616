//! Two processes on one folder of data: each encoding of a frozen text encoder is made once.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Child, Command as Process, Stdio};

use lnln_bench::model::encoder::{Bert, BertConfig};
use tch::{Device, Tensor, nn};

use super::program::{arguments, prepared};

/// A small BERT with weights of no meaning.
fn bert(folder: &Path) {
    fs::create_dir(folder).unwrap();
    let config = r#"{"model_type": "bert", "vocab_size": 30522, "hidden_size": 64,
        "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 128,
        "max_position_embeddings": 64, "type_vocab_size": 2}"#;
    fs::write(folder.join("config.json"), config).unwrap();
    let config: BertConfig = serde_json::from_str(config).unwrap();
    let store = nn::VarStore::new(Device::Cpu);
    Bert::new(&store.root(), &config);
    let tensors: Vec<(String, Tensor)> = store.variables().into_iter().collect();
    Tensor::write_safetensors(&tensors, folder.join("model.safetensors")).unwrap();
}

#[test]
fn an_encoding_is_made_once_however_many_want_it() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path());
    let encoder = folder.path().join("bert");
    bert(&encoder);
    let start = |runs: &str| -> Child {
        Process::new(assert_cmd::cargo::cargo_bin("lnln-bench"))
            .args(arguments(folder.path(), &data, runs, 1))
            .arg("--verbose")
            .arg("--encoder")
            .arg(format!("frozen:{}", encoder.display()))
            .env("HDF5_USE_FILE_LOCKING", "FALSE")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let mut made: BTreeMap<String, usize> = BTreeMap::new();
    for child in ["one", "two", "three"].map(start) {
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{said}");
        for line in said.lines().filter(|line| line.contains("encoded ")) {
            *made.entry(line.to_owned()).or_default() += 1;
        }
    }
    // Three conditions of the test split, four of validation, and the complete training split.
    assert_eq!(made.len(), 8, "{made:?}");
    assert!(made.values().all(|times| *times == 1), "{made:?}");
    let names = fs::read_dir(data.join("encodings")).unwrap().flatten();
    let names: Vec<_> = names.map(|entry| entry.file_name()).collect();
    assert_eq!(names.len(), 8, "{names:?}");
}
