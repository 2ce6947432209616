//! Arranges tables for the rules: columns along conditions, rows along metrics.

use std::collections::{BTreeMap, BTreeSet};

use super::{AuditSettings, TestSetStatistics};
use crate::published::parse::{Metric, Number, ParsedCell, ParsedCondition, ParsedTable};

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
    /// Masks and training data by the table's title.
    pub scope: &'a str,
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
    /// Masks and training data by the table's title.
    pub scope: &'a str,
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

/// How far a printed share may be from the mean of the runs, in percent: half a unit for the printed
/// number, and half a ten-thousandth where every run's score was rounded to four decimals.
pub fn slack(number: &Number) -> f64 {
    0.5 * number.ulp() + 0.005 + 1e-9
}

/// The folder in a table's name: tables of one paper share it.
pub fn folder(table: &str) -> &str {
    table.rfind(['/', '\\']).map_or("", |end| &table[..end])
}

/// The part of a file that a row is in, where a column `table` sets parts apart: `5a`.
pub fn sub_table(method: &str) -> Option<&str> {
    let settings = method.strip_suffix(')').and_then(|m| m.rsplit_once(" ("));
    let settings = settings.map_or(method, |(_, settings)| settings);
    settings
        .split(", ")
        .find_map(|part| part.strip_prefix("table ").or(part.strip_prefix("Table ")))
}

/// A method's name without the part of the file that it is in.
pub fn base_name(method: &str) -> String {
    let Some(part) = sub_table(method) else {
        return method.to_string();
    };
    let mut name = method.to_string();
    for table in ["table", "Table"] {
        for form in [
            format!(" ({table} {part})"),
            format!("{table} {part}, "),
            format!(", {table} {part}"),
        ] {
            name = name.replace(&form, "");
        }
    }
    name
}

/// Everything a rule may look at.
#[derive(Debug)]
pub struct Arranged<'a> {
    pub columns: Vec<ScoreColumn<'a>>,
    pub rows: Vec<ScoreRow<'a>>,
    /// Tables with numbers that nobody types.
    programs: BTreeSet<&'a str>,
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
            programs: tables
                .iter()
                .filter(|t| t.cells.iter().any(|c| !c.number.is_typed()))
                .map(|t| t.name.as_str())
                .collect(),
            statistics,
            settings,
        }
    }

    /// Whether a program wrote the numbers of a table: they are whole, and no digit was typed wrong.
    pub fn by_program(&self, table: &str) -> bool {
        self.programs.contains(table)
    }

    /// Whether two rows of a table that a program wrote are of one model: its runs are equal where it leaves nothing
    /// to chance, and so are two ways to select it.
    pub fn is_one_model(&self, table: &str, methods: [&str; 2]) -> bool {
        let [a, b] = methods.map(|m| m.split(" (").next());
        a == b && self.by_program(table)
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

    /// Whether a row is that of constant predictors: its two-class metrics are those of constants, which
    /// may differ from run to run.
    pub fn is_lost(&self, row: &ScoreRow<'_>) -> bool {
        let two = |c: &&ParsedCell| ["acc2", "f1"].iter().any(|m| c.metric.name.starts_with(m));
        let mut known = row
            .cells
            .iter()
            .copied()
            .filter(two)
            .filter(|c| {
                let populations = self.statistics.populations(row.dataset, c.metric);
                !populations.is_empty()
            })
            .peekable();
        known.peek().is_some()
            && known.all(|c| self.statistics.is_lost(row.dataset, c.metric, &c.number))
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
    cells: impl Iterator<Item = (K, &'a ParsedTable, &'a ParsedCell)>,
    start: impl Fn(&'a ParsedTable, &'a ParsedCell) -> T,
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
        t.cells.iter().map(move |c| (key(c), t, c))
    });
    group(
        cells,
        |table, cell| ScoreColumn {
            table: &table.name,
            scope: &table.scope,
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
        t.cells.iter().map(move |c| (key(c), t, c))
    });
    group(
        cells,
        |table, cell| ScoreRow {
            table: &table.name,
            scope: &table.scope,
            dataset: &cell.dataset,
            method: &cell.method,
            condition: &cell.condition,
            cells: Vec::new(),
        },
        |row, cell| row.cells.push(cell),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_table_is_told_from_the_name() {
        for (method, part, base) in [
            ("Ours (table 5a)", Some("5a"), "Ours"),
            ("Ours (table 4, alpha 0.9)", Some("4"), "Ours (alpha 0.9)"),
            ("Ours (alpha 0.9, table 4)", Some("4"), "Ours (alpha 0.9)"),
            ("TCMR (Full) (table 3)", Some("3"), "TCMR (Full)"),
            ("TCMR (Full)", None, "TCMR (Full)"),
            ("Ours", None, "Ours"),
        ] {
            assert_eq!(sub_table(method), part, "{method}");
            assert_eq!(base_name(method), base, "{method}");
        }
    }

    #[test]
    fn a_folder_is_told_from_the_name() {
        assert_eq!(folder("p/q/table.csv"), "p/q");
        assert_eq!(folder("table.csv"), "");
    }
}
