//! `run --progress-json`: what a program that follows a sweep reads, in one process and in several.

use std::fs;
use std::path::Path;

use predicates::str::contains;
use serde_json::Value;

use super::program::{prepared, program, words};

/// The events of a run with these arguments after the common ones.
fn follow(folder: &Path, code: i32, more: &str) -> Vec<Value> {
    let line = "run --datasets demo-film --models lf_dnn,constant --rates 0,1 --device cpu --threads 1 \
                --batch-size 8 --seeds 1 --progress-json events";
    let file = folder.join("events");
    let _ = fs::remove_file(&file);
    let mut command = program();
    command
        .args(words(line))
        .args(words(more))
        .current_dir(folder);
    command.assert().code(code);
    let text = fs::read_to_string(file).unwrap();
    assert!(text.ends_with('\n'));
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The names of the events of one run, or of the sweep.
fn names<'e>(events: &'e [Value], run: Option<&Value>) -> Vec<&'e str> {
    let of_run = events.iter().filter(|event| event.get("run") == run);
    of_run
        .map(|event| event["event"].as_str().unwrap())
        .collect()
}

/// The id of the run of this model.
fn run_of<'e>(events: &'e [Value], model: &str) -> &'e Value {
    let started = events.iter().find(|event| event["model"] == model);
    &started.unwrap()["run"]
}

#[test]
fn every_epoch_is_a_line_in_one_process_and_in_two() {
    let folder = tempfile::tempdir().unwrap();
    prepared(folder.path());
    for flags in ["--runs one", "--runs two --jobs 2"] {
        let events = follow(folder.path(), 0, &format!("{flags} --epochs 3"));
        assert_eq!(names(&events, None), ["sweep-started", "sweep-finished"]);
        let (first, last) = (&events[0], &events[events.len() - 1]);
        assert_eq!((&first["runs"], &first["done"]), (&2.into(), &0.into()));
        assert_eq!((&last["ran"], &last["failed"]), (&2.into(), &0.into()));
        let trained = run_of(&events, "lf_dnn");
        let expected = ["run-started", "epoch", "epoch", "epoch", "run-finished"];
        assert_eq!(names(&events, Some(trained)), expected, "{flags}");
        let constant = Some(run_of(&events, "constant"));
        assert_eq!(names(&events, constant), ["run-started", "run-finished"]);
        let epochs = events.iter().filter(|event| event["event"] == "epoch");
        for (number, epoch) in (1u64..).zip(epochs) {
            assert_eq!(
                (&epoch["epoch"], &epoch["epochs"]),
                (&number.into(), &3.into())
            );
            assert!(epoch["losses"]["total"].as_f64().unwrap() > 0.0, "{epoch}");
            assert!(epoch["scores"]["mae"].as_f64().unwrap() > 0.0, "{epoch}");
        }
    }
    let again = follow(folder.path(), 0, "--runs one --epochs 3");
    assert_eq!(names(&again, None), ["sweep-started", "sweep-finished"]);
    assert_eq!((again.len(), &again[1]["kept"]), (2, &2.into()));
}

#[test]
fn a_failed_run_has_its_error_and_the_command_that_repeats_it() {
    let folder = tempfile::tempdir().unwrap();
    prepared(folder.path());
    let events = follow(folder.path(), 4, "--epochs 2 --learning-rate 1e30");
    let failed = events
        .iter()
        .find(|event| event["event"] == "run-failed")
        .unwrap();
    assert_eq!(&failed["run"], run_of(&events, "lf_dnn"));
    assert!(
        failed["error"].as_str().unwrap().contains("finite"),
        "{failed}"
    );
    assert!(
        failed["command"].as_str().unwrap().contains("run-one"),
        "{failed}"
    );
    assert_eq!(events[events.len() - 1]["failed"], 1);
}

#[test]
fn what_cannot_be_written_to_is_refused_before_anything_starts() {
    let folder = tempfile::tempdir().unwrap();
    prepared(folder.path());
    let line = "run --datasets demo-film --models constant --progress-json no/such/folder";
    let mut command = program();
    command.args(words(line)).current_dir(folder.path());
    command.assert().code(6).stderr(contains("no/such/folder"));
    assert!(!folder.path().join("runs").exists());
}
