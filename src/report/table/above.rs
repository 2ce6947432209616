//! How far models stand above the floor.

use super::{Cell, Column, Content, Line, Table};
use crate::report::origin::Origin;

/// The table of a table's distances to the floor; `None` where there is none.
pub fn table(of: &Table) -> Option<Table> {
    let models = of.rows.iter().filter(|r| !r.floor);
    let rows: Vec<Line> = models.map(|row| line(of, row)).collect();
    let known = |row: &Line| row.cells.iter().any(|c| c.content != Content::Missing);
    rows.iter().any(known).then(|| Table {
        id: format!("{}-above-floor", of.id),
        title: format!("{}: above the floor", of.title),
        stub: of.stub.clone(),
        columns: of.columns.iter().map(column).collect(),
        rows,
        masks: of.masks.clone(),
        reference: None,
        reasons: Vec::new(),
        notes: vec![
            "Points by which each number is better than that of the best constant; negative is \
             worse. -: no constant has this score."
                .to_string(),
        ],
    })
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

fn line(table: &Table, of: &Line) -> Line {
    let cells = of.cells.iter().enumerate();
    Line {
        block: of.block.clone(),
        label: of.label.clone(),
        floor: false,
        cells: cells.map(|(i, c)| distance(table, i, c)).collect(),
    }
}

/// The distance of a cell in this column as a cell.
fn distance(table: &Table, column: usize, of: &Cell) -> Cell {
    let content = match (&of.content, of.above_floor) {
        (Content::Number { decimals, .. }, Some(value)) => Content::Number {
            value,
            sd: None,
            decimals: *decimals,
        },
        _ => Content::Missing,
    };
    let floors = table.rows.iter().filter(|r| r.floor);
    let floors = floors.map(|r| &r.cells[column].origin);
    let mut cell = Cell::new(content, floors.fold(of.origin.clone(), Origin::against));
    cell.at_floor = of.at_floor;
    cell
}

/// Adds a column with the distances of the column of this name, right of it.
pub fn add_column(table: &mut Table, name: &str) {
    let Some(place) = table.columns.iter().position(|c| c.name == name) else {
        return;
    };
    let known = |row: &Line| row.cells[place].above_floor.is_some();
    if !table.rows.iter().any(known) {
        return;
    }
    let column = Column {
        group: String::new(),
        title: "above floor".to_string(),
        name: format!("{name}_above_floor"),
        metrics: table.columns[place].metrics.clone(),
        higher_is_better: true,
    };
    table.columns.insert(place + 1, column);
    let cell = |row: &Line| match row.floor {
        true => Cell::new(Content::Missing, Origin::Nothing),
        false => distance(table, place, &row.cells[place]),
    };
    let cells: Vec<Cell> = table.rows.iter().map(cell).collect();
    for (row, cell) in table.rows.iter_mut().zip(cells) {
        row.cells.insert(place + 1, cell);
    }
}
