//! `run --launcher slurm` without Slurm: a stub of its commands that writes down how it was called.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use lnln_bench::record::sweeps;
use predicates::prelude::*;
use predicates::str::contains;

use super::program::{arguments, prepared, program};

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

/// Six cells, handed to Slurm.
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
            "0 cells done, 0 queued already, 6 submitted as 12, 13; report: job 14",
        ));
    let calls = stub.calls("sbatch");
    assert_eq!(calls.len(), 3);
    assert!(calls[0].starts_with("--parsable /") && calls[0].ends_with("cells-0.sbatch"));
    assert!(calls[1].starts_with("--parsable --dependency=afterany:12 /"));
    assert!(calls[2].contains("--dependency=afterany:12:13") && calls[2].contains("--wrap exec "));
    assert!(!calls[2].contains("partition"));
    let environment = fs::read_to_string(stub.folder.join("sbatch.env")).unwrap();
    assert!(environment.contains("SLURM_CONF=/kept"));
    assert!(
        !environment.contains("SLURM_MEM_PER_CPU") && !environment.contains("SBATCH_PARTITION")
    );
    let sweep = sweeps(&folder.path().join("runs")).pop().unwrap();
    let second = fs::read_to_string(sweep.slurm().join("cells-1.sbatch")).unwrap();
    for line in [
        "#SBATCH --array=0%2\n",
        "#SBATCH --partition=gpu\n",
        "\nmodule load x\n",
        "--index $((5 + SLURM_ARRAY_TASK_ID)) --count 1 --max-requeues 10",
    ] {
        assert!(second.contains(line), "{line} is not in\n{second}");
    }
    assert!(second.lines().last().unwrap().starts_with("exec "));
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
            "0 cells done, 2 queued already, 4 submitted as 15, 16",
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
        .stdout(contains("#SBATCH --array=0-5\n").and(contains("nothing was submitted")));
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

#[test]
fn a_warned_task_queues_itself_again_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let (data, stub) = (prepared(folder.path()), Stub::new(folder.path(), Some("")));
    // What queues a task again ends it soon after.
    stub.script("scontrol", "kill -TERM $PPID");
    let run = arguments(folder.path(), &data, "runs", 4000);
    stub.program()
        .args(&run)
        .arg("--launcher")
        .arg("slurm")
        .assert()
        .success();
    let sweep = sweeps(&folder.path().join("runs")).pop().unwrap();
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin("lnln-bench"))
        .args([
            "run-cell",
            "--device",
            "cpu",
            "--threads",
            "1",
            "--index",
            "0",
            "--manifest",
        ])
        .arg(sweep.manifest())
        .env(
            "PATH",
            format!(
                "{}:{}",
                stub.folder.display(),
                std::env::var("PATH").unwrap()
            ),
        )
        .env("HDF5_USE_FILE_LOCKING", "FALSE")
        .envs([("SLURM_ARRAY_JOB_ID", "40"), ("SLURM_ARRAY_TASK_ID", "3")])
        .envs([("SLURM_JOB_ID", "40"), ("SLURM_RESTART_COUNT", "2")])
        .spawn()
        .unwrap();
    let begun = || {
        let runs = super::program::runs_in(&folder.path().join("runs"));
        runs.iter().any(|run| run.last_checkpoint().exists())
    };
    while !begun() {
        assert!(child.try_wait().unwrap().is_none(), "it ended at once");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let kill = std::process::Command::new("kill")
        .args(["-USR1", &child.id().to_string()])
        .status();
    assert!(kill.unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(75));
    let calls = stub.calls("scontrol");
    assert_eq!(calls.last().unwrap(), "requeue 40_3");
}
