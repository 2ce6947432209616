//! Token ids of transcripts against those of Hugging Face's BertTokenizer, and vocabularies of others.
//!
//! `tests/tokens` holds texts with their ids, under a small vocabulary and several settings. All transcripts of
//! CMU-MOSI and CH-SIMS with the published vocabularies are not part of this repository: `LNLN_BENCH_SOURCES`
//! names their folder; otherwise `shared/data/sources` in or beside the repository is tried.

use crate::data;
use crate::python;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::data::{many, named, pickle};
use lnln_bench::data::dataset::{Corpus, Padding, SplitName, WordPiece, digest, prepare};
use serde_json::Value as Json;

fn stored() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tokens")
}

/// A folder with this vocabulary and these settings.
fn tokenizer(vocabulary: &Path, config: Option<&str>) -> (tempfile::TempDir, WordPiece) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(vocabulary, folder.path().join("vocab.txt")).unwrap();
    if let Some(config) = config {
        std::fs::write(folder.path().join("tokenizer_config.json"), config).unwrap();
    }
    let tokenizer = WordPiece::read(folder.path()).unwrap();
    (folder, tokenizer)
}

#[test]
fn ids_are_those_of_hugging_face_under_every_setting() {
    let cases = std::fs::read_to_string(stored().join("cases.json")).unwrap();
    let cases: Json = serde_json::from_str(&cases).unwrap();
    let texts = cases["texts"].as_array().unwrap();
    for case in cases["cases"].as_array().unwrap() {
        let config = case["config"].to_string();
        let (_folder, tokenizer) = tokenizer(&stored().join("vocab.txt"), Some(&config));
        assert_eq!(tokenizer.assumption, None);
        for (text, expected) in texts.iter().zip(case["ids"].as_array().unwrap()) {
            let found = Json::from(tokenizer.ids(text.as_str().unwrap()));
            assert_eq!(found, *expected, "{text} by {config}");
        }
    }
}

/// The stored ids are what Hugging Face gives today.
#[test]
fn hugging_face_gives_the_stored_ids() {
    let Some(python) = python::python(&["transformers"]) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("make.py");
    std::fs::copy(stored().join("make.py"), &script).unwrap();
    python::run(Command::new(python).arg(&script));
    for name in ["cases.json", "vocab.txt"] {
        let read = |folder: &Path| std::fs::read_to_string(folder.join(name)).unwrap();
        assert_eq!(read(folder.path()), read(&stored()), "{name}");
    }
}

/// Transcripts, column, vocabulary, whether text becomes lower case, and the SHA-256 of all ids by Hugging
/// Face (transformers 5.24): a line per transcript, ids between blanks.
const TRANSCRIPTS: [(&str, &str, &str, bool, &str); 4] = [
    (
        "cmumosi",
        "english",
        "bert-base-uncased",
        true,
        "4ff09831278ce5f8c203cc85e1ef04bfb8af6ee334b4c6c0c1c7ebc897ebe9c2",
    ),
    (
        "sims",
        "chinese",
        "bert-base-chinese",
        false,
        "b7374b1460a0ee436c2bc92347a79c2f1ebbdfe3fbf21a0150c43e6668890487",
    ),
    (
        "sims",
        "chinese",
        "bert-base-chinese",
        true,
        "8002340c1fdf0c50d09954aaba71a80f5ef44cfffb0f7680658a51fcccf6296c",
    ),
    (
        "sims",
        "english",
        "bert-base-uncased",
        true,
        "ead58715603b9ad90d86e1e5f751173d3b4bd34f55965e7ec879b9e681657bae",
    ),
];

