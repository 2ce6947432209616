//! Compares rows with those that the program carries.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::two_rows::rounds_alike;
use crate::published::audit::arranged::ScoreRow;
use crate::published::parse::{ParsedCell, ParsedCondition, names};
use crate::published::source::Sheet;
use crate::published::{Source, sources};

/// A carried row.
#[derive(Debug)]
pub struct CarriedRow {
    pub source: &'static Source,
    /// The source's place in the order of [`sources`].
    pub rank: usize,
    pub sheet: &'static Sheet,
    pub method: &'static str,
    pub cells: Vec<&'static ParsedCell>,
}

/// Carried rows by data set and condition, oldest source first.
type Rows = BTreeMap<(&'static str, &'static ParsedCondition), Vec<CarriedRow>>;

static ROWS: LazyLock<Rows> = LazyLock::new(|| {
    let mut rows: Rows = BTreeMap::new();
    for (rank, source) in sources().iter().enumerate() {
        for sheet in &source.tables {
            for cell in &sheet.cells {
                let rows = rows.entry((&*cell.dataset, &cell.condition)).or_default();
                let same =
                    |r: &&mut CarriedRow| std::ptr::eq(r.sheet, sheet) && r.method == cell.method;
                match rows.iter_mut().find(same) {
                    Some(row) => row.cells.push(cell),
                    None => rows.push(CarriedRow {
                        source,
                        rank,
                        sheet,
                        method: &cell.method,
                        cells: vec![cell],
                    }),
                }
            }
        }
    }
    rows
});

/// The carried rows of a row's method, data set and condition, in the order of [`sources`]. A row without
/// a condition has none: papers share the names of their ablations (`w/o A`).
pub fn of(row: &ScoreRow<'_>) -> Vec<&'static CarriedRow> {
    if *row.condition == ParsedCondition::Whole {
        return Vec::new();
    }
    ROWS.iter()
        .filter(|((dataset, condition), _)| *dataset == row.dataset && *condition == row.condition)
        .flat_map(|(_, rows)| rows)
        .filter(|carried| names::same(carried.method, row.method))
        .collect()
}

/// The condition that a row may quote: one without rates, masks and settings is of complete data, as the main results of
/// a paper are.
fn quoted_condition(row: &ScoreRow<'_>) -> Option<ParsedCondition> {
    match row.condition {
        ParsedCondition::Whole if row.scope.is_empty() => ParsedCondition::rate(0.0),
        ParsedCondition::Whole => None,
        other => Some(other.clone()),
    }
}

/// The carried rows that a row may be a quotation of, in the order of [`sources`].
pub fn quotable(row: &ScoreRow<'_>) -> Vec<&'static CarriedRow> {
    at(row, |carried| names::same(carried.method, row.method))
}

fn at(row: &ScoreRow<'_>, wanted: impl Fn(&CarriedRow) -> bool) -> Vec<&'static CarriedRow> {
    let Some(condition) = quoted_condition(row) else {
        return Vec::new();
    };
    ROWS.iter()
        .filter(|((dataset, there), _)| *dataset == row.dataset && **there == condition)
        .flat_map(|(_, rows)| rows)
        .filter(|carried| wanted(carried))
        .collect()
}

/// The carried rows of other methods for a row's data set and condition, where its own method is carried
/// there too.
pub fn of_others(row: &ScoreRow<'_>) -> Vec<&'static CarriedRow> {
    if quotable(row).is_empty() {
        return Vec::new();
    }
    at(row, |carried| !names::same(carried.method, row.method))
}

/// How a row's numbers agree with a carried row's.
#[derive(Debug, Default)]
pub struct Agreement<'a> {
    pub equal: usize,
    /// Cells that print the number of each other's metric.
    pub exchanged: Vec<(&'a ParsedCell, &'static ParsedCell)>,
    /// Cells with another number.
    pub other: Vec<(&'a ParsedCell, &'static ParsedCell)>,
}

impl Agreement<'_> {
    /// Whether the row is the carried one, cell by cell.
    pub fn is_quotation(&self) -> bool {
        self.equal == self.common() && self.common() > 0
    }

    pub fn common(&self) -> usize {
        self.equal + self.exchanged.len() + self.other.len()
    }
}

pub fn agreement<'a>(row: &ScoreRow<'a>, carried: &CarriedRow) -> Agreement<'a> {
    let there = |metric: &str| {
        carried
            .cells
            .iter()
            .copied()
            .find(|c| c.metric.name == metric)
    };
    let common: Vec<_> = row
        .cells
        .iter()
        .filter_map(|c| Some((*c, there(c.metric.name)?)))
        .collect();
    let mut agreement = Agreement::default();
    for (here, there) in &common {
        if rounds_alike(here, there) {
            agreement.equal += 1;
            continue;
        }
        let each_others = common.iter().any(|(other, origin)| {
            other.metric != here.metric
                && here.number.same(&origin.number)
                && other.number.same(&there.number)
        });
        if each_others {
            agreement.exchanged.push((here, there));
        } else {
            agreement.other.push((here, there));
        }
    }
    agreement
}
