//! Finds differences in cells, `32.75 (+9.11)`, that contradict the row they are to.

use std::collections::BTreeMap;

use crate::published::audit::arranged::{ScoreColumn, Seen};
use crate::published::audit::rules::{Rule, describe};
use crate::published::audit::{Arranged, Finding, Strength};
use crate::published::parse::ParsedCell;

pub const RULE: Rule = Rule {
    name: "wrong-difference",
    definition: "a difference printed in a cell, such as 32.75 (+9.11), that is not the one to the row that at least \
                 three and most of the differences beside it are to",
    strength: "odd: the difference, the number or the one of the other row is wrong",
    check,
};

/// Differences that must agree with one row for it to be the row they are to.
const AGREE: usize = 3;

/// A cell with a difference, and the number of another row in its place.
type Place<'a> = (Seen<'a>, f64, &'a ParsedCell);

fn check(arranged: &Arranged<'_>, _: &[Finding]) -> Vec<Finding> {
    let mut methods: BTreeMap<_, Vec<&ScoreColumn<'_>>> = BTreeMap::new();
    for column in &arranged.columns {
        let key = (column.table, column.method);
        methods.entry(key).or_default().push(column);
    }
    let all = methods
        .values()
        .filter(|columns| columns.iter().any(|c| differences(c).next().is_some()));
    all.filter_map(|columns| finding(arranged, columns))
        .collect()
}

/// The cells of a column that print a difference.
fn differences<'a>(column: &ScoreColumn<'a>) -> impl Iterator<Item = (&'a ParsedCell, f64)> {
    let cells: Vec<&'a ParsedCell> = column.parts.iter().copied().chain(column.mean).collect();
    cells
        .into_iter()
        .filter_map(|c| Some((c, c.number.difference?)))
}

/// The differences of a method beside the numbers of another one.
fn places<'a>(arranged: &Arranged<'a>, columns: &[&ScoreColumn<'a>], base: &str) -> Vec<Place<'a>> {
    let of_base = |column: &ScoreColumn<'a>| {
        arranged.columns.iter().find(|b| {
            b.method == base
                && (b.table, b.dataset, b.metric) == (column.table, column.dataset, column.metric)
        })
    };
    let each = columns.iter().flat_map(|column| {
        differences(column).filter_map(move |(cell, difference)| {
            let other = of_base(column)?.at(&cell.condition)?;
            Some((column.seen(cell), difference, other))
        })
    });
    each.collect()
}

/// Whether a difference is the one of its two numbers, with or without its sign: an error falls.
fn agrees((seen, difference, other): &Place<'_>) -> bool {
    let number = &seen.cell.number;
    let real = number.value - other.number.value;
    let slack = number.ulp().max(other.number.ulp()) * 1.01;
    let improved = !seen.cell.metric.higher_is_better && (real + difference).abs() <= slack;
    (real - difference).abs() <= slack || improved
}

fn finding(arranged: &Arranged<'_>, columns: &[&ScoreColumn<'_>]) -> Option<Finding> {
    let first = columns[0];
    let mut names: Vec<&str> = Vec::new();
    for column in &arranged.columns {
        if column.table == first.table
            && column.method != first.method
            && !names.contains(&column.method)
        {
            names.push(column.method);
        }
    }
    let counted = names.iter().map(|base| {
        let places = places(arranged, columns, base);
        (places.iter().filter(|p| agrees(p)).count(), *base, places)
    });
    let (agree, base, places) = counted.max_by_key(|(agree, ..)| *agree)?;
    let wrong: Vec<&Place<'_>> = places.iter().filter(|p| !agrees(p)).collect();
    let (seen, difference, other) = wrong.first()?;
    if agree < AGREE || agree <= wrong.len() {
        return None;
    }
    let cell = seen.cell;
    let digits = cell.number.decimals;
    let more = match wrong.len() {
        1 => String::new(),
        n => format!(" (and {} more)", n - 1),
    };
    let why = format!(
        "{agree} of {} differences are to {base}; {} {} ({difference:+.digits$}) is not: {base} prints {}, which is \
         {:+.digits$}{more}",
        places.len(),
        cell.metric.title,
        cell.number.text(),
        other.number.text(),
        cell.number.value - other.number.value,
    );
    let about = describe::about(&[first.method, &cell.dataset, cell.metric.title]);
    let cells = wrong.iter().map(|(seen, ..)| *seen);
    Some(Finding::new(Strength::Odd, about, why, cells))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::published::audit::rules::testing::found;

    fn of(corr: &str) -> Vec<Finding> {
        let text = format!(
            "method,mosi_acc7,mosi_acc2_n,mosi_mae,mosi_corr\n\
             TFN,23.64,70.10,1.210,0.460\n\
             MISA,31.20,71.32,1.080,0.520\n\
             Ours,32.75 (+9.11),73.20 (+3.10),1.041 (-0.169),{corr}\n"
        );
        found(RULE.name, &text)
    }

    #[test]
    fn a_difference_that_is_to_no_row_is_named() {
        assert!(of("0.531 (+0.071)").is_empty());
        assert!(of("0.531").is_empty());
        let all = of("0.531 (+0.171)");
        assert_eq!((all.len(), all[0].cells.len()), (1, 1), "{all:?}");
        assert!(
            all[0].why.contains("3 of 4 differences are to TFN"),
            "{}",
            all[0].why
        );
    }

    #[test]
    fn differences_to_no_single_row_pass() {
        let text = "method,mosi_acc7,mosi_acc2_n,mosi_corr\nA,23.64,70.10,0.460\nB,31.2,71.32,0.52\n\
                    C,32.75 (+1.55),73.20 (+3.10),0.531 (+0.300)\n";
        assert!(found(RULE.name, text).is_empty());
    }
}
