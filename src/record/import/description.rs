//! Checks the options that describe a model: they need a file of one model, and must agree with its
//! stored runs.

use std::collections::BTreeSet;
use std::path::Path;

use super::Options;
use super::error::{Error, Result};
use super::join::Joined;
use super::verify::Verified;
use super::write::identity;
use crate::data::dataset::Corpus;
use crate::record::RunDir;
use crate::record::manifest::ModelMetadata;

/// Models a message names before it counts the rest.
const NAMED: usize = 3;

/// An option that describes a model, as given.
struct Description {
    flag: &'static str,
    given: String,
    /// The value that a stored run has.
    stored: fn(&ModelMetadata) -> String,
}

/// Checks that the options describe one model, and that no existing run has other values. They are no
/// part of a run's id, so without this check they would be dropped in silence.
pub(super) fn check(
    file: &str,
    joined: &[Joined],
    corpus: &Corpus,
    runs: &Path,
    options: &Options,
    verified: &Verified,
) -> Result<()> {
    if !verified.is_empty() {
        unverified(joined, corpus, runs)?;
    }
    let descriptions = descriptions(options);
    if descriptions.is_empty() {
        return Ok(());
    }
    one_model(file, joined, &descriptions)?;
    as_stored(&stored(joined, corpus, runs)?, descriptions)
}

fn descriptions(options: &Options) -> Vec<Description> {
    let title = options.title.clone().map(|given| Description {
        flag: "--title",
        given,
        stored: |model| model.title.clone(),
    });
    let citation = options.citation.clone().map(|given| Description {
        flag: "--citation",
        given,
        stored: |model| model.citation.clone(),
    });
    let parameters = options.parameters.map(|given| Description {
        flag: "--parameters",
        given: given.to_string(),
        stored: |model| model.parameters.map_or(String::new(), |n| n.to_string()),
    });
    [title, citation, parameters]
        .into_iter()
        .flatten()
        .collect()
}

/// Checks that no existing run of these predictions was scored without the hashes of its masks.
fn unverified(joined: &[Joined], corpus: &Corpus, runs: &Path) -> Result<()> {
    let dirs = joined
        .iter()
        .map(|run| RunDir::open(runs.join(identity(run, corpus))));
    let mut folders = Vec::new();
    for dir in dirs.filter(RunDir::is_done) {
        let masks = dir.sealed()?.manifest.masks;
        if masks.iter().any(|masks| masks.variants.is_empty()) {
            folders.push(dir.path().display().to_string());
        }
    }
    if folders.is_empty() {
        Ok(())
    } else {
        Err(Error::OtherDescription {
            flag: "mask_hash",
            stored: "nothing".to_string(),
            given: "a column of hashes".to_string(),
            folders: folders.join(" "),
        })
    }
}

fn one_model(file: &str, joined: &[Joined], descriptions: &[Description]) -> Result<()> {
    let models: BTreeSet<&str> = joined.iter().map(|run| &*run.model).collect();
    if models.len() < 2 {
        return Ok(());
    }
    let flags: Vec<&str> = descriptions.iter().map(|d| d.flag).collect();
    let mut names: Vec<&str> = models.iter().copied().take(NAMED).collect();
    if models.len() > NAMED {
        names.push("...");
    }
    Err(Error::SeveralModels {
        file: file.to_string(),
        flags: flags.join(", "),
        count: models.len(),
        models: names.join(", "),
    })
}

fn quoted(text: &str) -> String {
    if text.is_empty() {
        "nothing".to_string()
    } else {
        format!("`{text}`")
    }
}

/// The existing runs of these predictions, with their models.
fn stored(joined: &[Joined], corpus: &Corpus, runs: &Path) -> Result<Vec<(RunDir, ModelMetadata)>> {
    let dirs = joined
        .iter()
        .map(|run| RunDir::open(runs.join(identity(run, corpus))));
    dirs.filter(RunDir::is_done)
        .map(|dir| -> Result<(RunDir, ModelMetadata)> {
            let model = dir.sealed()?.manifest.model;
            Ok((dir, model))
        })
        .collect()
}

fn as_stored(stored: &[(RunDir, ModelMetadata)], descriptions: Vec<Description>) -> Result<()> {
    for Description {
        flag,
        given,
        stored: value,
    } in descriptions
    {
        let other: Vec<_> = stored.iter().filter(|(_, m)| value(m) != given).collect();
        let Some((_, first)) = other.first() else {
            continue;
        };
        let folders: Vec<String> = other
            .iter()
            .map(|(dir, _)| dir.path().display().to_string())
            .collect();
        return Err(Error::OtherDescription {
            flag,
            stored: quoted(&value(first)),
            given: quoted(&given),
            folders: folders.join(" "),
        });
    }
    Ok(())
}
