//! Checks a report: builds it again from its runs and compares byte by byte.

use std::fs;
use std::path::{Path, PathBuf};

use super::build::build;
use super::error::{Error, Result};
use super::manifest::{NAME, ReportManifest};
use super::options::Options;
use super::rows::scores::Basis;

/// The result of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// Files that were compared.
    pub files: usize,
    /// Differences, one sentence each.
    pub differences: Vec<String>,
}

/// Builds the report in `dir` again from `roots`, or from the folders it names itself where that is
/// empty, and compares every file. Scores are computed from the predictions again, whatever scores
/// the runs have stored; those that differ are named. Runs whose files changed since they were finished are errors.
///
/// # Errors
/// If `dir` holds no report, or its runs cannot be read or trusted.
pub fn check(dir: &Path, roots: &[PathBuf]) -> Result<Checked> {
    let json = fs::read(dir.join(NAME)).ok();
    let manifest = json.as_deref().and_then(ReportManifest::parse);
    let manifest = manifest.ok_or_else(|| Error::NoReport {
        path: dir.to_path_buf(),
    })?;
    let named: Vec<PathBuf> = manifest.sources.iter().map(|s| dir.join(s)).collect();
    let roots = if roots.is_empty() { &named } else { roots };
    let options = Options {
        masks: manifest.masks(),
        data: manifest
            .options
            .data_source
            .as_ref()
            .map(|data| dir.join(data)),
        ..manifest.options.clone()
    };
    let built = build(roots, &manifest.sources, &options, Basis::Predictions)?;
    let wrong =
        |id: &String| format!("the scores.csv of run {id} is not what its predictions give");
    let mut differences = other_runs(&manifest, &built.files);
    differences.extend(built.wrong_scores.iter().map(wrong));
    for (path, bytes) in &built.files {
        match fs::read(dir.join(path)) {
            Ok(found) if found == *bytes => {}
            Ok(_) => differences.push(format!("{path} is not what the runs give")),
            Err(e) => differences.push(format!("{path} cannot be read: {e}")),
        }
    }
    let given = |path: &String| built.files.iter().any(|(known, _)| known == path);
    let gone = manifest.files.keys().filter(|path| !given(path));
    differences.extend(gone.map(|path| format!("{path} is listed, but the runs do not give it")));
    Ok(Checked {
        files: built.files.len(),
        differences,
    })
}

/// The runs that are lacking now, or were not there when the report was made: they come before the files that differ for it.
fn other_runs(manifest: &ReportManifest, files: &[(String, Vec<u8>)]) -> Vec<String> {
    let again = files.iter().find(|(path, _)| path == NAME);
    let again = again.and_then(|(_, bytes)| ReportManifest::parse(bytes));
    let Some(again) = again else {
        return Vec::new();
    };
    let lacking = |a: &ReportManifest, b: &ReportManifest| {
        let ids = a.runs.keys().filter(|id| !b.runs.contains_key(*id));
        ids.cloned().collect::<Vec<String>>()
    };
    let gone = lacking(manifest, &again).into_iter();
    let gone = gone.map(|id| format!("run {id} is in the report and not among the runs now"));
    let new = lacking(&again, manifest).into_iter();
    let new = new.map(|id| format!("run {id} is among the runs now and not in the report"));
    gone.chain(new).collect()
}
