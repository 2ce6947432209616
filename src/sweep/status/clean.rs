//! What of a folder of runs is superseded, and its removal.
//!
//! Nothing goes that a report names, that may still be written to, or that the next call of a sweep
//! would go on with.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rayon::prelude::*;

use super::reports::Used;
use super::run::{Run, extent, look};
use super::state::{self, State};
use crate::record::error::io;
use crate::record::run_dir::UNFINISHED;
use crate::record::{Error, RunDir, sweeps};
use crate::support::fs::is_leftover;

/// What has not been touched for so long is nobody's any more.
const OLD: Duration = Duration::from_secs(24 * 3600);

/// Something that may go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// A file, or a whole run's folder.
    pub path: PathBuf,
    pub bytes: u64,
    pub reason: Reason,
}

/// Why something may go.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// A file under way when its writer died.
    Temporary,
    /// State to go on from, of a run that is done.
    Checkpoint,
    /// What an attempt left of a run that another finished.
    Beside,
    /// An unfinished run that no sweep names.
    Unnamed,
    /// The same cell was run again by a newer version, whose results count; its run.
    Superseded { by: String },
}

/// What may go from the folder `runs`, given what reports use: sorted by reason and path.
///
/// # Errors
/// If the folder cannot be read, or a sweep's manifest is damaged.
pub fn plan(runs: &Path, used: &Used) -> Result<Vec<Item>, Error> {
    let all = look(runs)?;
    let mut named = BTreeSet::new();
    let sweeps = sweeps(runs);
    for sweep in &sweeps {
        named.extend(sweep.read()?.cells.into_iter().map(|cell| cell.run));
    }
    let mut items = whole_runs(&all, &named, !sweeps.is_empty(), used);
    let gone: BTreeSet<PathBuf> = items.iter().map(|item| item.path.clone()).collect();
    let kept = all.iter().filter(|run| !gone.contains(run.dir.path()));
    items.extend(kept.filter_map(checkpoint));
    items.extend(beside(runs));
    let gone: BTreeSet<PathBuf> = items.iter().map(|item| item.path.clone()).collect();
    items.extend(temporaries(runs, &gone));
    items.sort_by(|a, b| (&a.reason, &a.path).cmp(&(&b.reason, &b.path)));
    Ok(items)
}

/// Removes an item, if it still is what it was when it was listed; whether it did. What has vanished
/// since is gone.
///
/// # Errors
/// If something cannot be removed.
pub fn remove(item: &Item) -> Result<bool, Error> {
    let path = &item.path;
    if !path.is_dir() {
        return vanish(path, fs::remove_file);
    }
    if extent(path).0 != item.bytes {
        return Ok(false);
    }
    let dir = RunDir::open(path);
    if item.reason == Reason::Beside {
        return if is_worked_on(&dir) {
            Ok(false)
        } else {
            vanish(path, fs::remove_dir_all).inspect(|_| forget_folders(path))
        };
    }
    if Run::look(dir).is_none_or(|run| run.state == State::Running) {
        return Ok(false);
    }
    // First what makes it a finished run, last what makes it a run: a removal that is cut short
    // leaves an unfinished run, never a finished one that lacks a file.
    vanish(&path.join("DONE"), fs::remove_file)?;
    for entry in fs::read_dir(path).into_iter().flatten().flatten() {
        let own = entry.path();
        match own.is_dir() {
            true => vanish(&own, fs::remove_dir_all)?,
            false if entry.file_name() == "config.toml" => continue,
            false => vanish(&own, fs::remove_file)?,
        };
    }
    vanish(path, fs::remove_dir_all)?;
    forget_folders(path);
    Ok(true)
}

/// Removes a path; whether it was there.
fn vanish(path: &Path, remove: fn(PathBuf) -> std::io::Result<()>) -> Result<bool, Error> {
    match remove(path.to_owned()) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(false),
        removed => removed.map(|()| true).map_err(io("remove", path)),
    }
}

/// The folders of attempts around one that is gone, where they are empty now.
fn forget_folders(attempt: &Path) {
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
    state::unfinished(owner.as_ref(), extent(dir.path()).1) == State::Running
}

fn is_old(changed: SystemTime) -> bool {
    changed.elapsed().is_ok_and(|age| age > OLD)
}

/// Unfinished runs that no sweep names, where there are sweeps at all, and superseded ones.
fn whole_runs(all: &[Run], named: &BTreeSet<String>, sweeps: bool, used: &Used) -> Vec<Item> {
    let configs: Vec<Option<(String, i64)>> = all.par_iter().map(cell_of).collect();
    // The newest finished run of every cell that a sweep names.
    let mut newest: BTreeMap<&str, (i64, &str)> = BTreeMap::new();
    for (run, config) in all.iter().zip(&configs) {
        if let (State::Done, Some((cell, version))) = (run.state, config)
            && named.contains(&run.id)
        {
            let best = newest.entry(cell).or_insert((*version, &run.id));
            *best = (*best).max((*version, &run.id));
        }
    }
    let successor = |config: &Option<(String, i64)>| {
        let (cell, version) = config.as_ref()?;
        let (newer, id) = newest.get(cell.as_str())?;
        (newer > version).then(|| id.to_string())
    };
    let mut items = Vec::new();
    for (run, config) in all.iter().zip(&configs) {
        let busy = run.state == State::Running || used.runs.contains(&run.id);
        let unnamed = sweeps && run.state != State::Done && !named.contains(&run.id);
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
fn cell_of(run: &Run) -> Option<(String, i64)> {
    let text = fs::read_to_string(run.dir.config()).ok()?;
    let mut config: toml::Table = text.parse().ok()?;
    let version = config.remove("result_version")?.as_integer()?;
    Some((toml::to_string(&config).ok()?, version))
}

/// A finished run's state to go on from. Another process may be about to find that it came second.
fn checkpoint(run: &Run) -> Option<Item> {
    let path = run.dir.last_checkpoint();
    let facts = fs::metadata(&path).ok()?;
    let done = run.state == State::Done && is_old(run.changed);
    done.then_some(Item {
        bytes: facts.len(),
        path,
        reason: Reason::Checkpoint,
    })
}

/// What attempts left of runs that are done, a day after they fell quiet: whoever is at work there yet
/// will find that it came second, and clears up itself.
fn beside(runs: &Path) -> Vec<Item> {
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
            reason: Reason::Beside,
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
            let Ok(facts) = fs::symlink_metadata(&path) else {
                continue;
            };
            if facts.is_dir() && !gone.contains(&path) {
                folders.push(path);
            } else if facts.is_file() && is_leftover(&path) {
                items.push(Item {
                    bytes: facts.len(),
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
