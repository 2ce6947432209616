//! Lists what is superseded in a folder of runs, and removes it.
//!
//! Nothing is listed that a report uses, that may still be written to, or that the next call of a sweep
//! would resume.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rayon::prelude::*;

use super::reports::Used;
use super::state::{self, RunState};
use super::stored_run::{StoredRun, extent, stored_runs};
use crate::record::error::io;
use crate::record::run_dir::UNFINISHED;
use crate::record::{Error, RunDir, evaluation, sweeps};
use crate::support::fs::is_leftover;

/// Age after which a file that has not changed is taken to be abandoned.
const OLD: Duration = Duration::from_secs(24 * 3600);

/// Something that can be removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// A file, or a whole run's folder.
    pub path: PathBuf,
    pub bytes: u64,
    pub reason: Reason,
}

/// Why something can be removed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// A file or an evaluation that a killed writer left behind.
    Temporary,
    /// Resumable state of a run that is done.
    Checkpoint,
    /// Left by an attempt at a run that another attempt finished.
    Attempt,
    /// An unfinished run that no sweep names.
    Unnamed,
    /// The same run was repeated by a newer version, whose results count; its id.
    Superseded { by: String },
}

/// What can be removed from the folder `runs`, given the runs that reports use: sorted by reason and path.
///
/// # Errors
/// If the folder cannot be read, or a sweep's manifest is damaged.
pub fn plan(runs: &Path, used: &Used) -> Result<Vec<Item>, Error> {
    let all = stored_runs(runs)?;
    let mut named = BTreeSet::new();
    let sweeps = sweeps(runs);
    for sweep in &sweeps {
        named.extend(sweep.read()?.runs.into_iter().map(|run| run.id));
    }
    let mut items = whole_runs(&all, &named, !sweeps.is_empty(), used);
    let gone: BTreeSet<PathBuf> = items.iter().map(|item| item.path.clone()).collect();
    let kept = all.iter().filter(|run| !gone.contains(run.dir.path()));
    items.extend(kept.filter_map(checkpoint));
    items.extend(other_attempts(runs));
    let gone: BTreeSet<PathBuf> = items.iter().map(|item| item.path.clone()).collect();
    items.extend(temporaries(runs, &gone));
    items.sort_by(|a, b| (&a.reason, &a.path).cmp(&(&b.reason, &b.path)));
    Ok(items)
}

/// Removes an item if it is unchanged since it was listed; whether it was removed.
///
/// # Errors
/// If something cannot be removed.
pub fn remove(item: &Item) -> Result<bool, Error> {
    let path = &item.path;
    if !path.is_dir() {
        return remove_path(path, fs::remove_file);
    }
    if extent(path).0 != item.bytes {
        return Ok(false);
    }
    if item.reason == Reason::Temporary {
        return remove_path(path, fs::remove_dir_all);
    }
    let dir = RunDir::open(path);
    if item.reason == Reason::Attempt {
        return if is_worked_on(&dir) {
            Ok(false)
        } else {
            remove_path(path, fs::remove_dir_all).inspect(|_| remove_empty_folders(path))
        };
    }
    if StoredRun::read(dir).is_none_or(|run| run.state == RunState::Running) {
        return Ok(false);
    }
    // First what makes it a finished run, last what makes it a run: a removal that is cut short
    // leaves an unfinished run, never a finished one that lacks a file.
    remove_path(&path.join("DONE"), fs::remove_file)?;
    for entry in fs::read_dir(path).into_iter().flatten().flatten() {
        let inner = entry.path();
        if inner.is_dir() {
            remove_path(&inner, fs::remove_dir_all)?;
        } else if entry.file_name() != "config.toml" {
            remove_path(&inner, fs::remove_file)?;
        }
    }
    remove_path(path, fs::remove_dir_all)?;
    remove_empty_folders(path);
    Ok(true)
}

/// Removes a path; whether it existed.
fn remove_path(path: &Path, remove: fn(PathBuf) -> std::io::Result<()>) -> Result<bool, Error> {
    match remove(path.to_owned()) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(false),
        removed => removed.map(|()| true).map_err(io("remove", path)),
    }
}

/// Removes the folders around a removed attempt where they are empty now.
fn remove_empty_folders(attempt: &Path) {
    let around = attempt.ancestors().skip(1);
    let inside = |folder: &&Path| folder.iter().any(|name| name == UNFINISHED);
    for folder in around.take_while(inside) {
        if fs::remove_dir(folder).is_err() {
            return;
        }
    }
}

