//! Finds one number with more digits than all beside it: one with a rank or the mark of a footnote at its end.

use crate::published::audit::arranged::{ScoreRow, Seen};
use crate::published::audit::rules::{Rule, describe};
use crate::published::audit::{Arranged, Finding, Strength};
use crate::published::parse::ParsedCell;

pub const RULE: Rule = Rule {
    name: "extra-digit",
    definition: "the only number of a metric, among six and more, with one or two digits more than all others, in a \
                 row whose other numbers have as many digits as those above and below them",
    strength: "odd: a rank or a footnote may have become part of the number",
    check,
};

/// Fewest numbers of a metric that show how many digits it has.
const OTHERS: usize = 5;

/// Fewest other numbers of the row that have their usual digits.
const BESIDE: usize = 3;

fn check(arranged: &Arranged<'_>, _: &[Finding]) -> Vec<Finding> {
    let mut out = Vec::new();
    for block in arranged.blocks() {
        let cells: Vec<&ParsedCell> = block
            .iter()
            .flat_map(|column| column.parts.iter().copied().chain(column.mean))
            .collect();
        let Some((cell, usual)) = longer(&cells) else {
            continue;
        };
        let table = block[0].table;
        let row = arranged
            .rows
            .iter()
            .find(|r| r.table == table && r.cells.iter().any(|c| std::ptr::eq(*c, cell)));
        if !arranged.by_program(table) && row.is_some_and(|row| is_usual(arranged, row, cell)) {
            out.push(finding(table, cell, usual, cells.len() - 1));
        }
    }
    out
}

/// The only number with more digits than the others, and how many they have.
fn longer<'a>(cells: &[&'a ParsedCell]) -> Option<(&'a ParsedCell, usize)> {
    let most = cells.iter().max_by_key(|c| c.number.decimals)?;
    let mut others = cells.iter().filter(|c| !std::ptr::eq(**c, *most));
    let usual = others.clone().next()?.number.decimals;
    let more = most.number.decimals - usual.min(most.number.decimals);
    let same = others.all(|c| c.number.decimals == usual);
    (same && usual > 0 && (1..=2).contains(&more) && cells.len() > OTHERS).then_some((*most, usual))
}

/// Whether all other numbers of the row have as many digits as most of their metric: a row from another paper has its own.
fn is_usual(arranged: &Arranged<'_>, row: &ScoreRow<'_>, cell: &ParsedCell) -> bool {
    let usual = |here: &ParsedCell| {
        let beside = arranged.cells().filter(|o| {
            o.table == row.table && o.cell.dataset == here.dataset && o.cell.metric == here.metric
        });
        let (mut same, mut all) = (0, 0);
        for other in beside {
            same += usize::from(other.cell.number.decimals == here.number.decimals);
            all += 1;
        }
        10 * same >= 9 * all
    };
    let others: Vec<&ParsedCell> = row
        .cells
        .iter()
        .copied()
        .filter(|c| !std::ptr::eq(*c, cell))
        .collect();
    // MAE and Corr have digits of their own in many papers, accuracies and F1 too.
    let kind = |c: &&ParsedCell| c.metric.share == cell.metric.share;
    others.len() >= BESIDE && others.iter().any(kind) && others.iter().all(|c| usual(c))
}

fn finding(table: &str, cell: &ParsedCell, usual: usize, others: usize) -> Finding {
    let text = cell.number.text();
    let cut = &text[..text.len() - (cell.number.decimals - usual)];
    let why = format!(
        "{text} has more digits than the {others} other numbers of {}: {cut} with a rank or a footnote behind it?",
        cell.metric.title
    );
    let about = describe::about(&[
        &cell.method,
        &cell.dataset,
        cell.metric.title,
        &cell.condition.to_string(),
    ]);
    Finding::new(Strength::Odd, about, why, [Seen { table, cell }])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::published::audit::rules::testing;

    fn found(last: &str) -> Vec<Finding> {
        let mut text = "method,mosi_acc7,mosi_acc5,mosi_mae,mosi_corr\n".to_string();
        for i in 0..6 {
            text += &format!("M{i},3{i}.53,36.1{i},0.93{i},0.69{i}\n");
        }
        testing::found(RULE.name, &format!("{text}{last}\n"))
    }

    #[test]
    fn one_number_with_a_digit_more_is_found() {
        let all = found("X,31.49,34.55,0.9702,0.673");
        assert_eq!(all.len(), 1);
        assert!(all[0].why.contains("0.970 with a rank"), "{}", all[0].why);
        assert_eq!(found("X,31.491,34.55,0.970,0.673").len(), 1);
        for sound in [
            "X,31.49,34.55,0.970,0.673",
            "X,31.49,34.55,0.9702,0.6731",
            "X,31.494,34.551,0.97021,0.67312",
            "X,31.5,34.55,0.970,0.673",
        ] {
            assert!(found(sound).is_empty(), "{sound}");
        }
    }
}
