//! `run` with LNLN itself: the same bytes twice and after a kill, and the ways to make it fit.

use std::fs;
use std::path::{Path, PathBuf};

use lnln_bench::data::dataset::synthetic::{self, Demo};
use lnln_bench::data::dataset::{ImportOptions, prepare};
use lnln_bench::record::RunDir;
use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;

use super::program::{prepared, program, runs_in, words};
use super::run_stopped::{kill_after_first_epoch, results};

/// `run` of LNLN with the tiny encoder.
fn lnln(data: &Path, runs: &Path, more: &str) -> Vec<String> {
    let (data, runs) = (data.display(), runs.display());
    let line = format!(
        "run --datasets demo-film --models lnln --encoder tiny --seeds 1111 --rates 0,0.5 --valid-rates 0 \
         --device cpu --batch-size 8 --data {data} --runs {runs} {more}"
    );
    words(&line).map(str::to_owned).collect()
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// The lines of a run's log.
fn epochs(run: &RunDir) -> Vec<Value> {
    let text = fs::read_to_string(run.metrics()).unwrap();
    let lines = text.lines().map(serde_json::from_str);
    lines.collect::<Result<_, _>>().unwrap()
}

#[test]
#[ignore = "long, see CONTRIBUTING.md"]
fn lnln_leaves_the_same_bytes_twice_and_after_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path());
    for threads in [1, 2] {
        let more = format!("--threads {threads} --epochs 8");
        let runs = |name: &str| folder.path().join(format!("{name}-{threads}"));
        for name in ["first", "second"] {
            let run = lnln(&data, &runs(name), &more);
            program().args(run).assert().success();
        }
        let killed = lnln(&data, &runs("killed"), &more);
        kill_after_first_epoch(&killed, &runs("killed"));
        program()
            .args(&killed)
            .assert()
            .success()
            .stderr(contains("resuming after epoch"));
        let first = results(&runs("first"));
        assert_eq!(first.len(), 1);
        assert!(
            first == results(&runs("second")),
            "{threads} threads, twice"
        );
        assert!(
            first == results(&runs("killed")),
            "{threads} threads, killed"
        );
    }
}

#[test]
fn ways_to_need_less_memory_are_followed_and_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path());
    let manifest = |name: &str, more: &str| {
        let runs = folder.path().join(name);
        let run = lnln(&data, &runs, &format!("--threads 1 --epochs 1 {more}"));
        let done = program().args(run).arg("-v").assert().success();
        let log = String::from_utf8_lossy(&done.get_output().stderr).into_owned();
        let run = runs_in(&runs).pop().unwrap();
        (json(&run.manifest()), epochs(&run), log)
    };
    let (whole, ..) = manifest("whole", "");
    let computing = |manifest: &Value| manifest["training"]["computing"].clone();
    assert_eq!(computing(&whole)["micro_batch"], 8);
    assert_eq!(computing(&whole)["recompute_encoder"], false);
    let (parts, lines, log) = manifest("parts", "--micro-batch 3");
    assert_eq!(computing(&parts)["micro_batch"], 3);
    assert_eq!(lines[0]["micro_batch"], 3);
    assert!(log.contains("batch of 8 in 3 passes of 3"), "{log}");
    let (again, ..) = manifest("again", "--recompute-encoder");
    assert_eq!(computing(&again)["recompute_encoder"], true);
    // Both are ways to compute the same run.
    for other in [&parts, &again] {
        assert_eq!(other["id"], whole["id"]);
    }
    let (_, _, log) = manifest("budget", "--memory-budget 6GiB");
    assert!(log.contains("of 6.0 GiB"), "{log}");
    assert!(log.contains("in 1 pass of 8"), "{log}");
}

#[test]
fn a_budget_below_what_lasts_is_refused_for_every_model() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path());
    // The program itself is more than this.
    for model in ["lnln", "tfn", "mult", "self_mm"] {
        let run = lnln(
            &data,
            &folder.path().join("runs"),
            "--memory-budget 100MiB --epochs 1",
        );
        let run = run.into_iter().map(|word| match word.as_str() {
            "lnln" => model.to_owned(),
            _ => word,
        });
        program()
            .args(run)
            .assert()
            .code(4)
            .stderr(contains("100 MiB are allowed").and(contains("--memory-budget")));
    }
}

