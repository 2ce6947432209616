//! Marks the best cells of a table, and those that are no better than its floor.

use crate::report::table::{Line, Table};

/// Sets `best` and `at_floor` in every column. Values are compared as printed: what looks equal
/// is equal.
pub fn mark(table: &mut Table) {
    for column in 0..table.columns.len() {
        let sign = if table.columns[column].higher_is_better {
            1
        } else {
            -1
        };
        mark_column(&mut table.rows, column, sign);
    }
}

/// With `sign` -1 the smallest value is the greatest.
fn mark_column(rows: &mut [Line], column: usize, sign: i128) {
    let goodness = |row: &Line| row.cells[column].content.rounded().map(|v| v * sign);
    let floor = rows.iter().filter(|r| r.floor).filter_map(goodness).max();
    let rivals: Vec<i128> = rows
        .iter()
        .filter(|r| !r.floor)
        .filter_map(goodness)
        .collect();
    // The best of one is no distinction.
    let best = (rivals.len() > 1)
        .then(|| rivals.iter().max().copied())
        .flatten();
    for row in rows.iter_mut().filter(|r| !r.floor) {
        if let Some(value) = goodness(row) {
            let cell = &mut row.cells[column];
            cell.at_floor = floor.is_some_and(|floor| value <= floor);
            // To beat the others and not the floor is nothing to point at.
            cell.best = Some(value) == best && !cell.at_floor;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::table::{Cell, Column, Content};

    fn table(higher: bool, values: &[(f64, bool)]) -> Table {
        let cell = |value| Cell {
            content: Content::Number {
                value,
                sd: None,
                decimals: 1,
            },
            best: false,
            at_floor: false,
            runs: Vec::new(),
        };
        let line = |(value, floor): &(f64, bool)| Line {
            label: "x".into(),
            floor: *floor,
            cells: vec![cell(*value)],
        };
        Table {
            id: "t".into(),
            title: "t".into(),
            stub: "model".into(),
            columns: vec![Column {
                group: String::new(),
                title: "c".into(),
                name: "c".into(),
                higher_is_better: higher,
            }],
            rows: values.iter().map(line).collect(),
            reasons: Vec::new(),
            notes: Vec::new(),
        }
    }

    fn marks(higher: bool, values: &[(f64, bool)]) -> Vec<(bool, bool)> {
        let mut table = table(higher, values);
        mark(&mut table);
        let cells = table.rows.iter().map(|r| &r.cells[0]);
        cells.map(|c| (c.best, c.at_floor)).collect()
    }

    #[test]
    fn higher_is_better_and_equal_as_printed_counts_as_floor() {
        let rows = [(70.0, false), (70.04, false), (50.04, false), (50.0, true)];
        let expected = [(true, false), (true, false), (false, true), (false, false)];
        assert_eq!(marks(true, &rows), expected);
    }

    #[test]
    fn lower_is_better() {
        let rows = [(0.9, false), (1.6, false), (1.5, true)];
        assert_eq!(
            marks(false, &rows),
            [(true, false), (false, true), (false, false)]
        );
    }

    #[test]
    fn no_row_is_best_when_all_are_at_the_floor() {
        let rows = [(50.0, false), (47.5, false), (50.0, true)];
        assert_eq!(marks(true, &rows)[..2], [(false, true), (false, true)]);
    }

    #[test]
    fn a_single_model_is_not_best_and_without_floor_nothing_is_at_it() {
        assert_eq!(marks(true, &[(1.0, false)]), [(false, false)]);
        assert_eq!(marks(true, &[(1.0, false), (1.0, true)])[0], (false, true));
    }
}
