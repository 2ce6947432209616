//! Models tested on other data than those of their training: the change, sample by sample where both have it.

mod pairs;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::detail::table::DetailTables;
use super::detail::{DetailRow, Number};
use super::error::Result;
use super::origin::{Origin, RunSet};
use super::rows::aggregate::Aggregate;
use super::rows::row::ModelRow;
use super::rows::section::Section;
use super::table::Table;
use crate::mask::Condition;
use crate::record::manifest::ELSEWHERE;
use pairs::{Pair, RowPairs};

/// The changes of a section whose rows were trained on other data: by every condition, mean and area that
/// both tests have, the metric here less that on the training's own data. None in other sections.
///
/// # Errors
/// If predictions cannot be read again.
pub fn changes(section: &Section) -> Result<Vec<DetailRow>> {
    if section.trained_on().is_none() {
        return Ok(Vec::new());
    }
    let rows = section.rows.par_iter().enumerate();
    let rows = rows.filter(|(_, row)| !row.baseline && !row.derived);
    let found: Result<Vec<Vec<DetailRow>>> = rows
        .map(|(index, row)| of_row(section, index, row))
        .collect();
    Ok(found?.into_iter().flatten().collect())
}

fn of_row(section: &Section, index: usize, row: &ModelRow) -> Result<Vec<DetailRow>> {
    let Some(pairs) = RowPairs::of(row)? else {
        return Ok(Vec::new());
    };
    let tested = section.comparison().is_some();
    let aggregates = Aggregate::all(&pairs.conditions);
    let mut found: Vec<DetailRow> = aggregates
        .iter()
        .map(|aggregate| DetailRow {
            row: index,
            part: aggregate.title(),
            aggregate: name(aggregate),
            origin: origin(row, aggregate.conditions()),
            numbers: BTreeMap::new(),
        })
        .collect();
    for metric in &section.metrics {
        let gaps = metric.sums.filter(|_| tested).map(|sums| pairs.gaps(sums));
        for (aggregate, found) in aggregates.iter().zip(&mut found) {
            let values = pairs.each.iter().map(|pair| pair.change(metric, aggregate));
            let pseudo = gaps.as_ref().map(|gaps| weighted(gaps, aggregate));
            let number = Number::new(values.collect(), &pseudo.unwrap_or_default());
            found.numbers.insert(metric.name, number);
        }
    }
    Ok(found)
}

/// Name of a change in tidy tables.
fn name(aggregate: &Aggregate) -> String {
    format!("change_{}", aggregate.name())
}

/// Predictions of the other data, against those of the training's own.
fn origin(row: &ModelRow, conditions: Vec<Condition>) -> Origin {
    let own = |id: &String| id.split(ELSEWHERE).next().unwrap_or_default().to_owned();
    let own: RunSet = row.ids_at(&conditions).iter().map(own).collect();
    let theirs = Origin::predictions(&own, conditions.clone());
    row.origin(conditions).against(&theirs)
}

fn weighted(gaps: &BTreeMap<Condition, Vec<f64>>, aggregate: &Aggregate) -> Vec<f64> {
    let mut out = Vec::new();
    for (condition, weight) in aggregate.weights() {
        let values = gaps.get(&condition).map_or(&[][..], Vec::as_slice);
        out.resize(values.len(), 0.0);
        let pairs = out.iter_mut().zip(values);
        pairs.for_each(|(out, value)| *out += weight * value);
    }
    out
}

/// The tables of the changes: on complete data and over all conditions.
///
/// # Errors
/// If predictions cannot be read again.
pub fn tables(section: &Section, changes: &[DetailRow]) -> Result<Vec<Table>> {
    let (Some(data), Some(first)) = (section.trained_on(), changes.first()) else {
        return Ok(Vec::new());
    };
    let complete = Condition::uniform(0.0).map(Aggregate::At);
    let overall = Aggregate::overall(&section.conditions);
    let shown = [
        complete.map(|complete| name(&complete)),
        Some(name(&overall)),
    ];
    let rows = changes
        .iter()
        .filter(|row| shown.contains(&Some(row.aggregate.clone())));
    let rows: Vec<DetailRow> = rows.cloned().collect();
    let pair = RowPairs::of(&section.rows[first.row])?;
    let note = pair.map(|pairs| note(section, &data.title, &pairs.each));
    let what = format!("change against {}", data.title);
    let tables = DetailTables {
        section,
        rows: &rows,
        id: "changes",
        what: &what,
        stub: "missing",
        notes: note.into_iter().collect(),
    };
    Ok(tables.tables())
}

fn note(section: &Section, trained_on: &str, pairs: &[Pair]) -> String {
    let here = section
        .runs()
        .next()
        .map_or("", |run| &run.manifest.dataset.title);
    let count = pairs.first().map_or([0; 3], |pair| pair.count);
    let [shared, ours, theirs] = count;
    let among = if shared == ours && shared == theirs {
        format!("all {shared} test samples, which are the same in both by their ids")
    } else {
        format!(
            "the {shared} samples that both test splits have by their ids, of {ours} of {here} and {theirs} of \
             {trained_on}"
        )
    };
    format!(
        "The metric on {here} less that on {trained_on}, predicted by the same weights: {among}. The interval is \
         over other samples and seeds."
    )
}
