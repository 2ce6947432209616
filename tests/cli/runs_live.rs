//! `runs status` beside a sweep that runs, is killed, and fails.

use std::path::Path;
use std::process::{Child, Command as Process, Stdio};
use std::time::{Duration, Instant};

use predicates::prelude::*;
use predicates::str::contains;

use super::program::{prepared, program, runs_in};

/// A sweep of one run.
fn arguments(folder: &Path, data: &Path, model: &str, epochs: u32) -> Vec<String> {
    let (data, runs) = (data.display(), folder.join("runs"));
    let line = format!(
        "run --datasets demo-film --models {model} --seeds 1111 --rates 0,1 --device cpu \
         --threads 1 --epochs {epochs} --batch-size 8 --data {data} --runs {}",
        runs.display()
    );
    line.split_whitespace().map(str::to_owned).collect()
}

fn status(folder: &Path) -> String {
    let output = program()
        .args(["runs", "status"])
        .arg(folder.join("runs"))
        .assert()
        .success();
    String::from_utf8(output.get_output().stdout.clone()).unwrap()
}

/// Starts the program and waits for the end of its first epoch.
fn start(folder: &Path, arguments: &[String]) -> Child {
    let mut child = Process::new(env!("CARGO_BIN_EXE_lnln-bench"))
        .args(arguments)
        .stderr(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let started = Instant::now();
    let begun = || {
        runs_in(&folder.join("runs"))
            .into_iter()
            .any(|run| run.metrics().exists())
    };
    while !begun() {
        assert!(child.try_wait().unwrap().is_none(), "it ended at once");
        assert!(started.elapsed() < Duration::from_secs(120), "no epoch");
        std::thread::sleep(Duration::from_millis(5));
    }
    child
}

#[test]
fn a_run_is_seen_running_then_killed_then_done() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path());
    let run = arguments(folder.path(), &data, "lf_dnn", 400);
    let mut child = start(folder.path(), &run);
    let running = status(folder.path());
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(running.contains("1 running"), "{running}");
    assert!(
        running.contains("demo-film lf_dnn 1111: epoch "),
        "{running}"
    );
    assert!(running.contains("of training left"), "{running}");
    let killed = status(folder.path());
    assert!(killed.contains("1 stopped"), "{killed}");
    assert!(killed.contains("unchanged for"), "{killed}");
    // The killed run's configuration decides its folder; a short one is another run.
    program()
        .args(arguments(folder.path(), &data, "lf_dnn", 1))
        .assert()
        .success();
    let both = status(folder.path());
    assert!(
        both.contains("1 done") && both.contains("1 stopped"),
        "{both}"
    );
}

#[test]
fn a_run_that_fails_says_why_and_how_to_repeat_it() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path());
    let mut run = arguments(folder.path(), &data, "almt", 1);
    run.extend(["--memory-budget", "1MiB"].map(str::to_owned));
    program().args(&run).assert().code(4);
    let failed = status(folder.path());
    assert!(failed.contains("1 failed"), "{failed}");
    let again = failed
        .lines()
        .find_map(|line| line.trim().strip_prefix("again: "));
    let again: Vec<&str> = again.unwrap().split(' ').skip(1).collect();
    assert!(again.contains(&"1MiB"), "{failed}");
    program().args(&again).assert().code(4);
    program().args(&run[..run.len() - 2]).assert().success();
    let done = status(folder.path());
    assert!(
        done.contains("1 done") && !done.contains("failed:"),
        "{done}"
    );
    program()
        .args(["list", "runs"])
        .arg(folder.path().join("runs"))
        .assert()
        .success()
        .stdout(contains("done").and(contains("failed").not()));
}
