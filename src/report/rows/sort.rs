//! Sorts runs: a section per data set, a row per model and configuration, a run per seed.

use std::collections::{BTreeMap, BTreeSet};

use super::config::{self, BASELINE, Names, RowKey, RowSettings};
use super::joined::{self, Joined};
use super::row::{ModelRow, ids};
use super::scores::ScoredRun;
use super::section::{Section, Tests};
use super::trained::Trained;
use super::{folds, matched, same_masks};
use crate::mask::{Condition, MASK_PROTOCOLS};
use crate::report::error::{Error, Result};
use crate::support::file_name::file_names;

/// Two runs with the same key can be compared: data set, prepared content, protocol, mask protocol and version,
/// and the data of the training (name and content) where they are others.
type Key = (
    String,
    String,
    String,
    String,
    u32,
    Option<(String, String)>,
);

/// All folds of a data set have one key where there are several of them.
fn key(run: &ScoredRun, pooled: &BTreeSet<String>) -> Key {
    let (d, mask) = (&run.manifest.dataset, &run.mask);
    let (mask_protocol, version) = (mask.mask_protocol.clone(), mask.version);
    let (content, protocol) = (d.content_hash.clone(), d.protocol.clone());
    let whole = folds::whole(d).filter(|_| run.manifest.trained_on.is_none());
    if let Some(whole) = whole.filter(|whole| pooled.contains(whole)) {
        return (whole, String::new(), protocol, mask_protocol, version, None);
    }
    let trained = run.manifest.trained_on.as_ref();
    let trained = trained.map(|data| (data.name.clone(), data.content_hash.clone()));
    (
        d.name.clone(),
        content,
        protocol,
        mask_protocol,
        version,
        trained,
    )
}

/// Sorts runs into sections and rows. Runs of one model that differ in a setting get rows of
/// their own, told apart by that setting; they are never averaged together.
///
/// # Errors
/// [`Error::Twice`] if two runs would fill the same place; [`Error::OtherMasks`] if two were tested
/// under other masks of the same name.
pub fn sections(runs: Vec<ScoredRun>) -> Result<Vec<Section>> {
    let mut by_key: BTreeMap<Key, Vec<ScoredRun>> = BTreeMap::new();
    let pooled = folds::pooled(&runs);
    for run in runs {
        by_key.entry(key(&run, &pooled)).or_default().push(run);
    }
    let names = titles(&by_key.keys().collect::<Vec<_>>(), &by_key);
    let parts = by_key.into_iter().zip(names);
    let sections = parts.map(|((key, runs), (slug, title))| {
        let section = section(runs, slug, title)?;
        Ok((order(&key, &section), section))
    });
    let mut sections: Vec<_> = sections.collect::<Result<_>>()?;
    sections.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(sections.into_iter().map(|(_, section)| section).collect())
}

/// Sections of one data set: missing rates before missing modalities, each in the order of `list masks`.
fn order(key: &Key, section: &Section) -> (String, String, String, bool, usize, Key) {
    let rates = section.conditions.iter().all(|c| c.rate().is_some());
    let listed = MASK_PROTOCOLS.iter().position(|one| one.name() == key.3);
    let listed = listed.unwrap_or(MASK_PROTOCOLS.len());
    (
        key.0.clone(),
        key.1.clone(),
        key.2.clone(),
        !rates,
        listed,
        key.clone(),
    )
}

