//! Rows that agree where they should differ, or differ where they should agree.

use std::collections::BTreeMap;

use super::{Rule, words};
use crate::published::audit::evidence::{Row, Seen};
use crate::published::audit::{Evidence, Finding, Strength};
use crate::published::parse::Cell;

pub const RULE: Rule = Rule {
    name: "twin-rows",
    definition: "two rows that agree in every metric but one; two rows of one table that agree in \
                 all; rows of two tables that are the same on one data set and not on another; two \
                 rows that share several accuracies and nothing else",
    strength: "very unlikely; odd where only some accuracies are shared",
    check,
};

/// Equal cells that make rows twins.
const EQUAL: usize = 4;
/// Equal accuracies that are worth a look.
const SHARED: usize = 2;

/// Two rows and the metrics in which they print the same and other digits.
struct Pair<'a> {
    a: &'a Row<'a>,
    b: &'a Row<'a>,
    equal: Vec<&'a Cell>,
    other: Vec<(&'a Cell, &'a Cell)>,
}

impl Pair<'_> {
    fn twins(&self) -> bool {
        self.equal.len() >= EQUAL && self.other.len() <= 1
    }

    fn rows(&self) -> String {
        let name = |r: &Row<'_>| words::row(r.method, r.condition);
        let table = |r: &Row<'_>| {
            if self.a.table == self.b.table {
                name(r)
            } else {
                format!("{} ({})", name(r), r.table)
            }
        };
        format!("{} and {}", table(self.a), table(self.b))
    }
}

fn check(evidence: &Evidence<'_>, _: &[Finding]) -> Vec<Finding> {
    let pairs = pairs(evidence);
    let mut out: Vec<Finding> = pairs.iter().filter_map(finding).collect();
    out.extend(crossed(evidence, &pairs));
    out
}

/// Every two rows of one data set and condition that are not the same method in the same table.
fn pairs<'a>(evidence: &'a Evidence<'a>) -> Vec<Pair<'a>> {
    let mut blocks: BTreeMap<_, Vec<&'a Row<'a>>> = BTreeMap::new();
    for row in &evidence.rows {
        // The mean of an overall table stands for a whole row of an ablation.
        let condition = (!row.condition.is_mean()).then_some(row.condition);
        let condition =
            condition.filter(|l| **l != crate::published::parse::ParsedCondition::Whole);
        blocks
            .entry((row.dataset, condition))
            .or_default()
            .push(row);
    }
    let mut out = Vec::new();
    for rows in blocks.values() {
        for (i, a) in rows.iter().enumerate() {
            out.extend(rows[i + 1..].iter().filter_map(|b| pair(evidence, a, b)));
        }
    }
    out
}

fn pair<'a>(evidence: &Evidence<'a>, a: &'a Row<'a>, b: &'a Row<'a>) -> Option<Pair<'a>> {
    if a.table == b.table && a.method == b.method {
        return None;
    }
    let (mut equal, mut other) = (Vec::new(), Vec::new());
    for x in &a.cells {
        let Some(y) = b.get(x.metric.name) else {
            continue;
        };
        match x.number.same(&y.number) {
            true if evidence.facts.is_baseline(a.dataset, x.metric, &x.number) => {}
            true => equal.push(*x),
            false => other.push((*x, y)),
        }
    }
    (equal.len() >= SHARED).then_some(Pair { a, b, equal, other })
}

fn finding(pair: &Pair<'_>) -> Option<Finding> {
    let about = words::about(&[&pair.rows(), pair.a.dataset]);
    match pair.other.as_slice() {
        [(x, y)] if pair.twins() => {
            let why = format!(
                "the rows agree in {} metrics, and print {} {} and {}",
                pair.equal.len(),
                x.metric.title,
                x.number.text(),
                y.number.text()
            );
            let cells = [at(pair.a, x), at(pair.b, y)];
            Some(Finding::new(Strength::VeryUnlikely, about, why, cells))
        }
        [] if pair.twins() && pair.a.table == pair.b.table => {
            let why = format!("all {} metrics print the same digits", pair.equal.len());
            let cells = pair.equal.iter().map(|c| at(pair.a, c));
            Some(Finding::new(Strength::VeryUnlikely, about, why, cells))
        }
        _ if pair.twins() => None,
        _ => shared(pair, about),
    }
}

/// Rows that share accuracies while the rest differs.
fn shared(pair: &Pair<'_>, about: String) -> Option<Finding> {
    let shares: Vec<&Cell> = pair
        .equal
        .iter()
        .copied()
        .filter(|c| c.metric.name.starts_with("acc"))
        .collect();
    let mut values: Vec<_> = shares.iter().map(|c| c.number.units()).collect();
    values.sort_unstable();
    values.dedup();
    (values.len() >= SHARED).then(|| {
        let why = format!(
            "the rows share {} and differ in {} other metrics",
            words::metrics(shares.iter().copied()),
            pair.other.len()
        );
        let cells = shares.iter().flat_map(|x| {
            let twin = pair.b.get(x.metric.name).map(|y| at(pair.b, y));
            std::iter::once(at(pair.a, x)).chain(twin)
        });
        Finding::new(Strength::Odd, about, why, cells)
    })
}

fn at<'a>(row: &Row<'a>, cell: &'a Cell) -> Seen<'a> {
    let table = row.table;
    Seen { table, cell }
}

/// Rows whose twin on one data set is another row than on the next.
fn crossed(evidence: &Evidence<'_>, pairs: &[Pair<'_>]) -> Vec<Finding> {
    let twins: Vec<&Pair<'_>> = pairs
        .iter()
        .filter(|p| p.twins() && p.a.table != p.b.table)
        .collect();
    let mut out: Vec<Finding> = Vec::new();
    for (i, first) in twins.iter().enumerate() {
        for second in &twins[i + 1..] {
            let same_row = first.a.table == second.a.table && first.a.method == second.a.method;
            let names = [first, second].map(|p| what_differs(evidence, p.b));
            if !same_row
                || first.a.dataset == second.a.dataset
                || names[0] == names[1]
                || !has_row(evidence, second.b, &names[0])
            {
                continue;
            }
            let about = words::about(&[
                &words::row(first.a.method, first.a.condition),
                second.a.dataset,
            ]);
            let why = format!(
                "on {} the row is `{}` of {}, on {} it is `{}` of {}",
                first.a.dataset,
                names[0],
                first.b.table,
                second.a.dataset,
                names[1],
                second.b.table
            );
            let cells = second.equal.iter().map(|c| at(second.a, c));
            out.push(Finding::new(Strength::VeryUnlikely, about, why, cells));
        }
    }
    out
}

/// Whether a row of this name stands beside another in its table: then it should have been the twin.
fn has_row(evidence: &Evidence<'_>, beside: &Row<'_>, name: &str) -> bool {
    let table = |r: &&Row<'_>| (r.table, r.dataset) == (beside.table, beside.dataset);
    let mut rows = evidence.rows.iter().filter(table);
    rows.any(|r| what_differs(evidence, r) == name)
}

/// A row's name without the settings that most rows of its table and data set have.
fn what_differs(evidence: &Evidence<'_>, row: &Row<'_>) -> String {
    let beside = evidence
        .rows
        .iter()
        .filter(|r| (r.table, r.dataset) == (row.table, row.dataset));
    let beside: Vec<&str> = beside.map(|r| r.method).collect();
    let usual = |part: &str| {
        let having = beside.iter().filter(|m| m.split(", ").any(|p| p == part));
        2 * having.count() > beside.len()
    };
    let parts: Vec<&str> = row.method.split(", ").filter(|p| !usual(p)).collect();
    parts.join(", ")
}
