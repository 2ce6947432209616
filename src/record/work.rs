//! Lock-free ownership of a run: `unfinished/ID/ATTEMPT/` belongs to the attempt it is named after while its
//! heartbeat is fresh (30 min, see [`lease`]).
//!
//! An attempt that continues the work of a dead one renames its directory. A process that still writes there, on
//! a node that was taken for dead, finds the directory gone; it does not take it back while the new owner lives,
//! or neither would come to an end. A finished directory is renamed to `ID/`: the first result is kept, the
//! second finds the name taken.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::attempt::{Attempt, Failure, Outcome};
use super::error::{Error, Result, io as io_error};
use super::run_dir::{RunDir, UNFINISHED};
use super::sweep::SweepRun;
use crate::support::fs::{is_temporary, sync_folder, write_once};
use crate::support::heartbeat::Heartbeat;
use crate::support::{host, lease};

/// The answer to a request for the lease on a run.
#[derive(Debug)]
pub enum Acquired {
    /// The run is finished.
    Done,
    /// A living process has the lease, on this machine or another.
    Held(Attempt),
    Mine(RunLease),
}

/// The right of this process to work on a run, in a directory of its own.
#[derive(Debug)]
pub struct RunLease {
    runs: PathBuf,
    id: String,
    dir: RunDir,
    attempt: Attempt,
    _heartbeat: Heartbeat,
}

impl RunLease {
    /// Starts the run `id`, or continues what a dead attempt left. What it left finished is published.
    ///
    /// # Errors
    /// If the folder of runs cannot be written to.
    pub fn acquire(runs: &Path, id: &str) -> Result<Acquired> {
        Self::acquire_as(runs, id, &Attempt::here())
    }

    fn acquire_as(runs: &Path, id: &str, attempt: &Attempt) -> Result<Acquired> {
        RunDir::check_id(id)?;
        let slot = runs.join(UNFINISHED).join(id);
        let mine = slot.join(attempt.name());
        for _ in 0..lease::TRIES {
            if RunDir::open(runs.join(id)).is_done() {
                return Ok(Acquired::Done);
            }
            let found = unfinished(runs, id);
            if let Some(owner) = found.iter().find_map(|dir| living_owner(dir, attempt)) {
                return Ok(Acquired::Held(owner));
            }
            if let Some(left) = found.iter().find(|dir| dir.is_done()) {
                publish_left(runs, id, left)?;
                continue;
            }
            let left = found.into_iter().max_by_key(last_change);
            let taken = lease::take(&slot, &attempt.name(), left.as_ref().map(RunDir::path))
                .map_err(io_error("create", &mine))?;
            if taken && let Some(lease) = Self::begin(runs, id, RunDir::open(&mine), attempt)? {
                return Ok(Acquired::Mine(lease));
            }
        }
        Err(Error::Contended { path: slot })
    }

    /// `None` where another process took the directory before this attempt's file was in it.
    fn begin(runs: &Path, id: &str, dir: RunDir, attempt: &Attempt) -> Result<Option<Self>> {
        for entry in fs::read_dir(dir.path()).into_iter().flatten().flatten() {
            if is_temporary(&entry.file_name().to_string_lossy()) {
                // The directory has no other owner. A file that cannot be removed only costs space.
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
                _heartbeat: Heartbeat::start(attempt.path(&dir)),
                dir,
            })),
        }
    }

    /// The directory to work in.
    pub fn dir(&self) -> &RunDir {
        &self.dir
    }

    /// Whether another process has taken the run over.
    pub fn is_lost(&self) -> bool {
        !self.dir.path().is_dir()
    }

    /// Renames the finished run to `ID/`. [`Outcome::AlreadyDone`] where another process was first: its result
    /// is kept, this one's is removed. `None` where another process has taken the run over: its result counts.
    ///
    /// # Errors
    /// If the run is not finished, or the folder of runs cannot be written to.
    pub fn publish(mut self) -> Result<Option<Outcome>> {
        if !self.is_lost() && !self.dir.is_done() {
            let path = self.dir.path().to_owned();
            return Err(Error::Unfinished { path });
        }
        if !self.end(Outcome::Done)? {
            return Ok(None);
        }
        let published = RunDir::open(self.runs.join(&self.id));
        let own_attempt = self.attempt.path(&published);
        match fs::rename(self.dir.path(), published.path()) {
            // NFS may report a rename that it has made as failed.
            Err(_) if published.is_done() && !own_attempt.exists() => {
                // A file that cannot be removed only costs space.
                let _ = fs::remove_dir_all(self.dir.path());
                remove_slot(&self.runs, &self.id);
                Ok(Some(Outcome::AlreadyDone))
            }
            Err(_) if self.is_lost() && !published.is_done() => Ok(None),
            Err(e) if !published.is_done() => Err(io_error("create", published.path())(e)),
            _ => {
                clean_up(&self.runs, &self.id)?;
                Ok(Some(Outcome::Done))
            }
        }
    }

    /// Gives the lease back with the run as it is; the next attempt continues it.
    ///
    /// # Errors
    /// If the folder cannot be written to, though it is there.
    pub fn stop(mut self) -> Result<()> {
        self.end(Outcome::Stopped).map(drop)
    }

    /// Gives the lease back and stores the error.
    ///
    /// # Errors
    /// If the folder cannot be written to, though it is there.
    pub fn fail(mut self, failure: Failure) -> Result<()> {
        let failure = Failure {
            attempt: self.attempt.name(),
            ..failure
        };
        match failure.write(&self.dir) {
            Err(_) if self.is_lost() => Ok(()),
            Err(error) => Err(error),
            Ok(()) => self.end(Outcome::Failed).map(drop),
        }
    }

    /// Writes a `config.toml` of what the sweep's manifest tells, for a run that failed to start before its
    /// configuration was resolved: listings name it by that. An attempt that gets further replaces it.
    ///
    /// # Errors
    /// If the directory cannot be written to.
    pub fn describe_failed_start(&self, run: &SweepRun) -> Result<()> {
        let quoted = |text: &str| toml::Value::from(text).to_string();
        let text = format!(
            "# The run failed before its configuration was resolved; this is from its sweep's manifest.\n\
             dataset = {}\nmodel = {}\nseed = {}\n\n[recipe]\nepochs = {}\n",
            quoted(&run.dataset),
            quoted(&run.model),
            run.seed,
            run.epochs
        );
        write_once(&self.dir.config(), text.as_bytes())?;
        Ok(())
    }

    /// Writes how the attempt ended; `false` where another process has taken the run over.
    fn end(&mut self, outcome: Outcome) -> Result<bool> {
        self.attempt.ended = Some(host::now());
        self.attempt.outcome = Some(outcome);
        match self.attempt.write(&self.dir) {
            Err(_) if self.is_lost() => Ok(false),
            written => written.map(|()| true),
        }
    }
}

