//! Builds the tables and columns of distances to the baseline.

use super::notes::{NOT_EVALUATED, selected};
use super::phrases::{at_baseline, epochs};
use super::{Cell, Column, Content, Table, TableRow, reason};
use crate::report::origin::Origin;
use crate::report::rows::section::Section;

/// Why a number has no distance.
const NO_BASELINE: &str = "Undefined: the baselines have no such score.";

/// The table of the distances to the baseline of a section's table; `None` where there is none.
pub fn table(section: &Section, of: &Table) -> Option<Table> {
    let mut reasons = Vec::new();
    let models = of.rows.iter().filter(|r| !r.baseline);
    let mut table = Table {
        rows: models.map(|row| line(of, row, &mut reasons)).collect(),
        id: format!("{}-above-baseline", of.id),
        title: format!("{}: gain over the baseline", of.title),
        stub: of.stub.clone(),
        columns: of.columns.iter().map(column).collect(),
        masks: of.masks.clone(),
        reference: None,
        reasons,
        legend: Vec::new(),
        notes: Vec::new(),
    };
    table.legend = legend_of(section, &table, of);
    table.notes = notes_of(&table);
    let known = |c: &Cell| matches!(c.content, Content::Number { .. });
    let shown = table.numbers().any(known);
    shown.then_some(table)
}

fn notes_of(table: &Table) -> Vec<String> {
    let points = "Improvement over the better of the two constant baselines, in points of each metric; negative is worse.";
    let mut notes = vec![points.to_string()];
    if table.numbers().any(|c| c.content == Content::Missing) {
        notes.push(NOT_EVALUATED.to_string());
    }
    notes
}

fn legend_of(section: &Section, table: &Table, of: &Table) -> Vec<String> {
    let mut legend: Vec<String> = epochs(section.own_rows()).into_iter().collect();
    if table.numbers().any(|c| c.at_baseline) {
        legend.push(at_baseline(of));
    }
    legend.extend(selected(section));
    legend
}

fn column(of: &Column) -> Column {
    // The arrow of the metric itself would mislead: a distance is better the larger it is.
    let title = of.title.trim_end_matches(['↑', '↓', ' ']).to_string();
    Column {
        title,
        higher_is_better: true,
        ..of.clone()
    }
}

fn line(table: &Table, of: &TableRow, reasons: &mut Vec<String>) -> TableRow {
    let cells = of.cells.iter().enumerate();
    TableRow {
        block: of.block.clone(),
        label: of.label.clone(),
        baseline: false,
        cells: cells.map(|(i, c)| distance(table, i, c, reasons)).collect(),
    }
}

/// The distance of a cell in this column as a cell; `reasons` are those that such cells have.
fn distance(table: &Table, column: usize, of: &Cell, reasons: &mut Vec<String>) -> Cell {
    let baselines = table.rows.iter().filter(|r| r.baseline);
    let baselines = baselines.map(|r| &r.cells[column].origin);
    let origin = baselines.fold(of.origin.clone(), Origin::against);
    points(table, of, &origin, reasons)
}

/// The distances of all numbers of a cell, which have this origin.
fn points(table: &Table, of: &Cell, origin: &Origin, reasons: &mut Vec<String>) -> Cell {
    let content = match (&of.content, of.above_baseline) {
        (Content::Several(cells), _) => {
            let each = cells.iter().map(|c| points(table, c, origin, reasons));
            Content::Several(each.collect())
        }
        (Content::Number { decimals, .. }, Some(value)) => Content::Number {
            value,
            sd: None,
            decimals: *decimals,
        },
        (Content::Number { .. }, None) => Content::Undefined {
            reason: reason(reasons, NO_BASELINE.to_string()),
        },
        // A cell without a number has no distance, for the same reason.
        (Content::Undefined { reason: why }, _) => Content::Undefined {
            reason: reason(reasons, table.reasons[*why].clone()),
        },
        (other, _) => other.clone(),
    };
    let mut cell = Cell::new(content, origin.clone());
    cell.at_baseline = of.at_baseline;
    cell
}

/// Adds a column of this title with the distances of the column of this name, right of it.
pub fn add_column(table: &mut Table, name: &str, title: &str) {
    let Some(index) = table.columns.iter().position(|c| c.name == name) else {
        return;
    };
    let known = |row: &TableRow| row.cells[index].above_baseline.is_some();
    if !table.rows.iter().any(known) {
        return;
    }
    let column = Column {
        group: String::new(),
        title: title.to_string(),
        name: format!("{name}_above_baseline"),
        metrics: table.columns[index].metrics.clone(),
        higher_is_better: true,
    };
    table.columns.insert(index + 1, column);
    let mut reasons = table.reasons.clone();
    let cell = |row: &TableRow| {
        if row.baseline {
            Cell::new(Content::Missing, Origin::Nothing)
        } else {
            distance(table, index, &row.cells[index], &mut reasons)
        }
    };
    let cells: Vec<Cell> = table.rows.iter().map(cell).collect();
    table.reasons = reasons;
    for (row, cell) in table.rows.iter_mut().zip(cells) {
        row.cells.insert(index + 1, cell);
    }
}
