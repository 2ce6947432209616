//! Gathers the runs that a report is made of where sweeps are named: theirs, and external runs of folders.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::error::{Error, Result};
use crate::record::masks::joined;
use crate::record::{MaskGrid, RunDir, Runs, SweepManifest, find_runs};

/// What a report is made of.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// Folders of runs, or run directories.
    pub roots: Vec<PathBuf>,
    /// Masks that a run is read under, by its id.
    pub masks: BTreeMap<String, Vec<MaskGrid>>,
    /// Metric of the primary tests by the suites.
    pub primary: Option<String>,
    /// Runs of the sweeps that are not finished.
    pub unfinished: Vec<RunDir>,
    /// Passes over the test split that sweeps ask for and that cannot be joined with those of others.
    pub left_out: usize,
}

impl Sources {
    /// The runs of these sweeps, each with its finished and unfinished runs, and the external runs of
    /// `folders`. A run of several sweeps is read under the masks of all that have finished it. `primary` is whether
    /// the suites choose the metric of the primary tests.
    ///
    /// # Errors
    /// [`Error::PrimariesDiffer`] where sweeps disagree; [`Error::NoExternal`] where folders hold no
    /// external run.
    pub fn of_sweeps(
        sweeps: Vec<(SweepManifest, Runs)>,
        folders: &[PathBuf],
        primary: bool,
    ) -> Result<Self> {
        let mut all = Self::default();
        let mut primaries = BTreeSet::new();
        let mut grids: BTreeMap<String, Vec<MaskGrid>> = BTreeMap::new();
        let mut finished: BTreeMap<String, RunDir> = BTreeMap::new();
        for (planned, found) in sweeps {
            primaries.extend(planned.primary().map(String::from));
            let done: BTreeSet<String> = found.finished.iter().map(RunDir::id).collect();
            for run in planned
                .runs
                .into_iter()
                .filter(|run| done.contains(&run.id))
            {
                grids.entry(run.id).or_default().extend(run.masks);
            }
            for dir in found.finished {
                finished.entry(dir.id()).or_insert(dir);
            }
            all.unfinished.extend(found.unfinished);
        }
        if primary && primaries.len() > 1 {
            let names = Vec::from_iter(primaries).join(", ");
            return Err(Error::PrimariesDiffer { names });
        }
        all.primary = primaries.pop_first().filter(|_| primary);
        for (id, grids) in grids {
            let (grids, left_out) = joined(&grids);
            all.left_out += left_out;
            all.masks.insert(id, grids);
        }
        all.unfinished.sort_by_key(RunDir::id);
        all.unfinished.dedup();
        all.roots = finished.values().map(|dir| dir.path().to_owned()).collect();
        all.roots.extend(external(folders)?);
        Ok(all)
    }
}

/// The directories of external runs in some folders.
fn external(folders: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for folder in folders {
        for dir in find_runs(folder)?.finished {
            let (manifest, _) = dir.checked_manifest()?;
            found.extend(manifest.external.map(|_| dir.path().to_owned()));
        }
    }
    if found.is_empty() && !folders.is_empty() {
        let paths = folders.iter().map(|folder| folder.display().to_string());
        return Err(Error::NoExternal {
            paths: paths.collect::<Vec<_>>().join(", "),
        });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::fixture::{manifest, save};
    use crate::record::{SelectionRule, SweepRun};

    fn sweep(
        suite: serde_json::Value,
        runs: &std::path::Path,
        rates: &str,
    ) -> (SweepManifest, Runs) {
        let mut grid = MaskGrid::from(&manifest("lnln", 11, &[0.0, 0.5, 1.0]).masks[0]);
        grid.conditions = rates.split(' ').map(|rate| rate.parse().unwrap()).collect();
        let run = SweepRun {
            index: 0,
            id: "lnln-11".to_owned(),
            dataset: "toy".to_owned(),
            model: "lnln".to_owned(),
            seed: 11,
            noise: crate::record::fixture::noise("clean", "half-complete"),
            selection: SelectionRule::Validation,
            epochs: 1,
            masks: vec![grid],
        };
        let found = Runs {
            finished: vec![RunDir::open(runs.join("lnln-11"))],
            unfinished: Vec::new(),
        };
        (
            SweepManifest::new("s", "/data".into(), suite, vec![run]),
            found,
        )
    }

    #[test]
    fn a_run_of_two_sweeps_is_read_once_under_the_masks_of_both() {
        let place = std::path::Path::new("runs");
        let named = |metric: &str| serde_json::json!({ "primary": metric });
        let two = vec![
            sweep(named("mae"), place, "0 1"),
            sweep(named("mae"), place, "0.5"),
        ];
        let sources = Sources::of_sweeps(two, &[], true).unwrap();
        assert_eq!(sources.roots, [place.join("lnln-11")]);
        assert_eq!(sources.masks["lnln-11"][0].conditions.len(), 3);
        assert_eq!(sources.primary.as_deref(), Some("mae"));
        let two = || {
            vec![
                sweep(named("mae"), place, "0"),
                sweep(named("corr"), place, "0"),
            ]
        };
        let message = Sources::of_sweeps(two(), &[], true)
            .unwrap_err()
            .to_string();
        assert!(
            message.contains("corr, mae; choose one with --primary"),
            "{message}"
        );
        assert_eq!(Sources::of_sweeps(two(), &[], false).unwrap().primary, None);
    }

    #[test]
    fn external_runs_of_folders_go_along_and_others_do_not() {
        let folder = tempfile::tempdir().unwrap();
        let runs = folder.path();
        save(runs, &manifest("flat", 11, &[0.0]));
        let with = || Sources::of_sweeps(Vec::new(), &[runs.to_owned()], true);
        let message = with().unwrap_err().to_string();
        assert!(
            message.contains("expected external predictions"),
            "{message}"
        );
        let mut mine = manifest("mine", 11, &[0.0]);
        mine.external = Some(crate::record::manifest::ExternalMetadata {
            file: "mine.csv".into(),
            blake3: "d821b4".into(),
            rows: 10,
            doubts: Vec::new(),
            allowed: Vec::new(),
        });
        save(runs, &mine);
        assert_eq!(with().unwrap().roots, [runs.join("mine-11")]);
    }
}