/// Publishes a finished run whose process died before it could; another process may be faster.
fn publish_left(runs: &Path, id: &str, left: &RunDir) -> Result<()> {
    let published = RunDir::open(runs.join(id));
    match fs::rename(left.path(), published.path()) {
        Err(_) if published.is_done() => Ok(()),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(e) => Err(io_error("create", published.path())(e)),
        Ok(()) => clean_up(runs, id),
    }
}

/// Makes the rename of a published run durable and removes what it no longer needs.
fn clean_up(runs: &Path, id: &str) -> Result<()> {
    sync_folder(runs)?;
    // A finished run is never continued. A file that cannot be removed only costs space.
    let _ = fs::remove_file(RunDir::open(runs.join(id)).last_checkpoint());
    remove_slot(runs, id);
    Ok(())
}

/// Removes the slot of a run, and the folder of all slots, where they are empty.
fn remove_slot(runs: &Path, id: &str) {
    let all = runs.join(UNFINISHED);
    let _ = fs::remove_dir(all.join(id)).and_then(|()| fs::remove_dir(all));
}

/// Marks an attempt as failed whose process crashed before it could, and stores why.
///
/// # Errors
/// If the directory cannot be written to.
pub fn record_crash(runs: &Path, id: &str, pid: u32, failure: &mut Failure) -> Result<()> {
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

/// The directories with unfinished work on a run: those of its slot, and `ID/` where it has no `DONE`, as a
/// removal that was cut short leaves it.
pub fn unfinished(runs: &Path, id: &str) -> Vec<RunDir> {
    let slot = fs::read_dir(runs.join(UNFINISHED).join(id));
    let attempts = slot.into_iter().flatten().flatten();
    let mut dirs: Vec<RunDir> = attempts.map(|entry| RunDir::open(entry.path())).collect();
    let published = RunDir::open(runs.join(id));
    if !published.is_done() {
        dirs.push(published);
    }
    dirs.retain(|dir| dir.path().is_dir());
    dirs
}

/// The attempt that works in a directory, if it is alive and `attempt` does not replace it.
fn living_owner(dir: &RunDir, attempt: &Attempt) -> Option<Attempt> {
    let owner = dir.owner()?;
    let lives = owner
        .as_owner()
        .is_alive(&attempt.as_owner().host, last_change(dir));
    let replaced = owner.host != attempt.host && attempt.replaces(&owner);
    (owner.outcome.is_none() && lives && !replaced).then_some(owner)
}

/// The last change of a file that shows progress or a heartbeat.
pub(super) fn last_change(dir: &RunDir) -> SystemTime {
    let mut files = vec![dir.last_checkpoint(), dir.metrics(), dir.attempts()];
    files.push(dir.path().to_owned());
    let attempts = fs::read_dir(dir.attempts()).into_iter().flatten();
    files.extend(attempts.flatten().map(|entry| entry.path()));
    let changed = |path: &PathBuf| fs::metadata(path).and_then(|metadata| metadata.modified());
    let times = files.iter().filter_map(|path| changed(path).ok());
    times.max().unwrap_or(SystemTime::UNIX_EPOCH)
}

#[cfg(test)]
#[path = "work_tests.rs"]
mod tests;
