//! Arranges tables for the rules: columns along conditions, rows along metrics.

use std::collections::BTreeMap;

use super::{AuditSettings, TestSetStatistics};
use crate::published::parse::{Metric, ParsedCell, ParsedCondition, ParsedTable};

/// A cell with the name of its table.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    pub table: &'a str,
    pub cell: &'a ParsedCell,
}

/// The numbers of one table, data set, method and metric along its conditions.
#[derive(Clone, Debug)]
pub struct ScoreColumn<'a> {
    pub table: &'a str,
    pub dataset: &'a str,
    pub method: &'a str,
    pub metric: &'static Metric,
    /// In the order of the file, means left out.
    pub parts: Vec<&'a ParsedCell>,
    /// The mean over them, where the table has one.
    pub mean: Option<&'a ParsedCell>,
}

impl<'a> ScoreColumn<'a> {
    /// The cell at a condition, means included.
    pub fn at(&self, condition: &ParsedCondition) -> Option<&'a ParsedCell> {
        let cells = self.parts.iter().copied().chain(self.mean);
        cells.into_iter().find(|c| c.condition == *condition)
    }

    /// A cell of this column.
    pub fn seen(&self, cell: &'a ParsedCell) -> Seen<'a> {
        let table = self.table;
        Seen { table, cell }
    }
}

/// The numbers of one table, data set, method and condition, metric by metric.
#[derive(Clone, Debug)]
pub struct ScoreRow<'a> {
    pub table: &'a str,
    pub dataset: &'a str,
    pub method: &'a str,
    pub condition: &'a ParsedCondition,
    /// In the order of the file.
    pub cells: Vec<&'a ParsedCell>,
}

impl<'a> ScoreRow<'a> {
    /// The cell of a metric.
    pub fn get(&self, metric: &str) -> Option<&'a ParsedCell> {
        self.cells.iter().copied().find(|c| c.metric.name == metric)
    }
}

/// Everything a rule may look at.
#[derive(Debug)]
pub struct Arranged<'a> {
    pub columns: Vec<ScoreColumn<'a>>,
    pub rows: Vec<ScoreRow<'a>>,
    pub statistics: &'a TestSetStatistics,
    pub settings: AuditSettings,
}

impl<'a> Arranged<'a> {
    pub(super) fn new(
        tables: &'a [ParsedTable],
        statistics: &'a TestSetStatistics,
        settings: AuditSettings,
    ) -> Self {
        Self {
            columns: columns(tables),
            rows: rows(tables),
            statistics,
            settings,
        }
    }

    /// Every cell.
    pub fn cells(&self) -> impl Iterator<Item = Seen<'a>> + '_ {
        let seen = |row: &'_ ScoreRow<'a>| {
            let table = row.table;
            row.cells
                .clone()
                .into_iter()
                .map(move |cell| Seen { table, cell })
        };
        self.rows.iter().flat_map(seen)
    }

    /// Columns by table, data set and metric: what a reader compares with each other.
    pub fn blocks(&self) -> Vec<Vec<&ScoreColumn<'a>>> {
        let mut blocks: BTreeMap<_, Vec<&ScoreColumn<'a>>> = BTreeMap::new();
        for column in &self.columns {
            let key = (column.table, column.dataset, column.metric);
            blocks.entry(key).or_default().push(column);
        }
        blocks.into_values().collect()
    }
}

/// Items in the order of their first appearance, by key.
fn group<'a, K: Ord + Clone, T>(
    cells: impl Iterator<Item = (K, &'a str, &'a ParsedCell)>,
    start: impl Fn(&'a str, &'a ParsedCell) -> T,
    add: impl Fn(&mut T, &'a ParsedCell),
) -> Vec<T> {
    let (mut out, mut places) = (Vec::new(), BTreeMap::new());
    for (key, table, cell) in cells {
        let place = *places.entry(key).or_insert_with(|| {
            out.push(start(table, cell));
            out.len() - 1
        });
        add(&mut out[place], cell);
    }
    out
}

fn columns(tables: &[ParsedTable]) -> Vec<ScoreColumn<'_>> {
    let cells = tables.iter().enumerate().flat_map(|(i, t)| {
        let key = move |c: &ParsedCell| (i, c.dataset.clone(), c.method.clone(), c.metric.name);
        t.cells.iter().map(move |c| (key(c), t.name.as_str(), c))
    });
    group(
        cells,
        |table, cell| ScoreColumn {
            table,
            dataset: &cell.dataset,
            method: &cell.method,
            metric: cell.metric,
            parts: Vec::new(),
            mean: None,
        },
        |column, cell| {
            if cell.condition.is_mean() {
                column.mean = Some(cell)
            } else {
                column.parts.push(cell)
            }
        },
    )
}

fn rows(tables: &[ParsedTable]) -> Vec<ScoreRow<'_>> {
    let cells = tables.iter().enumerate().flat_map(|(i, t)| {
        let key =
            move |c: &ParsedCell| (i, c.dataset.clone(), c.method.clone(), c.condition.clone());
        t.cells.iter().map(move |c| (key(c), t.name.as_str(), c))
    });
    group(
        cells,
        |table, cell| ScoreRow {
            table,
            dataset: &cell.dataset,
            method: &cell.method,
            condition: &cell.condition,
            cells: Vec::new(),
        },
        |row, cell| row.cells.push(cell),
    )
}
