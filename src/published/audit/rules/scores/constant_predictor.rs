//! Finds cells equal to the scores of a constant predictor.

use super::lone_constant;
use crate::published::audit::arranged::{ScoreRow, Seen};
use crate::published::audit::rules::{Rule, describe};
use crate::published::audit::{Arranged, Finding, Strength};
use crate::published::parse::{ParsedCell, ParsedCondition, metric};

pub const RULE: Rule = Rule {
    name: "constant-predictor",
    definition: "a two-class accuracy and its F1, or two of the other accuracies, that are at once \
                 those of a constant predictor; one metric that is that of one \
                 such predictor at two or more conditions, where no two-class metric of the same row \
                 contradicts",
    strength: "odd: the model had learnt nothing it could use there, or its output was lost",
    check,
};

/// A row's cells that are a constant predictor's, and the class it predicts.
struct Flat<'a> {
    row: &'a ScoreRow<'a>,
    classes: String,
    cells: Vec<&'a ParsedCell>,
}

fn check(arranged: &Arranged<'_>, _: &[Finding]) -> Vec<Finding> {
    let flat: Vec<Flat<'_>> = arranged
        .rows
        .iter()
        .filter_map(|r| flat(arranged, r))
        .collect();
    let mut out: Vec<Finding> = Vec::new();
    let mut done: Vec<[&str; 3]> = Vec::new();
    for first in &flat {
        let key = |f: &Flat<'_>| [f.row.table, f.row.dataset, f.row.method].map(str::to_string);
        let this = [first.row.table, first.row.dataset, first.row.method];
        if !done.contains(&this) {
            done.push(this);
            let same: Vec<_> = flat.iter().filter(|f| key(f) == key(first)).collect();
            out.push(finding(&same));
        }
    }
    let named: Vec<&ParsedCell> = flat.iter().flat_map(|f| f.cells.iter().copied()).collect();
    out.extend(lone_constant::findings(arranged, &named));
    out
}

fn flat<'a>(arranged: &Arranged<'a>, row: &'a ScoreRow<'a>) -> Option<Flat<'a>> {
    if describe::is_constant(row.method) {
        return None;
    }
    let mut cells = Vec::new();
    let mut classes = Vec::new();
    for accuracy in row
        .cells
        .iter()
        .filter(|c| c.metric.name.starts_with("acc2"))
    {
        let name = accuracy.metric.name.replacen("acc2", "f1", 1);
        let f1 = metric::find(&name).and_then(|m| row.get(m.name));
        if let Some((f1, class)) = f1.and_then(|f1| Some((f1, class(arranged, accuracy, f1)?))) {
            cells.extend([*accuracy, f1]);
            classes.push(class);
        }
    }
    let listed: Vec<&ParsedCell> = row
        .cells
        .iter()
        .copied()
        .filter(|c| ["acc7", "acc5", "acc3"].contains(&c.metric.name))
        .filter(|c| {
            arranged
                .statistics
                .is_baseline(row.dataset, c.metric, &c.number)
        })
        .collect();
    if listed.len() > 1 || !cells.is_empty() {
        cells.extend(listed);
    }
    classes.dedup();
    (!cells.is_empty()).then(|| Flat {
        row,
        classes: describe::list(&classes),
        cells,
    })
}

/// The class that a constant predictor with this accuracy and F1 predicts.
fn class(arranged: &Arranged<'_>, accuracy: &ParsedCell, f1: &ParsedCell) -> Option<String> {
    let classes = |c: &ParsedCell| -> Vec<String> {
        let baselines = arranged
            .statistics
            .baselines(&c.dataset, c.metric)
            .into_iter();
        baselines
            .filter(|(_, value)| c.number.rounds_from(*value))
            .map(|(s, _)| s)
            .collect()
    };
    let of_accuracy = classes(accuracy);
    let of_f1 = classes(f1);
    of_f1
        .into_iter()
        .find(|s| of_accuracy.iter().any(|a| s.starts_with(a.as_str())))
}

fn finding(rows: &[&Flat<'_>]) -> Finding {
    let row = rows[0].row;
    let conditions = describe::conditions(
        rows.iter()
            .map(|f| f.row.condition)
            .filter(|l| **l != ParsedCondition::Whole),
    );
    let mut classes: Vec<String> = rows
        .iter()
        .map(|f| f.classes.clone())
        .filter(|s| !s.is_empty())
        .collect();
    classes.sort();
    classes.dedup();
    let what = describe::metrics(rows.iter().flat_map(|f| f.cells.iter().copied()));
    let exchanged = if classes.iter().any(|s| s.contains("exchanged")) {
        " (its F1 with the arguments exchanged)"
    } else {
        ""
    };
    let why = format!("{what} are those of a constant predictor{exchanged}");
    let about = describe::about(&[row.method, row.dataset, &conditions]);
    let cells = rows.iter().flat_map(|f| {
        f.cells.iter().map(|cell| Seen {
            table: f.row.table,
            cell,
        })
    });
    Finding::new(Strength::Odd, about, why, cells)
}