/// Slug and title of each section: the data set, and what tells it from another section of the same
/// data set.
fn titles(keys: &[&Key], runs: &BTreeMap<Key, Vec<ScoredRun>>) -> Vec<(String, String)> {
    let trained = |k: &Key| k.5.as_ref().map(|(name, _)| name.clone());
    let names = |k: &Key| {
        let mut names = Names::from([
            // Of pooled folds, whose data differ, it is empty.
            (
                "data",
                match k.1.get(..8).unwrap_or(&k.1) {
                    "" => "of all folds".to_string(),
                    content => content.to_string(),
                },
            ),
            ("protocol", k.2.clone()),
            ("masks", format!("{} v{}", k.3, k.4)),
        ]);
        let content =
            k.5.as_ref()
                .map(|(_, content)| content.chars().take(8).collect());
        names.extend(content.map(|content| ("training data", content)));
        names
    };
    let suffix = |k: &&Key| {
        let alike = |o: &&&Key| o.0 == k.0 && trained(o) == trained(k);
        let same: Vec<_> = keys.iter().filter(alike).map(|o| names(o)).collect();
        let place = keys.iter().filter(alike).position(|o| o == k);
        config::suffixes(&same).swap_remove(place.unwrap_or(0))
    };
    let suffixes: Vec<String> = keys.iter().map(suffix).collect();
    let names = keys.iter().zip(&suffixes).map(|(k, suffix)| {
        let trained = trained(k).map(|name| format!("trained on {name}"));
        let parts = [Some(k.0.clone()), trained, Some(suffix.clone())];
        let parts = parts.into_iter().flatten().filter(|part| !part.is_empty());
        parts.collect::<Vec<_>>().join(" ")
    });
    let names: Vec<String> = names.collect();
    let titles = keys.iter().zip(&suffixes).map(|(k, suffix)| {
        let manifest = &runs[*k][0].manifest;
        let d = &manifest.dataset;
        // Of a fold by itself, the number.
        let fold = d.fold.filter(|_| d.name == k.0);
        let fold = fold.map_or_else(String::new, |fold| format!("fold {fold}"));
        let title = labelled(&d.title, &[&fold, suffix.as_str()]);
        match &manifest.trained_on {
            Some(data) => format!("Trained on {}, tested on {title}", data.title),
            None => title,
        }
    });
    file_names(&names).into_iter().zip(titles).collect()
}

fn section(runs: Vec<ScoredRun>, slug: String, title: String) -> Result<Section> {
    let runs = folds::pool(runs)?;
    same_masks::check(&runs)?;
    let protocol = runs[0].protocol;
    let mut by_model: BTreeMap<(String, String), Vec<ScoredRun>> = BTreeMap::new();
    for run in runs {
        by_model.entry(model(&run)).or_default().push(run);
    }
    for runs in by_model.values_mut() {
        *runs = matched::join(std::mem::take(runs))?;
    }
    let trained: BTreeSet<Trained> = by_model
        .values()
        .flatten()
        .filter_map(Trained::of)
        .collect();
    let several = trained.len() > 1;
    let rows: Result<Vec<_>> = by_model
        .into_iter()
        .map(|((m, _), r)| rows(m, r, several))
        .collect();
    let mut rows: Vec<_> = rows?.into_iter().flatten().collect();
    rows.sort_by_key(|(place, row)| (row.baseline, place.clone()));
    let mut rows: Vec<ModelRow> = rows.into_iter().map(|(_, row)| row).collect();
    distinguish(&mut rows);
    rows.iter_mut().for_each(name_training);
    let tested = rows.iter().flat_map(|row| &row.runs);
    let tested = tested.flat_map(|run| &run.mask.conditions).copied();
    let conditions: BTreeSet<Condition> = tested.collect();
    let conditions: Vec<Condition> = conditions.into_iter().collect();
    Ok(Section {
        slug,
        left_out: joined::left_out(&title, &rows, &conditions),
        title,
        protocol,
        metrics: protocol.metrics.iter().collect(),
        conditions,
        rows,
        hidden: Vec::new(),
        reference: None,
        tests: Tests::Skipped("Differences were not tested.".to_string()),
        versions: Vec::new(),
    })
}

/// Name of a run's model; of predictions from elsewhere with the title and the citation that their user gave, since
/// two programs may give two models one name.
fn model(run: &ScoredRun) -> (String, String) {
    let model = &run.manifest.model;
    let stated = run.manifest.external.as_ref();
    let stated = stated.map(|_| format!("{}\n{}", model.title, model.citation));
    (model.name.clone(), stated.unwrap_or_default())
}

