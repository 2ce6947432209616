//! Finds the runs in a folder.

use std::fs;
use std::path::{Path, PathBuf};

use super::error::{Error, Result, io};
use super::evaluation::is_evaluation;
use super::run_dir::{RunDir, UNFINISHED};
use super::work;

/// Contents of a folder of runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Runs {
    /// Runs with `DONE`, sorted by id; never empty when [`find_runs`] returns it.
    pub finished: Vec<RunDir>,
    /// Runs without it, sorted by id.
    pub unfinished: Vec<RunDir>,
}

/// The runs in `root`, which may also be a single run's directory. Folders without any of a run's
/// files are skipped.
///
/// # Errors
/// If `root` cannot be read, or holds no finished run.
pub fn find_runs(root: &Path) -> Result<Runs> {
    let directories = directories(root)?;
    if let Some(run) = run_around(&directories) {
        return Err(Error::NoRun {
            path: root.to_path_buf(),
            found: "evaluations of one".to_owned(),
            hint: format!("name the run itself, {}", run.display()),
        });
    }
    let runs = directories.into_iter();
    let (finished, unfinished): (Vec<_>, Vec<_>) = runs.partition(RunDir::is_done);
    let path = root.to_path_buf();
    match (finished.is_empty(), unfinished.len()) {
        (false, _) => Ok(Runs {
            finished,
            unfinished,
        }),
        (true, 0) => Err(Error::NoRuns {
            below: below(root),
            path,
        }),
        (true, unfinished) => Err(Error::NoneFinished { path, unfinished }),
    }
}

/// The run whose evaluations these folders are: they have a `DONE` as well.
fn run_around(folders: &[RunDir]) -> Option<PathBuf> {
    let first = folders.first()?.path();
    let run = first.parent()?.parent()?;
    let is_inside = is_evaluation(first) && RunDir::open(run).is_run();
    is_inside.then(|| run.to_path_buf())
}

/// Folders in `root` that hold runs.
fn below(root: &Path) -> Vec<PathBuf> {
    let mut found = folders(root).unwrap_or_default();
    found.retain(|folder| directories(folder).is_ok_and(|runs| !runs.is_empty()));
    found.sort();
    found
}

/// The run directories in `root`, finished or not, sorted by id; `root` itself where it is one.
///
/// # Errors
/// If `root` cannot be read.
pub fn directories(root: &Path) -> Result<Vec<RunDir>> {
    let mut paths = if RunDir::open(root).is_run() {
        vec![root.to_path_buf()]
    } else {
        folders(root)?
    };
    paths.sort();
    let runs = paths.into_iter().map(RunDir::open);
    let mut runs: Vec<RunDir> = runs.filter(RunDir::is_run).collect();
    runs.extend(under_way(root));
    runs.sort_by_key(RunDir::id);
    Ok(runs)
}

/// The folder of a run: `runs/ID` if it is finished or not started, else where it is worked on.
pub fn run_dir(runs: &Path, id: &str) -> RunDir {
    let finished = RunDir::open(runs.join(id));
    let under_way = || {
        work::unfinished(runs, id)
            .into_iter()
            .max_by_key(work::last_change)
    };
    if finished.is_done() {
        finished
    } else {
        under_way().unwrap_or(finished)
    }
}

/// The latest folder of each unfinished run.
fn under_way(root: &Path) -> Vec<RunDir> {
    let ids = folders(&root.join(UNFINISHED)).unwrap_or_default();
    let latest = |id: PathBuf| {
        let attempts = folders(&id).ok()?.into_iter().map(RunDir::open);
        attempts
            .filter(RunDir::is_run)
            .max_by_key(work::last_change)
    };
    let done = |dir: &RunDir| RunDir::open(root.join(dir.id())).is_done();
    ids.into_iter()
        .filter_map(latest)
        .filter(|dir| !done(dir))
        .collect()
}

fn folders(root: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(root).map_err(io("read", root))?;
    let paths: std::io::Result<Vec<_>> = entries.map(|e| e.map(|e| e.path())).collect();
    let mut paths = paths.map_err(io("read", root))?;
    paths.retain(|p| p.is_dir());
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_without_runs_names_what_was_expected() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("notes")).unwrap();
        let message = find_runs(dir.path()).unwrap_err().to_string();
        assert!(
            message.ends_with("holds no run: expected a run directory or a folder of them"),
            "{message}"
        );
        // The folder of a sweep, with `runs` in it.
        for id in ["b", "a"] {
            let run = RunDir::create(&dir.path().join("runs"), id).unwrap();
            fs::write(run.config(), "").unwrap();
        }
        let message = find_runs(dir.path()).unwrap_err().to_string();
        let meant = dir.path().join("runs");
        let end = format!("a folder of them; did you mean {}?", meant.display());
        assert!(message.ends_with(&end), "{message}");
    }

    #[test]
    fn unfinished_runs_are_counted() {
        let dir = tempfile::tempdir().unwrap();
        for id in ["b", "a"] {
            let run = RunDir::create(dir.path(), id).unwrap();
            fs::write(run.config(), "").unwrap();
        }
        let message = find_runs(dir.path()).unwrap_err().to_string();
        assert!(message.contains("only 2 unfinished"), "{message}");
        fs::write(dir.path().join("b/DONE"), "").unwrap();
        let runs = find_runs(dir.path()).unwrap();
        assert_eq!(runs.finished[0].id(), "b");
        assert_eq!(runs.unfinished[0].id(), "a");
        assert_eq!(
            find_runs(&dir.path().join("b")).unwrap().finished,
            runs.finished
        );
    }

    #[test]
    fn a_missing_folder_is_named() {
        let message = find_runs(Path::new("no/such")).unwrap_err().to_string();
        assert_eq!(
            message,
            "cannot read no/such: there is nothing at this path"
        );
    }

    #[test]
    fn evaluations_are_no_runs() {
        let dir = tempfile::tempdir().unwrap();
        let run = RunDir::create(dir.path(), "a").unwrap();
        fs::write(run.config(), "").unwrap();
        let evaluations = run.path().join("evaluations");
        fs::create_dir_all(evaluations.join("e")).unwrap();
        for name in ["DONE", "evaluation.json"] {
            fs::write(evaluations.join("e").join(name), "").unwrap();
        }
        let end = format!("name the run itself, {}", run.path().display());
        for folder in [evaluations.clone(), evaluations.join("e")] {
            let message = find_runs(&folder).unwrap_err().to_string();
            assert!(message.ends_with(&end), "{message}");
        }
    }
}
