//! From predictions to scores: one per (run, rate, metric), averaged over the run's mask seeds.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::metric::{Metric, Protocol, Undefined, protocol};
use crate::record::{Group, Manifest, Record};

use crate::report::error::{Error, Result};
use crate::report::run::rate::Rate;
use crate::report::stats;

/// A score in the metric's own scale (percentages as fractions), or why there is none.
pub type Value = std::result::Result<f64, String>;

/// A run reduced to what tables need.
#[derive(Clone, Debug)]
pub struct ScoredRun {
    pub manifest: Manifest,
    /// blake3 of the predictions every score comes from.
    pub predictions_hash: String,
    pub manifest_hash: String,
    pub protocol: &'static Protocol,
    /// Curve over missing rates per metric name.
    pub curves: BTreeMap<&'static str, BTreeMap<Rate, Value>>,
}

/// Scores one run by every metric of its data set's protocol.
///
/// # Errors
/// If the protocol is unknown, or the predictions are not exactly one per test clip for every
/// mask seed and rate of the manifest.
pub fn score(record: Record) -> Result<ScoredRun> {
    let protocol = protocol(&record.manifest.dataset.protocol).map_err(|e| Error::Protocol {
        run: record.manifest.id.clone(),
        reason: e.to_string(),
    })?;
    score_by(protocol, record)
}

/// Scores one run by every metric of this protocol; see [`score`].
pub fn score_by(protocol: &'static Protocol, record: Record) -> Result<ScoredRun> {
    let manifest = record.manifest;
    let groups = record.predictions.groups()?;
    check(&manifest, &groups)?;
    let curve = |m: &'static Metric| (m.name, curve(m, &groups));
    let curves = protocol.metrics.iter().map(curve).collect();
    Ok(ScoredRun {
        manifest,
        predictions_hash: record.predictions_hash,
        manifest_hash: record.manifest_hash,
        protocol,
        curves,
    })
}

/// One metric over missing rates, each the mean over mask seeds.
fn curve(metric: &Metric, groups: &[Group]) -> BTreeMap<Rate, Value> {
    let mut by_rate: BTreeMap<Rate, Vec<Value>> = BTreeMap::new();
    for group in groups {
        if let Some(rate) = Rate::new(group.condition.rate) {
            by_rate.entry(rate).or_default().push(value(metric, group));
        }
    }
    by_rate.into_iter().map(|(r, v)| (r, average(v))).collect()
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
    let grid = |seed: u64, rate: f64| (seed, Rate::new(rate));
    let (mask, mut expected) = (&manifest.mask, BTreeSet::new());
    for seed in &mask.seeds {
        expected.extend(mask.rates.iter().map(|r| grid(*seed, *r)));
    }
    let conditions = groups.iter().map(|g| &g.condition);
    let found: BTreeSet<_> = conditions.map(|c| grid(c.mask_seed, c.rate)).collect();
    if found != expected || found.is_empty() || found.len() != groups.len() {
        return Err(Error::Predictions {
            run: manifest.id.clone(),
            expected: format!("for mask seeds {:?} at rates {:?}", mask.seeds, mask.rates),
            found: show_grid(&found),
        });
    }
    Ok(())
}

fn show_grid(found: &BTreeSet<(u64, Option<Rate>)>) -> String {
    let rate = |r: &Option<Rate>| r.map_or("no rate".to_string(), |r| r.to_string());
    let pairs: Vec<_> = found
        .iter()
        .map(|(s, r)| format!("{s}/{}", rate(r)))
        .collect();
    match pairs.is_empty() {
        true => "none".to_string(),
        false => format!("(seed/rate) {}", pairs.join(", ")),
    }
}

fn check_group(manifest: &Manifest, group: &Group) -> Result<()> {
    let c = &group.condition;
    let expected = (&*manifest.dataset.name, "test", &*manifest.mask.family);
    let found = (&*c.dataset, &*c.split, &*c.family);
    let wrong = |expected, found| Error::Predictions {
        run: manifest.id.clone(),
        expected,
        found,
    };
    if found != expected || Rate::new(c.rate).is_none() {
        let show = |(d, s, f), r: &str| format!("of {d}/{s} under {f} masks{r}");
        let rate = format!(" at rate {}", c.rate);
        return Err(wrong(
            show(expected, " at rates in 0 to 1"),
            show(found, &rate),
        ));
    }
    let clips: HashSet<&String> = group.ids.iter().collect();
    let (n, unique) = (manifest.dataset.counts[2], clips.len());
    if group.ids.len() != n || unique != n {
        let expected = format!("for {n} test clips, each once");
        let rows = group.ids.len();
        let found = format!(
            "{rows} for {unique} clips at rate {} of mask seed {}",
            c.rate, c.mask_seed
        );
        return Err(wrong(expected, found));
    }
    Ok(())
}
