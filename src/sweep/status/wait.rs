//! Waiting for cells that are not done, or that a network file system does not show yet.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::record::{Error, RunDir, Runs, SweepCell, SweepDir, sweeps};

/// How long to sleep between two looks.
const TURN: Duration = Duration::from_secs(1);

/// The runs of a sweep's cells, whatever else is in its folder of runs, after a wait of at most
/// `most` for those that are not done.
///
/// # Errors
/// As [`SweepDir::read`]; [`Error::NoneFinished`] where none is done then.
pub fn for_cells(sweep: &SweepDir, most: Duration) -> Result<Runs, Error> {
    let (cells, runs) = (sweep.read()?.cells, sweep.runs());
    wait_while(most, || missing(&runs, &cells));
    let dirs = cells.iter().map(|cell| place(&runs, cell));
    let (finished, unfinished): (Vec<RunDir>, Vec<RunDir>) = dirs.partition(RunDir::is_done);
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

/// Waits at most `most` until every cell of every sweep in these folders of runs is done.
pub fn for_sweeps(folders: &[PathBuf], most: Duration) {
    let waits = |runs: &PathBuf| {
        let cells = |sweep: &SweepDir| sweep.read().is_ok_and(|m| missing(runs, &m.cells));
        sweeps(runs).iter().any(cells)
    };
    wait_while(most, || folders.iter().any(waits));
}

/// Whether a cell is not done.
fn missing(runs: &Path, cells: &[SweepCell]) -> bool {
    // Reading the folder makes a network file system look again.
    drop(std::fs::read_dir(runs));
    !cells.iter().all(|cell| place(runs, cell).is_done())
}

fn place(runs: &Path, cell: &SweepCell) -> RunDir {
    RunDir::open(runs.join(&cell.run))
}

fn wait_while(most: Duration, missing: impl Fn() -> bool) {
    let started = Instant::now();
    while started.elapsed() < most && missing() {
        std::thread::sleep(TURN.min(most));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{SelectionRule, SweepManifest, fixture};

    /// A sweep of two cells in `runs`, of which those named are done.
    fn sweep(runs: &Path, done: &[&str]) -> SweepDir {
        let cell = |(index, run): (usize, &str)| SweepCell {
            index,
            run: run.to_owned(),
            dataset: "mosi".to_owned(),
            model: "lnln".to_owned(),
            seed: index as u64,
            noise: fixture::noise("clean", "half-complete"),
            selection: SelectionRule::Validation,
            epochs: 1,
        };
        let cells = ["a", "b"].into_iter().enumerate().map(cell).collect();
        let manifest = SweepManifest::new("two", "/data".into(), serde_json::json!({}), cells);
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
    fn cells_are_told_apart_and_other_runs_are_left_out() {
        let runs = tempfile::tempdir().unwrap();
        let sweep = sweep(runs.path(), &["a", "other"]);
        let found = for_cells(&sweep, Duration::ZERO).unwrap();
        let ids = |dirs: &[RunDir]| dirs.iter().map(RunDir::id).collect::<Vec<_>>();
        assert_eq!(ids(&found.finished), ["a"]);
        assert_eq!(ids(&found.unfinished), ["b"]);
    }

    #[test]
    fn a_sweep_without_a_finished_cell_is_an_error() {
        let runs = tempfile::tempdir().unwrap();
        let sweep = sweep(runs.path(), &[]);
        let message = for_cells(&sweep, Duration::ZERO).unwrap_err().to_string();
        assert!(message.contains("only 2 unfinished"), "{message}");
    }

    #[test]
    fn a_cell_that_comes_during_the_wait_is_found() {
        let runs = tempfile::tempdir().unwrap();
        let sweep = sweep(runs.path(), &["a"]);
        let found = std::thread::scope(|scope| {
            scope.spawn(|| finish(runs.path(), "b"));
            for_cells(&sweep, Duration::from_secs(60)).unwrap()
        });
        assert_eq!((found.finished.len(), found.unfinished.len()), (2, 0));
    }
}
