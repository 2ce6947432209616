//! From predictions to scores: one per (run, rate, metric), averaged over the run's mask seeds.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::mask::Level;
use crate::metric::{Metric, Protocol, Undefined, protocol};
use crate::record::manifest::MaskFacts;
use crate::record::{Group, Manifest, Record};

use crate::report::error::{Error, Result};
use crate::report::run::rate::Rate;
use crate::report::stats;

/// A score in the metric's own scale (percentages as fractions), or why there is none.
pub type Value = std::result::Result<f64, String>;

/// A run under one mask family, reduced to what tables need.
#[derive(Clone, Debug)]
pub struct ScoredRun {
    pub manifest: Manifest,
    /// The family's entry of the manifest.
    pub mask: MaskFacts,
    /// blake3 of the predictions every score comes from.
    pub predictions_hash: String,
    pub manifest_hash: String,
    pub protocol: &'static Protocol,
    /// Curve over missing rates per metric name; empty where no level is one rate.
    pub curves: BTreeMap<&'static str, BTreeMap<Rate, Value>>,
    /// Score at every level, rates included, per metric name.
    pub levels: BTreeMap<&'static str, BTreeMap<Level, Value>>,
}

/// Scores one run by every metric of its data set's protocol, once per mask family.
///
/// # Errors
/// If the protocol is unknown, or the predictions are not exactly one per test clip for every
/// mask seed and level of the manifest.
pub fn score(record: Record) -> Result<Vec<ScoredRun>> {
    let protocol = protocol(&record.manifest.dataset.protocol).map_err(|e| Error::Protocol {
        run: record.manifest.id.clone(),
        reason: e.to_string(),
    })?;
    score_by(protocol, record)
}

/// Scores one run by every metric of this protocol; see [`score`].
pub fn score_by(protocol: &'static Protocol, record: Record) -> Result<Vec<ScoredRun>> {
    let manifest = &record.manifest;
    let groups = record.predictions.groups()?;
    check(manifest, &groups)?;
    let family = |mask: &MaskFacts| {
        let of = |group: &&Group| group.condition.family == mask.family;
        let groups: Vec<&Group> = groups.iter().filter(of).collect();
        let scores = |m: &'static Metric| (m.name, by_level(m, &groups));
        let levels: BTreeMap<_, _> = protocol.metrics.iter().map(scores).collect();
        ScoredRun {
            manifest: manifest.clone(),
            mask: mask.clone(),
            predictions_hash: record.predictions_hash.clone(),
            manifest_hash: record.manifest_hash.clone(),
            protocol,
            curves: levels.iter().map(|(name, v)| (*name, curve(v))).collect(),
            levels,
        }
    };
    Ok(manifest.masks.iter().map(family).collect())
}

/// One metric at every level, each the mean over mask seeds.
fn by_level(metric: &Metric, groups: &[&Group]) -> BTreeMap<Level, Value> {
    let mut levels: BTreeMap<Level, Vec<Value>> = BTreeMap::new();
    for group in groups {
        let scores = levels.entry(group.condition.level).or_default();
        scores.push(value(metric, group));
    }
    levels.into_iter().map(|(l, v)| (l, average(v))).collect()
}

/// The levels that are one rate.
fn curve(levels: &BTreeMap<Level, Value>) -> BTreeMap<Rate, Value> {
    let rates = levels
        .iter()
        .filter_map(|(level, value)| Some((Rate::new(level.rate()?)?, value.clone())));
    rates.collect()
}

fn value(metric: &Metric, group: &Group) -> Value {
    let score = (metric.compute)(&group.prediction, &group.truth).map_err(reason)?;
    match score.is_finite() {
        true => Ok(score),
        false => Err("the score is not finite".to_string()),
    }
}

/// The reason without the clip's number, so that one footnote serves every cell.
fn reason(undefined: Undefined) -> String {
    match undefined {
        Undefined::NonFinitePrediction { .. } => "some predictions are not finite".to_string(),
        other => other.to_string(),
    }
}

/// The mean of all, or the first reason why one is missing: a mean over the rest would flatter.
pub fn average(values: impl IntoIterator<Item = Value>) -> Value {
    let values: Vec<f64> = values.into_iter().collect::<std::result::Result<_, _>>()?;
    stats::mean(&values).ok_or_else(|| "there is no value".to_string())
}

/// Whether the predictions are the ones the manifest speaks of, no more and no less.
fn check(manifest: &Manifest, groups: &[Group]) -> Result<()> {
    for group in groups {
        check_group(manifest, group)?;
    }
    let mut expected = BTreeSet::new();
    for mask in &manifest.masks {
        for seed in &mask.seeds {
            let grid = |level: &Level| (mask.family.as_str(), *seed, *level);
            expected.extend(mask.levels.iter().map(grid));
        }
    }
    let conditions = groups.iter().map(|g| &g.condition);
    let found: BTreeSet<_> = conditions
        .map(|c| (c.family.as_str(), c.mask_seed, c.level))
        .collect();
    if found != expected || found.is_empty() || found.len() != groups.len() {
        return Err(Error::Predictions {
            run: manifest.id.clone(),
            expected: format!("under (masks/seed/level) {}", show_grid(&expected)),
            found: show_grid(&found),
        });
    }
    Ok(())
}

fn show_grid(found: &BTreeSet<(&str, u64, Level)>) -> String {
    let cells: Vec<_> = found
        .iter()
        .map(|(f, s, l)| format!("{f}/{s}/{l}"))
        .collect();
    match cells.is_empty() {
        true => "none".to_string(),
        false => cells.join(", "),
    }
}

fn check_group(manifest: &Manifest, group: &Group) -> Result<()> {
    let c = &group.condition;
    let expected = (&*manifest.dataset.name, "test");
    let found = (&*c.dataset, &*c.split);
    let wrong = |expected, found| Error::Predictions {
        run: manifest.id.clone(),
        expected,
        found,
    };
    if found != expected {
        let show = |(d, s): (&str, &str)| format!("of {d}/{s}");
        return Err(wrong(show(expected), show(found)));
    }
    let clips: HashSet<&String> = group.ids.iter().collect();
    let (n, unique) = (manifest.dataset.counts[2], clips.len());
    if group.ids.len() != n || unique != n {
        let expected = format!("for {n} test clips, each once");
        let rows = group.ids.len();
        let found = format!(
            "{rows} for {unique} clips at level {} of {} masks, seed {}",
            c.level, c.family, c.mask_seed
        );
        return Err(wrong(expected, found));
    }
    Ok(())
}
