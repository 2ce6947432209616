//! `unfinished/ID/ATTEMPT/`: where one process works on a run, until it appears as `ID/`, whole.
//!
//! Nobody holds a lock. A folder belongs to the attempt whose name it has, while that gives signs of life:
//! its process here, its file's time elsewhere. Who goes on with the work of a dead one renames its
//! folder, and a process that still writes there, on a node that was given up for lost, finds it gone; it
//! does not take it back while the new owner lives, or neither would come to an end. A finished folder
//! is renamed to the run's place: the first stands, the second finds the place taken. A rename is one
//! step, on local disks and over NFS.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::atomic::{is_temporary, sync_folder, write_once};
use super::attempt::{Attempt, Failure, Outcome, now};
use super::error::{Error, Result, io as io_error};
use super::run_dir::{RunDir, UNFINISHED};
use super::sweep::SweepRun;
use crate::support::host;
use crate::support::pulse::{Pulse, is_quiet};

/// Others who rename the same folders at the same moment until one gives up.
const TRIES: usize = 20;

/// What became of the wish to work on a run.
#[derive(Debug)]
pub enum Claim {
    /// It is finished.
    Done,
    /// A process works on it, of this machine or, as its files tell, of another.
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
    _pulse: Pulse,
}

impl Work {
    /// Begins the run `id`, or goes on with what an earlier attempt left. What an earlier attempt left
    /// finished gets its place.
    ///
    /// # Errors
    /// If the folder of runs cannot be written to.
    pub fn claim(runs: &Path, id: &str) -> Result<Claim> {
        Self::claim_as(runs, id, &Attempt::here())
    }

    fn claim_as(runs: &Path, id: &str, attempt: &Attempt) -> Result<Claim> {
        RunDir::check_id(id)?;
        let folder = runs.join(UNFINISHED).join(id);
        let mine = folder.join(attempt.name());
        for _ in 0..TRIES {
            if RunDir::open(runs.join(id)).is_done() {
                return Ok(Claim::Done);
            }
            let found = unfinished(runs, id);
            if let Some(owner) = found.iter().find_map(|dir| living_owner(dir, attempt)) {
                return Ok(Claim::Elsewhere(owner));
            }
            if let Some(left) = found.iter().find(|dir| dir.is_done()) {
                give_place(runs, id, left)?;
                continue;
            }
            fs::create_dir_all(&folder).map_err(io_error("create", &folder))?;
            let taken = match found.into_iter().max_by_key(last_change) {
                Some(left) => fs::rename(left.path(), &mine),
                None => fs::create_dir(&mine),
            };
            match taken {
                Ok(()) => {
                    if let Some(work) = Self::begin(runs, id, RunDir::open(&mine), attempt)? {
                        return Ok(Claim::Mine(work));
                    }
                }
                // Another process was faster, or has finished the run.
                Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                Err(e) => return Err(io_error("create", &mine)(e)),
            }
        }
        Err(Error::Contended { path: folder })
    }

