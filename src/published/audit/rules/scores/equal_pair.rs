//! Finds Non0 and Has0 scores that print the same digits.

use crate::published::audit::arranged::{ScoreRow, Seen};
use crate::published::audit::rules::{Rule, describe};
use crate::published::audit::{Arranged, Finding, Strength};
use crate::published::parse::ParsedCell;

pub const RULE: Rule = Rule {
    name: "equal-pair",
    definition: "Non0 and Has0 of a row that print the same digits, in accuracy and F1, or in F1 beside \
                 accuracies that differ by half a percent or more",
    strength: "odd: one of the two may be a copy of the other",
    check,
};

/// Percent by which accuracies differ whose F1 are equal by chance seldom.
const APART: f64 = 0.5;

fn check(arranged: &Arranged<'_>, _: &[Finding]) -> Vec<Finding> {
    arranged.rows.iter().filter_map(finding).collect()
}

fn finding(row: &ScoreRow<'_>) -> Option<Finding> {
    let pair = |stem: &str| {
        let both = ["non0", "has0"].map(|end| row.get(&format!("{stem}_{end}")));
        Some((both[0]?, both[1]?))
    };
    let ((acc_non0, acc_has0), (f1_non0, f1_has0)) = (pair("acc2")?, pair("f1")?);
    let fine = |c: &ParsedCell| c.number.decimals >= 2;
    if !f1_non0.number.same(&f1_has0.number) || !fine(f1_non0) {
        return None;
    }
    let seen = |cell| Seen {
        table: row.table,
        cell,
    };
    let both = acc_non0.number.same(&acc_has0.number);
    let apart = (acc_non0.number.value - acc_has0.number.value).abs();
    let (what, cells) = if both {
        let text = format!(
            "Acc-2 {} and F1 {}",
            acc_non0.number.text(),
            f1_non0.number.text()
        );
        (text, vec![acc_non0, acc_has0, f1_non0, f1_has0])
    } else if apart >= APART {
        let text = format!(
            "F1 {}, beside Acc-2 {} and {}",
            f1_non0.number.text(),
            acc_non0.number.text(),
            acc_has0.number.text()
        );
        (text, vec![f1_non0, f1_has0])
    } else {
        return None;
    };
    let why = format!("Non0 and Has0 both print {what}");
    let about = describe::about(&[
        row.method,
        row.dataset,
        &describe::metrics(cells.iter().copied()),
        &row.condition.to_string(),
    ]);
    Some(Finding::new(
        Strength::Odd,
        about,
        why,
        cells.into_iter().map(seen),
    ))
}
