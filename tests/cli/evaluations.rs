//! A run is trained once: further masks are evaluated with its stored weights.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use lnln_bench::record::{RunDir, sweeps};
use predicates::prelude::*;
use predicates::str::contains;

use super::program::{prepared, program, runs_in};

/// `run` of LF-DNN and the constant on the demo's film corpus.
fn run(folder: &Path, runs: &str, more: &str) -> assert_cmd::assert::Assert {
    let line = "run --datasets demo-film --models lf_dnn,constant --seeds 1111 --device cpu --threads 1 \
                --epochs 2 --batch-size 8";
    let words = line.split_whitespace().chain(more.split_whitespace());
    let mut command = program();
    command.args(words).arg("--data").arg(folder.join("data"));
    command.arg("--runs").arg(folder.join(runs));
    command.assert()
}

/// Bytes of the files that a training leaves, by their paths.
fn trained(runs: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = runs_in(runs).into_iter().flat_map(|run| {
        [
            run.config(),
            run.manifest(),
            run.checkpoint(),
            run.done(),
            run.metrics(),
        ]
    });
    files
        .filter_map(|path| Some((path.clone(), fs::read(path).ok()?)))
        .collect()
}

/// All predictions of a run, as the report reads them.
fn predictions(run: &RunDir) -> Vec<String> {
    let groups = run.load().unwrap().predictions.groups();
    groups.iter().map(|group| format!("{group:?}")).collect()
}

fn report(arguments: &[&str], folder: &Path, out: &str) -> String {
    let out = folder.join(out);
    let mut command = program();
    command
        .arg("report")
        .args(arguments)
        .args(["--resamples", "0", "--out"]);
    command.arg(&out).assert().success();
    fs::read_to_string(out.join("scores.csv")).unwrap()
}

#[test]
fn further_masks_are_evaluated_without_training() {
    let folder = tempfile::tempdir().unwrap();
    let (folder, runs) = (folder.path(), folder.path().join("runs"));
    prepared(folder);
    run(folder, "runs", "--rates 0,0.5").success();
    let before = trained(&runs);
    let sweep = sweeps(&runs)[0].path().display().to_string();
    let all = runs.display().to_string();
    let first = report(&[&all], folder, "first");

    let further = "--rates 0:1:0.25 --masks random,modality --mask-seeds 1111,7";
    run(folder, "runs", &format!("{further} --dry-run"))
        .success()
        .stdout(contains("trained"));
    run(folder, "runs", further)
        .success()
        .stdout(contains("2 runs done (0 before)"));
    assert_eq!(trained(&runs), before);
    run(folder, "runs", further)
        .success()
        .stdout(contains("2 runs done (2 before)"));

    // The bits are those of a run that was evaluated under all masks at once.
    run(folder, "at-once", further).success();
    let at_once = runs_in(&folder.join("at-once"));
    assert_eq!(at_once.len(), 2);
    for (one, other) in runs_in(&runs).iter().zip(&at_once) {
        assert_eq!(one.id(), other.id());
        assert_eq!(one.evaluation_folders().len(), 2);
        assert_eq!(predictions(one), predictions(other), "{}", one.id());
    }

    // A report takes what there is; that of the first sweep and an old one stay as they were.
    let later = report(&[&all], folder, "later");
    assert!(later.contains("modality") && later.lines().count() > first.lines().count());
    assert_eq!(report(&["--sweep", &sweep], folder, "of-first"), first);
    for out in ["first", "later", "of-first"] {
        let check = program()
            .args(["report", "--check"])
            .arg(folder.join(out))
            .assert();
        check.success().stdout(contains("are what the runs give"));
    }
}

