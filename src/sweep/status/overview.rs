//! Every sweep of a folder of runs, cell by cell, and the runs that no sweep names.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::run::{Run, look};
use super::state::State;
use crate::record::{Error, SweepCell, SweepDir, SweepManifest, sweeps};

/// A folder of runs, or one of its sweeps.
#[derive(Clone, Debug, Default)]
pub struct Status {
    pub sweeps: Vec<Sweep>,
    /// Runs that no sweep names; all sweeps of the folder count, also where only one is asked for.
    pub others: Vec<Run>,
}

/// A sweep.
#[derive(Clone, Debug)]
pub struct Sweep {
    pub dir: SweepDir,
    pub manifest: SweepManifest,
    /// In the order of the manifest, each with its run where that has begun.
    pub cells: Vec<(SweepCell, Option<Run>)>,
}

impl Sweep {
    /// How many of its cells stand so, by state; every state is there.
    pub fn counts(&self) -> BTreeMap<State, usize> {
        count(self.cells.iter().map(|(_, run)| state(run.as_ref())))
    }
}

/// The state of a cell.
pub fn state(run: Option<&Run>) -> State {
    run.map_or(State::Waiting, |run| run.state)
}

/// How many there are of each state.
pub fn count(states: impl Iterator<Item = State>) -> BTreeMap<State, usize> {
    use State::{Done, Failed, Running, Stopped, Waiting};
    let mut counts = BTreeMap::from([Done, Running, Failed, Stopped, Waiting].map(|s| (s, 0)));
    states.for_each(|state| *counts.entry(state).or_default() += 1);
    counts
}

/// Looks at `place`: a folder of runs, or the folder of one sweep within (`runs/sweeps/ID`).
///
/// # Errors
/// If the folder cannot be read, or a sweep's manifest is damaged.
pub fn status(place: &Path) -> Result<Status, Error> {
    let asked = SweepDir::open(place);
    let one = asked.manifest().is_file().then_some(asked);
    let root: PathBuf = one.as_ref().map_or(place.to_owned(), SweepDir::runs);
    let runs = look(&root)?;
    let all = sweeps(&root);
    let manifests = all.iter().map(|dir| Ok((dir.clone(), dir.read()?)));
    let manifests = manifests.collect::<Result<Vec<_>, Error>>()?;
    let named: BTreeSet<&str> = (manifests.iter())
        .flat_map(|(_, manifest)| &manifest.cells)
        .map(|cell| cell.run.as_str())
        .collect();
    let others = match one {
        Some(_) => Vec::new(),
        None => (runs.iter())
            .filter(|run| !named.contains(&*run.id))
            .cloned()
            .collect(),
    };
    let by_id: BTreeMap<&str, &Run> = runs.iter().map(|run| (&*run.id, run)).collect();
    let wanted = |manifest: &SweepManifest| match &one {
        Some(dir) => dir.read().is_ok_and(|asked| asked.id == manifest.id),
        None => true,
    };
    let sweeps = manifests.into_iter().filter(|(_, m)| wanted(m));
    let sweep = |(dir, manifest): (SweepDir, SweepManifest)| {
        let run = |cell: &SweepCell| by_id.get(&*cell.run).map(|run| (*run).clone());
        let cells = manifest.cells.iter().map(|cell| (cell.clone(), run(cell)));
        Sweep {
            cells: cells.collect(),
            dir,
            manifest,
        }
    };
    Ok(Status {
        sweeps: sweeps.map(sweep).collect(),
        others,
    })
}
