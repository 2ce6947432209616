//! `run --launcher slurm` without Slurm: a stub of its commands that writes down how it was called.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use assert_cmd::Command;
use lnln_bench::record::sweeps;
use predicates::prelude::*;
use predicates::str::contains;

use super::program::{arguments, prepared, program, words};

/// A folder of stubs that answers as told.
struct Stub {
    folder: PathBuf,
}

impl Stub {
    /// `queue` is what squeue prints; where it is `None`, squeue fails.
    fn new(folder: &Path, queue: Option<&str>) -> Self {
        let stub = Self {
            folder: folder.join("stub"),
        };
        fs::create_dir_all(&stub.folder).unwrap();
        stub.script(
            "sbatch",
            "env >> $0.env; n=$(wc -l < $0.log); echo \"$((n + 11));cluster\"",
        );
        stub.script(
            "scontrol",
            "case $1 in show) echo 'MaxArraySize            = 5';; esac",
        );
        match queue {
            Some(rows) => stub.script("squeue", &format!("echo '{rows}'")),
            None => stub.script("squeue", "echo 'no controller' >&2; exit 1"),
        }
        stub
    }

    fn script(&self, name: &str, body: &str) {
        let path = self.folder.join(name);
        fs::write(&path, format!("#!/bin/sh\necho \"$@\" >> $0.log\n{body}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// How a command was called, a line per call.
    fn calls(&self, name: &str) -> Vec<String> {
        let log = fs::read_to_string(self.folder.join(format!("{name}.log")));
        log.unwrap_or_default().lines().map(str::to_owned).collect()
    }

    fn program(&self) -> Command {
        let mut command = program();
        let path = std::env::var("PATH").unwrap();
        command.env("PATH", format!("{}:{path}", self.folder.display()));
        command
    }
}

/// Six runs, handed to Slurm.
fn launch(folder: &Path, data: &Path) -> Vec<String> {
    let mut run = arguments(folder, data, "runs", 1);
    let seeds = run.iter().position(|word| word == "1111").unwrap();
    run[seeds] = "1,2,3".into();
    run.extend(["--launcher", "slurm"].map(str::to_owned));
    run
}

#[test]
fn arrays_are_chunked_chained_and_followed_by_a_report() {
    let folder = tempfile::tempdir().unwrap();
    let (data, stub) = (prepared(folder.path()), Stub::new(folder.path(), Some("")));
    stub.program()
        .args(launch(folder.path(), &data))
        .args([
            "--max-parallel",
            "2",
            "--sbatch=--partition=gpu",
            "--setup",
            "module load x",
        ])
        .env("SLURM_MEM_PER_CPU", "7")
        .env("SBATCH_PARTITION", "outer")
        .env("SLURM_CONF", "/kept")
        .assert()
        .success()
        .stdout(contains(
            "0 runs done, 0 queued already, 6 submitted as 12, 13; report: job 14",
        ));
    let calls = stub.calls("sbatch");
    assert_eq!(calls.len(), 3);
    assert!(calls[0].starts_with("--parsable /") && calls[0].ends_with("runs-0.sbatch"));
    assert!(calls[1].starts_with("--parsable --dependency=afterany:12 /"));
    assert!(calls[2].starts_with("--parsable --dependency=afterany:12:13 /"));
    assert!(calls[2].ends_with("/report-2.sbatch"), "{calls:?}");
    let environment = fs::read_to_string(stub.folder.join("sbatch.env")).unwrap();
    assert!(environment.contains("SLURM_CONF=/kept"));
    assert!(
        !environment.contains("SLURM_MEM_PER_CPU") && !environment.contains("SBATCH_PARTITION")
    );
    let sweep = sweeps(&folder.path().join("runs")).pop().unwrap();
    let second = fs::read_to_string(sweep.slurm().join("runs-1.sbatch")).unwrap();
    for line in [
        "#SBATCH --array=0%2\n",
        "#SBATCH --partition=gpu\n",
        "\nmodule load x\n",
        "--index $((5 + SLURM_ARRAY_TASK_ID)) --count 1 --max-requeues 10",
    ] {
        assert!(second.contains(line), "{line} is not in\n{second}");
    }
    let last = second.lines().last().unwrap();
    assert!(last.starts_with("exec ") && last.contains(&format!("--data {}", data.display())));
    // The report is of this sweep alone, and what a site wants of the runs is not for it.
    let report = fs::read_to_string(sweep.slurm().join("report-2.sbatch")).unwrap();
    let exec = format!("report --sweep {} --out ", sweep.path().display());
    assert!(
        report.contains(&exec) && report.contains("\nmodule load x\n"),
        "{report}"
    );
    assert!(!report.contains("partition"), "{report}");
}

#[test]
fn arrays_without_a_report_behind_them_get_one() {
    let folder = tempfile::tempdir().unwrap();
    let (data, stub) = (prepared(folder.path()), Stub::new(folder.path(), Some("")));
    let launch = launch(folder.path(), &data);
    stub.program().args(&launch).assert().success();
    let arrays =
        "12 0 RUNNING\n12 1 PENDING\n12 2 PENDING\n12 3 PENDING\n12 4 PENDING\n13 0 PENDING";
    Stub::new(folder.path(), Some(&format!("{arrays}\n14 N/A PENDING")));
    stub.program()
        .args(&launch)
        .assert()
        .success()
        .stdout(contains("6 queued already, 0 submitted\n"));
    assert_eq!(stub.calls("sbatch").len(), 3);
    // Slurm has lost it.
    Stub::new(folder.path(), Some(arrays));
    stub.program()
        .args(&launch)
        .assert()
        .success()
        .stdout(contains("6 queued already, 0 submitted; report: job 15"));
    assert!(stub.calls("sbatch")[3].contains("--dependency=afterany:12:13 "));
    // Whoever submitted it: squeue is not asked for this user's alone.
    assert!(
        !stub
            .calls("squeue")
            .iter()
            .any(|call| call.contains("--me"))
    );
}

#[test]
fn what_a_flag_adds_does_not_take_away_what_the_suite_says() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path());
    let suite = folder.path().join("small.toml");
    let text = "datasets = ['demo-film']\nmodels = ['constant']\nseeds = [1]\n\
                [slurm]\nsbatch = ['--partition=gpu']\nmax_parallel = 3\n";
    fs::write(&suite, text).unwrap();
    program()
        .arg("run")
        .arg(&suite)
        .args([
            "--launcher",
            "slurm",
            "--dry-run",
            "--sbatch=--time=1",
            "--data",
        ])
        .arg(&data)
        .assert()
        .success()
        .stdout(
            contains("#SBATCH --partition=gpu\n#SBATCH --time=1\n").and(contains("--array=0%3")),
        );
    fs::write(&suite, text.replace("= 3", "= 0")).unwrap();
    program()
        .arg("run")
        .arg(&suite)
        .assert()
        .code(2)
        .stderr(contains("nonzero"));
}

#[test]
fn flags_that_nobody_would_look_at_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path());
    let here = arguments(folder.path(), &data, "runs", 1);
    for flag in [
        "--sbatch=--time=1",
        "--sbatch-report=--time=1",
        "--setup=true",
        "--max-parallel=2",
        "--runs-per-task=2",
        "--max-requeues=2",
        "--submit-anyway",
    ] {
        let message = contains("give it with --launcher slurm");
        program()
            .args(&here)
            .arg(flag)
            .assert()
            .code(2)
            .stderr(message);
    }
    let there = launch(folder.path(), &data);
    for flags in [
        &["--jobs=2"][..],
        &["--max-parallel=0"],
        &["--runs-per-task=0"],
        &["--dry-run", "--json"],
        &["--sbatch=--partition=gpu --array=0-3"],
        &["--sbatch-report=--wait"],
    ] {
        program().args(&there).args(flags).assert().code(2);
    }
    let devices = here
        .iter()
        .filter(|word| !["--device", "cpu"].contains(&word.as_str()));
    program()
        .args(devices)
        .args(["--launcher", "slurm", "--devices", "cpu"])
        .assert()
        .code(2)
        .stderr(contains("give it without --launcher slurm"));
    assert!(!folder.path().join("runs").exists());
}