fn is_worked_on(dir: &RunDir) -> bool {
    let owner = dir.owner();
    state::unfinished(owner.as_ref(), extent(dir.path()).1) == RunState::Running
}

fn is_old(changed: SystemTime) -> bool {
    changed.elapsed().is_ok_and(|age| age > OLD)
}

/// Unfinished runs that no sweep names, where there are sweeps at all, and superseded ones.
fn whole_runs(all: &[StoredRun], named: &BTreeSet<String>, sweeps: bool, used: &Used) -> Vec<Item> {
    let configs: Vec<Option<(String, i64)>> = all.par_iter().map(versioned_config).collect();
    // The newest finished run of every configuration that a sweep names.
    let mut newest: BTreeMap<&str, (i64, &str)> = BTreeMap::new();
    for (run, config) in all.iter().zip(&configs) {
        if let (RunState::Done, Some((config, version))) = (run.state, config)
            && named.contains(&run.id)
        {
            let best = newest.entry(config).or_insert((*version, &run.id));
            *best = (*best).max((*version, &run.id));
        }
    }
    let successor = |config: &Option<(String, i64)>| {
        let (config, version) = config.as_ref()?;
        let (newer, id) = newest.get(config.as_str())?;
        (newer > version).then(|| id.to_string())
    };
    let mut items = Vec::new();
    for (run, config) in all.iter().zip(&configs) {
        let busy = run.state == RunState::Running || used.runs.contains(&run.id);
        let unnamed = sweeps && run.state != RunState::Done && !named.contains(&run.id);
        let reason = match successor(config) {
            _ if busy || run.external => None,
            Some(by) => Some(Reason::Superseded { by }),
            None if unnamed && is_old(run.changed) => Some(Reason::Unnamed),
            None => None,
        };
        items.extend(reason.map(|reason| Item {
            path: run.dir.path().to_owned(),
            bytes: run.bytes,
            reason,
        }));
    }
    items
}

/// A run's configuration without its result version, and that version.
fn versioned_config(run: &StoredRun) -> Option<(String, i64)> {
    let text = fs::read_to_string(run.dir.config()).ok()?;
    let mut config: toml::Table = text.parse().ok()?;
    let version = config.remove("result_version")?.as_integer()?;
    Some((toml::to_string(&config).ok()?, version))
}

/// A finished run's resumable state. Another process may be about to find that it came second.
fn checkpoint(run: &StoredRun) -> Option<Item> {
    let path = run.dir.last_checkpoint();
    let metadata = fs::metadata(&path).ok()?;
    let done = run.state == RunState::Done && is_old(run.changed);
    done.then_some(Item {
        bytes: metadata.len(),
        path,
        reason: Reason::Checkpoint,
    })
}

/// Left by attempts at runs that are done, a day after their last change: a process that still works there
/// will find that it came second, and removes its folder itself.
fn other_attempts(runs: &Path) -> Vec<Item> {
    let entries = |folder: PathBuf| fs::read_dir(folder).into_iter().flatten().flatten();
    let ids = entries(runs.join(UNFINISHED));
    let done = ids.filter(|id| RunDir::open(runs.join(id.file_name())).is_done());
    let attempts = done
        .flat_map(|id| entries(id.path()))
        .map(|entry| entry.path());
    let item = |path: PathBuf| {
        let (bytes, changed) = extent(&path);
        let idle = is_old(changed) && !is_worked_on(&RunDir::open(&path));
        (path.is_dir() && idle).then_some(Item {
            path,
            bytes,
            reason: Reason::Attempt,
        })
    };
    attempts.filter_map(item).collect()
}

/// Old files of writers that died, in the folder of runs, in runs, and in sweeps.
fn temporaries(runs: &Path, gone: &BTreeSet<PathBuf>) -> Vec<Item> {
    let mut items = Vec::new();
    let mut folders = vec![runs.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let Ok(metadata) = fs::symlink_metadata(&path) else {
                continue;
            };
            if metadata.is_dir() && evaluation::is_temporary(&path) {
                let (bytes, changed) = extent(&path);
                items.extend(is_old(changed).then_some(Item {
                    path,
                    bytes,
                    reason: Reason::Temporary,
                }));
            } else if metadata.is_dir() && !gone.contains(&path) {
                folders.push(path);
            } else if metadata.is_file() && is_leftover(&path) {
                items.push(Item {
                    bytes: metadata.len(),
                    path,
                    reason: Reason::Temporary,
                });
            }
        }
    }
    items
}

#[cfg(test)]
#[path = "clean_tests.rs"]
mod tests;
