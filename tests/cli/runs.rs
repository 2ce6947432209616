//! `list runs`, `runs status` and `runs clean` on folders in every state.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use lnln_bench::record::attempt::{Attempt, Failure, Outcome};
use lnln_bench::record::training::NoiseMetadata;
use lnln_bench::record::{RunDir, SelectionRule, SweepDir, SweepManifest, SweepRun};
use lnln_bench::support::host;
use predicates::prelude::*;
use predicates::str::contains;

use super::program::program;

/// A run of four planned epochs with so many of them in its log.
fn run(runs: &Path, id: &str, model: &str, seed: u64, epochs: u32) -> RunDir {
    let dir = RunDir::create(runs, id).unwrap();
    let config = format!(
        "result_version = 3\ndataset = \"mosi\"\nmodel = \"{model}\"\nseed = {seed}\n\
         encoder = \"tiny\"\n[recipe]\nepochs = 4\n"
    );
    fs::write(dir.config(), config).unwrap();
    let line = |epoch: u32| {
        // The best is the second.
        let mae = 1.0 + 0.25 * f64::from(epoch.abs_diff(2));
        let selected = if epoch <= 2 { "\"mae\"" } else { "" };
        format!(
            "{{\"epoch\":{epoch},\"losses\":{{\"total\":1.5}},\"scores\":{{\"mae\":{mae}}},\
             \"selected\":[{selected}],\"samples_per_second\":50.0,\"seconds\":90.0,\
             \"peak_memory\":4096}}\n"
        )
    };
    let log: String = (1..=epochs).map(line).collect();
    if !log.is_empty() {
        fs::write(dir.metrics(), log).unwrap();
    }
    dir
}

fn attempt(dir: &RunDir, pid: u32, outcome: Option<Outcome>) {
    let attempt = Attempt {
        host: host::name(),
        pid,
        slurm: None,
        started: host::now(),
        ended: outcome.map(|_| host::now()),
        outcome,
    };
    attempt.write(dir).unwrap();
}

/// Lets all files below a folder be of the day before yesterday.
fn age(folder: &Path) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            age(&path);
        } else {
            let file = fs::File::options().append(true).open(&path).unwrap();
            let then = SystemTime::now() - Duration::from_secs(49 * 3600 + 30);
            file.set_modified(then).unwrap();
        }
    }
}

/// A sweep with a run in each state, and a run outside of it.
fn folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let runs = folder.path().join("runs");
    let done = run(&runs, "aa", "lnln", 1, 4);
    fs::write(done.done(), "").unwrap();
    attempt(&run(&runs, "bb", "lnln", 2, 3), std::process::id(), None);
    let failed = run(&runs, "cc", "misa", 1, 1);
    attempt(&failed, 1, Some(Outcome::Failed));
    let failure = Failure {
        attempt: "1-x-1".into(),
        time: host::now(),
        error: vec![
            "misa on mosi failed".into(),
            "the loss is not finite".into(),
        ],
        diverged: false,
        log: None,
        command: "lnln-bench run-one --manifest runs/sweeps/s/manifest.json --index 2".into(),
    };
    failure.write(&failed).unwrap();
    // No process has this number.
    attempt(&run(&runs, "dd", "misa", 2, 2), u32::MAX - 9, None);
    let other = run(&runs, "ff", "almt", 1, 4);
    fs::write(other.done(), "").unwrap();
    let planned = [
        ("aa", "lnln", 1),
        ("bb", "lnln", 2),
        ("cc", "misa", 1),
        ("dd", "misa", 2),
        ("ee", "tfn", 1),
    ];
    let planned = planned
        .into_iter()
        .enumerate()
        .map(|(index, (id, model, seed))| SweepRun {
            index,
            id: id.into(),
            dataset: "mosi".into(),
            model: model.into(),
            seed,
            noise: NoiseMetadata {
                noise: "fresh".parse().unwrap(),
                mask_protocol: "random".into(),
                version: 1,
                rates: "half-complete".parse().unwrap(),
            },
            selection: SelectionRule::Validation,
            epochs: 4,
            masks: Vec::new(),
        });
    let suite = serde_json::json!({ "datasets": ["mosi"] });
    let manifest = SweepManifest::new("paper", "/data".into(), suite, planned.collect());
    SweepDir::create(&runs, &manifest).unwrap();
    age(&runs);
    (folder, runs)
}

fn stdout(arguments: &[&str], runs: &Path) -> String {
    let output = program()
        .args(arguments)
        .arg(runs)
        // No other reports than those of the test.
        .current_dir(runs.parent().unwrap())
        .assert()
        .success();
    let text = String::from_utf8(output.get_output().stdout.clone()).unwrap();
    text.lines()
        .map(|line| format!("{}\n", line.trim_end()))
        .collect()
}

