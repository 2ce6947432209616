//! Finds the parts of an overall number.

use std::collections::BTreeSet;

use crate::published::audit::Arranged;
use crate::published::audit::arranged::{ScoreColumn, folder};
use crate::published::parse::{ParsedCell, ParsedCondition};

/// What an overall number is the mean of.
#[derive(Clone, Debug)]
pub struct Parts<'e, 'a> {
    /// The column that prints them: the number's own, or that of another table.
    pub column: &'e ScoreColumn<'a>,
    pub cells: Vec<&'a ParsedCell>,
    /// Scores on complete data that a mean over missing modalities may include.
    complete: Vec<&'a ParsedCell>,
    /// Whether rates are absent from an even grid.
    pub gap: bool,
}

impl<'a> Parts<'_, 'a> {
    /// Whether the number is their mean, over one of the sets of conditions that papers use.
    pub fn fit(&self, mean: &ParsedCell) -> bool {
        let sets = self.sets();
        sets.iter().any(|cells| agrees(mean, cells))
    }

    /// The parts with the scores on complete data that a mean over missing modalities may include.
    pub fn with_complete(&self) -> Vec<&'a ParsedCell> {
        [&self.cells[..], &self.complete[..]].concat()
    }

    /// The sets of parts that a mean may be over.
    pub fn sets(&self) -> Vec<Vec<&'a ParsedCell>> {
        // Means are often over 0 to 0.9 where the table continues to 1.
        let all_missing = ParsedCondition::rate(1.0);
        let most = self.cells.iter().copied();
        let most = most.filter(|c| Some(&c.condition) != all_missing.as_ref());
        let mut sets = vec![self.cells.clone(), most.collect(), self.with_complete()];
        sets.retain(|cells| !cells.is_empty());
        sets
    }
}

/// The parts of a mean: those of its own table, or of a table in the same folder, or of any other
/// table; of several, those that fit.
pub fn parts<'e, 'a>(
    arranged: &'e Arranged<'a>,
    column: &ScoreColumn<'a>,
    mean: &ParsedCell,
) -> Option<Parts<'e, 'a>> {
    let same = |c: &&ScoreColumn<'_>| {
        (c.dataset, c.method, c.metric) == (column.dataset, column.method, column.metric)
    };
    // Scores by other masks or of models that were trained elsewhere are no parts.
    let of_scope = |c: &&ScoreColumn<'_>| c.scope == column.scope;
    let columns = arranged.columns.iter().filter(same).filter(of_scope);
    let with_parts = columns.filter_map(|column| {
        let cells = of_kind(column, mean);
        (cells.len() > 1).then_some((column, cells))
    });
    let distance = |table: &str| match () {
        () if table == column.table => 0,
        () if folder(table) == folder(column.table) => 1,
        () => 2,
    };
    let mut all: Vec<_> = with_parts.collect();
    all.sort_by_key(|(c, _)| distance(c.table));
    let nearest = distance(all.first()?.0.table);
    all.retain(|(c, _)| distance(c.table) == nearest);
    let mut whole = all
        .into_iter()
        .filter_map(|(c, cells)| complete(arranged, c, cells, mean));
    let first = whole.next()?;
    if first.fit(mean) {
        return Some(first);
    }
    Some(whole.find(|p| p.fit(mean)).unwrap_or(first))
}

/// The parts, unless one that other methods of the table have is not there.
fn complete<'e, 'a>(
    arranged: &'e Arranged<'a>,
    column: &'e ScoreColumn<'a>,
    cells: Vec<&'a ParsedCell>,
    mean: &ParsedCell,
) -> Option<Parts<'e, 'a>> {
    let conditions: BTreeSet<&ParsedCondition> = arranged
        .columns
        .iter()
        .filter(|c| (c.table, c.dataset, c.metric) == (column.table, column.dataset, column.metric))
        .flat_map(|c| of_kind(c, mean).into_iter().map(|cell| &cell.condition))
        .collect();
    let gap = has_gap(&conditions);
    let complete = match mean.condition {
        ParsedCondition::MeanOverMissing => column
            .at(&ParsedCondition::Rate(0))
            .or_else(|| column.at(&ParsedCondition::Whole)),
        _ => None,
    };
    (cells.len() == conditions.len()).then_some(Parts {
        column,
        cells,
        complete: complete.into_iter().collect(),
        gap,
    })
}

/// The cells of a column that a mean of this kind is over.
pub fn of_kind<'a>(column: &ScoreColumn<'a>, mean: &ParsedCell) -> Vec<&'a ParsedCell> {
    let belongs = |cell: &&ParsedCell| match mean.condition {
        ParsedCondition::MeanOverRates => matches!(cell.condition, ParsedCondition::Rate(_)),
        _ => matches!(cell.condition, ParsedCondition::Missing(_)),
    };
    column.parts.iter().copied().filter(belongs).collect()
}

/// Whether rates have other distances than one: then some between them may not be printed.
fn has_gap(conditions: &BTreeSet<&ParsedCondition>) -> bool {
    let rates: Vec<u32> = conditions
        .iter()
        .filter_map(|c| match c {
            ParsedCondition::Rate(parts) => Some(*parts),
            _ => None,
        })
        .collect();
    let mut steps: Vec<u32> = rates.windows(2).map(|w| w[1] - w[0]).collect();
    steps.sort_unstable();
    // Thirds and the like are rounded: a hundredth of a rate is no gap.
    matches!(steps.as_slice(), [least, .., most] if most - least > 100)
}

/// Half a unit for the rounding of the parts and half for that of the mean.
pub fn agrees(mean: &ParsedCell, parts: &[&ParsedCell]) -> bool {
    (average(parts) - mean.number.value).abs() <= slack(mean, parts)
}

/// How far a mean may be from the average of its printed parts.
pub fn slack(mean: &ParsedCell, parts: &[&ParsedCell]) -> f64 {
    let parts_slack: f64 =
        parts.iter().map(|c| 0.5 * c.number.ulp()).sum::<f64>() / parts.len() as f64;
    parts_slack + 0.5 * mean.number.ulp() + 1e-9
}

pub fn average(parts: &[&ParsedCell]) -> f64 {
    parts.iter().map(|c| c.number.value).sum::<f64>() / parts.len() as f64
}
