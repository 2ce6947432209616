//! What `run` refuses, and what it says then.

use std::fs;
use std::io::Write;
use std::path::Path;

use lnln_bench::data::dataset::{Corpus, SplitName};
use lnln_bench::mask::{MaskFile, Variants, find, parse_list};
use predicates::prelude::*;
use predicates::str::contains;

use super::program::{arguments, prepared, program, words};

#[test]
fn a_metric_that_is_none_is_a_usage_error_that_lists_the_known_ones() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path());
    program()
        .args(words(
            "run --datasets demo-film --models lf_dnn --select valid:acc9",
        ))
        .arg("--data")
        .arg(&data)
        .assert()
        .code(2)
        .stderr(contains("`acc9`").and(contains("acc7")));
}

/// Planned and not run: the dry run refuses them too.
#[test]
fn a_model_that_cannot_read_the_data_is_refused_with_what_to_run_instead() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path());
    for (models, expected) in [
        ("cenet --encoder features", "--encoder bert:DIR or tiny"),
        ("bert_mag --encoder tiny", "bert_mag:avg-pool"),
    ] {
        for dry in ["", "--dry-run"] {
            let flags = format!("run --datasets demo-film {dry} --models {models}");
            let refused = contains("demo-film").and(contains(expected));
            let mut run = program();
            run.args(words(&flags)).arg("--data").arg(&data);
            run.assert().code(5).stderr(refused);
        }
    }
}

#[test]
fn a_budget_that_is_too_small_says_what_would_fit() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path());
    program()
        .args(words(
            "run --datasets demo-film --models lnln --encoder tiny",
        ))
        .args(words(
            "--memory-budget 1MiB --seeds 1 --epochs 1 --rates 0 --data",
        ))
        .arg(&data)
        .arg("--runs")
        .arg(folder.path().join("runs"))
        .assert()
        .code(4)
        .stderr(
            contains("--recompute-encoder needs")
                .and(contains("frozen:DIR"))
                .and(contains("--memory-budget")),
        );
}

#[test]
fn an_unknown_model_is_a_usage_error_that_lists_the_known_ones() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path());
    program()
        .args(words("run --datasets demo-film --models lnl --data"))
        .arg(&data)
        .assert()
        .code(2)
        .stderr(contains("`lnl`").and(contains("lnln")));
}

#[test]
fn a_rate_that_is_none_is_a_usage_error() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path());
    for rates in ["0:1", "0:1:0", "1:0:0.1", "0,1.5", "many"] {
        program()
            .args(words("run --datasets demo-film --models constant --rates"))
            .arg(rates)
            .arg("--data")
            .arg(&data)
            .assert()
            .code(2)
            .stderr(contains("error:"));
    }
}

#[test]
fn a_bad_value_is_refused_at_its_flag() {
    for (flag, value, expected) in [
        ("--noise", "bogus", "expected training noise `clean`"),
        ("--noise-masks", "bogus", "unknown mask protocol `bogus`"),
        ("--noise-rate", "bogus", "expected missing rates"),
        ("--rates", "0:2:0.1", "expected a missing rate"),
        ("--valid-rates", "bogus", "expected missing rates"),
        ("--masks", "bogus", "unknown mask protocol `bogus`"),
        ("--select", "bogus", "expected a selection"),
        ("--schedule", "bogus", "expected a schedule"),
        ("--precision", "fp16", "expected a precision"),
        ("--engine", "bogus", "expected an engine"),
        ("--encoder", "mosi=bogus", "expected a text encoder"),
    ] {
        let message = format!("error: invalid value '{value}' for '{flag} <");
        program()
            .args(words("run --datasets mosi --models lnln"))
            .args([flag, value])
            .assert()
            .code(2)
            .stderr(contains(message).and(contains(expected)));
    }
}

#[test]
fn a_bad_value_of_a_suite_is_refused_at_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let suite = folder.path().join("suite.toml");
    let text = "datasets = ['mosi']\nmodels = ['lnln']\n[train]\nnoise = 'bogus'\n";
    fs::write(&suite, text).unwrap();
    for flags in ["", "--protocol paper"] {
        let line = contains("line 4").and(contains("expected training noise"));
        let mut run = program();
        run.arg("run").arg(&suite).args(words(flags));
        run.assert().code(2).stderr(line);
    }
}

#[test]
fn an_unprepared_data_set_says_what_to_run() {
    let folder = tempfile::tempdir().unwrap();
    program()
        .args(words("run --datasets mosi --models lnln --data"))
        .arg(folder.path())
        .assert()
        .code(2)
        .stderr(contains("lnln-bench prepare"));
}