#[test]
fn runs_are_listed_with_their_progress() {
    let (_folder, runs) = folder();
    insta::assert_snapshot!(stdout(&["list", "runs"], &runs), @r"
     run  model  seed  state    epoch  selected
     ff   almt   1     done     4/4    mae 1.000 (epoch 2)
     aa   lnln   1     done     4/4    mae 1.000 (epoch 2)
     bb   lnln   2     running  3/4    mae 1.000 (epoch 2)
     cc   misa   1     failed   1/4    mae 1.250 (epoch 1)
     dd   misa   2     stopped  2/4    mae 1.000 (epoch 2)
    all: data set mosi, age 49h00m, size 0 KiB
    ");
}

#[test]
fn the_status_of_a_sweep_lists_running_and_failed_runs_and_how_to_repeat_them() {
    let (_folder, runs) = folder();
    insta::assert_snapshot!(stdout(&["runs", "status"], &runs), @r"
    paper-e85c33: 5 runs: 1 done, 1 running, 1 failed, 1 stopped, 1 waiting
      running  bb mosi lnln 2: epoch 3/4, mae 1.250, best 1.000 in epoch 2, 50 samples/s, 1m30s of training left
      stopped  dd mosi misa 2: epoch 2/4, unchanged for 49h00m
      failed   cc mosi misa 1: misa on mosi failed: the loss is not finite
               again: lnln-bench run-one --manifest runs/sweeps/s/manifest.json --index 2

    runs of no sweep: 1: 1 done
    ");
    let sweep = fs::read_dir(runs.join("sweeps")).unwrap().next().unwrap();
    let one = stdout(&["runs", "status"], &sweep.unwrap().path());
    assert!(
        one.starts_with("paper-") && !one.contains("of no sweep"),
        "{one}"
    );
}

#[test]
fn runs_of_several_sweeps_are_counted_once_in_all() {
    let (_folder, runs) = folder();
    let all = "different runs in all: some are part of several sweeps";
    assert!(!stdout(&["runs", "status"], &runs).contains(all));
    let own = fs::read_dir(runs.join("sweeps")).unwrap().next().unwrap();
    let copy = runs.join("sweeps/copy");
    fs::create_dir(&copy).unwrap();
    let manifest = |folder: &Path| folder.join("manifest.json");
    fs::copy(manifest(&own.unwrap().path()), manifest(&copy)).unwrap();
    let status = stdout(&["runs", "status"], &runs);
    assert!(status.contains(&format!("5 {all}")), "{status}");
}

#[test]
fn other_tools_read_json() {
    let (_folder, runs) = folder();
    let json = |arguments: &[&str]| -> serde_json::Value {
        serde_json::from_str(&stdout(arguments, &runs)).unwrap()
    };
    let listed = json(&["list", "runs", "--json"]);
    assert_eq!(listed.as_array().unwrap().len(), 5);
    let running = listed
        .as_array()
        .unwrap()
        .iter()
        .find(|run| run["run"] == "bb")
        .unwrap();
    assert_eq!(running["state"], "running");
    assert_eq!(running["seconds_left"], 90.0);
    let status = json(&["runs", "status", "--json"]);
    let counts = &status["sweeps"][0]["counts"];
    for state in ["done", "running", "failed", "stopped", "waiting"] {
        assert_eq!(counts[state], 1, "{status}");
    }
    assert_eq!(status["other_runs"][0]["run"], "ff");
}

#[test]
fn clean_lists_first_and_removes_when_told_to() {
    let (folder, runs) = folder();
    fs::write(runs.join("aa/last.safetensors"), "x").unwrap();
    let newer = run(&runs, "gg", "almt", 7, 2);
    age(&runs);
    let before = stdout(&["runs", "clean"], &runs);
    assert!(
        before.contains("would remove 1 (state of a run that is done)"),
        "{before}"
    );
    assert!(
        before.contains("would remove 1 (unfinished, of no sweep)"),
        "{before}"
    );
    assert!(newer.path().exists() && runs.join("aa/last.safetensors").exists());
    let after = stdout(&["runs", "clean", "--yes"], &runs);
    assert!(
        after.contains("removed 1 (unfinished, of no sweep)"),
        "{after}"
    );
    assert!(!newer.path().exists() && !runs.join("aa/last.safetensors").exists());
    assert!(runs.join("dd").exists() && runs.join("cc").exists() && runs.join("aa/DONE").exists());
    assert!(stdout(&["runs", "clean"], &runs).contains("nothing is superseded"));
    drop(folder);
}

/// The older version's run goes once the newer one is done, unless a report rests on it.
#[test]
fn clean_keeps_what_a_report_uses() {
    let (folder, runs) = folder();
    let config = fs::read_to_string(runs.join("aa/config.toml")).unwrap();
    let old = RunDir::create(&runs, "old").unwrap();
    fs::write(old.config(), config.replace("= 3", "= 2")).unwrap();
    fs::write(old.done(), "").unwrap();
    let report = folder.path().join("reports/paper");
    fs::create_dir_all(&report).unwrap();
    let json = r#"{"kind":"lnln-bench report","format":2,"runs":{"old":{}},"files":{}}"#;
    fs::write(report.join("manifest.json"), json).unwrap();
    let kept = stdout(&["runs", "clean", "--yes"], &runs);
    assert!(
        kept.contains("1 reports name 1 runs, which are kept"),
        "{kept}"
    );
    assert!(old.is_done());
    fs::remove_dir_all(report).unwrap();
    let gone = stdout(&["runs", "clean", "--yes"], &runs);
    assert!(gone.contains("superseded by aa"), "{gone}");
    assert!(!old.path().exists() && runs.join("aa/DONE").exists());
}

#[test]
fn what_is_not_there_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let none = folder.path().join("none");
    for arguments in [["list", "runs"], ["runs", "status"], ["runs", "clean"]] {
        let message = contains("none").and(contains("there is nothing at this path"));
        program()
            .args(arguments)
            .arg(&none)
            .assert()
            .code(6)
            .stderr(message);
    }
    program()
        .args(["list", "models", "x"])
        .assert()
        .code(2)
        .stderr(contains("list runs"));
    let empty = stdout(&["runs", "status"], folder.path());
    assert!(empty.starts_with("no runs yet in"), "{empty}");
}
