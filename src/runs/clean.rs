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
use super::state::State;
use crate::record::atomic::is_temporary;
use crate::record::error::io;
use crate::record::{Error, sweeps};

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
    items.extend(temporaries(runs, &gone));
    items.sort_by(|a, b| (&a.reason, &a.path).cmp(&(&b.reason, &b.path)));
    Ok(items)
}

/// Removes an item, if it still is what it was when it was listed; whether it did.
///
/// # Errors
/// If something cannot be removed.
pub fn remove(item: &Item) -> Result<bool, Error> {
    let path = &item.path;
    if !path.is_dir() {
        fs::remove_file(path).map_err(io("remove", path))?;
        return Ok(true);
    }
    let still = extent(path).0 == item.bytes;
    let idle = Run::look(crate::record::RunDir::open(path));
    if !still || idle.is_none_or(|run| run.state == State::Running) {
        return Ok(false);
    }
    // First what makes it a finished run, last what makes it a run: a removal that is cut short
    // leaves an unfinished run, never a finished one that lacks a file.
    let done = path.join("DONE");
    if done.is_file() {
        fs::remove_file(&done).map_err(io("remove", &done))?;
    }
    for entry in fs::read_dir(path).map_err(io("read", path))?.flatten() {
        let (own, name) = (entry.path(), entry.file_name());
        let removed = match own.is_dir() {
            true => fs::remove_dir_all(&own),
            false if name == "config.toml" => Ok(()),
            false => fs::remove_file(&own),
        };
        removed.map_err(io("remove", &own))?;
    }
    fs::remove_dir_all(path).map_err(io("remove", path))?;
    Ok(true)
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
            } else if is_temporary(&entry.file_name().to_string_lossy())
                && facts.is_file()
                && facts.modified().is_ok_and(is_old)
            {
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
