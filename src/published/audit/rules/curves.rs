//! Columns by table, each with its scores over missing rates or over sets of missing modalities.

use std::collections::BTreeMap;

use crate::published::audit::Arranged;
use crate::published::audit::arranged::{ScoreColumn, sub_table};
use crate::published::parse::{ParsedCell, ParsedCondition};

/// Fewest rates of a curve whose order means something.
pub const RATES: usize = 5;

/// A column's cells by rate, each with a number that is larger where predictions are better.
pub type Curve<'a> = Vec<(&'a ParsedCell, f64)>;

/// Columns of a table and data set, each with something of its own.
pub type Table<'r, 'a, T> = Vec<(&'r ScoreColumn<'a>, T)>;

/// The columns of each table and data set of which `of` makes something.
pub fn tables<'r, 'a, T>(
    arranged: &'r Arranged<'a>,
    of: impl Fn(&ScoreColumn<'a>) -> Option<T>,
) -> Vec<Table<'r, 'a, T>> {
    let mut tables: BTreeMap<_, Table<'r, 'a, T>> = BTreeMap::new();
    for column in &arranged.columns {
        if let Some(value) = of(column) {
            let key = (column.table, sub_table(column.method), column.dataset);
            tables.entry(key).or_default().push((column, value));
        }
    }
    tables.into_values().collect()
}

/// A number that is larger where predictions are better.
pub fn better(cell: &ParsedCell) -> f64 {
    if cell.metric.higher_is_better {
        cell.number.value
    } else {
        -cell.number.value
    }
}

/// The cells of a column by rate.
pub fn curve<'a>(column: &ScoreColumn<'a>) -> Curve<'a> {
    let mut cells: Vec<(u32, &ParsedCell)> = (column.parts.iter())
        .filter_map(|cell| match cell.condition {
            ParsedCondition::Rate(parts) => Some((parts, *cell)),
            _ => None,
        })
        .collect();
    cells.sort_by_key(|(parts, _)| *parts);
    cells
        .into_iter()
        .map(|(_, cell)| (cell, better(cell)))
        .collect()
}

/// The curve of a column of enough rates.
pub fn long_curve<'a>(column: &ScoreColumn<'a>) -> Option<Curve<'a>> {
    Some(curve(column)).filter(|curve| curve.len() >= RATES)
}

/// The cells of a column by the letters of what is missing. Complete data has a word of its own, whatever letters name.
pub fn missing_sets<'a>(column: &ScoreColumn<'a>) -> Vec<(&'a str, &'a ParsedCell)> {
    let cells = column.parts.iter().copied();
    let set = |cell: &'a ParsedCell| match &cell.condition {
        ParsedCondition::Missing(letters) if letters != "none" => Some((letters.as_str(), cell)),
        _ => None,
    };
    cells.filter_map(set).collect()
}
