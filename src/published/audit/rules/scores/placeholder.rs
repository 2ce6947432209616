//! Finds zeros where no score can be: cells that were never filled.

use std::collections::BTreeMap;

use crate::published::audit::arranged::Seen;
use crate::published::audit::rules::{Rule, describe};
use crate::published::audit::{Arranged, Finding, Strength};
use crate::published::parse::ParsedCell;

pub const RULE: Rule = Rule {
    name: "placeholder",
    definition: "an accuracy of 0 on a test set whose samples are known, an MAE of 0, and rows of nothing but zeros, \
                 in tables that no program wrote",
    strength: "odd: a cell that is not known is often filled with 0",
    check,
};

/// Findings of one kind of a table: data set and metrics, and their cells by row.
type Groups<'a> = BTreeMap<(&'a str, &'a str, String), (Vec<String>, Vec<Seen<'a>>)>;

fn check(arranged: &Arranged<'_>, _: &[Finding]) -> Vec<Finding> {
    let mut groups: Groups<'_> = BTreeMap::new();
    for row in arranged
        .rows
        .iter()
        .filter(|r| !arranged.by_program(r.table))
    {
        let zero = |c: &&ParsedCell| c.number.value == 0.0;
        let all = row.cells.len() > 1 && row.cells.iter().all(zero);
        let known = arranged.statistics.all_samples(row.dataset).is_some();
        let impossible = |c: &&ParsedCell| {
            zero(c)
                && (all || c.metric.name == "mae" || (known && c.metric.name.starts_with("acc")))
        };
        let cells: Vec<&ParsedCell> = row.cells.iter().copied().filter(impossible).collect();
        if cells.is_empty() {
            continue;
        }
        let metrics = describe::metrics(cells.iter().copied());
        let entry = groups.entry((row.table, row.dataset, metrics)).or_default();
        entry.0.push(describe::row(row.method, row.condition));
        let table = row.table;
        entry
            .1
            .extend(cells.into_iter().map(|cell| Seen { table, cell }));
    }
    groups
        .into_iter()
        .map(|((_, dataset, metrics), (rows, cells))| {
            let verb = if metrics.contains(" and ") { "are" } else { "is" };
            let first = rows.first().cloned().unwrap_or_default();
            let about = describe::about(&[&first, dataset]);
            let more = match rows.len() {
                1 => String::new(),
                n => format!(" here and in {}", describe::count_as(n - 1, "other row", "other rows")),
            };
            let why = format!(
                "{metrics} {verb} 0{more}, which no trained model has: a placeholder? Leave the cells empty"
            );
            Finding::new(Strength::Odd, about, why, cells)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::published::audit::rules::testing;

    #[test]
    fn zeros_that_no_score_is_are_found() {
        let head = "method,mosi_acc7,mosi_acc5,mosi_mae,mosi_corr\n";
        let found = |rows: &str| testing::found(RULE.name, &format!("{head}{rows}"));
        let all = found("A,33.53,36.15,0.939,0.697\nB,0,0,1.016,0.616\nC,0,0,1.03,0.614\n");
        assert_eq!(all.len(), 1);
        assert_eq!(all[0].cells.len(), 4);
        assert!(
            all[0]
                .why
                .starts_with("Acc-7 and Acc-5 are 0 here and in 1 other row"),
            "{}",
            all[0].why
        );
        assert_eq!(
            found("A,33.53,36.15,0,0.697\nB,32,36,1.016,0.616\n").len(),
            1
        );
        assert_eq!(found("A,0,0,0,0\nB,32,36,1.016,0.616\n")[0].cells.len(), 4);
        // A constant has no correlation.
        assert!(found("A,15.45,22.3,1.45,0\nB,32,36,1.016,0.616\n").is_empty());
    }
}
