//! Finds methods that were run again on one data set and quoted on another.

use super::carried;
use crate::published::audit::arranged::{ScoreRow, Seen};
use crate::published::audit::rules::{Rule, describe};
use crate::published::audit::{Arranged, Finding, Strength};

pub const RULE: Rule = Rule {
    name: "partly-quoted",
    definition: "a method whose row on one data set is the carried one in every cell, and on another data \
                 set of the same table differs from it in every cell",
    strength: "odd: the rows are of different runs",
    check,
};

/// Cells that both rows must print.
const COMMON: usize = 4;

fn check(arranged: &Arranged<'_>, _: &[Finding]) -> Vec<Finding> {
    let mut out = Vec::new();
    for row in &arranged.rows {
        for other in &arranged.rows {
            let same = (row.table, row.method, row.condition)
                == (other.table, other.method, other.condition);
            if same && row.dataset != other.dataset {
                out.extend(finding(row, other));
            }
        }
    }
    out
}

/// A finding where `quoted` is a quotation and `measured` is none, of one carried source.
fn finding(quoted: &ScoreRow<'_>, measured: &ScoreRow<'_>) -> Option<Finding> {
    let of_measured: Vec<_> = carried::of(measured)
        .into_iter()
        .map(|c| (c, carried::agreement(measured, c)))
        .collect();
    for row in carried::of(quoted) {
        let here = carried::agreement(quoted, row);
        // Another source may be quoted there; one that came later may quote this table.
        let mut up_to = of_measured.iter().filter(|(c, _)| c.rank <= row.rank);
        if up_to.any(|(_, a)| a.is_quotation()) {
            continue;
        }
        let there = of_measured.iter().find(|(c, _)| c.rank == row.rank);
        let Some((other, there)) = there else {
            continue;
        };
        let every = here.common() >= COMMON && here.other.is_empty();
        let none = there.common() >= COMMON && there.other.len() == there.common();
        if every && none {
            let why = format!(
                "on {} all {} cells are those of {}, {}, on {} none of {} is ({})",
                quoted.dataset,
                here.common(),
                row.source.short,
                row.sheet.title,
                measured.dataset,
                there.common(),
                other.sheet.title,
            );
            let datasets = [quoted.dataset, measured.dataset].map(str::to_string);
            let about = describe::about(&[quoted.method, &describe::list(&datasets)]);
            let cells = measured.cells.iter().map(|cell| Seen {
                table: measured.table,
                cell,
            });
            return Some(Finding::new(Strength::Odd, about, why, cells));
        }
    }
    None
}
