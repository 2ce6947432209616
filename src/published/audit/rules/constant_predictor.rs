//! Cells equal to a predictor that always says the same.

use super::{Rule, lone_constant, words};
use crate::published::audit::evidence::{Row, Seen};
use crate::published::audit::{Evidence, Finding, Strength};
use crate::published::parse::{Cell, ParsedCondition, metric};

pub const RULE: Rule = Rule {
    name: "constant-predictor",
    definition: "a two-class accuracy and its F1, or two of the other accuracies, that are at once \
                 those of a predictor that always says the same; one metric that is that of one \
                 such predictor at two or more conditions, where no two-class metric beside it \
                 contradicts",
    strength: "odd: the model had learnt nothing it could use there, or its output was lost",
    check,
};

/// A row's cells that are a constant predictor's, and what it says.
struct Flat<'a> {
    row: &'a Row<'a>,
    says: String,
    cells: Vec<&'a Cell>,
}

fn check(evidence: &Evidence<'_>, _: &[Finding]) -> Vec<Finding> {
    let flat: Vec<Flat<'_>> = evidence
        .rows
        .iter()
        .filter_map(|r| flat(evidence, r))
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
    let named: Vec<&Cell> = flat.iter().flat_map(|f| f.cells.iter().copied()).collect();
    out.extend(lone_constant::findings(evidence, &named));
    out
}

fn flat<'a>(evidence: &Evidence<'a>, row: &'a Row<'a>) -> Option<Flat<'a>> {
    let mut cells = Vec::new();
    let mut says = Vec::new();
    for accuracy in row
        .cells
        .iter()
        .filter(|c| c.metric.name.starts_with("acc2"))
    {
        let name = accuracy.metric.name.replacen("acc2", "f1", 1);
        let f1 = metric::find(&name).and_then(|m| row.get(m.name));
        if let Some((f1, class)) = f1.and_then(|f1| Some((f1, class(evidence, accuracy, f1)?))) {
            cells.extend([*accuracy, f1]);
            says.push(class);
        }
    }
    let listed: Vec<&Cell> = row
        .cells
        .iter()
        .copied()
        .filter(|c| ["acc7", "acc5", "acc3"].contains(&c.metric.name))
        .filter(|c| evidence.facts.is_baseline(row.dataset, c.metric, &c.number))
        .collect();
    if listed.len() > 1 || !cells.is_empty() {
        cells.extend(listed);
    }
    says.dedup();
    (!cells.is_empty()).then(|| Flat {
        row,
        says: words::list(&says),
        cells,
    })
}

/// The class a constant predictor with this accuracy and F1 says.
fn class(evidence: &Evidence<'_>, accuracy: &Cell, f1: &Cell) -> Option<String> {
    let says = |c: &Cell| -> Vec<String> {
        let baselines = evidence.facts.baselines(&c.dataset, c.metric).into_iter();
        baselines
            .filter(|(_, value)| c.number.rounds_from(*value))
            .map(|(s, _)| s)
            .collect()
    };
    let of_accuracy = says(accuracy);
    let of_f1 = says(f1);
    of_f1
        .into_iter()
        .find(|s| of_accuracy.iter().any(|a| s.starts_with(a.as_str())))
}

fn finding(rows: &[&Flat<'_>]) -> Finding {
    let row = rows[0].row;
    let conditions = words::conditions(
        rows.iter()
            .map(|f| f.row.condition)
            .filter(|l| **l != ParsedCondition::Whole),
    );
    let mut says: Vec<String> = rows
        .iter()
        .map(|f| f.says.clone())
        .filter(|s| !s.is_empty())
        .collect();
    says.sort();
    says.dedup();
    let what = words::metrics(rows.iter().flat_map(|f| f.cells.iter().copied()));
    let exchanged = if says.iter().any(|s| s.contains("exchanged")) {
        " (its F1 with the arguments exchanged)"
    } else {
        ""
    };
    let why = format!("{what} are those of a predictor that always says the same{exchanged}");
    let about = words::about(&[row.method, row.dataset, &conditions]);
    let cells = rows.iter().flat_map(|f| {
        f.cells.iter().map(|cell| Seen {
            table: f.row.table,
            cell,
        })
    });
    Finding::new(Strength::Odd, about, why, cells)
}
