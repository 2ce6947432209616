//! Compares versions of a data set, such as transcripts and the text of a recognizer: each model with itself,
//! by the seeds that both versions have, on the same samples.

use std::collections::BTreeSet;

use super::compare::{Numbers, number};
use super::comparison::{Family, VersionComparison, VersionLine};
use super::predicted::PredictedRow;
use crate::data::dataset::DatasetName;
use crate::mask::Condition;
use crate::metric::Metric;
use crate::report::error::Result;
use crate::report::rows::aggregate::{Aggregate, SeedSummary};
use crate::report::rows::row::{ModelRow, ids};
use crate::report::rows::section::Section;

/// Adds to every section its comparisons with the versions before it, by the metric of its primary tests.
///
/// # Errors
/// If predictions cannot be read again.
pub fn compare(mut sections: Vec<Section>) -> Result<Vec<Section>> {
    for later in 1..sections.len() {
        let (before, rest) = sections.split_at(later);
        let own = &rest[0];
        let others = before.iter().filter(|other| is_version(own, other));
        let found = others.map(|other| pair(own, other));
        let found: Result<Vec<Option<VersionComparison>>> = found.collect();
        sections[later].versions = found?.into_iter().flatten().collect();
    }
    Ok(sections)
}

/// Whether both are of one data set under the same masks and metrics, in different versions.
fn is_version(a: &Section, b: &Section) -> bool {
    let key = |section: &Section| {
        let run = section.runs().next()?;
        if run.manifest.trained_on.is_some() {
            return None;
        }
        let name = DatasetName::of(&run.manifest.dataset.name);
        let version = name.version.map(str::to_owned);
        let alike = (
            name.base.to_owned(),
            name.fold,
            section.masks(),
            section.protocol.name,
        );
        Some((alike, version))
    };
    match (key(a), key(b)) {
        (Some((a, of_a)), Some((b, of_b))) => a == b && of_a != of_b,
        _ => false,
    }
}

fn pair(own: &Section, other: &Section) -> Result<Option<VersionComparison>> {
    let metric = own.comparison().and_then(|found| found.plan.primary);
    let metric = metric.and_then(|name| own.protocol.metric(name));
    let Some(metric) = metric.filter(|metric| metric.sums.is_some()) else {
        return Ok(None);
    };
    let (mut lines, mut unpaired) = (Vec::new(), Vec::new());
    for row in own.own_rows().filter(|row| !row.baseline) {
        let same = |it: &&ModelRow| it.model == row.model && it.configuration == row.configuration;
        let Some(theirs) = other.own_rows().find(same) else {
            continue;
        };
        match both(own, other, metric, [row, theirs])? {
            Some(found) => lines.extend(found),
            None => unpaired.push(row.label.clone()),
        }
    }
    let found = VersionComparison {
        other: (other.slug.clone(), other.title.clone()),
        metric,
        lines,
        unpaired,
    };
    Ok((!found.lines.is_empty() || !found.unpaired.is_empty()).then_some(found))
}

/// The numbers of a row on both versions; `None` where their samples or labels differ, or no seed is shared.
fn both(
    own: &Section,
    other: &Section,
    metric: &'static Metric,
    rows: [&ModelRow; 2],
) -> Result<Option<Vec<VersionLine>>> {
    let Some(sums) = metric.sums else {
        return Ok(None);
    };
    let seeds = rows.map(|row| row.runs.iter().map(|run| run.manifest.seed));
    let [a, b] = seeds.map(Iterator::collect::<BTreeSet<u64>>);
    let [a, b] = rows.map(|row| with_seeds(row, &(&a & &b)));
    let predicted = [PredictedRow::new(own, &a)?, PredictedRow::new(other, &b)?];
    let samples = predicted.each_ref().map(|row| row.samples.values().next());
    let [Some(first), Some(second)] = samples else {
        return Ok(None);
    };
    if !first.pairs_with(second) {
        return Ok(None);
    }
    let shared = predicted[0].conditions.iter();
    let shared = shared.filter(|condition| predicted[1].conditions.contains(condition));
    let shared: Vec<Condition> = shared.copied().collect();
    let values = predicted
        .each_ref()
        .map(|row| row.pseudo_values(metric.name, sums));
    let overall = Aggregate::overall(&shared);
    let points = shared.iter().copied().map(Aggregate::At);
    let all = std::iter::once(overall.clone()).chain(points.filter(|one| *one != overall));
    let line = |aggregate: Aggregate| {
        let numbers = Numbers {
            own: number(&a, metric, &aggregate, &values[0]),
            reference: number(&b, metric, &aggregate, &values[1]),
            aggregate: &aggregate,
        };
        let test = numbers.test(Family::Usual, None)?;
        let summary = |row: &ModelRow| match aggregate.over_seeds(&row.runs, metric.name) {
            SeedSummary::Known(summary) => Some(summary),
            _ => None,
        };
        Some(VersionLine {
            row: (a.model.clone(), a.configuration.clone()),
            label: a.label.clone(),
            own: summary(&a)?,
            theirs: summary(&b)?,
            runs: [&a, &b].map(|row| row.ids_at(&aggregate.conditions())),
            aggregate,
            test,
        })
    };
    Ok(Some(all.filter_map(line).collect()))
}

/// A row with the runs of these seeds alone.
fn with_seeds(row: &ModelRow, seeds: &BTreeSet<u64>) -> ModelRow {
    let runs = row.runs.iter();
    let runs: Vec<_> = runs
        .filter(|run| seeds.contains(&run.manifest.seed))
        .cloned()
        .collect();
    ModelRow {
        ids: ids(&runs),
        runs,
        ..row.clone()
    }
}
