//! `unfinished/ID/ATTEMPT/`: where one process works on a run, until it appears as `ID/`, whole.
//!
//! Nobody holds a lock. A folder belongs to the attempt whose name it has. Who goes on with the work of
//! another renames its folder, and a process that still writes there, on a node that was given up for
//! lost, finds it gone. A finished folder is renamed to the run's place: the first stands, the second
//! finds the place taken. A rename is one step, on local disks and over NFS.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::atomic::{is_temporary, sync_folder};
use super::attempt::{Attempt, Failure, Outcome, now};
use super::error::{Error, Result, io as io_error};
use super::run_dir::{RunDir, UNFINISHED};

/// Others who rename the same folders at the same moment until one gives up.
const TRIES: usize = 20;

/// What became of the wish to work on a run.
#[derive(Debug)]
pub enum Claim {
    /// It is finished.
    Done,
    /// A process of this machine works on it.
    Elsewhere(Attempt),
    Mine(Work),
}

/// A run under way, in a folder of this process alone.
#[derive(Debug)]
pub struct Work {
    runs: PathBuf,
    id: String,
    dir: RunDir,
    attempt: Attempt,
}

impl Work {
    /// Begins the run `id`, or goes on with what an earlier attempt left.
    ///
    /// # Errors
    /// If the folder of runs cannot be written to.
    pub fn claim(runs: &Path, id: &str) -> Result<Claim> {
        RunDir::check_id(id)?;
        let attempt = Attempt::here();
        let folder = runs.join(UNFINISHED).join(id);
        let mine = folder.join(attempt.name());
        for _ in 0..TRIES {
            if RunDir::open(runs.join(id)).is_done() {
                return Ok(Claim::Done);
            }
            let found = unfinished(runs, id);
            if let Some(owner) = found.iter().find_map(owner) {
                return Ok(Claim::Elsewhere(owner));
            }
            fs::create_dir_all(&folder).map_err(io_error("create", &folder))?;
            let taken = match found.into_iter().max_by_key(last_change) {
                Some(left) => fs::rename(left.path(), &mine),
                None => fs::create_dir(&mine),
            };
            match taken {
                Ok(()) => return Self::begin(runs, id, RunDir::open(mine), attempt),
                // Another process was faster, or has finished the run.
                Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                Err(e) => return Err(io_error("create", &mine)(e)),
            }
        }
        Err(Error::Contended { path: folder })
    }

    fn begin(runs: &Path, id: &str, dir: RunDir, attempt: Attempt) -> Result<Claim> {
        for entry in fs::read_dir(dir.path()).into_iter().flatten().flatten() {
            if is_temporary(&entry.file_name().to_string_lossy()) {
                // Of a killed writer; what cannot be removed only costs space.
                let _ = fs::remove_file(entry.path());
            }
        }
        attempt.write(&dir)?;
        Ok(Claim::Mine(Self {
            runs: runs.to_owned(),
            id: id.to_owned(),
            dir,
            attempt,
        }))
    }

    /// The folder to work in.
    pub fn dir(&self) -> &RunDir {
        &self.dir
    }

    /// Whether another process has gone on with this work.
    pub fn is_lost(&self) -> bool {
        !self.dir.path().is_dir()
    }

