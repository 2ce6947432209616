//! Turns a suite into an immutable list of runs, and a stored run back into its suite.

use std::path::{Path, PathBuf};

use super::plan::PlannedRun;
use super::train_on;
use super::{Error, Suite};
use crate::record::{SweepDir, SweepManifest, SweepRun};
use crate::support::shell;
use crate::train::EncoderSpec;

/// The manifest of a suite's runs; `stem` becomes part of its name, `data` is the folder of prepared
/// data sets.
///
/// # Errors
/// [`Error::Io`] where `data` or an encoder's folder cannot be found; [`Error::Unexpected`].
pub fn manifest(
    suite: &Suite,
    stem: &str,
    data: &Path,
    runs: &[PlannedRun],
) -> Result<SweepManifest, Error> {
    let suite = with_absolute_encoders(suite)?;
    let suite = serde_json::to_value(suite).map_err(|e| Error::Unexpected(e.to_string()))?;
    let runs = runs.iter().enumerate().map(entry).collect();
    Ok(SweepManifest::new(stem, absolute(data)?, suite, runs))
}

fn entry((index, run): (usize, &PlannedRun)) -> SweepRun {
    SweepRun {
        index,
        id: run.id.clone(),
        dataset: run.dataset.clone(),
        model: run.choice.name(),
        seed: run.seed,
        noise: run.config.noise.clone(),
        selection: run.config.selection.rule,
        epochs: if run.choice.entry.trained {
            run.recipe.epochs
        } else {
            0
        },
        masks: run.masks.clone(),
    }
}

/// The suite of a manifest, for one of its runs alone: no other data set is opened for it.
///
/// # Errors
/// [`Error::Unexpected`] where the manifest's suite is of another version.
pub fn suite_of(manifest: &SweepManifest, run: &SweepRun) -> Result<Suite, Error> {
    let suite = serde_json::from_value::<Suite>(manifest.suite.clone());
    let mut suite = suite.map_err(|e| {
        Error::Unexpected(format!(
            "the suite of sweep {} is not one of this version ({e}); plan it again with `lnln-bench run`",
            manifest.id
        ))
    })?;
    suite.datasets = vec![run.dataset.clone()];
    suite
        .models
        .retain(|model| train_on::name(model) == run.model);
    suite.seeds = vec![run.seed];
    let base = run.model.split(':').next().unwrap_or_default();
    suite
        .model
        .retain(|name, _| *name == run.model || name == base);
    Ok(suite)
}

/// Encoder folders as seen from any working directory.
fn with_absolute_encoders(suite: &Suite) -> Result<Suite, Error> {
    let mut suite = suite.clone();
    for encoder in std::iter::once(&mut suite.encoder).chain(suite.encoders.values_mut()) {
        if let EncoderSpec::Bert(folder) | EncoderSpec::Frozen(folder) = encoder {
            *folder = absolute(folder)?;
        }
    }
    Ok(suite)
}

fn absolute(path: &Path) -> Result<PathBuf, Error> {
    std::path::absolute(path).map_err(|e| Error::io(path, e))
}

/// The command that repeats one run of a sweep, for a shell.
pub fn command(dir: &SweepDir, index: usize, flags: &[String]) -> String {
    let (manifest, index) = (dir.manifest().display().to_string(), index.to_string());
    let words = [
        "lnln-bench",
        "run-one",
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
        let expected = r"lnln-bench run-one --manifest '/my runs/sweeps/s/manifest.json' --index 7 --data '/my data/it'\''s'";
        assert_eq!(line, expected);
    }
}
