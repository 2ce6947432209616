//! `run` and `report` as a user sees them: results, resuming, refusals.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command as Process, Stdio};
use std::time::{Duration, Instant};

use lnln_bench::record::Predictions;
use lnln_bench::train::checkpoint;
use predicates::prelude::*;
use predicates::str::contains;

use super::program::{pickle, prepared, program};
use lnln_bench::dataset::Corpus;
use lnln_bench::mask::{MaskFile, Variants, find, parse_list};

/// `run` with everything small.
fn arguments(folder: &Path, data: &Path, runs: &str, epochs: u32) -> Vec<String> {
    let runs = folder.join(runs);
    let (data, runs) = (data.display(), runs.display());
    let line = format!(
        "run --datasets demo-film --models lf_dnn,constant --seeds 1111 --rates 0,0.5,1 --device cpu \
         --threads 1 --epochs {epochs} --batch-size 8 --data {data} --runs {runs}"
    );
    line.split_whitespace().map(str::to_owned).collect()
}

/// Run directory to the bytes of the files that must not depend on interruptions.
fn results(runs: &Path) -> Vec<(PathBuf, Vec<u8>, Vec<u8>)> {
    let mut all: Vec<_> = fs::read_dir(runs)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let read = |name: &str| fs::read(path.join(name)).unwrap();
            let name = PathBuf::from(path.file_name().unwrap());
            (
                name,
                read("checkpoint.safetensors"),
                read("predictions.parquet"),
            )
        })
        .collect();
    all.sort();
    all
}

#[test]
fn a_sweep_runs_once_and_reports() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path());
    let run = arguments(folder.path(), &data, "runs", 2);
    program()
        .args(&run)
        .assert()
        .success()
        .stdout(contains("2 runs done (0 before)"));
    program()
        .args(&run)
        .assert()
        .success()
        .stdout(contains("2 runs done (2 before)"));
    let out = folder.path().join("report");
    let runs = folder.path().join("runs");
    program()
        .arg("report")
        .arg(&runs)
        .arg("--out")
        .arg(&out)
        .assert()
        .success()
        .stdout(contains("LF-DNN").and(contains(out.to_str().unwrap())));
    for name in [
        "report.md",
        "tables.tex",
        "scores.csv",
        "index.html",
        "manifest.json",
    ] {
        assert!(out.join(name).is_file(), "{name} is missing");
    }
}

#[test]
fn predict_repeats_what_the_run_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path());
    program()
        .args(arguments(folder.path(), &data, "runs", 2))
        .assert()
        .success();
    let trained = |path: &PathBuf| path.join("metrics.jsonl").exists();
    let runs = fs::read_dir(folder.path().join("runs")).unwrap();
    let run = runs.map(|run| run.unwrap().path()).find(trained).unwrap();
    let out = folder.path().join("half.parquet");
    let predict = |more: &[&str]| {
        let mut command = program();
        command.arg("predict").arg(&run).arg("--data").arg(&data);
        command.args(["--device", "cpu"]).args(more);
        command
    };
    predict(&["--rate", "0.5", "--out", out.to_str().unwrap()])
        .assert()
        .success();
    let level = "0.5".parse().unwrap();
    let recorded = Predictions::read(&run.join("predictions.parquet")).unwrap();
    let recorded: Vec<_> = recorded.iter().filter(|row| row.level == level).collect();
    let repeated: Vec<_> = Predictions::read(&out).unwrap().iter().collect();
    assert_eq!(repeated, recorded);
    let clip = &recorded[3];
    predict(&["--rate", "0.5", "--clip", &clip.id])
        .assert()
        .success()
        .stdout(contains(format!("{}", clip.prediction)).and(contains(clip.id.as_str())));
    predict(&["--clip", "nobody"])
        .assert()
        .code(2)
        .stderr(contains("`nobody`"));
    predict(&["--encoder", "features"])
        .assert()
        .code(5)
        .stderr(contains("trained with encoder tiny"));
}

