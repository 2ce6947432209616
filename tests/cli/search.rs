//! `run --search`: trials are runs without a test split, the best settings are tested, and a killed search goes on.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use lnln_bench::record::{Manifest, RunDir, sweeps};
use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;

use super::program::{prepared, program, runs_in};

const LINE: &str =
    "run --datasets demo-film --seeds 1,2 --device cpu --threads 1 --epochs 4 --search 4";

/// Models and rates of most tests.
const BOTH: &str = "--models lf_dnn,constant --rates 0,0.5";
const ONE: &str = "--models lf_dnn --rates 0,0.5";

fn search(folder: &Path, runs: &str, more: &str) -> assert_cmd::Command {
    let mut command = program();
    let words = LINE.split_whitespace().chain(more.split_whitespace());
    command.args(words).arg("--data").arg(folder.join("data"));
    command.arg("--runs").arg(folder.join(runs));
    command
}

/// The finished runs of a folder.
fn manifests(runs: &Path) -> Vec<(RunDir, Manifest)> {
    let done = runs_in(runs).into_iter().filter(RunDir::is_done);
    done.map(|run| (run.clone(), run.checked_manifest().unwrap().0))
        .collect()
}

/// Trials that were tested, with their seeds.
fn tested(runs: &Path) -> Vec<(u32, u64)> {
    let all = manifests(runs).into_iter();
    let mut tested: Vec<(u32, u64)> = all
        .filter(|(run, _)| !run.evaluation_folders().is_empty())
        .filter_map(|(_, manifest)| Some((manifest.search?.trial, manifest.seed)))
        .collect();
    tested.sort_unstable();
    tested
}

/// The best MAE on the validation split of each trial that was trained for so many epochs with the first seed, read
/// from the logs of epochs.
fn scores(runs: &Path, epochs: u32) -> BTreeMap<u32, f64> {
    let all = manifests(runs).into_iter();
    let own = all.filter(|(_, m)| m.seed == 1 && m.training.epochs == epochs);
    let best = |run: &RunDir| {
        let log = fs::read_to_string(run.metrics()).unwrap();
        let lines = log
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap());
        let scores = lines.filter_map(|line| line["scores"]["mae"].as_f64());
        scores.fold(f64::INFINITY, f64::min)
    };
    own.filter_map(|(run, m)| Some((m.search?.trial, best(&run))))
        .collect()
}

#[test]
fn trials_are_halved_by_validation_and_the_best_alone_is_tested() {
    let folder = tempfile::tempdir().unwrap();
    let (folder, runs) = (folder.path(), folder.path().join("runs"));
    prepared(folder);
    let rungs = contains("4 trials x 2 epochs, 2 trials x 4 epochs; 16 epochs in all")
        .and(contains("the runs above are those of rung 1"))
        .and(contains("the published settings"))
        .and(contains("4 runs: 0 done, 4 to do"));
    search(folder, "runs", &format!("{BOTH} --dry-run"))
        .assert()
        .success()
        .stdout(rungs);
    search(folder, "runs", BOTH).assert().success();
    // Recomputed from the logs: the better of the others went on with the published settings, the best was tested.
    let (first, second) = (scores(&runs, 2), scores(&runs, 4));
    assert_eq!(first.keys().copied().collect::<Vec<_>>(), [0, 1, 2, 3]);
    let others = first.iter().filter(|(trial, _)| **trial > 0);
    let (rival, _) = others.min_by(|a, b| a.1.total_cmp(b.1)).unwrap();
    assert_eq!(second.keys().copied().collect::<Vec<_>>(), [0, *rival]);
    let (best, score) = second.iter().min_by(|a, b| a.1.total_cmp(b.1)).unwrap();
    assert!(*score <= second[&0], "no worse than the published settings");
    assert_eq!(tested(&runs), [(*best, 1), (*best, 2)]);
    // Trials have no predictions of any kind.
    let untested = manifests(&runs).into_iter();
    let untested: Vec<RunDir> = untested
        .filter(|(run, _)| run.is_untested_trial())
        .map(|(run, _)| run)
        .collect();
    assert_eq!(
        untested.len(),
        5,
        "4 of the first rung, and one of the second"
    );
    for run in &untested {
        assert!(!run.path().join("evaluations").exists());
        assert!(!run.checkpoint().exists(), "weights that nothing reads");
    }
    let weights = |(run, _): &(RunDir, Manifest)| run.checkpoint().exists();
    let kept = manifests(&runs).into_iter().filter(weights).count();
    assert_eq!(kept, 4, "of the tested settings and the constant, by seed");
    let listed = contains("lf_dnn, trial 3").and(contains("done"));
    let mut list = program();
    list.args(["list", "runs"]).arg(&runs);
    list.assert().success().stdout(listed);
    a_report_names_the_search(folder, &runs);
    // Nothing is left to do, and a further rate needs no search.
    search(folder, "runs", BOTH)
        .assert()
        .success()
        .stdout(contains("10 runs done (10 before)"));
    let before = manifests(&runs).len();
    search(folder, "runs", "--models lf_dnn,constant --rates 0,0.5,1")
        .assert()
        .success();
    assert_eq!(manifests(&runs).len(), before);
}