#[test]
fn weights_that_are_gone_or_changed_predict_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    prepared(folder);
    run(folder, "runs", "--rates 0").success();
    let is_trained = |run: &RunDir| run.metrics().exists();
    let runs = runs_in(&folder.join("runs"));
    let lf_dnn = runs.into_iter().find(is_trained).unwrap();
    let weights = fs::read(lf_dnn.checkpoint()).unwrap();
    let mut changed = weights.clone();
    *changed.last_mut().unwrap() ^= 1;
    fs::write(lf_dnn.checkpoint(), changed).unwrap();
    let refused = run(folder, "runs", "--rates 0,1").code(predicate::ne(0));
    refused.stderr(contains(
        "checkpoint.safetensors changed after the training",
    ));
    fs::remove_file(lf_dnn.checkpoint()).unwrap();
    let refused = run(folder, "runs", "--rates 0,1").code(predicate::ne(0));
    refused.stderr(contains("has no checkpoint.safetensors"));
    assert_eq!(lf_dnn.evaluation_folders().len(), 1);
    fs::write(lf_dnn.checkpoint(), weights).unwrap();
    run(folder, "runs", "--rates 0,1").success();
    assert_eq!(lf_dnn.evaluation_folders().len(), 2);
}

#[test]
fn workers_evaluate_too() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    prepared(folder);
    run(folder, "runs", "--rates 0 --jobs 2").success();
    run(folder, "runs", "--rates 0,1 --jobs 2")
        .success()
        .stdout(contains("2 runs done (0 before)"));
    for run in runs_in(&folder.join("runs")) {
        assert_eq!(run.evaluation_folders().len(), 2);
        // A copy that was interrupted.
        fs::remove_file(run.evaluation_folders()[0].join("DONE")).unwrap();
    }
    let mut command = program();
    command.arg("report").arg(folder.join("runs")).arg("--out");
    command.arg(folder.join("out")).args(["--resamples", "0"]);
    let said = "left out of the report, since they lack their DONE (2)";
    command.assert().success().stderr(contains(said));
}

/// The untrained baseline in two sweeps at other rates, and external predictions at all of them.
#[test]
fn a_report_on_two_sweeps_joins_their_conditions_and_takes_external_runs_along() {
    let folder = tempfile::tempdir().unwrap();
    let (folder, runs) = (folder.path(), folder.path().join("runs"));
    prepared(folder);
    for rates in ["0,0.5", "0,1"] {
        let line =
            "run --datasets demo-film --models constant --seeds 1111,1112 --device cpu --threads 1";
        let mut command = program();
        command
            .args(line.split_whitespace())
            .args(["--rates", rates]);
        command.arg("--data").arg(folder.join("data"));
        command.arg("--runs").arg(&runs).assert().success();
    }
    let data = folder.join("data/demo-film.h5");
    let corpus = lnln_bench::data::dataset::Corpus::open(&data).unwrap();
    let test = lnln_bench::data::dataset::SplitName::Test;
    let mut text = "id,rate,seed,prediction\n".to_owned();
    for (rate, seed) in [
        ("0", 1),
        ("0.5", 1),
        ("1", 1),
        ("0", 2),
        ("0.5", 2),
        ("1", 2),
    ] {
        for (i, id) in corpus.outline(test).unwrap().ids.iter().enumerate() {
            text += &format!("{id},{rate},{seed},{}\n", i as f64 * 0.1 - f64::from(seed));
        }
    }
    fs::write(folder.join("mine.csv"), text).unwrap();
    let mut command = program();
    command.arg("score").arg(folder.join("mine.csv"));
    command.arg("--data").arg(&data);
    command.arg("--runs").arg(&runs).assert().success();
    let sweeps: Vec<PathBuf> = sweeps(&runs).iter().map(|s| s.path().to_owned()).collect();
    assert_eq!(sweeps.len(), 2);
    let out = folder.join("out");
    let mut command = program();
    command.arg("report").arg(&runs).arg("--out").arg(&out);
    for sweep in &sweeps {
        command.arg("--sweep").arg(sweep);
    }
    command.assert().success();
    let scores = fs::read_to_string(out.join("scores.csv")).unwrap();
    for model in ["constant", "mine"] {
        for rate in ["0", "0.5", "1"] {
            let found = scores.lines().filter(|line| {
                let fields: Vec<&str> = line.split(',').collect();
                fields[4] == model && fields[10] == rate && line.contains(",mae,")
            });
            assert_eq!(found.count(), 2, "{model} at {rate}: {scores}");
        }
    }
    let mut check = program();
    check.args(["report", "--check"]).arg(&out);
    check.assert().success();
}
