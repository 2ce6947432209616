//! Weights of `torch.save` are those of the safetensors file, and those transformers computes with.
#![cfg(feature = "torch")]
#![expect(clippy::unwrap_used, reason = "a test that cannot set up has failed")]

mod data;
mod python;

use std::collections::HashMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use assert_cmd::assert::OutputAssertExt;
use lnln_bench::data::dataset::prepare;
use lnln_bench::model::FrozenEncoder;
use predicates::str::contains;
use tch::{Device, Kind, Tensor};

use data::{Column, SAMPLES, STEPS, Small, named};

/// The program under test, deaf to the caller's environment.
fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lnln-bench"));
    // A child of another test may still hold the lock of a file that this process has written.
    command.env("HDF5_USE_FILE_LOCKING", "FALSE");
    command
}

fn here(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/torch")
        .join(name)
}

/// Tokens of two sentences, and the hidden states transformers computed for them.
fn expected() -> (Tensor, Tensor) {
    let file = here("chinese/expected.safetensors");
    let mut stored: HashMap<String, Tensor> = Tensor::read_safetensors(file)
        .unwrap()
        .into_iter()
        .collect();
    let mut take = |name: &str| stored.remove(name).unwrap();
    (take("tokens"), take("states"))
}

#[test]
fn a_chinese_bert_of_torch_save_computes_what_transformers_computes() {
    let (tokens, states) = expected();
    let encoder = FrozenEncoder::open(&here("chinese"), Device::Cpu).unwrap();
    let got = encoder.encode(&tokens).unwrap();
    let error = (got - states).abs().max().double_value(&[]);
    assert!(error < 2e-6, "{error}");
}

/// A file of CH-SIMS's form and widths whose text is in the characters of `chinese/vocab.txt`.
fn sims(folder: &Path) -> PathBuf {
    let [text, audio, vision] = STEPS;
    let (tokens, _) = expected();
    // Four samples of six steps cut from the two sentences.
    let starts = [1, 2, 3, 4];
    let ids: Vec<i64> = (0..SAMPLES)
        .flat_map(|sample| {
            let sentence = tokens.get(sample as i64 % 2).get(0);
            let characters = sentence.narrow(0, starts[sample], text as i64 - 2);
            let characters = Vec::<i64>::try_from(characters).unwrap();
            let words: Vec<i64> = [101].into_iter().chain(characters).chain([102]).collect();
            [words, vec![1; text], vec![0; text]].concat()
        })
        .collect();
    let vocabulary = fs::read_to_string(here("chinese/vocab.txt")).unwrap();
    let vocabulary: Vec<&str> = vocabulary.lines().collect();
    let transcript = |sample: &[i64]| {
        let characters = sample[1..text - 1].iter();
        characters.map(|id| vocabulary[*id as usize]).collect()
    };
    let raw_text: Vec<String> = ids.chunks(3 * text).map(transcript).collect();
    let wave = |n: usize| (0..n).map(|i| (i % 89) as f64 / 8.0 - 3.0).collect();
    let label = [-0.8, -0.2, 0.0, 0.6];
    let labels = || Column::Floats(label.to_vec());
    Small::new()
        .set("text_bert", Column::I64(vec![SAMPLES, 3, text], ids))
        .set("raw_text", Column::Texts(raw_text))
        .set(
            "audio",
            Column::F64(vec![SAMPLES, audio, 33], wave(SAMPLES * audio * 33)),
        )
        .set(
            "vision",
            Column::F64(vec![SAMPLES, vision, 709], wave(SAMPLES * vision * 709)),
        )
        .set("regression_labels", labels())
        .set("regression_labels_T", labels())
        .set("regression_labels_A", labels())
        .set("regression_labels_V", labels())
        .write(folder)
}

#[test]
fn a_chinese_bert_is_trained_on_data_of_sims_s_form() {
    let folder = tempfile::tempdir().unwrap();
    let source = sims(folder.path());
    let (data, runs) = (folder.path().join("data"), folder.path().join("runs"));
    prepare(&source, &named(&data, "sims"), &mut |_| {}).unwrap();
    for encoder in ["bert", "frozen"] {
        program()
            .args("run --datasets sims --models lnln --rates 0,0.5 --seeds 1 --epochs 2".split(' '))
            .args([Path::new("--data"), &data, Path::new("--runs"), &runs])
            .arg("--encoder")
            .arg(format!("{encoder}:{}", here("chinese").display()))
            .assert()
            .success();
    }
    let finished = fs::read_dir(&runs).unwrap();
    let done = |path: &Path| path.join("DONE").exists();
    assert_eq!(
        finished
            .filter(|e| done(&e.as_ref().unwrap().path()))
            .count(),
        2
    );
}