    /// `None` where another process took the folder before this one's name was in it.
    fn begin(runs: &Path, id: &str, dir: RunDir, attempt: &Attempt) -> Result<Option<Self>> {
        for entry in fs::read_dir(dir.path()).into_iter().flatten().flatten() {
            if is_temporary(&entry.file_name().to_string_lossy()) {
                // Of a killed writer; what cannot be removed only costs space.
                let _ = fs::remove_file(entry.path());
            }
        }
        match attempt.write(&dir) {
            Err(_) if !dir.path().is_dir() => Ok(None),
            Err(error) => Err(error),
            Ok(()) => Ok(Some(Self {
                runs: runs.to_owned(),
                id: id.to_owned(),
                attempt: attempt.clone(),
                _pulse: Pulse::of(attempt.path(&dir)),
                dir,
            })),
        }
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
    /// result stays as it is, and this one's is dropped. `None` where another process has gone on with
    /// this work: what it makes of it counts.
    ///
    /// # Errors
    /// If the run is not finished, or the place cannot be written to.
    pub fn publish(mut self) -> Result<Option<Outcome>> {
        if !self.is_lost() && !self.dir.is_done() {
            let path = self.dir.path().to_owned();
            return Err(Error::Unfinished { path });
        }
        if !self.end(Outcome::Done)? {
            return Ok(None);
        }
        let place = RunDir::open(self.runs.join(&self.id));
        let ours = self.attempt.path(&place);
        match fs::rename(self.dir.path(), place.path()) {
            // NFS may report a rename that it has made as failed.
            Err(_) if place.is_done() && !ours.exists() => {
                // Nothing is lost but the work; what cannot be removed only costs space.
                let _ = fs::remove_dir_all(self.dir.path());
                forget_folder(&self.runs, &self.id);
                Ok(Some(Outcome::AlreadyDone))
            }
            Err(_) if self.is_lost() && !place.is_done() => Ok(None),
            Err(e) if !place.is_done() => Err(io_error("create", place.path())(e)),
            _ => {
                settle(&self.runs, &self.id)?;
                Ok(Some(Outcome::Done))
            }
        }
    }

    /// Leaves the run as it is, for another attempt to go on with.
    ///
    /// # Errors
    /// If the folder cannot be written to, though it is there.
    pub fn stop(mut self) -> Result<()> {
        self.end(Outcome::Stopped).map(drop)
    }

    /// Leaves the run with what went wrong.
    ///
    /// # Errors
    /// If the folder cannot be written to, though it is there.
    pub fn fail(mut self, error: Vec<String>, log: Option<PathBuf>, command: String) -> Result<()> {
        let failure = Failure {
            attempt: self.attempt.name(),
            time: now(),
            error,
            log,
            command,
        };
        match failure.write(&self.dir) {
            Err(_) if self.is_lost() => Ok(()),
            Err(error) => Err(error),
            Ok(()) => self.end(Outcome::Failed).map(drop),
        }
    }

    /// Says what a sweep knows of a run whose configuration nobody could resolve, so that listings can
    /// name it. An attempt that gets further replaces it.
    ///
    /// # Errors
    /// If the folder cannot be written to.
    pub fn introduce(&self, run: &SweepRun) -> Result<()> {
        let word = |text: &str| toml::Value::from(text).to_string();
        let text = format!(
            "# The run failed before its configuration was resolved; this is what its sweep says of it.\n\
             dataset = {}\nmodel = {}\nseed = {}\n\n[recipe]\nepochs = {}\n",
            word(&run.dataset),
            word(&run.model),
            run.seed,
            run.epochs
        );
        write_once(&self.dir.config(), text.as_bytes()).map(drop)
    }

    /// Whether the end could be written: it cannot where another process has gone on with the work.
    fn end(&mut self, outcome: Outcome) -> Result<bool> {
        self.attempt.ended = Some(now());
        self.attempt.outcome = Some(outcome);
        match self.attempt.write(&self.dir) {
            Err(_) if self.is_lost() => Ok(false),
            written => written.map(|()| true),
        }
    }
}

/// Gives a finished run that its process left under way its place; another may be faster.
fn give_place(runs: &Path, id: &str, left: &RunDir) -> Result<()> {
    let place = RunDir::open(runs.join(id));
    match fs::rename(left.path(), place.path()) {
        Err(_) if place.is_done() => Ok(()),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(e) => Err(io_error("create", place.path())(e)),
        Ok(()) => settle(runs, id),
    }
}

/// What is left to do when a run has its place.
fn settle(runs: &Path, id: &str) -> Result<()> {
    sync_folder(runs).map_err(io_error("sync", runs))?;
    // Nothing goes on from a finished run; what cannot be removed only costs space.
    let _ = fs::remove_file(RunDir::open(runs.join(id)).last_checkpoint());
    forget_folder(runs, id);
    Ok(())
}

/// Removes the folder of attempts at a run, once it is empty, and that of all runs.
fn forget_folder(runs: &Path, id: &str) {
    let all = runs.join(UNFINISHED);
    let _ = fs::remove_dir(all.join(id)).and_then(|()| fs::remove_dir(all));
}

/// Writes the end of an attempt whose process is gone without a word, and why.
///
/// # Errors
/// If the folder cannot be written to.
pub fn bury(runs: &Path, id: &str, pid: u32, failure: &mut Failure) -> Result<()> {
    for dir in unfinished(runs, id) {
        let Some(mut attempt) = dir.owner() else {
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

/// Who works in a folder that `attempt` would like to go on with.
fn living_owner(dir: &RunDir, attempt: &Attempt) -> Option<Attempt> {
    let owner = dir.owner()?;
    let lives = if owner.host == attempt.host {
        host::lives(owner.pid, owner.started)
    } else {
        !is_quiet(last_change(dir)) && !attempt.replaces(&owner)
    };
    (owner.outcome.is_none() && lives).then_some(owner)
}

/// When a file that says how far the work has come, or that somebody works, changed last.
pub(super) fn last_change(dir: &RunDir) -> SystemTime {
    let mut files = vec![dir.last_checkpoint(), dir.metrics(), dir.attempts()];
    files.push(dir.path().to_owned());
    let attempts = fs::read_dir(dir.attempts()).into_iter().flatten();
    files.extend(attempts.flatten().map(|entry| entry.path()));
    let changed = |path: &PathBuf| fs::metadata(path).and_then(|facts| facts.modified()).ok();
    let times = files.iter().filter_map(changed);
    times.max().unwrap_or(SystemTime::UNIX_EPOCH)
}

#[cfg(test)]
#[path = "work_tests.rs"]
mod tests;