#[test]
fn bfloat16_and_the_plain_engine_are_runs_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path());
    let mut run = arguments(folder.path(), &data, "runs", 1);
    for argument in &mut run {
        // No LSTM: not every CPU's has a bfloat16 form.
        if argument == "lf_dnn,constant" {
            "almt".clone_into(argument);
        }
    }
    program().args(&run).assert().success();
    for flags in [["--precision", "bf16"], ["--engine", "plain"]] {
        let length = run.len();
        run.extend(flags.map(str::to_owned));
        program()
            .args(&run)
            .assert()
            .success()
            .stdout(contains("(0 before)"));
        run.truncate(length);
    }
    run.extend(["--precision", "fp16"].map(str::to_owned));
    program()
        .args(&run)
        .assert()
        .code(2)
        .stderr(contains("bf16"));
}

#[test]
fn two_runs_of_one_seed_leave_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path());
    for runs in ["first", "second"] {
        program()
            .args(arguments(folder.path(), &data, runs, 2))
            .assert()
            .success();
    }
    assert_eq!(
        results(&folder.path().join("first")),
        results(&folder.path().join("second"))
    );
}

#[test]
fn a_killed_run_goes_on_to_the_undisturbed_result() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path());
    let epochs = 40;
    program()
        .args(arguments(folder.path(), &data, "undisturbed", epochs))
        .assert()
        .success();
    let run = arguments(folder.path(), &data, "killed", epochs);
    kill_after_first_epoch(&run, &folder.path().join("killed"));
    program()
        .args(&run)
        .assert()
        .success()
        .stderr(contains("going on after epoch"));
    assert_eq!(
        results(&folder.path().join("undisturbed")),
        results(&folder.path().join("killed"))
    );
}

/// Send a signal and wait for the exit code; `None` where the signal killed.
fn end(child: &mut Child, signal: &str) -> Option<i32> {
    let status = Process::new("kill")
        .args([format!("-{signal}"), child.id().to_string()])
        .status();
    assert!(status.unwrap().success());
    child.wait().unwrap().code()
}

#[test]
fn signals_store_the_step_under_way_and_say_so_in_the_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path());
    let epochs = 40;
    program()
        .args(arguments(folder.path(), &data, "undisturbed", epochs))
        .assert()
        .success();
    let run = arguments(folder.path(), &data, "stopped", epochs);
    for signal in ["INT", "TERM", "USR1"] {
        let mut child = start_and_wait_for_epochs(&run, &folder.path().join("stopped"), 2);
        assert_eq!(end(&mut child, signal), Some(75), "{signal}");
    }
    program().args(&run).assert().success();
    assert_eq!(
        results(&folder.path().join("undisturbed")),
        results(&folder.path().join("stopped"))
    );
}

/// Kills at random moments of training: three here, as many as `LNLN_BENCH_KILLS` says elsewhere.
/// No kill loses more than the epoch under way, and the result is that of the undisturbed run.
#[test]
fn kills_at_random_moments_lose_one_epoch_at_most() {
    let kills: u32 = std::env::var("LNLN_BENCH_KILLS").map_or(3, |n| n.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path());
    let epochs = 12 + 6 * kills;
    let started = Instant::now();
    program()
        .args(arguments(folder.path(), &data, "undisturbed", epochs))
        .assert()
        .success();
    let epoch = started.elapsed() / epochs;
    let run = arguments(folder.path(), &data, "killed", epochs);
    let runs = folder.path().join("killed");
    let mut moment = rand::from_clock();
    for _ in 0..kills {
        let mut child = start_and_wait_for_epochs(&run, &runs, 1);
        std::thread::sleep(epoch.mul_f64(3.0 * moment.next()));
        child.kill().unwrap();
        child.wait().unwrap();
        let (logged, stored) = (finished_epochs(&runs), stored_epochs(&runs));
        println!("killed after {logged} logged epochs, {stored} stored");
        assert!(
            stored + 1 >= logged,
            "{logged} were logged, {stored} stored"
        );
    }
    program().args(&run).assert().success();
    assert_eq!(results(&folder.path().join("undisturbed")), results(&runs));
}

/// Fractions that differ from run to run, so that many runs try many moments.
mod rand {
    pub struct Fractions(u64);

    pub fn from_clock() -> Fractions {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        Fractions(now.unwrap().as_nanos() as u64)
    }

