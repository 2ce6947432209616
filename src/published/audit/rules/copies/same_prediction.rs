//! Finds conditions at which a method has the same scores.

use super::unmasked;
use crate::published::audit::arranged::{ScoreRow, Seen};
use crate::published::audit::rules::{Rule, describe};
use crate::published::audit::{Arranged, Finding, Strength};
use crate::published::parse::ParsedCell;

pub const RULE: Rule = Rule {
    name: "same-prediction",
    definition: "rows of one method that print the same digits at two or more conditions in at least \
                 four metrics and more than half of them; methods of fewer metrics that print the same at all rates \
                 (four at least), while most others get worse and end below",
    strength: "odd: what was taken away there does not reach the model's output, or a row was \
               copied",
    check,
};

/// Equal cells that make two rows the same.
pub const EQUAL: usize = 4;

fn check(arranged: &Arranged<'_>, _: &[Finding]) -> Vec<Finding> {
    let rows: Vec<&ScoreRow<'_>> = arranged
        .rows
        .iter()
        .filter(|r| !r.condition.is_mean() && !describe::is_constant(r.method))
        .collect();
    let mut taken = vec![false; rows.len()];
    let mut out = Vec::new();
    for i in 0..rows.len() {
        let same: Vec<usize> = (i + 1..rows.len())
            .filter(|j| !taken[*j] && of_one(rows[i], rows[*j]) && alike(rows[i], rows[*j]))
            .collect();
        if taken[i] || same.is_empty() {
            continue;
        }
        same.iter().for_each(|j| taken[*j] = true);
        let group: Vec<&ScoreRow<'_>> = std::iter::once(i).chain(same).map(|j| rows[j]).collect();
        out.push(finding(&group));
    }
    out.extend(unmasked::findings(arranged));
    out
}

fn of_one(a: &ScoreRow<'_>, b: &ScoreRow<'_>) -> bool {
    (a.table, a.dataset, a.method) == (b.table, b.dataset, b.method)
}

/// The cells of `a` that `b` prints too.
fn equal<'a>(a: &ScoreRow<'a>, b: &ScoreRow<'_>) -> Vec<&'a ParsedCell> {
    let there = |c: &ParsedCell| {
        b.get(c.metric.name)
            .is_some_and(|o| o.number.same(&c.number))
    };
    a.cells.iter().copied().filter(|c| there(c)).collect()
}

fn alike(a: &ScoreRow<'_>, b: &ScoreRow<'_>) -> bool {
    let cells = equal(a, b);
    // Few samples have equal accuracies; an error or a correlation differs with every prediction.
    let exact = |c: &&&ParsedCell| !c.metric.share && b.get(c.metric.name).is_some();
    let printed = a.cells.iter().filter(exact).count();
    if printed > 0 && cells.iter().filter(exact).count() == 0 {
        return false;
    }
    let n = cells.len();
    n >= EQUAL && 2 * n > a.cells.len().min(b.cells.len())
}

fn finding(rows: &[&ScoreRow<'_>]) -> Finding {
    let first = rows[0];
    let cells = rows.iter().flat_map(|row| {
        let other = if std::ptr::eq(*row, first) {
            rows[1]
        } else {
            first
        };
        let cells = equal(row, other).into_iter();
        cells.map(|cell| Seen {
            table: row.table,
            cell,
        })
    });
    let n = equal(first, rows[1]).len();
    let conditions = describe::conditions(rows.iter().map(|r| r.condition));
    let why = format!("{n} of {} metrics print the same digits", first.cells.len());
    let about = describe::about(&[first.method, first.dataset, &conditions]);
    Finding::new(Strength::Odd, about, why, cells)
}