#[test]
fn cuda_that_is_not_there_is_an_error_and_no_silent_cpu_run() {
    if Path::new("/proc/driver/nvidia").exists() {
        // Not by println, which the test harness keeps to itself.
        let _ = writeln!(
            std::io::stderr(),
            "skipped: this machine has an NVIDIA driver"
        );
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    program()
        .current_dir(folder.path())
        .args(words("run --datasets mosi --models lnln --device cuda"))
        .assert()
        .code(5)
        .stderr(contains("CUDA cannot be used").and(contains("--device cpu")));
}

#[test]
fn a_bert_folder_without_weights_names_what_it_lacks() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path());
    let bert = folder.path().join("bert");
    fs::create_dir(&bert).unwrap();
    let config = r#"{"model_type": "bert", "vocab_size": 30522, "hidden_size": 32,
        "num_hidden_layers": 1, "num_attention_heads": 4, "intermediate_size": 64,
        "max_position_embeddings": 64, "type_vocab_size": 2}"#;
    fs::write(bert.join("config.json"), config).unwrap();
    program()
        .args(words("run --datasets demo-film --models lnln --data"))
        .arg(&data)
        .arg("--encoder")
        .arg(format!("frozen:{}", bert.display()))
        .assert()
        .code(5)
        .stderr(contains("model.safetensors"));
}

#[test]
fn a_misspelt_suite_key_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let suite = folder.path().join("suite.toml");
    fs::write(
        &suite,
        "datasets = ['mosi']\nmodels = ['lnln']\nepoch = 3\n",
    )
    .unwrap();
    program()
        .arg("run")
        .arg(&suite)
        .assert()
        .code(2)
        .stderr(contains("epoch"));
}

/// Intact masks of another seed under the name of this one: commands use what is stored, so `verify` must
/// find them.
#[test]
fn stored_masks_are_used_and_verify_finds_those_of_another_key() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path());
    let corpus = Corpus::open(&data.join("demo-film.h5")).unwrap();
    let half = parse_list("0.5").unwrap();
    let random = find("random").unwrap();
    let mut masks = Variants::of_corpus(random, &corpus, 1112, &half).unwrap();
    masks.seed = 1111;
    let path = data.join("demo-film.masks.h5");
    MaskFile::write(&path, &corpus.content_hash, std::slice::from_ref(&masks)).unwrap();
    let stored = masks.hash(SplitName::Test, half[0]).unwrap();
    let out = folder.path().join("half.npz");
    program()
        .args(["mask", "export", "--rate", "0.5"])
        .arg(data.join("demo-film.h5"))
        .arg("--out")
        .arg(&out)
        .assert()
        .success()
        .stdout(contains(stored));
    program().arg("verify").arg(&path).assert().code(3).stderr(
        contains("random-v2/seed-1111/train at condition 0.5 have hash")
            .and(contains("write it again with `prepare`")),
    );
}

#[test]
fn damaged_masks_are_refused_before_training() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path());
    let corpus = Corpus::open(&data.join("demo-film.h5")).unwrap();
    let conditions = parse_list("0,0.5,1").unwrap();
    let masks = Variants::of_corpus(find("random").unwrap(), &corpus, 1111, &conditions).unwrap();
    let path = data.join("demo-film.masks.h5");
    MaskFile::write(&path, &corpus.content_hash, &[masks]).unwrap();
    let file = hdf5::File::open_rw(&path).unwrap();
    for split in ["train", "test"] {
        let name = format!("random-v2/seed-1111/{split}/audio");
        let audio = file.dataset(&name).unwrap();
        let mut packed: Vec<u8> = audio.read_raw().unwrap();
        packed[0] ^= 3;
        audio.write_raw(&packed).unwrap();
    }
    drop(file);
    let file = data.join("demo-film.h5").display().to_string();
    let out = folder.path().join("half.pkl");
    let export = format!("export {file} --rate 0.5 --out {}", out.display());
    for (arguments, split) in [
        (arguments(folder.path(), &data, "runs", 1), "test"),
        (words(&export).map(str::to_owned).collect(), "train"),
        (
            words(&format!("mask {export}"))
                .map(str::to_owned)
                .collect(),
            "train",
        ),
    ] {
        let group = format!("random-v2/seed-1111/{split}: ");
        program()
            .args(arguments)
            .assert()
            .failure()
            .stderr(contains(group).and(contains("the file is damaged: remove it")));
    }
    assert!(!out.exists());
}