    impl Fractions {
        pub fn next(&mut self) -> f64 {
            let mix = |x: u64| (x ^ (x >> 31)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
            (mix(mix(self.0)) >> 11) as f64 / (1u64 << 53) as f64
        }
    }
}

/// Finished epochs in the one state below `runs`; 0 before the first.
fn stored_epochs(runs: &Path) -> usize {
    let runs = fs::read_dir(runs).into_iter().flatten().flatten();
    let last = runs.map(|run| run.path().join("last.safetensors"));
    let stored = last.filter(|path| path.exists()).map(|path| {
        let (_, state) = checkpoint::load(&path).unwrap();
        let state: serde_json::Value = serde_json::from_str(&state).unwrap();
        state["epoch"].as_u64().unwrap() as usize
    });
    stored.max().unwrap_or(0)
}

/// Lines of the one log of epochs below `runs`.
fn finished_epochs(runs: &Path) -> usize {
    let runs = fs::read_dir(runs).into_iter().flatten().flatten();
    let logs = runs.map(|run| fs::read_to_string(run.path().join("metrics.jsonl")));
    logs.flatten()
        .map(|log| log.lines().count())
        .max()
        .unwrap_or(0)
}

#[test]
fn the_paper_s_protocol_is_named_where_its_numbers_are() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path());
    let runs = folder.path().join("runs");
    let out = folder.path().join("report");
    program()
        .args([
            "run",
            "--datasets",
            "demo-film",
            "--models",
            "lf_dnn",
            "--protocol",
            "paper",
        ])
        .args([
            "--seeds", "1111", "--rates", "0,0.5", "--epochs", "4", "--device", "cpu",
        ])
        .args(["--threads", "1", "--batch-size", "8"])
        .arg("--data")
        .arg(&data)
        .arg("--runs")
        .arg(&runs)
        .assert()
        .success();
    let run = fs::read_dir(&runs).unwrap().next().unwrap().unwrap().path();
    let manifest = fs::read_to_string(run.join("manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    let selection = &manifest["selection"];
    assert_eq!(selection["rule"], "paper");
    assert_eq!(selection["chosen"]["corr"], selection["chosen"]["mae"]);
    let first = fs::read_to_string(run.join("metrics.jsonl")).unwrap();
    let first: serde_json::Value = serde_json::from_str(first.lines().next().unwrap()).unwrap();
    assert_eq!(
        (&first["learning_rate"], &first["split"]),
        (&0.0.into(), &"test".into())
    );
    program()
        .arg("report")
        .arg(&runs)
        .arg("--out")
        .arg(&out)
        .assert()
        .success();
    let report = fs::read_to_string(out.join("report.md")).unwrap();
    assert!(report.contains("best test epoch"), "{report}");
}

#[test]
fn a_metric_that_is_none_is_a_usage_error_that_lists_the_known_ones() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path());
    program()
        .args([
            "run",
            "--datasets",
            "demo-film",
            "--models",
            "lf_dnn",
            "--select",
            "valid:acc9",
        ])
        .arg("--data")
        .arg(&data)
        .assert()
        .code(2)
        .stderr(contains("`acc9`").and(contains("acc7")));
}

#[test]
fn a_budget_that_is_too_small_says_what_would_fit() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path());
    program()
        .args([
            "run",
            "--datasets",
            "demo-film",
            "--models",
            "lnln",
            "--encoder",
            "tiny",
        ])
        .args([
            "--memory-budget",
            "1MiB",
            "--seeds",
            "1",
            "--epochs",
            "1",
            "--rates",
            "0",
            "--data",
        ])
        .arg(&data)
        .arg("--runs")
        .arg(folder.path().join("runs"))
        .assert()
        .code(4)
        .stderr(contains("frozen:DIR needs").and(contains("--memory-budget")));
}

