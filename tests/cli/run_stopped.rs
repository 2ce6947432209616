//! `run` that is killed, interrupted or repeated gives the bytes of an undisturbed one.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command as Process, Stdio};
use std::time::{Duration, Instant};

use lnln_bench::record::RunDir;
use lnln_bench::train::checkpoint;
use predicates::str::contains;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::program::{arguments, prepared, program, runs_in};

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
        .stderr(contains("resuming after epoch"));
    assert_eq!(
        results(&folder.path().join("undisturbed")),
        results(&folder.path().join("killed"))
    );
}

/// Send a signal and wait for the exit code; `None` where the signal killed.
pub fn end(child: &mut Child, signal: &str) -> Option<i32> {
    let status = Process::new("kill")
        .args([format!("-{signal}"), child.id().to_string()])
        .status();
    assert!(status.unwrap().success());
    child.wait().unwrap().code()
}

#[test]
fn signals_store_the_step_under_way_and_say_so_in_the_exit_code() {
    stopped_by_signals("fresh");
}

/// In the middle of an epoch, whose noise depends on all of its order.
#[test]
fn signals_do_not_change_the_noise_of_loader_processes() {
    stopped_by_signals("reference-loader:3");
}

fn stopped_by_signals(noise: &str) {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path());
    let arguments = |runs| {
        let mut arguments = arguments(folder.path(), &data, runs, 40);
        arguments.extend(["--noise", noise].map(str::to_owned));
        arguments
    };
    program().args(arguments("undisturbed")).assert().success();
    let run = arguments("stopped");
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

/// Where a run is resumed, copies of parameters in bfloat16 are made anew. QDRF has a teacher, which moves after they
/// were made again.
#[test]
#[ignore = "long, see CONTRIBUTING.md"]
fn a_run_in_bfloat16_that_is_killed_and_stopped_ends_in_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path());
    let arguments = |runs| {
        // No LSTM: not every CPU's has a bfloat16 form.
        let models = |word: String| word.replace("lf_dnn,constant", "qdrf,lnln");
        let arguments = arguments(folder.path(), &data, runs, 5).into_iter();
        let precision = ["--precision", "bf16"].map(str::to_owned);
        arguments.map(models).chain(precision).collect::<Vec<_>>()
    };
    program().args(arguments("undisturbed")).assert().success();
    let (run, runs) = (arguments("stopped"), folder.path().join("stopped"));
    kill_after_first_epoch(&run, &runs);
    let mut child = start_and_wait_for_epochs(&run, &runs, 2);
    assert_eq!(end(&mut child, "INT"), Some(75));
    program().args(&run).assert().success();
    assert_eq!(results(&folder.path().join("undisturbed")), results(&runs));
}

/// A handler in the midst of libtorch's generated code has torn the heap.
#[test]
fn no_thread_that_computes_takes_a_signal() {
    // INT, USR1, TERM.
    const OURS: u64 = 1 << 1 | 1 << 9 | 1 << 14;
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path());
    let run = arguments(folder.path(), &data, "runs", 4000);
    let mut child = start_and_wait_for_epochs(&run, &folder.path().join("runs"), 1);
    let tasks = fs::read_dir(format!("/proc/{}/task", child.id())).unwrap();
    let status = |task: fs::DirEntry| fs::read_to_string(task.path().join("status")).unwrap();
    let (mut blocking, mut taking) = (0, Vec::new());
    for status in tasks.flatten().map(status) {
        let field = |name| {
            status
                .lines()
                .find_map(|line| line.strip_prefix(name))
                .unwrap()
                .trim()
        };
        match u64::from_str_radix(field("SigBlk:"), 16).unwrap() & OURS {
            OURS => blocking += 1,
            0 => taking.push(field("Name:").to_owned()),
            some => panic!("some of them blocked: {some:x}"),
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(taking, ["signals"]);
    assert!(blocking > 0);
}

/// How often to kill, where not three times, and the seed of the moments, which is printed.
const KILLS: &str = "LNLN_BENCH_KILLS";
const SEED: &str = "LNLN_BENCH_KILL_SEED";

/// Kills at random moments of training. No kill loses more than the epoch under way, and the result is
/// that of the undisturbed run.
#[test]
fn kills_at_random_moments_lose_one_epoch_at_most() {
    let kills: u32 = std::env::var(KILLS).map_or(3, |n| n.parse().unwrap());
    let seed = std::env::var(SEED).map_or_else(|_| clock(), |n| n.parse().unwrap());
    println!("{SEED}={seed} {KILLS}={kills} tries these moments again");
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
    let mut moments = ChaCha8Rng::seed_from_u64(seed);
    for _ in 0..kills {
        let mut child = start_and_wait_for_epochs(&run, &runs, 1);
        let share = moments.next_u64() as f64 / u64::MAX as f64;
        std::thread::sleep(epoch.mul_f64(3.0 * share));
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

/// Another seed every time, so that many runs try many moments.
fn clock() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.unwrap().as_nanos() as u64
}

/// Finished epochs in the one state below `runs`; 0 before the first.
fn stored_epochs(runs: &Path) -> usize {
    let last = runs_in(runs).into_iter().map(|run| run.last_checkpoint());
    let stored = last.filter(|path| path.exists()).map(|path| {
        let (_, state) = checkpoint::load(&path).unwrap();
        let state: serde_json::Value = serde_json::from_str(&state).unwrap();
        state["epoch"].as_u64().unwrap() as usize
    });
    stored.max().unwrap_or(0)
}

/// Lines of the one log of epochs below `runs`.
fn finished_epochs(runs: &Path) -> usize {
    let logs = runs_in(runs).into_iter();
    let logs = logs.map(|run| fs::read_to_string(run.metrics()));
    logs.flatten()
        .map(|log| log.lines().count())
        .max()
        .unwrap_or(0)
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
pub fn kill_after_first_epoch(arguments: &[String], runs: &Path) {
    let mut child = start_and_wait_for_epochs(arguments, runs, 2);
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Start the program and wait until it has logged so many more epochs. The state of an epoch is
/// stored after its line: two lines, one state at least.
pub fn start_and_wait_for_epochs(arguments: &[String], runs: &Path, more: usize) -> Child {
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

/// Run directory to the bytes of the files that must not depend on interruptions.
pub fn results(runs: &Path) -> Vec<(String, Vec<u8>, Vec<u8>)> {
    let result = |run: RunDir| {
        let read = |path: PathBuf| fs::read(path).unwrap();
        let [evaluation] = run.evaluation_folders().try_into().unwrap();
        let predictions = read(evaluation.join("predictions.parquet"));
        (run.id(), read(run.checkpoint()), predictions)
    };
    runs_in(runs).into_iter().map(result).collect()
}