#[test]
fn what_is_queued_is_not_submitted_twice() {
    let folder = tempfile::tempdir().unwrap();
    let (data, stub) = (prepared(folder.path()), Stub::new(folder.path(), Some("")));
    let launch = launch(folder.path(), &data);
    stub.program().args(&launch).assert().success();
    Stub::new(
        folder.path(),
        Some("12 0 RUNNING\n12 3 PENDING\n99 1 RUNNING"),
    );
    stub.program()
        .args(&launch)
        .assert()
        .success()
        .stdout(contains(
            "0 runs done, 2 queued already, 4 submitted as 15, 16",
        ));
    let again = stub.calls("sbatch");
    assert!(again[5].contains("afterany:12:15:16"), "{again:?}");
    stub.program()
        .args(["runs", "status"])
        .arg(folder.path().join("runs"))
        .assert()
        .success()
        .stdout(contains("slurm    1 pending, 1 running"));
    // squeue that does not answer: nothing, unless it is asked for.
    Stub::new(folder.path(), None);
    let before = stub.calls("sbatch").len();
    stub.program()
        .args(&launch)
        .assert()
        .code(2)
        .stderr(contains("no controller").and(contains("--submit-anyway")));
    assert_eq!(stub.calls("sbatch").len(), before);
    stub.program()
        .args(&launch)
        .arg("--submit-anyway")
        .assert()
        .success();
}