#[test]
fn all_transcripts_have_the_ids_of_hugging_face() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders: Vec<PathBuf> = ["shared", "../shared"]
        .map(|shared| repository.join(shared).join("data/sources"))
        .into();
    if let Some(named) = std::env::var_os("LNLN_BENCH_SOURCES") {
        folders = vec![PathBuf::from(named)];
    }
    let first = |folder: &&PathBuf| folder.join("cmumosi_transcription.csv").is_file();
    let Some(folder) = folders.iter().find(first) else {
        // Not by println, which the test harness captures.
        let skipped = format!("skipped: no transcripts in {folders:?} (set LNLN_BENCH_SOURCES)\n");
        let _ = std::io::stderr().write_all(skipped.as_bytes());
        return;
    };
    for (name, column, vocabulary, lower, expected) in TRANSCRIPTS {
        let config = format!("{{\"do_lower_case\": {lower}}}");
        let vocabulary = folder.join(format!("{vocabulary}-vocab.txt"));
        let (_folder, tokenizer) = tokenizer(&vocabulary, Some(&config));
        let mut reader =
            csv::Reader::from_path(folder.join(format!("{name}_transcription.csv"))).unwrap();
        let at = reader
            .headers()
            .unwrap()
            .iter()
            .position(|one| one == column);
        let lines = reader.records().map(|record| {
            let ids = tokenizer.ids(&record.unwrap()[at.unwrap()]);
            let ids: Vec<String> = ids.iter().map(i32::to_string).collect();
            ids.join(" ")
        });
        let lines = lines.collect::<Vec<_>>().join("\n");
        assert_eq!(
            digest::of_bytes(lines.as_bytes()),
            expected,
            "{name} {column} {lower}"
        );
    }
}

#[test]
fn tokens_of_transcripts_replace_those_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source.pkl");
    let splits = [(24, 1), (8, 2), (8, 3)].map(|(count, seed)| many(count, seed));
    let [train, valid, test] = splits
        .each_ref()
        .map(|small| small.clone().without("text_bert").without("text"));
    let bytes = pickle(
        &[("train", &train), ("valid", &valid), ("test", &test)],
        data::Order::Little,
    );
    std::fs::write(&source, bytes).unwrap();
    let mut options = named(folder.path().join("data"), "mosi");
    options.tokenize = Some(stored().join("vocab.txt"));
    options.tokens = 6;
    options.padding = Some(Padding::Right);
    let imported = prepare(&source, &options, &mut |_| {}).unwrap();
    let assumed = imported.assumptions.join("\n");
    assert!(assumed.contains("tokens in lower case"), "{assumed}");
    assert!(assumed.contains("train: "), "{assumed}");
    assert!(
        assumed.contains(" of 24 transcripts are cut to 6 tokens"),
        "{assumed}"
    );
    let corpus = Corpus::open(&imported.path).unwrap();
    assert_eq!(corpus.text_steps, 6);
    let split = corpus.split(SplitName::Train, false).unwrap();
    let (_folder, tokenizer) = tokenizer(&stored().join("vocab.txt"), None);
    for (row, text) in split.raw_text.iter().enumerate() {
        let expected = tokenizer.ids(text);
        let ids = &split.text_bert.as_ref().unwrap().row(row)[..6];
        let valid = expected.len().min(6);
        assert_eq!(split.text_lengths[row] as usize, valid);
        assert_eq!(ids[..valid - 1], expected[..valid - 1], "{text}");
        assert_eq!(ids[valid - 1], *expected.last().unwrap());
    }
    // Kept with the same vocabulary; other tokens are other data.
    assert!(prepare(&source, &options, &mut |_| {}).unwrap().existed);
    options.tokens = 7;
    let other = prepare(&source, &options, &mut |_| {})
        .unwrap_err()
        .to_string();
    assert!(
        other.contains("other options") && other.contains("7 tokens by "),
        "{other}"
    );
    // A vocabulary that is none.
    options.tokenize = Some(stored().join("cases.json"));
    let wrong = prepare(&source, &options, &mut |_| {})
        .unwrap_err()
        .to_string();
    assert!(
        wrong.contains("the vocabulary of a BERT, with [UNK]"),
        "{wrong}"
    );
}

#[test]
fn vocabularies_of_other_tokenizers_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    let found = |path: &Path| WordPiece::read(path).unwrap_err().to_string();
    write("tokenizer.json", r#"{"model": {"vocab": {"[UNK]": 0}}}"#);
    let text = found(folder.path());
    assert!(
        text.contains("found tokenizer.json") && text.contains("write vocab.txt beside it"),
        "{text}"
    );
    let text = found(&folder.path().join("tokenizer.json"));
    assert!(text.contains("found tokenizer.json"), "{text}");
    write("vocab.json", r#"{"<s>": 0, "</s>": 2}"#);
    for path in [folder.path(), &folder.path().join("vocab.json")] {
        let text = found(path);
        assert!(text.contains("byte pairs"), "{text}");
    }
    write("vocab.txt", "[PAD]\nword");
    assert!(found(folder.path()).contains("2 lines without it"));
}
