//! Runs every case below a folder.

use std::path::{Path, PathBuf};

use crate::support::Progress;

use super::{Comparison, Error, masks, metrics};

/// What came of a folder of cases.
#[derive(Debug, Default)]
pub struct Report {
    pub comparisons: Vec<Comparison>,
    /// Cases this build has nothing to hold against, with the reason.
    pub skipped: Vec<String>,
}

/// Where, in which precision and by which engine models are run.
#[cfg(feature = "torch")]
pub type Setting = super::models::Setting;

/// Nothing to choose in a build without models.
#[cfg(not(feature = "torch"))]
pub type Setting = ();

/// Checks every case below `folder`, in name order, models under `setting` in double and in single
/// precision.
///
/// # Errors
/// [`Error`] where the folder or a case cannot be read.
pub fn run(folder: &Path, setting: Setting, progress: &Progress) -> Result<Report, Error> {
    let mut report = Report::default();
    let all = folders(folder)?;
    let bar = progress.bar("selftest", all.len() as u64, "folders");
    for (position, (below, files)) in all.iter().enumerate() {
        let name = below.strip_prefix(folder).unwrap_or(below);
        bar.update(position as u64, name.to_string_lossy());
        check(below, files, setting, &mut report)?;
    }
    bar.finish();
    Ok(report)
}

/// `folder` and those below it, in name order, each before its own, with their files.
fn folders(folder: &Path) -> Result<Vec<(PathBuf, Vec<PathBuf>)>, Error> {
    let (below, files) = entries(folder)?;
    let mut all = vec![(folder.to_owned(), files)];
    for folder in below {
        all.extend(folders(&folder)?);
    }
    Ok(all)
}

fn check(
    folder: &Path,
    files: &[PathBuf],
    setting: Setting,
    report: &mut Report,
) -> Result<(), Error> {
    let has = |name: &str| files.iter().any(|file| file.ends_with(name));
    let any = |extension: &str| {
        files
            .iter()
            .any(|file| file.extension().is_some_and(|known| known == extension))
    };
    if has("case.json") {
        model_case(folder, setting, report)?;
    } else if has("schedule.json") || has("plateau.json") {
        schedule_case(folder, report)?;
    } else if any("safetensors") {
        report.comparisons.extend(masks::run(folder)?);
    } else if any("json") {
        report.comparisons.extend(metrics::run(folder)?);
    }
    Ok(())
}

#[cfg(feature = "torch")]
fn model_case(folder: &Path, setting: Setting, report: &mut Report) -> Result<(), Error> {
    use tch::Kind;
    // For proof, and in the precision of training.
    for (kind, suffix) in [(Kind::Double, ""), (Kind::Float, ", float32")] {
        let setting = Setting { kind, ..setting };
        let Some(comparisons) = super::models::run(folder, setting)? else {
            let reason = format!("{}: no such model is built in", folder.display());
            report.skipped.push(reason);
            return Ok(());
        };
        let named = |comparison: Comparison| Comparison {
            case: comparison.case.clone() + suffix,
            ..comparison
        };
        report
            .comparisons
            .extend(comparisons.into_iter().map(named));
    }
    Ok(())
}

#[cfg(feature = "torch")]
fn schedule_case(folder: &Path, report: &mut Report) -> Result<(), Error> {
    report.comparisons.extend(super::schedule::run(folder)?);
    Ok(())
}

#[cfg(not(feature = "torch"))]
fn model_case(folder: &Path, (): Setting, report: &mut Report) -> Result<(), Error> {
    report
        .skipped
        .push(format!("{}: this build has no libtorch", folder.display()));
    Ok(())
}

#[cfg(not(feature = "torch"))]
fn schedule_case(folder: &Path, report: &mut Report) -> Result<(), Error> {
    model_case(folder, (), report)
}

/// Sub-folders and files of a folder, each in name order.
fn entries(folder: &Path) -> Result<(Vec<PathBuf>, Vec<PathBuf>), Error> {
    let io = |reason| Error::Io {
        path: folder.to_owned(),
        reason,
    };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(io)? {
        paths.push(entry.map_err(io)?.path());
    }
    paths.sort();
    Ok(paths.into_iter().partition(|path| path.is_dir()))
}