fn start(arguments: &[String]) -> Child {
    Process::new(assert_cmd::cargo::cargo_bin("lnln-bench"))
        .args(arguments)
        .env("HDF5_USE_FILE_LOCKING", "FALSE")
        .stderr(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

/// Start the program and end it with SIGKILL once an epoch has been stored.
fn kill_after_first_epoch(arguments: &[String], runs: &Path) {
    let mut child = start_and_wait_for_epochs(arguments, runs, 2);
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Start the program and wait until it has logged so many more epochs. The state of an epoch is
/// stored after its line: two lines, one state at least.
fn start_and_wait_for_epochs(arguments: &[String], runs: &Path, more: usize) -> Child {
    let known = finished_epochs(runs);
    let mut child = start(arguments);
    let started = Instant::now();
    while finished_epochs(runs) < known + more {
        assert!(
            started.elapsed() < Duration::from_secs(120),
            "no epoch was stored"
        );
        assert!(
            child.try_wait().unwrap().is_none(),
            "the run ended before it could be stopped"
        );
        std::thread::sleep(Duration::from_millis(2));
    }
    child
}

#[test]
fn an_unknown_model_is_a_usage_error_that_lists_the_known_ones() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path());
    program()
        .args([
            "run",
            "--datasets",
            "demo-film",
            "--models",
            "lnl",
            "--data",
        ])
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
            .args([
                "run",
                "--datasets",
                "demo-film",
                "--models",
                "constant",
                "--rates",
                rates,
            ])
            .arg("--data")
            .arg(&data)
            .assert()
            .code(2)
            .stderr(contains("error:"));
    }
}

#[test]
fn an_unprepared_data_set_says_what_to_run() {
    let folder = tempfile::tempdir().unwrap();
    program()
        .args(["run", "--datasets", "mosi", "--models", "lnln", "--data"])
        .arg(folder.path())
        .assert()
        .code(2)
        .stderr(contains("lnln-bench prepare"));
}

#[test]
fn cuda_that_is_not_there_is_an_error_and_no_silent_cpu_run() {
    if Path::new("/proc/driver/nvidia").exists() {
        println!("skipped: this machine has an NVIDIA driver");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    program()
        .current_dir(folder.path())
        .args([
            "run",
            "--datasets",
            "mosi",
            "--models",
            "lnln",
            "--device",
            "cuda",
        ])
        .assert()
        .code(5)
        .stderr(contains("CUDA was asked for").and(contains("--device cpu")));
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
        .args([
            "run",
            "--datasets",
            "demo-film",
            "--models",
            "lnln",
            "--data",
        ])
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

#[test]
fn one_training_is_tested_under_several_families_and_the_stored_masks_are_used() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut prepare = program();
    prepare
        .arg("prepare")
        .arg(pickle(folder.path()))
        .arg("--data")
        .arg(&data);
    prepare
        .args(["--rates", "0,0.5,1", "--masks", "random,modality"])
        .assert()
        .success();
    let mut run = arguments(folder.path(), &data, "runs", 1);
    let extra = "--masks random,modality --noise reference";
    run.extend(extra.split_whitespace().map(str::to_owned));
    program().args(&run).assert().success();
    let text = fs::read_to_string(data.join("demo-film.masks.json")).unwrap();
    let stored: serde_json::Value = serde_json::from_str(&text).unwrap();
    let of = |family: &str| {
        let masks = stored["masks"].as_array().unwrap();
        let test = |m: &&serde_json::Value| m["family"] == family && m["split"] == "test";
        masks.iter().find(test).unwrap()["levels"].clone()
    };
    for entry in fs::read_dir(folder.path().join("runs")).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path().join("manifest.json")).unwrap();
        let manifest: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            manifest["masks"][0]["hashes"]["1111/0.5"],
            of("random")["0.5"]["hash"]
        );
        assert_eq!(
            manifest["masks"][1]["hashes"]["1111/LA"],
            of("modality")["LA"]["hash"]
        );
        assert_eq!(manifest["training"]["noise"], "reference (reference)");
    }
}

#[test]
fn stored_masks_that_are_not_those_of_their_key_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path());
    let corpus = Corpus::open(&data.join("demo-film.h5")).unwrap();
    let levels = parse_list("0,0.5,1").unwrap();
    // Sound masks of another seed under the name of this one.
    let random = find("random").unwrap();
    let mut masks = Variants::of_corpus(random, &corpus, 1112, &levels).unwrap();
    masks.seed = 1111;
    let path = data.join("demo-film.masks.h5");
    MaskFile::write(&path, &corpus.content_hash, &[masks]).unwrap();
    let words = "random-v1/seed-1111/test at level 0.5";
    program()
        .args(arguments(folder.path(), &data, "runs", 1))
        .assert()
        .failure()
        .stderr(contains(words).and(contains("write it again with `prepare`")));
}