#[test]
fn a_dry_run_prints_the_scripts_and_calls_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (data, stub) = (prepared(folder.path()), Stub::new(folder.path(), Some("")));
    stub.program()
        .args(launch(folder.path(), &data))
        .arg("--dry-run")
        .assert()
        .success()
        .stdout(
            contains("#SBATCH --array=0-5\n")
                .and(contains("report --sweep "))
                .and(contains("nothing was submitted")),
        );
    assert!(!folder.path().join("runs").exists());
    for name in ["sbatch", "squeue", "scontrol"] {
        assert!(stub.calls(name).is_empty(), "{name} was called");
    }
}

#[test]
fn without_slurm_the_error_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path());
    program()
        .args(launch(folder.path(), &data))
        .env("PATH", "/nowhere")
        .assert()
        .code(5)
        .stderr(
            contains("login node")
                .and(contains("--dry-run"))
                .and(contains("--jobs")),
        );
    program()
        .args(launch(folder.path(), &data))
        .arg("--sbatch=--array=0-3")
        .assert()
        .code(2)
        .stderr(contains("the program sets --array itself"));
}

/// A task of an array at work: number 3 of array 40, started again twice.
fn task(stub: &Stub, folder: &Path, data: &Path) -> Child {
    let run = arguments(folder, data, "runs", 4000);
    let submit = ["--launcher", "slurm"];
    stub.program().args(&run).args(submit).assert().success();
    let sweep = sweeps(&folder.join("runs")).pop().unwrap();
    let path = std::env::var("PATH").unwrap();
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin("lnln-bench"))
        .args(words(
            "run-one --device cpu --threads 1 --index 0 --manifest",
        ))
        .arg(sweep.manifest())
        .env("PATH", format!("{}:{path}", stub.folder.display()))
        .env("HDF5_USE_FILE_LOCKING", "FALSE")
        .envs([("SLURM_ARRAY_JOB_ID", "40"), ("SLURM_ARRAY_TASK_ID", "3")])
        .envs([("SLURM_JOB_ID", "40"), ("SLURM_RESTART_COUNT", "2")])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let begun = || {
        let runs = super::program::runs_in(&folder.join("runs"));
        runs.iter().any(|run| run.last_checkpoint().exists())
    };
    while !begun() {
        assert!(child.try_wait().unwrap().is_none(), "it ended at once");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    child
}

fn signal(child: &Child, name: &str) {
    let kill = std::process::Command::new("kill")
        .args([&format!("-{name}"), &child.id().to_string()])
        .status();
    assert!(kill.unwrap().success());
}

#[test]
fn a_warned_task_queues_itself_again_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let (data, stub) = (prepared(folder.path()), Stub::new(folder.path(), Some("")));
    // What queues a task again ends it soon after.
    stub.script(
        "scontrol",
        "case $1 in show) echo 'MaxArraySize = 5';; *) kill -TERM $PPID;; esac",
    );
    let child = task(&stub, folder.path(), &data);
    signal(&child, "USR1");
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(75), "{}: {said}", output.status);
    assert_eq!(stub.calls("scontrol").last().unwrap(), "requeue 40_3");
}

/// The signals come while it cannot act on the first, as they do while it stores its state.
#[test]
fn a_task_that_is_cancelled_while_it_stores_its_state_stays_cancelled() {
    let folder = tempfile::tempdir().unwrap();
    let (data, stub) = (prepared(folder.path()), Stub::new(folder.path(), Some("")));
    let child = task(&stub, folder.path(), &data);
    for name in ["STOP", "USR1", "TERM", "CONT"] {
        signal(&child, name);
    }
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(75), "{}: {said}", output.status);
    assert!(said.contains("not queued again"), "{said}");
    let calls = stub.calls("scontrol");
    assert!(
        !calls.iter().any(|call| call.contains("requeue")),
        "{calls:?}"
    );
}

#[test]
fn the_log_of_a_task_that_failed_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let (data, stub) = (prepared(folder.path()), Stub::new(folder.path(), Some("")));
    let run = arguments(folder.path(), &data, "runs", 1);
    let run = run.iter().map(|word| word.replace("lf_dnn", "almt"));
    let submit = ["--launcher", "slurm"];
    stub.program().args(run).args(submit).assert().success();
    let sweep = sweeps(&folder.path().join("runs")).pop().unwrap();
    let log = sweep.slurm().join("40_0.log");
    fs::write(&log, "").unwrap();
    stub.program()
        .args(words(
            "run-one --device cpu --memory-budget 1MiB --index 0 --manifest",
        ))
        .arg(sweep.manifest())
        .envs([("SLURM_ARRAY_JOB_ID", "40"), ("SLURM_ARRAY_TASK_ID", "0")])
        .assert()
        .code(4);
    stub.program()
        .args(["runs", "status"])
        .arg(folder.path().join("runs"))
        .assert()
        .success()
        .stdout(contains(format!("log: {}", log.display())));
}
