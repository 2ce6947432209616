//! What the command says of a model: it must be about one model, and what its stored runs say.

use std::collections::BTreeSet;
use std::path::Path;

use super::Options;
use super::error::{Error, Result};
use super::join::Joined;
use super::write::identity;
use crate::data::dataset::Corpus;
use crate::record::RunDir;
use crate::record::manifest::ModelMetadata;

/// Models a message names before it counts the rest.
const NAMED: usize = 3;

/// An option that describes a model, as given.
struct Said {
    flag: &'static str,
    given: String,
    /// What a stored run has in its place.
    stored: fn(&ModelMetadata) -> String,
}

/// Whether what the options say is about one model, and no run that is there already says otherwise.
/// It is no part of a run's id, so without this it would be dropped in silence.
pub(super) fn check(
    file: &str,
    joined: &[Joined],
    corpus: &Corpus,
    runs: &Path,
    options: &Options,
) -> Result<()> {
    let said = said(options);
    if said.is_empty() {
        return Ok(());
    }
    one_model(file, joined, &said)?;
    as_stored(&stored(joined, corpus, runs)?, said)
}

fn said(options: &Options) -> Vec<Said> {
    let title = options.title.clone().map(|given| Said {
        flag: "--title",
        given,
        stored: |model| model.title.clone(),
    });
    let citation = options.citation.clone().map(|given| Said {
        flag: "--citation",
        given,
        stored: |model| model.citation.clone(),
    });
    let parameters = options.parameters.map(|given| Said {
        flag: "--parameters",
        given: given.to_string(),
        stored: |model| model.parameters.to_string(),
    });
    [title, citation, parameters]
        .into_iter()
        .flatten()
        .collect()
}

fn one_model(file: &str, joined: &[Joined], said: &[Said]) -> Result<()> {
    let models: BTreeSet<&str> = joined.iter().map(|run| &*run.model).collect();
    if models.len() < 2 {
        return Ok(());
    }
    let flags: Vec<&str> = said.iter().map(|s| s.flag).collect();
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
    match text {
        "" => "nothing".to_string(),
        _ => format!("`{text}`"),
    }
}

/// The runs of these predictions that are there already, and what they say of their model.
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

fn as_stored(stored: &[(RunDir, ModelMetadata)], said: Vec<Said>) -> Result<()> {
    for Said {
        flag,
        given,
        stored: says,
    } in said
    {
        let other: Vec<_> = stored.iter().filter(|(_, m)| says(m) != given).collect();
        let Some((_, first)) = other.first() else {
            continue;
        };
        let folders: Vec<String> = other
            .iter()
            .map(|(dir, _)| dir.path().display().to_string())
            .collect();
        return Err(Error::SaidOtherwise {
            flag,
            stored: quoted(&says(first)),
            given: quoted(&given),
            folders: folders.join(" "),
        });
    }
    Ok(())
}
