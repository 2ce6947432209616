//! Finds overall numbers that are not the mean of their parts.

use std::collections::BTreeSet;

use super::{Rule, describe};
use crate::published::audit::arranged::ScoreColumn;
use crate::published::audit::{Arranged, Finding, Strength};
use crate::published::parse::{ParsedCell, ParsedCondition};

pub const RULE: Rule = Rule {
    name: "overall-mean",
    definition: "an overall number that is not the mean of the parts printed in the same or \
                 another of the tables, within the rounding of both",
    strength: "impossible",
    check,
};

fn check(arranged: &Arranged<'_>, _: &[Finding]) -> Vec<Finding> {
    let means = arranged.columns.iter().filter_map(|c| Some((c, c.mean?)));
    means
        .filter_map(|(column, mean)| {
            let (_, parts) = parts(arranged, column, mean)?;
            finding(column, mean, &parts)
        })
        .collect()
}

/// The complete parts of a mean and the column they are in: its own, or that of another table.
pub fn parts<'e, 'a>(
    arranged: &'e Arranged<'a>,
    column: &ScoreColumn<'a>,
    mean: &ParsedCell,
) -> Option<(&'e ScoreColumn<'a>, Vec<&'a ParsedCell>)> {
    let same = |c: &&ScoreColumn<'_>| {
        (c.dataset, c.method, c.metric) == (column.dataset, column.method, column.metric)
    };
    let of_kind = |c: &ScoreColumn<'a>| -> Vec<&'a ParsedCell> {
        let belongs = |cell: &&ParsedCell| match mean.condition {
            ParsedCondition::MeanOverRates => matches!(cell.condition, ParsedCondition::Rate(_)),
            _ => matches!(cell.condition, ParsedCondition::Missing(_)),
        };
        c.parts.iter().copied().filter(belongs).collect()
    };
    let own = arranged
        .columns
        .iter()
        .filter(same)
        .filter(|c| c.table == column.table);
    let others = arranged
        .columns
        .iter()
        .filter(same)
        .filter(|c| c.table != column.table);
    let (source, parts) = own
        .chain(others)
        .map(|c| (c, of_kind(c)))
        .find(|(_, parts)| parts.len() > 1)?;
    // With a part missing the mean is unknown.
    let conditions: BTreeSet<&ParsedCondition> = arranged
        .columns
        .iter()
        .filter(|c| (c.table, c.dataset, c.metric) == (source.table, source.dataset, source.metric))
        .flat_map(|c| of_kind(c).into_iter().map(|cell| &cell.condition))
        .collect();
    (parts.len() == conditions.len()).then_some((source, parts))
}

fn finding<'a>(
    column: &ScoreColumn<'a>,
    mean: &'a ParsedCell,
    parts: &[&'a ParsedCell],
) -> Option<Finding> {
    // Means are often over 0 to 0.9 where the table continues to 1.
    let all = ParsedCondition::rate(1.0);
    let most: Vec<_> = parts
        .iter()
        .copied()
        .filter(|c| Some(&c.condition) != all.as_ref())
        .collect();
    if agrees(mean, parts) || agrees(mean, &most) {
        return None;
    }
    let about = describe::about(&[column.method, column.dataset, column.metric.title, "mean"]);
    let why = format!(
        "the mean of {} parts is {:.*}, printed {}",
        parts.len(),
        mean.number.decimals + 1,
        average(parts),
        mean.number.text()
    );
    Some(Finding::new(
        Strength::Impossible,
        about,
        why,
        [column.seen(mean)],
    ))
}

/// Half a unit for the rounding of the parts and half for that of the mean.
pub fn agrees(mean: &ParsedCell, parts: &[&ParsedCell]) -> bool {
    let slack: f64 = parts.iter().map(|c| 0.5 * c.number.ulp()).sum::<f64>() / parts.len() as f64;
    let off = (average(parts) - mean.number.value).abs();
    off <= slack + 0.5 * mean.number.ulp() + 1e-9
}

fn average(parts: &[&ParsedCell]) -> f64 {
    parts.iter().map(|c| c.number.value).sum::<f64>() / parts.len() as f64
}