/// What a frozen encoder made of a variant is read by every other model and seed.
#[test]
fn encodings_are_made_once_for_all_models_and_seeds() {
    let folder = tempfile::tempdir().unwrap();
    let source = sims(folder.path());
    let (data, runs) = (folder.path().join("data"), folder.path().join("runs"));
    prepare(&source, &named(&data, "sims"), &mut |_| {}).unwrap();
    let encodings = || -> Vec<(PathBuf, std::time::SystemTime)> {
        let entries = fs::read_dir(data.join("encodings")).unwrap();
        let paths = entries.map(|entry| entry.unwrap().path());
        let stored = paths.filter(|path| path.extension().is_some_and(|e| e == "h5"));
        let changed = |path: &PathBuf| fs::metadata(path).unwrap().modified().unwrap();
        let mut all: Vec<_> = stored.map(|path| (path.clone(), changed(&path))).collect();
        all.sort();
        all
    };
    let run = |models: &str, seeds: &str, more: &[&str]| {
        program()
            .args("run --datasets sims --rates 0,0.5 --epochs 1 --device cpu".split(' '))
            .args(["--noise", "fixed", "--noise-rate", "0.5"])
            .args(["--valid-rates", "0", "--models", models, "--seeds", seeds])
            .args([Path::new("--data"), &data, Path::new("--runs"), &runs])
            .arg("--encoder")
            .arg(format!("frozen:{}", here("chinese").display()))
            .args(more)
            .assert()
            .success();
    };
    run("lnln", "1", &[]);
    let first = encodings();
    // Train complete and noisy, valid, test at two rates; texts that agree share a file.
    assert!((3..=5).contains(&first.len()), "{first:?}");
    for (path, _) in &first {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        assert!(name.contains("-cpu-fp32-"), "{name}");
    }
    run("lnln,almt", "1", &[]);
    assert_eq!(encodings(), first, "another model");
    run("almt", "1", &["--precision", "tf32"]);
    assert_eq!(encodings(), first, "another precision of training");
    run("lnln", "2", &[]);
    let second = encodings();
    // Another seed draws training noise of its own, and nothing else.
    assert!(second.len() <= first.len() + 1, "{second:?}");
    assert!(
        first.iter().all(|known| second.contains(known)),
        "{second:?}"
    );
}

/// A signal ends the encoding of a split between two passes, and half of it is not kept.
#[test]
fn a_signal_ends_the_encoding_of_text() {
    use lnln_bench::data::dataset::Block;
    use lnln_bench::support::Progress;
    use lnln_bench::train::Error;
    use lnln_bench::train::encoding::FrozenText;
    use std::sync::atomic::AtomicBool;
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("encodings");
    let (device, progress) = (Device::Cpu, Progress::hidden());
    let frozen = FrozenText::open(&here("chinese"), cache.clone(), device, &progress).unwrap();
    let tokens = Block {
        rows: 70,
        steps: 3,
        width: 4,
        data: [101, 5, 6, 102, 1, 1, 1, 1, 0, 0, 0, 0].repeat(70),
    };
    let kept = || fs::read_dir(&cache).unwrap().count();
    let stopped = frozen.states(&tokens, true, &AtomicBool::new(true));
    assert!(
        matches!(stopped, Err(Error::InterruptedEncoding)),
        "{stopped:?}"
    );
    assert_eq!(kept(), 0);
    let states = frozen
        .states(&tokens, true, &AtomicBool::new(false))
        .unwrap();
    assert_eq!((states.size()[0], kept()), (70, 1));
    // What is kept is read, signal or not.
    let read = frozen
        .states(&tokens, true, &AtomicBool::new(true))
        .unwrap();
    assert!(read.equal(&states));
}

