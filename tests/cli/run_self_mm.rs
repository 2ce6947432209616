//! Self-MM makes labels while it trains: a run that is killed and stopped must go on with them.

use lnln_bench::train::checkpoint;

use super::program::{arguments, prepared, program, runs_in};
use super::run_stopped::{end, kill_after_first_epoch, results, start_and_wait_for_epochs};

#[test]
fn a_killed_and_stopped_self_mm_ends_in_the_bytes_of_an_undisturbed_one() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path());
    let run = |runs: &str| {
        let mut all = arguments(folder.path(), &data, runs, 12);
        for argument in &mut all {
            if argument == "lf_dnn,constant" {
                "self_mm".clone_into(argument);
            }
        }
        all.extend(["--grad-accum", "published", "--select", "last"].map(str::to_owned));
        all
    };
    program().args(run("undisturbed")).assert().success();
    let stopped = folder.path().join("stopped");
    kill_after_first_epoch(&run("stopped"), &stopped);
    let mut child = start_and_wait_for_epochs(&run("stopped"), &stopped, 2);
    assert_eq!(end(&mut child, "TERM"), Some(75));
    program().args(run("stopped")).assert().success();
    let whole = folder.path().join("undisturbed");
    assert_eq!(results(&whole), results(&stopped));
    // The weights hold the labels, and these are no longer the samples' own.
    let (weights, _) = checkpoint::load(&runs_in(&whole)[0].checkpoint()).unwrap();
    let labels = |space: &str| {
        let name = format!("state.labels_{space}");
        &weights.iter().find(|(known, _)| *known == name).unwrap().1
    };
    for space in ["text", "audio", "vision"] {
        assert!(!labels(space).equal(labels("fusion")), "{space}");
    }
}