    /// Gives the finished run its place. [`Outcome::AlreadyDone`] where another process was first: its
    /// result stays as it is, and this one's is dropped.
    ///
    /// # Errors
    /// If the run is not finished, or the place cannot be written to.
    pub fn publish(mut self) -> Result<Outcome> {
        if self.is_lost() {
            return Ok(Outcome::AlreadyDone);
        }
        if !self.dir.is_done() {
            let path = self.dir.path().to_owned();
            return Err(Error::Unfinished { path });
        }
        self.end(Outcome::Done)?;
        let place = RunDir::open(self.runs.join(&self.id));
        let ours = place
            .attempts()
            .join(format!("{}.json", self.attempt.name()));
        match fs::rename(self.dir.path(), place.path()) {
            // NFS may report a rename that it has made as failed.
            Err(_) if place.is_done() && !ours.exists() => {
                // Nothing is lost but the work; what cannot be removed only costs space.
                let _ = fs::remove_dir_all(self.dir.path());
                self.forget_folder();
                Ok(Outcome::AlreadyDone)
            }
            Err(e) if !place.is_done() => Err(io_error("create", place.path())(e)),
            _ => {
                sync_folder(&self.runs).map_err(io_error("sync", &self.runs))?;
                self.forget_folder();
                Ok(Outcome::Done)
            }
        }
    }

    /// Leaves the run as it is, for another attempt to go on with.
    ///
    /// # Errors
    /// If the folder cannot be written to.
    pub fn stop(mut self) -> Result<()> {
        self.end(Outcome::Stopped)
    }

    /// Leaves the run with what went wrong.
    ///
    /// # Errors
    /// If the folder cannot be written to.
    pub fn fail(mut self, error: Vec<String>, log: Option<PathBuf>, command: String) -> Result<()> {
        let failure = Failure {
            attempt: self.attempt.name(),
            time: now(),
            error,
            log,
            command,
        };
        failure.write(&self.dir)?;
        self.end(Outcome::Failed)
    }

    fn end(&mut self, outcome: Outcome) -> Result<()> {
        self.attempt.ended = Some(now());
        self.attempt.outcome = Some(outcome);
        self.attempt.write(&self.dir)
    }

    /// The folder of attempts at this run, once it is empty, and that of all runs.
    fn forget_folder(&self) {
        let all = self.runs.join(UNFINISHED);
        let _ = fs::remove_dir(all.join(&self.id)).and_then(|()| fs::remove_dir(all));
    }
}

/// Writes the end of an attempt whose process is gone without a word, and why.
///
/// # Errors
/// If the folder cannot be written to.
pub fn bury(runs: &Path, id: &str, pid: u32, failure: &mut Failure) -> Result<()> {
    for dir in unfinished(runs, id) {
        let Some(mut attempt) = dir.read_attempts().pop() else {
            continue;
        };
        if attempt.pid == pid && attempt.outcome.is_none() {
            failure.attempt = attempt.name();
            failure.write(&dir)?;
            attempt.ended = Some(failure.time);
            attempt.outcome = Some(Outcome::Failed);
            return attempt.write(&dir);
        }
    }
    Ok(())
}

/// The folders with work on a run; before version 0.1 there was one, in the run's own place.
pub fn unfinished(runs: &Path, id: &str) -> Vec<RunDir> {
    let entries = fs::read_dir(runs.join(UNFINISHED).join(id))
        .into_iter()
        .flatten();
    let folders = entries.flatten().map(|entry| entry.path());
    let own = runs.join(id);
    let all = folders.filter(|path| path.is_dir()).chain([own]);
    let dirs = all.map(RunDir::open);
    dirs.filter(|dir| {
        dir.path().is_dir() && (dir.path().starts_with(runs.join(UNFINISHED)) || !dir.is_done())
    })
    .collect()
}

/// The process of this machine that works in a folder.
fn owner(dir: &RunDir) -> Option<Attempt> {
    let last = dir.read_attempts().pop()?;
    (last.outcome.is_none() && last.is_alive_here()).then_some(last)
}

pub(super) fn last_change(dir: &RunDir) -> SystemTime {
    let files = [dir.last_checkpoint(), dir.metrics(), dir.path().to_owned()];
    let changed = |path: &PathBuf| fs::metadata(path).and_then(|facts| facts.modified()).ok();
    let times = files.iter().filter_map(changed);
    times.max().unwrap_or(SystemTime::UNIX_EPOCH)
}

#[cfg(test)]
#[path = "work_tests.rs"]
mod tests;