#[test]
fn another_vocabulary_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let small = Small::new();
    let source = small.write(folder.path());
    let data = folder.path().join("data");
    prepare(&source, &named(&data, "mosi"), &mut |_| {}).unwrap();
    program()
        .args("run --datasets mosi --models lnln --rates 0 --seeds 1 --epochs 1".split(' '))
        .args([Path::new("--data"), &data])
        .arg("--runs")
        .arg(folder.path().join("runs"))
        .arg("--encoder")
        .arg(format!("bert:{}", here("chinese").display()))
        .assert()
        .failure()
        .stderr(contains("0..144"));
}

/// The folder of all-MiniLM-L6-v2 that `tests/real_bert.rs` wants, once as it is and once by
/// torch.save.
#[test]
fn published_weights_are_the_same_in_both_files() {
    let Some(folder) = std::env::var_os("LNLN_BENCH_TEST_BERT").map(PathBuf::from) else {
        // Not by println, which the test harness keeps to itself.
        let _ = writeln!(
            std::io::stderr(),
            "skipped: LNLN_BENCH_TEST_BERT names no folder of all-MiniLM-L6-v2"
        );
        return;
    };
    let Some(python) = python::python(&["torch", "safetensors"]) else {
        return;
    };
    let other = tempfile::tempdir().unwrap();
    fs::copy(folder.join("config.json"), other.path().join("config.json")).unwrap();
    let mut make = Command::new(python);
    make.arg(here("make.py")).arg(other.path());
    python::run(make.arg(folder.join("model.safetensors")));
    let tokens = Tensor::randint_low(5, 30_000, [4, 3, 40], (Kind::Int64, Device::Cpu));
    let _ = tokens.select(1, 1).fill_(1);
    let _ = tokens.select(1, 2).fill_(0);
    let encode = |folder: &Path| {
        let encoder = FrozenEncoder::open(folder, Device::Cpu).unwrap();
        encoder.encode(&tokens).unwrap()
    };
    assert!(encode(&folder).equal(&encode(other.path())));
}

/// What transformers of another version, or another PyTorch, writes is read as well.
#[test]
fn files_made_here_by_pytorch_are_read() {
    let Some(python) = python::python(&["torch", "safetensors", "transformers"]) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    python::run(Command::new(python).arg(here("make.py")).arg(folder.path()));
    let (tokens, _) = expected();
    let encoder = FrozenEncoder::open(&folder.path().join("chinese"), Device::Cpu).unwrap();
    let stored = folder.path().join("chinese/expected.safetensors");
    let stored: HashMap<String, Tensor> = Tensor::read_safetensors(stored)
        .unwrap()
        .into_iter()
        .collect();
    let error = (encoder.encode(&tokens).unwrap() - &stored["states"])
        .abs()
        .max();
    assert!(error.double_value(&[]) < 2e-6);
}

/// The ids are in range of the encoder; only their transcripts show that they are of another vocabulary.
#[test]
fn ids_of_another_vocabulary_are_refused_unless_they_are_wanted() {
    let folder = tempfile::tempdir().unwrap();
    let source = sims(folder.path());
    let (data, bert) = (folder.path().join("data"), folder.path().join("bert"));
    prepare(&source, &named(&data, "sims"), &mut |_| {}).unwrap();
    fs::create_dir(&bert).unwrap();
    for file in ["config.json", "pytorch_model.bin"] {
        fs::copy(here("chinese").join(file), bert.join(file)).unwrap();
    }
    let own = fs::read_to_string(here("chinese/vocab.txt")).unwrap();
    let other: String = (0..own.lines().count())
        .map(|id| format!("word{id}\n"))
        .collect();
    fs::write(bert.join("vocab.txt"), other).unwrap();
    let run = |more: &[&str]| {
        program()
            .args("run --datasets sims --models lf_dnn --rates 0 --valid-rates 0".split(' '))
            .args("--seeds 1 --epochs 1 --batch-size 2 --device cpu".split(' '))
            .args([Path::new("--data"), &data, Path::new("--runs")])
            .arg(folder.path().join("runs"))
            .arg("--encoder")
            .arg(format!("frozen:{}", bert.display()))
            .args(more)
            .assert()
    };
    run(&[])
        .code(4)
        .stderr(contains("vocab.txt is not the vocabulary"))
        .stderr(contains("--any-vocabulary"))
        .stderr(contains("word1"));
    run(&["--any-vocabulary"]).success();
}
