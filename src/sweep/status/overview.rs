//! Reads every sweep of a folder of runs, run by run, and the runs that no sweep names.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::state::RunState;
use super::stored_run::{StoredRun, stored_runs};
use crate::record::{Error, MaskGrid, SweepDir, SweepManifest, SweepRun, sweeps};

/// A folder of runs, or one of its sweeps.
#[derive(Clone, Debug, Default)]
pub struct Status {
    pub sweeps: Vec<SweepStatus>,
    /// Runs that no sweep names; all sweeps of the folder count, also where only one is asked for.
    pub others: Vec<StoredRun>,
}

/// A sweep and the state of its runs.
#[derive(Clone, Debug)]
pub struct SweepStatus {
    pub dir: SweepDir,
    pub manifest: SweepManifest,
    /// In the order of the manifest, each with its directory where it has begun.
    pub runs: Vec<(SweepRun, Option<StoredRun>)>,
}

impl SweepStatus {
    /// Number of its runs by state; every state is a key.
    pub fn counts(&self) -> BTreeMap<RunState, usize> {
        let states = self.runs.iter();
        count(states.map(|(planned, run)| state(run.as_ref(), &planned.masks)))
    }
}

/// The state of a planned run that is to be evaluated under these masks.
pub fn state(run: Option<&StoredRun>, masks: &[MaskGrid]) -> RunState {
    match run {
        None => RunState::Waiting,
        Some(run) if run.state == RunState::Done && !run.dir.is_done_under(masks) => {
            RunState::Trained
        }
        Some(run) => run.state,
    }
}

/// Number of each state; every state is a key.
pub fn count(states: impl Iterator<Item = RunState>) -> BTreeMap<RunState, usize> {
    use RunState::{Done, Failed, Running, Stopped, Trained, Waiting};
    let all = [Done, Trained, Running, Failed, Stopped, Waiting];
    let mut counts = BTreeMap::from(all.map(|state| (state, 0)));
    states.for_each(|state| *counts.entry(state).or_default() += 1);
    counts
}

/// Reads `folder`: a folder of runs, or the folder of one sweep within (`runs/sweeps/ID`).
///
/// # Errors
/// If the folder cannot be read, or a sweep's manifest is damaged.
pub fn status(folder: &Path) -> Result<Status, Error> {
    let asked = SweepDir::open(folder);
    let one = asked.manifest().is_file().then_some(asked);
    let root: PathBuf = one.as_ref().map_or(folder.to_owned(), SweepDir::runs);
    let runs = stored_runs(&root)?;
    let all = sweeps(&root);
    let manifests = all.iter().map(|dir| Ok((dir.clone(), dir.read()?)));
    let manifests = manifests.collect::<Result<Vec<_>, Error>>()?;
    let named: BTreeSet<&str> = (manifests.iter())
        .flat_map(|(_, manifest)| &manifest.runs)
        .map(|run| run.id.as_str())
        .collect();
    let others = match one {
        Some(_) => Vec::new(),
        None => (runs.iter())
            .filter(|run| !named.contains(&*run.id))
            .cloned()
            .collect(),
    };
    let by_id: BTreeMap<&str, &StoredRun> = runs.iter().map(|run| (&*run.id, run)).collect();
    let wanted = |manifest: &SweepManifest| match &one {
        Some(dir) => dir.read().is_ok_and(|asked| asked.id == manifest.id),
        None => true,
    };
    let sweeps = manifests.into_iter().filter(|(_, m)| wanted(m));
    let sweep = |(dir, manifest): (SweepDir, SweepManifest)| {
        let runs = manifest.runs.iter().map(|run| {
            let stored = by_id.get(&*run.id).map(|stored| (*stored).clone());
            (run.clone(), stored)
        });
        SweepStatus {
            runs: runs.collect(),
            dir,
            manifest,
        }
    };
    Ok(Status {
        sweeps: sweeps.map(sweep).collect(),
        others,
    })
}