/// Bytes of the plan that a run has printed, `... = 1.1 GiB of 12.0 GiB`.
fn planned(log: &str, model: &str) -> f64 {
    let line = log
        .lines()
        .find(|line| line.contains(&format!("{model} on demo-film: ")));
    let (_, total) = line.unwrap().rsplit_once(" = ").unwrap();
    let (number, unit) = total.split_once(' ').unwrap();
    let unit = match unit.split(' ').next().unwrap() {
        "GiB" => 30,
        "MiB" => 20,
        other => panic!("expected GiB or MiB, got {other} in {total}"),
    };
    number.parse::<f64>().unwrap() * f64::from(1 << unit)
}

#[test]
fn the_memory_held_is_what_was_planned_and_each_cell_s_own() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("demo-film.pkl");
    synthetic::write_demo(Demo::Film, &source, 7, 0.2).unwrap();
    let data = folder.path().join("data");
    prepare(&source, &ImportOptions::new(&data), &mut |_| {}).unwrap();
    let runs = folder.path().join("runs");
    let line = format!(
        "run --datasets demo-film --models lnln,lf_dnn --encoder tiny --seeds 1 --rates 0 --valid-rates 0 \
         --device cpu --threads 2 --batch-size 48 --epochs 2 --data {} --runs {}",
        data.display(),
        runs.display()
    );
    let done = program().args(words(&line)).arg("-v").assert().success();
    let log = String::from_utf8_lossy(&done.get_output().stderr).into_owned();
    let held = |model: &str| {
        let of = |run: &RunDir| json(&run.manifest())["model"]["name"] == model;
        let run = runs_in(&runs).into_iter().find(of).unwrap();
        let peaks = epochs(&run).into_iter();
        let peaks = peaks.map(|line| line["peak_memory"].as_f64().unwrap());
        peaks.fold(0.0, f64::max)
    };
    let (plan, peak) = (planned(&log, "lnln"), held("lnln"));
    assert!(
        (0.6 * plan..=plan).contains(&peak),
        "planned {plan}, held {peak}"
    );
    // What LNLN needed does not count for the smaller model after it.
    assert!(held("lf_dnn") < 0.9 * peak, "{} {peak}", held("lf_dnn"));
}

/// Files of events below a folder of runs.
fn event_files(runs: &Path) -> Vec<PathBuf> {
    let run = runs_in(runs).pop().unwrap();
    let folder = runs.join("tensorboard").join(run.id());
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn event_files_lie_beside_the_sealed_runs() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path());
    let (plain, curves) = (folder.path().join("plain"), folder.path().join("curves"));
    let more = "--threads 1 --epochs 8";
    program().args(lnln(&data, &plain, more)).assert().success();
    let run = lnln(&data, &curves, &format!("{more} --tensorboard"));
    kill_after_first_epoch(&run, &curves);
    program().args(&run).assert().success();
    // One of the process that was killed, one of that which went on.
    let files = event_files(&curves);
    assert_eq!(files.len(), 2, "{files:?}");
    let bytes: Vec<Vec<u8>> = files.iter().map(|path| fs::read(path).unwrap()).collect();
    let times = |tag: &str| {
        let found = |bytes: &Vec<u8>| {
            bytes
                .windows(tag.len())
                .filter(|w| *w == tag.as_bytes())
                .count()
        };
        bytes.iter().map(found).sum::<usize>()
    };
    for tag in [
        "loss/total",
        "loss/l_rec",
        "valid/mae",
        "training/learning_rate",
    ] {
        assert_eq!(times(tag), 8, "{tag}");
    }
    // The run is the one without curves, and none of its files is new.
    assert_eq!(results(&plain), results(&curves));
    let names = |runs: &Path| {
        let run = runs_in(runs).pop().unwrap();
        let entries = fs::read_dir(run.path()).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    assert_eq!(names(&plain), names(&curves));
    program()
        .arg("runs")
        .arg("status")
        .arg(&curves)
        .assert()
        .success()
        .stdout(contains("tensorboard").not());
}
