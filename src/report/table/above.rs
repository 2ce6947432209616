//! How far models stand above the floor.

use super::{Cell, Column, Content, Line, Table};

/// The table of a table's distances to the floor; `None` where there is none.
pub fn table(of: &Table) -> Option<Table> {
    let rows: Vec<Line> = of.rows.iter().filter(|r| !r.floor).map(line).collect();
    let known = |row: &Line| row.cells.iter().any(|c| c.content != Content::Missing);
    rows.iter().any(known).then(|| Table {
        id: format!("{}-above-floor", of.id),
        title: format!("{}: above the floor", of.title),
        stub: of.stub.clone(),
        columns: of.columns.iter().map(column).collect(),
        rows,
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

fn line(of: &Line) -> Line {
    Line {
        label: of.label.clone(),
        floor: false,
        cells: of.cells.iter().map(distance).collect(),
    }
}

/// The distance of a cell as a cell.
pub fn distance(of: &Cell) -> Cell {
    let content = match (&of.content, of.above_floor) {
        (Content::Number { decimals, .. }, Some(value)) => Content::Number {
            value,
            sd: None,
            decimals: *decimals,
        },
        _ => Content::Missing,
    };
    let mut cell = Cell::new(content, of.runs.clone());
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
        higher_is_better: true,
    };
    table.columns.insert(place + 1, column);
    for row in &mut table.rows {
        let cell = match row.floor {
            true => Cell::new(Content::Missing, row.cells[place].runs.clone()),
            false => distance(&row.cells[place]),
        };
        row.cells.insert(place + 1, cell);
    }
}