/// Puts the model's name behind labels that several rows have: users may give two models one title.
fn distinguish(rows: &mut [ModelRow]) {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for row in rows.iter() {
        *counts.entry(row.label.clone()).or_default() += 1;
    }
    for row in rows {
        if counts[&row.label] > 1 {
            row.label = labelled(&row.label, &[&row.model]);
        }
    }
}

/// Names the data of the training in the configuration of a row that was tested on others.
fn name_training(row: &mut ModelRow) {
    let run = row.runs.first();
    if let Some(data) = run.and_then(|run| run.manifest.trained_on.as_ref()) {
        let trained = format!("trained on {}", data.name);
        let parts = [trained.as_str(), row.configuration.as_str()];
        let parts = parts.into_iter().filter(|part| !part.is_empty());
        row.configuration = parts.collect::<Vec<_>>().join(", ");
    }
}

/// Order of a row: by title and settings, then by its training protocol.
type Place = (String, Option<Trained>);

/// The rows of one model; `several` where the section's models were not all trained on the same.
fn rows(model: String, runs: Vec<ScoredRun>, several: bool) -> Result<Vec<(Place, ModelRow)>> {
    let mut by_settings: BTreeMap<RowKey, Vec<ScoredRun>> = BTreeMap::new();
    for run in runs {
        let trained = Trained::of(&run);
        // A baseline is not trained: a curve of several runs is all that counts.
        let trained = trained.filter(|t| model != BASELINE || *t == Trained::TestedRate);
        let key = (trained, RowSettings::of(&run));
        by_settings.entry(key).or_default().push(run);
    }
    let all: Vec<_> = by_settings.keys().cloned().collect();
    let suffixes = config::row_suffixes(&all).into_iter();
    let parts = all.iter().zip(suffixes).zip(by_settings.into_values());
    let mut rows = Vec::new();
    for (((trained, settings), suffix), runs) in parts {
        let protocol = trained.filter(|_| several).map(Trained::describe);
        for joined in joined::runs(&model, runs) {
            let remarks = [protocol.clone().unwrap_or_default(), suffix.clone()];
            let searched = settings.search.map_or("", |_| "searched");
            let remarks = remarks
                .into_iter()
                .chain([searched.to_owned(), joined.remark.clone()]);
            let remarks: Vec<String> = remarks.filter(|remark| !remark.is_empty()).collect();
            let title = &joined.runs[0].manifest.model.title;
            let place = labelled(title, &[&suffix, searched, &joined.remark]).to_lowercase();
            rows.push(((place, *trained), row(&model, remarks.join(", "), joined)?));
        }
    }
    Ok(rows)
}

/// A title with remarks behind it.
fn labelled(title: &str, remarks: &[&str]) -> String {
    let remarks: Vec<_> = remarks.iter().copied().filter(|r| !r.is_empty()).collect();
    if remarks.is_empty() {
        title.to_string()
    } else {
        format!("{title} ({})", remarks.join(", "))
    }
}

fn row(model: &str, configuration: String, joined: Joined) -> Result<ModelRow> {
    let Joined { mut runs, cut, .. } = joined;
    runs.sort_by_key(|r| r.manifest.seed);
    let baseline = if model == BASELINE { "baseline" } else { "" };
    let label = labelled(&runs[0].manifest.model.title, &[&configuration, baseline]);
    for pair in runs.windows(2) {
        let (a, b) = (&pair[0].manifest, &pair[1].manifest);
        if a.seed == b.seed {
            return Err(Error::Twice {
                first: a.id.clone(),
                second: b.id.clone(),
                row: format!("{label} on {}", a.dataset.name),
                seed: a.seed,
                differ: config::differences(a, b),
            });
        }
    }
    Ok(ModelRow {
        model: model.to_string(),
        configuration,
        label,
        baseline: model == BASELINE,
        derived: false,
        ids: ids(&runs),
        runs,
        cut,
    })
}
