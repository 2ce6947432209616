//! `tables.csv`: the tables cell by cell, one line per number.

use crate::report::numbering::Numbering;
use crate::report::origin::Origin;
use crate::report::table::{BETWEEN, Cell, Column, Content, Line, Table};

/// `value` and what follows from it stand in the units of the table (percent, minutes, MiB) at full
/// precision; a published number as it is printed. `p` is corrected over the table. `origin` is the
/// number in `manifest.json`.
pub(super) const COLUMNS: [&str; 20] = [
    "table",
    "row",
    "block",
    "column",
    "metric",
    "baseline",
    "value",
    "sd",
    "shown",
    "note",
    "best",
    "significant",
    "at_baseline",
    "above_baseline",
    "low",
    "high",
    "difference",
    "p",
    "published",
    "origin",
];

/// The lines of one table.
pub(super) fn rows(table: &Table, numbering: &Numbering) -> Vec<Vec<String>> {
    let show = Show { table, numbering };
    let mut out = Vec::new();
    for row in &table.rows {
        for (column, cell) in table.columns.iter().zip(&row.cells) {
            out.extend(show.cell(row, column, cell));
        }
    }
    out
}

struct Show<'a> {
    table: &'a Table,
    numbering: &'a Numbering,
}

impl Show<'_> {
    /// A line per number of a cell; none where nothing was evaluated.
    fn cell(&self, row: &Line, column: &Column, cell: &Cell) -> Vec<Vec<String>> {
        let metric = |i: usize| column.metrics.get(i).copied().unwrap_or_default();
        match &cell.content {
            Content::Missing => Vec::new(),
            Content::Several(cells) => {
                let cells = cells.iter().enumerate();
                let known = cells.filter(|(_, c)| c.content != Content::Missing);
                known
                    .map(|(i, c)| self.number(row, column, metric(i), c))
                    .collect()
            }
            Content::Text { text, note } => {
                let texts = text.split(BETWEEN).enumerate();
                let known = texts.filter(|(_, text)| *text != "-");
                let one = |(i, text): (usize, &str)| {
                    let text = text.to_string();
                    let content = Content::Text { text, note: *note };
                    let single = Cell::new(content, cell.origin.clone());
                    self.number(row, column, metric(i), &single)
                };
                known.map(one).collect()
            }
            _ => vec![self.number(row, column, metric(0), cell)],
        }
    }

    fn number(&self, row: &Line, column: &Column, metric: &str, cell: &Cell) -> Vec<String> {
        let text = |value: Option<f64>| value.map(|v| v.to_string()).unwrap_or_default();
        let flag = |set: bool| if set { "true" } else { "" }.to_string();
        let (value, sd) = match &cell.content {
            Content::Number { value, sd, .. } => (value.to_string(), text(*sd)),
            Content::Text { text, .. } => printed(text),
            _ => (String::new(), String::new()),
        };
        let note = match &cell.content {
            Content::Undefined { reason } => Some(reason),
            Content::Text { note, .. } => note.as_ref(),
            _ => None,
        };
        let note = note.and_then(|place| self.table.reasons.get(*place));
        let published = match &cell.origin {
            Origin::Published(source) => source.clone(),
            _ => String::new(),
        };
        let origin = self.numbering.origin(&cell.origin);
        vec![
            self.table.id.clone(),
            row.label.clone(),
            row.block.clone(),
            column.name.clone(),
            metric.to_string(),
            flag(row.baseline),
            value,
            sd,
            cell.content.said(),
            note.cloned().unwrap_or_default(),
            flag(cell.best),
            flag(cell.significant),
            flag(cell.at_baseline),
            text(cell.above_baseline),
            text(cell.interval.map(|range| range[0])),
            text(cell.interval.map(|range| range[1])),
            text(cell.versus.map(|v| v.difference)),
            text(cell.versus.map(|v| v.p)),
            published,
            origin.map(|n| n.to_string()).unwrap_or_default(),
        ]
    }
}

/// A printed number and its spread.
fn printed(text: &str) -> (String, String) {
    match text.split_once(" ± ") {
        Some((value, sd)) => (value.to_string(), sd.to_string()),
        None => (text.to_string(), String::new()),
    }
}
