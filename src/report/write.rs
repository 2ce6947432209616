//! Writes a report to its folder.

use std::fs;
use std::path::{Component, Path, PathBuf};

use super::build::build;
use super::error::{Error, Result};
use super::findings::SectionFindings;
use super::format::EXPORTERS;
use super::manifest::{self, ReportManifest};
use super::options::Options;
use crate::record::RunDir;
use crate::record::error::io;
use crate::report::rows::joined::LeftOut;
use crate::report::rows::reference::Reference;
use crate::report::rows::scores::Basis;
use crate::report::table::{TABLES, Table};
use crate::support::file_name::words;
use crate::support::fs::{is_temporary, write_all_atomic};

/// A report on disk.
#[derive(Clone, Debug)]
pub struct Written {
    pub dir: PathBuf,
    /// Paths within `dir`, in the order they were written.
    pub files: Vec<String>,
    /// The overview table of each section.
    pub overviews: Vec<Table>,
    /// The row of each section that others are tested against, and why.
    pub references: Vec<Reference>,
    /// Conditions at which rows lack numbers that others have.
    pub left_out: Vec<LeftOut>,
    /// Doubts about rows that are shown side by side, a sentence each.
    pub warnings: Vec<String>,
    /// What each section's numbers say.
    pub findings: Vec<SectionFindings>,
    /// Numbers of tables and figures.
    pub tables: usize,
    pub figures: usize,
    /// Runs the report rests on.
    pub runs: usize,
    /// Runs that were passed over because they have no `DONE`.
    pub unfinished: Vec<RunDir>,
    /// Evaluations of finished runs that were passed over because they have no `DONE`.
    pub incomplete: Vec<PathBuf>,
}

/// Folders within a report.
const FOLDERS: [&str; 2] = ["figures", TABLES];

/// Writes the report of all finished runs in `roots` (folders of runs, or single runs) to `out`:
/// the files of [`EXPORTERS`], `tables/*.tex`, `figures/*.svg` (and `.pdf` and `.png` if asked for), and last `manifest.json`.
/// The same runs give the same bytes. Figures and files of one table of an earlier report in `out`
/// that this one lacks are removed.
///
/// # Errors
/// If a run cannot be trusted or two runs have one row and seed ([`Error`] names them), or `out` holds
/// something else. Nothing is written before all runs are read.
pub fn write_report<P: AsRef<Path>>(roots: &[P], out: &Path, options: &Options) -> Result<Written> {
    let earlier = earlier(out)?;
    let sources: Vec<String> = roots.iter().map(|r| relative(r.as_ref(), out)).collect();
    let options = &Options {
        data_source: options.data.as_ref().map(|data| relative(data, out)),
        ..options.clone()
    };
    let built = build(roots, &sources, options, Basis::Stored)?;
    save(out, &built.files, earlier.as_ref())?;
    Ok(Written {
        dir: out.to_path_buf(),
        files: built.files.into_iter().map(|(path, _)| path).collect(),
        overviews: built.overviews,
        references: built.references,
        left_out: built.left_out,
        warnings: built.warnings,
        findings: built.findings,
        tables: built.tables,
        figures: built.figures,
        runs: built.runs,
        unfinished: built.unfinished,
        incomplete: built.incomplete,
    })
}

/// Paths of the files of the report that `out` holds already, if any.
fn earlier(out: &Path) -> Result<Option<Vec<String>>> {
    let path = out.to_path_buf();
    if !out.exists() && out.is_symlink() {
        return Err(Error::DanglingLink { path });
    }
    if out.exists() && !out.is_dir() {
        return Err(Error::InTheWay { path });
    }
    if let Ok(json) = fs::read(out.join(manifest::NAME)) {
        let paths = ReportManifest::paths(&json);
        return paths.map(Some).ok_or(Error::InTheWay { path });
    }
    // A report that was interrupted has no manifest yet; its files may be overwritten.
    let known = |name: &str| {
        let exported = EXPORTERS.iter().any(|exporter| exporter.file == name);
        exported || FOLDERS.contains(&name) || is_temporary(name)
    };
    let mut entries = fs::read_dir(out).into_iter().flatten().flatten();
    if entries.all(|e| known(&e.file_name().to_string_lossy())) {
        Ok(None)
    } else {
        Err(Error::InTheWay { path })
    }
}

fn save(out: &Path, files: &[(String, Vec<u8>)], earlier: Option<&Vec<String>>) -> Result<()> {
    for folder in FOLDERS {
        let folder = out.join(folder);
        fs::create_dir_all(&folder).map_err(io("create", &folder))?;
    }
    let paths: Vec<(PathBuf, &[u8])> = files
        .iter()
        .map(|(path, bytes)| (out.join(path), &bytes[..]))
        .collect();
    // The manifest holds the hashes of the others, so it is written after them.
    let (others, manifest) = paths.split_at(paths.len().saturating_sub(1));
    write_all_atomic(others)?;
    write_all_atomic(manifest)?;
    let kept = |path: &String| files.iter().any(|(p, _)| p == path);
    // Only names of the form that is written here: the manifest may have been edited.
    let written_here = |path: &String| {
        let (folder, file) = path.split_once('/').unwrap_or_default();
        let (name, extension) = file.split_once('.').unwrap_or_default();
        let extensions: &[&str] = if folder == TABLES {
            &["tex", "csv"]
        } else {
            &["svg", "png", "pdf"]
        };
        FOLDERS.contains(&folder) && words(name) == name && extensions.contains(&extension)
    };
    let old = earlier.into_iter().flatten();
    for path in old.filter(|p| written_here(p) && !kept(p)) {
        let path = out.join(path);
        if path.exists() {
            fs::remove_file(&path).map_err(io("remove", &path))?;
        }
    }
    Ok(())
}

/// `to` as a path from `from`, with `/` between its parts, so that a report can be moved with its
/// runs; `to` as given where it does not exist.
fn relative(to: &Path, from: &Path) -> String {
    let (Some(to_path), Some(from_path)) = (absolute(to), absolute(from)) else {
        return to.display().to_string();
    };
    let (to, from): (Vec<Component>, Vec<Component>) = (
        to_path.components().collect(),
        from_path.components().collect(),
    );
    let shared = to.iter().zip(&from).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n("..".to_string(), from.len() - shared);
    let down = to[shared..]
        .iter()
        .map(|c| c.as_os_str().to_string_lossy().into_owned());
    let parts: Vec<String> = up.chain(down).collect();
    if parts.is_empty() {
        ".".to_string()
    } else {
        parts.join("/")
    }
}

/// A path from the root without links, also where its last parts do not exist yet.
fn absolute(path: &Path) -> Option<PathBuf> {
    let path = std::path::absolute(path).ok()?;
    let known = path.ancestors().find(|p| p.exists())?;
    let rest = path.strip_prefix(known).ok()?;
    Some(known.canonicalize().ok()?.join(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_paths_lead_up_and_down() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        std::fs::create_dir(at("runs")).unwrap();
        assert_eq!(relative(&at("runs"), &at("reports/new")), "../../runs");
        assert_eq!(relative(&at("runs"), &at("runs")), ".");
    }
}