fn a_report_names_the_search(folder: &Path, runs: &Path) {
    let out = folder.join("report");
    let mut report = program();
    report.arg("report").arg(runs).arg("--out").arg(&out);
    report.args(["--resamples", "0"]).assert().success();
    let page = fs::read_to_string(out.join("report.md")).unwrap();
    let budget = "4 trials, 16 epochs in all, chosen on validation MAE (seed 1): trial ";
    assert!(page.contains(budget), "{page}");
    assert!(page.contains("LF-DNN (searched)"), "{page}");
    let scores = fs::read_to_string(out.join("scores.csv")).unwrap();
    let ids = runs_of(&scores);
    assert_eq!(
        ids.len(),
        4,
        "two seeds of LF-DNN and of the constant: {ids:?}"
    );
    let mut check = program();
    check.arg("report").arg("--check").arg(&out);
    check.assert().success();
}

/// Ids of runs in `scores.csv`, its last column.
fn runs_of(scores: &str) -> BTreeSet<&str> {
    let lines = scores.lines().skip(1);
    lines.filter_map(|line| line.rsplit(',').next()).collect()
}

#[test]
fn a_search_that_is_killed_goes_on_to_the_same_end() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    prepared(folder);
    search(folder, "whole", ONE).assert().success();
    // Killed in the second rung, and once more by the same command a moment later.
    for rungs in [2, 2] {
        let (whole, runs) = (search(folder, "killed", ONE), folder.join("killed"));
        let mut command = std::process::Command::new(whole.get_program());
        command
            .args(whole.get_args())
            .env("HDF5_USE_FILE_LOCKING", "FALSE")
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let started = Instant::now();
        while sweeps(&runs).len() < rungs && child.try_wait().unwrap().is_none() {
            assert!(started.elapsed() < Duration::from_secs(300));
            std::thread::sleep(Duration::from_millis(1));
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert!(
        tested(&folder.join("killed")).is_empty(),
        "killed before the end"
    );
    search(folder, "killed", ONE).assert().success();
    let weights = |runs: &str| {
        let all = manifests(&folder.join(runs)).into_iter();
        let all = all.map(|(run, manifest)| (run.id(), manifest.weights));
        all.collect::<BTreeMap<_, _>>()
    };
    assert_eq!(weights("killed"), weights("whole"));
    assert_eq!(
        tested(&folder.join("killed")),
        tested(&folder.join("whole"))
    );
}

#[test]
fn workers_and_suite_files_search_alike() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    prepared(folder);
    search(folder, "flags", BOTH).assert().success();
    let printed = search(folder, "flags", &format!("{BOTH} --print-config"))
        .assert()
        .success();
    let text = String::from_utf8(printed.get_output().stdout.clone()).unwrap();
    assert!(
        text.contains("search = 4\n") && !text.contains("stage"),
        "{text}"
    );
    let suite = folder.join("own.toml");
    fs::write(&suite, text).unwrap();
    let mut command = program();
    command
        .arg("run")
        .arg(&suite)
        .args(["--jobs", "2", "--threads", "1", "--device", "cpu"]);
    command.arg("--data").arg(folder.join("data"));
    command
        .arg("--runs")
        .arg(folder.join("suite"))
        .assert()
        .success();
    let ids = |runs: &str| {
        let all = manifests(&folder.join(runs)).into_iter();
        all.map(|(run, manifest)| (run.id(), manifest.weights))
            .collect::<BTreeMap<_, _>>()
    };
    assert_eq!(ids("flags"), ids("suite"));
}

#[test]
fn trials_that_diverge_lose_and_are_not_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    prepared(folder);
    let all_diverge = || search(folder, "runs", &format!("{ONE} --learning-rate 1e30"));
    let lost = contains("lost: 4 of 4 trials").and(contains("no trial has a score"));
    all_diverge().assert().code(4).stderr(lost);
    let known = contains("no trial has a score").and(contains("run 1 of").not());
    all_diverge().assert().code(4).stderr(known);
}

#[test]
fn what_a_search_cannot_do_is_refused_before_anything_is_trained() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    prepared(folder);
    let refused = |more: &str, why: &str| {
        search(folder, "runs", more)
            .assert()
            .failure()
            .stderr(contains(why.to_owned()));
    };
    refused(
        &format!("{ONE} --select valid:mae,paper"),
        "does not touch the test split",
    );
    refused(
        &format!("{ONE} --launcher slurm"),
        "where the scores of one round decide",
    );
    refused(
        "--models constant --rates 0,0.5",
        "model that is trained, for a search",
    );
    let mut command = program();
    let line = "run --datasets demo-film --models lf_dnn,lnln --search 4 --device cpu";
    command
        .args(line.split_whitespace())
        .arg("--data")
        .arg(folder.join("data"));
    command.arg("--runs").arg(folder.join("runs"));
    let epochs = contains("lf_dnn 100, lnln 200; give --epochs");
    command.assert().failure().stderr(epochs);
    let done = runs_in(&folder.join("runs"))
        .into_iter()
        .filter(RunDir::is_done);
    assert_eq!(done.count(), 0);
}
