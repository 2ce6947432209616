//! Marks the best cells of a table, and those that are no better than the baseline.

use super::{Cell, Content, Table, TableRow};
use crate::report::stats::holm::{self, ALPHA};

/// Corrects the p-values of a table's tests for their number, and sets `best`, `significant`,
/// `at_baseline` and `above_baseline` in every column. Values are compared as printed: what looks equal
/// is equal. `reference` is the row that others were tested against.
pub fn mark(table: &mut Table, reference: Option<usize>) {
    correct(table);
    for column in 0..table.columns.len() {
        let sign = sign(table, column);
        baselines(&mut table.rows, column, sign);
        mark_column(&mut table.rows, column, sign, reference);
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

/// Holm's correction over all tests of the table.
pub(super) fn correct(table: &mut Table) {
    let cells = || table.rows.iter().flat_map(|r| &r.cells);
    let raw: Vec<f64> = cells().filter_map(|c| Some(c.versus?.p)).collect();
    let cells = table.rows.iter_mut().flat_map(|r| &mut r.cells);
    let tested = cells.filter_map(|c| c.versus.as_mut());
    for (versus, p) in tested.zip(holm::adjust(&raw)) {
        versus.p = p;
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

fn mark_column(rows: &mut [TableRow], column: usize, sign: i32, reference: Option<usize>) {
    let rivals: Vec<(i128, usize)> = (0..rows.len())
        .filter(|&i| !rows[i].baseline)
        .filter_map(|i| Some((goodness(&rows[i].cells[column], sign)?, i)))
        .collect();
    // To this side of the reference, by more than chance: the difference over paired seeds may have
    // another sign than that of the numbers shown.
    let sure = |i: usize, side: i32| {
        let versus = rows[i].cells[column].versus;
        versus.is_some_and(|v| v.p < ALPHA && v.difference * f64::from(side) > 0.0)
    };
    // The reference is best where the runner-up is worse than it: each of them, where several are
    // equal as printed.
    let beaten = |of: usize| {
        let others = || rivals.iter().filter(|(_, i)| *i != of);
        let second = others().map(|(value, _)| *value).max();
        let mut seconds = others().filter(|(value, _)| Some(*value) == second);
        seconds.all(|(_, i)| sure(*i, -sign))
    };
    // Cells that share the first place have a test each.
    let significant = |i: usize| {
        if Some(i) == reference {
            beaten(i)
        } else {
            sure(i, sign)
        }
    };
    let first = rivals.iter().map(|(value, _)| *value).max();
    let best = rivals.iter().filter(|(value, _)| Some(*value) == first);
    let best: Vec<(usize, bool)> = best.map(|(_, i)| (*i, significant(*i))).collect();
    // Do not mark a column with one model.
    if rivals.len() > 1 {
        for (i, significant) in best {
            let cell = &mut rows[i].cells[column];
            // Never mark a cell that does not beat the baseline.
            cell.best = !cell.at_baseline;
            cell.significant = cell.best && significant;
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
            notes: Vec::new(),
        }
    }

    fn marks(higher: bool, values: &[(f64, bool)]) -> Vec<(bool, bool)> {
        let mut table = table(higher, values);
        mark(&mut table, None);
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

    /// Values with the p-value of their test against the second row; `turned` differences have
    /// another sign than those of the values.
    fn tested(higher: bool, values: &[(f64, Option<f64>)], turned: bool) -> Vec<bool> {
        let plain: Vec<_> = values.iter().map(|(v, _)| (*v, false)).collect();
        let mut table = table(higher, &plain);
        for (row, (value, p)) in table.rows.iter_mut().zip(values) {
            let difference = value - values[1].0;
            row.cells[0].versus = p.map(|p| Versus {
                difference: if turned { -difference } else { difference },
                interval: None,
                p,
            });
        }
        mark(&mut table, Some(1));
        table.rows.iter().map(|r| r.cells[0].significant).collect()
    }

    fn bold(values: &[(f64, Option<f64>)]) -> Vec<bool> {
        tested(true, values, false)
    }

    #[test]
    fn a_difference_to_the_other_side_is_not_the_best_ones() {
        let (better, runner_up) = (
            [(9.0, Some(0.01)), (8.0, None)],
            [(7.0, Some(0.01)), (9.0, None)],
        );
        for (higher, first) in [(true, &better), (false, &runner_up)] {
            assert_eq!(tested(higher, first, false), [true, false]);
            assert_eq!(tested(higher, first, true), [false; 2]);
        }
        for (higher, second) in [(true, &runner_up), (false, &better)] {
            assert_eq!(tested(higher, second, false), [false, true]);
            assert_eq!(tested(higher, second, true), [false; 2]);
        }
    }

    #[test]
    fn the_best_is_significant_by_its_own_test_or_the_runner_ups() {
        assert_eq!(bold(&[(9.0, Some(0.01)), (8.0, None)]), [true, false]);
        assert_eq!(bold(&[(9.0, Some(0.20)), (8.0, None)]), [false, false]);
        let runner_up = [(7.0, Some(0.01)), (9.0, None), (1.0, Some(0.9))];
        assert_eq!(bold(&runner_up), [false, true, false]);
        // Two tests: 0.03 becomes 0.06.
        assert_eq!(
            bold(&[(9.0, Some(0.03)), (8.0, None), (1.0, Some(0.9))]),
            [false; 3]
        );
    }

    #[test]
    fn cells_that_share_the_first_place_are_significant_by_their_own_tests() {
        let (sure, chance) = ((9.0, Some(0.01)), (9.0, Some(0.2)));
        assert_eq!(bold(&[sure, (8.0, None), chance]), [true, false, false]);
        assert_eq!(bold(&[chance, (8.0, None), sure]), [false, false, true]);
        // The second is the reference: equal as printed, it does not beat the first, nor all others.
        let above = (9.04, Some(0.01));
        assert_eq!(bold(&[above, (9.0, None)]), [true, false]);
        assert_eq!(bold(&[above, (9.0, None), chance]), [true, false, false]);
        assert_eq!(
            bold(&[chance, (9.0, None), (1.0, Some(0.01))]),
            [false, false, false]
        );
    }

    #[test]
    fn the_reference_is_to_beat_all_that_share_the_second_place() {
        let (sure, chance) = ((7.0, Some(0.01)), (7.0, Some(0.2)));
        assert_eq!(bold(&[sure, (9.0, None), chance]), [false; 3]);
        assert_eq!(bold(&[chance, (9.0, None), sure]), [false; 3]);
        assert_eq!(bold(&[sure, (9.0, None), sure]), [false, true, false]);
    }

    #[test]
    fn the_best_of_baselines_counts_in_full() {
        for rows in [[50.0, 50.04], [50.04, 50.0]] {
            let mut table = table(true, &[(60.0, false), (rows[0], true), (rows[1], true)]);
            mark(&mut table, None);
            let above = table.rows[0].cells[0].above_baseline.unwrap();
            assert!((above - 9.96).abs() < 1e-9, "{rows:?} {above}");
        }
    }

    #[test]
    fn points_above_the_baseline_count_to_the_better_side() {
        let mut table = table(false, &[(0.9, false), (1.6, false), (1.5, true)]);
        mark(&mut table, None);
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
