//! Finds methods of few metrics whose scores are the same at all rates while the others get worse.

use std::collections::BTreeMap;

use super::same_prediction::EQUAL;
use crate::published::audit::arranged::ScoreColumn;
use crate::published::audit::rules::describe;
use crate::published::audit::{Arranged, Finding, Strength};
use crate::published::parse::{ParsedCell, ParsedCondition};

/// Rates at which the scores must be the same.
const RATES: usize = 4;

/// Units of the last place that the other methods lose, so that equal digits are not those of a coarse table.
const LOST: f64 = 5.0;

/// A finding per method with fewer metrics than rows are compared by.
pub fn findings(arranged: &Arranged<'_>) -> Vec<Finding> {
    let mut methods: BTreeMap<_, Vec<&ScoreColumn<'_>>> = BTreeMap::new();
    for column in &arranged.columns {
        let key = (column.table, column.dataset, column.method);
        methods.entry(key).or_default().push(column);
    }
    let few = methods.values().filter(|columns| columns.len() < EQUAL);
    few.filter_map(|columns| finding(arranged, columns))
        .collect()
}

/// The cells at rates, lowest rate first.
fn at_rates<'a>(column: &ScoreColumn<'a>) -> Vec<&'a ParsedCell> {
    let rate = |c: &&ParsedCell| match c.condition {
        ParsedCondition::Rate(parts) => Some(parts),
        _ => None,
    };
    let parts = column.parts.iter().copied();
    let mut cells: Vec<&ParsedCell> = parts.filter(|c| rate(c).is_some()).collect();
    cells.sort_by_key(rate);
    cells
}

fn is_same(arranged: &Arranged<'_>, column: &ScoreColumn<'_>) -> bool {
    let cells = at_rates(column);
    let constant = |c: &ParsedCell| {
        let statistics = arranged.statistics;
        statistics.is_baseline(&c.dataset, c.metric, &c.number)
            || statistics.is_lost(&c.dataset, c.metric, &c.number)
    };
    cells.len() >= RATES
        && cells.iter().all(|c| c.number.same(&cells[0].number))
        && !constant(cells[0])
        && falls_beside(arranged, column, cells[0])
}

/// Whether most other methods get worse along the rates, to below this score: one that is not better than they are
/// in the end may predict a constant.
fn falls_beside(arranged: &Arranged<'_>, column: &ScoreColumn<'_>, cell: &ParsedCell) -> bool {
    let sign = if column.metric.higher_is_better {
        1.0
    } else {
        -1.0
    };
    let others = arranged.columns.iter().filter(|c| {
        (c.table, c.dataset, c.metric) == (column.table, column.dataset, column.metric)
            && c.method != column.method
            && !describe::is_constant(c.method)
    });
    let others: Vec<Vec<&ParsedCell>> = others.map(at_rates).filter(|c| c.len() >= RATES).collect();
    let worse = others.iter().filter(|cells| {
        let (first, last) = (&cells[0].number, &cells[cells.len() - 1].number);
        sign * (first.value - last.value) >= LOST * cell.number.ulp()
            && sign * (cell.number.value - last.value) > 0.0
    });
    2 * worse.count() > others.len()
}

fn finding(arranged: &Arranged<'_>, columns: &[&ScoreColumn<'_>]) -> Option<Finding> {
    let first = columns[0];
    let at_rates_of = |c: &&&ScoreColumn<'_>| at_rates(c).len() >= RATES;
    let judged: Vec<&&ScoreColumn<'_>> = columns.iter().filter(at_rates_of).collect();
    let same = judged.iter().all(|column| is_same(arranged, column));
    if judged.is_empty() || !same || describe::is_constant(first.method) {
        return None;
    }
    let cells: Vec<&ParsedCell> = judged.iter().map(|c| at_rates(c)[0]).collect();
    let numbers: Vec<String> = cells
        .iter()
        .map(|c| format!("{} {}", c.metric.title, c.number.text()))
        .collect();
    let why = format!(
        "{} at all {} rates, while most other methods fall below: were its masks applied?",
        describe::list(&numbers),
        at_rates(judged[0]).len(),
    );
    let about = describe::about(&[first.method, first.dataset, &describe::metrics(cells)]);
    let cells = judged
        .iter()
        .flat_map(|column| at_rates(column).into_iter().map(|c| column.seen(c)));
    Some(Finding::new(Strength::Odd, about, why, cells))
}

#[cfg(test)]
mod tests {
    use crate::published::audit::rules::testing::found;

    fn table(heads: &str, other: impl Fn(usize) -> String, own: &str) -> String {
        let mut text = format!("method,rate,{heads}\n");
        for i in 0..5 {
            text += &format!(
                "A,0.{i},{}\nB,0.{i},{}\nC,0.{i},{own}\n",
                other(i),
                other(i + 1)
            );
        }
        text
    }

    #[test]
    fn a_method_without_masks_is_named_where_others_fall() {
        let acc = |i: usize| format!("{:.2},{:.2}", 80.3 - 3.2 * i as f64, 80.1 - 3.4 * i as f64);
        let found_acc = found(
            "same-prediction",
            &table("mosi_acc2_n,mosi_f1_n", acc, "81.10,81.22"),
        );
        assert_eq!((found_acc.len(), found_acc[0].cells.len()), (1, 10));
        assert!(
            found_acc[0].why.contains("at all 5 rates"),
            "{}",
            found_acc[0].why
        );
        let mae = |i: usize| format!("{:.3}", 0.81 + 0.07 * i as f64);
        assert_eq!(
            found("same-prediction", &table("mosi_mae", mae, "0.790")).len(),
            1
        );
    }

    #[test]
    fn constants_and_tables_that_do_not_fall_pass() {
        let acc = |i: usize| format!("{:.2}", 80.3 - 3.2 * i as f64);
        assert!(found("same-prediction", &table("mosi_acc2_n", acc, "57.77")).is_empty());
        // No better than the others in the end: an error of a constant.
        let mae = |i: usize| format!("{:.3}", 0.81 + 0.07 * i as f64);
        assert!(found("same-prediction", &table("mosi_mae", mae, "1.460")).is_empty());
        let flat = |i: usize| format!("{:.2}", 80.3 - 0.01 * i as f64);
        assert!(found("same-prediction", &table("mosi_acc2_n", flat, "81.10")).is_empty());
    }
}
