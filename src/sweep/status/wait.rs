//! Waits for runs that are not done, or that a network file system does not show yet.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::record::{Error, RunDir, Runs, SweepDir, SweepRun, sweeps};

/// Pause between two checks.
const PAUSE: Duration = Duration::from_secs(1);

/// The runs of a sweep, whatever else is in its folder of runs, after a wait of at most `most` for
/// those that are not done.
///
/// # Errors
/// As [`SweepDir::read`]; [`Error::NoneFinished`] where none is done then.
pub fn for_runs(sweep: &SweepDir, most: Duration) -> Result<Runs, Error> {
    let (planned, runs) = (sweep.read()?.runs, sweep.runs());
    wait_while(most, || missing(&runs, &planned));
    let (done, others): (Vec<&SweepRun>, Vec<&SweepRun>) =
        planned.iter().partition(|run| run.is_done(&runs));
    let dirs =
        |planned: Vec<&SweepRun>| planned.into_iter().map(|run| run_dir(&runs, run)).collect();
    let (finished, unfinished): (Vec<RunDir>, Vec<RunDir>) = (dirs(done), dirs(others));
    if !finished.is_empty() {
        Ok(Runs {
            finished,
            unfinished,
        })
    } else {
        Err(Error::NoneFinished {
            path: sweep.path().to_owned(),
            unfinished: unfinished.len(),
        })
    }
}

/// Waits at most `most` until every run of every sweep in these folders of runs is done.
pub fn for_sweeps(folders: &[PathBuf], most: Duration) {
    let waits = |runs: &PathBuf| {
        let waits = |sweep: &SweepDir| sweep.read().is_ok_and(|m| missing(runs, &m.runs));
        sweeps(runs).iter().any(waits)
    };
    wait_while(most, || folders.iter().any(waits));
}

/// Whether a run is not done.
fn missing(runs: &Path, planned: &[SweepRun]) -> bool {
    // Reading the folder makes a network file system look again.
    drop(std::fs::read_dir(runs));
    !planned.iter().all(|run| run.is_done(runs))
}

fn run_dir(runs: &Path, run: &SweepRun) -> RunDir {
    RunDir::open(runs.join(&run.id))
}

fn wait_while(most: Duration, missing: impl Fn() -> bool) {
    let started = Instant::now();
    while started.elapsed() < most && missing() {
        std::thread::sleep(PAUSE.min(most));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{SelectionRule, SweepManifest, fixture};

    /// A sweep of two runs in `runs`, of which those named are done.
    fn sweep(runs: &Path, done: &[&str]) -> SweepDir {
        let run = |(index, id): (usize, &str)| SweepRun {
            index,
            id: id.to_owned(),
            dataset: "mosi".to_owned(),
            model: "lnln".to_owned(),
            seed: index as u64,
            noise: fixture::noise("clean", "half-complete"),
            selection: SelectionRule::Validation,
            epochs: 1,
            masks: Vec::new(),
        };
        let planned = ["a", "b"].into_iter().enumerate().map(run).collect();
        let manifest = SweepManifest::new("two", "/data".into(), serde_json::json!({}), planned);
        for run in done {
            finish(runs, run);
        }
        SweepDir::create(runs, &manifest).unwrap()
    }

    fn finish(runs: &Path, run: &str) {
        std::fs::create_dir_all(runs.join(run)).unwrap();
        std::fs::write(runs.join(run).join("DONE"), "").unwrap();
    }

    #[test]
    fn runs_of_the_sweep_are_told_apart_and_others_are_left_out() {
        let runs = tempfile::tempdir().unwrap();
        let sweep = sweep(runs.path(), &["a", "other"]);
        let found = for_runs(&sweep, Duration::ZERO).unwrap();
        let ids = |dirs: &[RunDir]| dirs.iter().map(RunDir::id).collect::<Vec<_>>();
        assert_eq!(ids(&found.finished), ["a"]);
        assert_eq!(ids(&found.unfinished), ["b"]);
    }

    #[test]
    fn a_sweep_without_a_finished_run_is_an_error() {
        let runs = tempfile::tempdir().unwrap();
        let sweep = sweep(runs.path(), &[]);
        let message = for_runs(&sweep, Duration::ZERO).unwrap_err().to_string();
        assert!(message.contains("only 2 unfinished"), "{message}");
    }

    #[test]
    fn a_run_that_comes_during_the_wait_is_found() {
        let runs = tempfile::tempdir().unwrap();
        let sweep = sweep(runs.path(), &["a"]);
        let found = std::thread::scope(|scope| {
            scope.spawn(|| finish(runs.path(), "b"));
            for_runs(&sweep, Duration::from_secs(60)).unwrap()
        });
        assert_eq!((found.finished.len(), found.unfinished.len()), (2, 0));
    }
}
