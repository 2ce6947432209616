//! Marks the best and second best cells of a table, what differs from the reference, and what is no better
//! than the baseline.

use super::{Cell, Content, Table, TableRow};

/// Sets `best`, `second`, `significant`, `at_baseline` and `above_baseline` in every column. Values are
/// compared as printed: what looks equal is equal.
pub fn mark(table: &mut Table) {
    for column in 0..table.columns.len() {
        let sign = sign(table, column);
        baselines(&mut table.rows, column, sign);
        ranks(&mut table.rows, column, sign);
    }
    stars(table);
}

/// Sets `significant`.
pub fn stars(table: &mut Table) {
    for cell in table.rows.iter_mut().flat_map(|r| &mut r.cells) {
        cell.significant = cell.versus.is_some_and(|versus| versus.significant());
    }
}

/// Sets `at_baseline` and `above_baseline` alone.
pub fn mark_baselines(table: &mut Table) {
    for column in 0..table.columns.len() {
        let sign = sign(table, column);
        baselines(&mut table.rows, column, sign);
    }
}

/// -1 where lower is better.
fn sign(table: &Table, column: usize) -> i32 {
    if table.columns[column].higher_is_better {
        1
    } else {
        -1
    }
}

fn goodness(cell: &Cell, sign: i32) -> Option<i128> {
    Some(cell.content.rounded()? * i128::from(sign))
}

fn baselines(rows: &mut [TableRow], column: usize, sign: i32) {
    // As printed, and in full.
    let values = |row: &TableRow| {
        let cell = &row.cells[column];
        Some((goodness(cell, sign)?, f64::from(sign) * number(cell)?))
    };
    // Baselines may be equal as printed and differ in full: the best counts, as in summary.csv.
    let baselines = rows.iter().filter(|r| r.baseline).filter_map(values);
    let baseline = baselines.max_by(|a, b| a.1.total_cmp(&b.1));
    for row in rows.iter_mut().filter(|r| !r.baseline) {
        if let Some((value, exact)) = values(row) {
            let cell = &mut row.cells[column];
            cell.at_baseline = baseline.is_some_and(|(baseline, _)| value <= baseline);
            cell.above_baseline = baseline.map(|(_, baseline)| exact - baseline);
        }
    }
}

fn ranks(rows: &mut [TableRow], column: usize, sign: i32) {
    let value = |row: &TableRow| goodness(&row.cells[column], sign);
    let mut values: Vec<i128> = rows
        .iter()
        .filter(|r| !r.baseline)
        .filter_map(value)
        .collect();
    // Do not mark a column with one model.
    if values.len() < 2 {
        return;
    }
    values.sort_unstable();
    values.dedup();
    let mut best = values.into_iter().rev();
    let (first, second) = (best.next(), best.next());
    for row in rows.iter_mut().filter(|r| !r.baseline) {
        let value = goodness(&row.cells[column], sign);
        let cell = &mut row.cells[column];
        // Never mark a cell that does not beat the baseline.
        if value.is_some() && !cell.at_baseline {
            cell.best = value == first;
            cell.second = value == second;
        }
    }
}

fn number(cell: &Cell) -> Option<f64> {
    match cell.content {
        Content::Number { value, .. } => Some(value),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::origin::Origin;
    use crate::report::table::{Column, Versus};

    fn table(higher: bool, values: &[(f64, bool)]) -> Table {
        let content = |value| Content::Number {
            value,
            sd: None,
            decimals: 1,
        };
        let cell = |value| Cell::new(content(value), Origin::Nothing);
        let line = |(value, baseline): &(f64, bool)| TableRow {
            block: String::new(),
            label: "x".into(),
            baseline: *baseline,
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
                metrics: Vec::new(),
                higher_is_better: higher,
            }],
            rows: values.iter().map(line).collect(),
            masks: String::new(),
            reference: None,
            reasons: Vec::new(),
            legend: Vec::new(),
            notes: Vec::new(),
        }
    }

    fn marks(higher: bool, values: &[(f64, bool)]) -> Vec<(bool, bool)> {
        let mut table = table(higher, values);
        mark(&mut table);
        let cells = table.rows.iter().map(|r| &r.cells[0]);
        cells.map(|c| (c.best, c.at_baseline)).collect()
    }

    #[test]
    fn higher_is_better_and_equal_as_printed_counts_as_baseline() {
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
    fn the_second_best_is_the_next_printed_value() {
        let second = |rows: &[(f64, bool)]| {
            let mut table = table(false, rows);
            mark(&mut table);
            table
                .rows
                .iter()
                .map(|r| r.cells[0].second)
                .collect::<Vec<_>>()
        };
        let rows = [
            (1.0, false),
            (2.0, false),
            (1.04, false),
            (2.04, false),
            (3.0, false),
        ];
        assert_eq!(second(&rows), [false, true, false, true, false]);
        assert_eq!(second(&rows[..1]), [false]);
        // Not above the baseline.
        assert_eq!(
            second(&[(1.0, false), (2.0, false), (1.5, true)]),
            [false; 3]
        );
    }

    #[test]
    fn a_star_follows_the_corrected_p_value_alone() {
        let mut table = table(
            true,
            &[(9.0, false), (8.0, false), (7.0, false), (6.0, false)],
        );
        for (row, p) in table.rows.iter_mut().zip([Some(0.01), Some(0.05), None]) {
            row.cells[0].versus = Some(Versus {
                difference: 1.0,
                interval: None,
                p,
                primary: false,
                p_permutation: Some(0.0002),
            });
        }
        mark(&mut table);
        let stars: Vec<bool> = table.rows.iter().map(|r| r.cells[0].significant).collect();
        assert_eq!(stars, [true, false, false, false]);
    }

    #[test]
    fn the_best_of_baselines_counts_in_full() {
        for rows in [[50.0, 50.04], [50.04, 50.0]] {
            let mut table = table(true, &[(60.0, false), (rows[0], true), (rows[1], true)]);
            mark(&mut table);
            let above = table.rows[0].cells[0].above_baseline.unwrap();
            assert!((above - 9.96).abs() < 1e-9, "{rows:?} {above}");
        }
    }

    #[test]
    fn points_above_the_baseline_count_to_the_better_side() {
        let mut table = table(false, &[(0.9, false), (1.6, false), (1.5, true)]);
        mark(&mut table);
        let above = |i: usize| table.rows[i].cells[0].above_baseline;
        assert!((above(0).unwrap() - 0.6).abs() < 1e-12);
        assert!((above(1).unwrap() + 0.1).abs() < 1e-12 && above(2).is_none());
    }

    #[test]
    fn no_row_is_best_when_all_are_at_the_baseline() {
        let rows = [(50.0, false), (47.5, false), (50.0, true)];
        assert_eq!(marks(true, &rows)[..2], [(false, true), (false, true)]);
    }

    #[test]
    fn a_single_model_is_not_best_and_without_baseline_nothing_is_at_it() {
        assert_eq!(marks(true, &[(1.0, false)]), [(false, false)]);
        assert_eq!(marks(true, &[(1.0, false), (1.0, true)])[0], (false, true));
    }
}
