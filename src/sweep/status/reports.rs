//! Finds the runs that reports use.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::record::Error;
use crate::record::error::io;
use crate::report::manifest::{self, ReportManifest};

/// Reports, and the runs they use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// Folders of the reports.
    pub reports: BTreeSet<PathBuf>,
    /// Ids of the runs behind their numbers.
    pub runs: BTreeSet<String>,
}

impl Used {
    /// Adds the reports in `folder` and in `depth` levels of folders below; nothing where there is no
    /// such folder.
    ///
    /// # Errors
    /// If a report's manifest cannot be read: the runs it uses are then unknown.
    pub fn find_below(&mut self, folder: &Path, depth: usize) -> Result<(), Error> {
        self.add(folder)?;
        if depth == 0 {
            return Ok(());
        }
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| !kind.is_file()));
        for entry in folders {
            self.find_below(&entry.path(), depth - 1)?;
        }
        Ok(())
    }

    fn add(&mut self, folder: &Path) -> Result<(), Error> {
        let path = folder.join(manifest::NAME);
        if !path.is_file() {
            return Ok(());
        }
        let json = fs::read(&path).map_err(io("read", &path))?;
        match ReportManifest::run_ids(&json) {
            Some(runs) => {
                self.reports.insert(folder.to_owned());
                self.runs.extend(runs);
            }
            None if String::from_utf8_lossy(&json).contains(manifest::KIND) => {
                let damaged = std::io::Error::other("the report's manifest is damaged");
                return Err(io("read", &path)(damaged));
            }
            None => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_are_found_below_and_damaged_ones_are_errors() {
        let root = tempfile::tempdir().unwrap();
        let write = |name: &str, json: &str| {
            let folder = root.path().join(name);
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join(manifest::NAME), json).unwrap();
        };
        let report =
            |run: &str| format!(r#"{{"kind":"lnln-bench report","runs":{{"{run}":{{}}}}}}"#);
        write("reports/one", &report("a"));
        write("reports", &report("b"));
        write("run", r#"{"format":2,"id":"c"}"#);
        let mut used = Used::default();
        used.find_below(root.path(), 2).unwrap();
        assert_eq!(used.runs, ["a", "b"].map(String::from).into());
        assert_eq!(used.reports.len(), 2);
        write("reports/two", &report("d")[..40]);
        assert!(used.find_below(root.path(), 2).is_err());
        used.find_below(&root.path().join("none"), 2).unwrap();
    }
}
