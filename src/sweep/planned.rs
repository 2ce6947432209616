//! A suite planned: its cells, and the folder that names them.

use std::path::{Path, PathBuf};

use tch::Device;

use super::machine::Machine;
use super::plan::{self, Cell, Corpora};
use super::{Error, Suite, manifest};
use crate::record::{RunDir, SweepCell, SweepDir, SweepManifest};
use crate::support::shell;

/// Where a sweep reads and writes.
#[derive(Clone, Debug)]
pub struct Options {
    /// Folder of prepared data sets.
    pub data: PathBuf,
    /// Folder of run directories.
    pub runs: PathBuf,
    pub device: Device,
    pub machine: Machine,
    /// Where this process's words are kept, for who looks at a failure.
    pub log: Option<PathBuf>,
    /// Flags of `run-cell` that repeat a cell as it is run here.
    pub flags: Vec<String>,
}

/// A planned sweep: its cells, and the folder of its manifest.
pub struct Sweep {
    pub(super) corpora: Corpora,
    pub(super) cells: Vec<Cell>,
    pub dir: SweepDir,
    pub manifest: SweepManifest,
}

impl Sweep {
    /// Plans a suite and writes its manifest into the folder of runs.
    ///
    /// # Errors
    /// Where the suite cannot be planned, a data set is not prepared, or the manifest not written.
    pub fn plan(suite: &Suite, stem: &str, data: &Path, runs: &Path) -> Result<Self, Error> {
        let sweep = Self::outline(suite, stem, data, runs)?;
        SweepDir::create(runs, &sweep.manifest)?;
        Ok(sweep)
    }

    /// Plans a suite and writes nothing.
    ///
    /// # Errors
    /// Where the suite cannot be planned, or a data set is not prepared.
    pub fn outline(suite: &Suite, stem: &str, data: &Path, runs: &Path) -> Result<Self, Error> {
        let corpora = plan::open_corpora(suite, data)?;
        let cells = plan::cells(suite, &corpora)?;
        let manifest = manifest::manifest(suite, stem, data, &cells)?;
        Ok(Self {
            dir: SweepDir::of(runs, &manifest),
            corpora,
            cells,
            manifest,
        })
    }

    /// One cell of a planned sweep, its prepared data sets in the folder `data`.
    ///
    /// # Errors
    /// [`Error::NoCell`]; [`Error::OtherCell`] where data, encoder or version are no longer those it
    /// was planned with; those of [`Sweep::plan`].
    pub fn cell(dir: SweepDir, index: usize, data: &Path) -> Result<Self, Error> {
        let manifest = dir.read()?;
        let count = manifest.cells.len();
        let Some(entry) = manifest.cells.get(index) else {
            return Err(Error::NoCell { index, count });
        };
        let suite = manifest::suite_of(&manifest, entry)?;
        let corpora = plan::open_corpora(&suite, data)?;
        let mut cells = plan::cells(&suite, &corpora)?;
        cells.retain(|cell| cell.id == entry.run);
        if cells.is_empty() {
            return Err(Error::OtherCell {
                index,
                expected: entry.run.clone(),
            });
        }
        Ok(Self {
            corpora,
            cells,
            dir,
            manifest,
        })
    }

    /// Its entry in the manifest.
    pub(super) fn entry(&self, run: &str) -> Option<&SweepCell> {
        self.manifest.cells.iter().find(|cell| cell.run == run)
    }

    /// The cells that are not done, and how many are.
    pub(super) fn waiting(&self, runs: &Path) -> (Vec<&Cell>, usize) {
        let done = |cell: &&Cell| RunDir::open(runs.join(&cell.id)).is_done();
        let (done, waiting): (Vec<&Cell>, Vec<&Cell>) = self.cells.iter().partition(done);
        (waiting, done.len())
    }

    /// What repeats a cell alone, with the flags it was run with.
    pub(super) fn command(&self, cell: &Cell, flags: &[String]) -> String {
        let index = self.entry(&cell.id).map_or(0, |entry| entry.index);
        command(&self.dir, index, flags)
    }
}

/// What repeats one cell of a sweep, for a shell.
pub fn command(dir: &SweepDir, index: usize, flags: &[String]) -> String {
    let (manifest, index) = (dir.manifest().display().to_string(), index.to_string());
    let words = [
        "lnln-bench",
        "run-cell",
        "--manifest",
        &*manifest,
        "--index",
        &*index,
    ];
    shell::line(words.into_iter().chain(flags.iter().map(String::as_str)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_survives_a_shell() {
        let flags = ["--data", "/my data/it's"].map(str::to_owned);
        let line = command(&SweepDir::open("/my runs/sweeps/s"), 7, &flags);
        let expected = r"lnln-bench run-cell --manifest '/my runs/sweeps/s/manifest.json' --index 7 --data '/my data/it'\''s'";
        assert_eq!(line, expected);
    }
}
