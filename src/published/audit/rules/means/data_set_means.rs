//! Finds means over data sets that are not the mean of the data sets beside them.

use std::collections::BTreeMap;

use super::parts::{agrees, average};
use crate::published::audit::arranged::{ScoreColumn, Seen};
use crate::published::audit::rules::describe;
use crate::published::audit::{Arranged, Finding, Strength};
use crate::published::parse::{ParsedCell, ParsedCondition, is_mean};

/// Fewest means that show what the others should be.
const FITTING: usize = 3;

/// A number of no data set, with the same number of each data set.
struct Mean<'a> {
    seen: Seen<'a>,
    parts: Vec<&'a ParsedCell>,
}

/// Numbers of no data set (`Avg.`), where most of a table's are the means of those of its data sets.
pub fn check(arranged: &Arranged<'_>) -> Vec<Finding> {
    let mut tables: BTreeMap<&str, Vec<Mean<'_>>> = BTreeMap::new();
    let over_all = arranged.columns.iter().filter(|c| of_no_data_set(c));
    for column in over_all {
        let means = tables.entry(column.table).or_default();
        means.extend(of_column(arranged, column));
    }
    tables.into_values().flat_map(judge).collect()
}

fn of_no_data_set(column: &ScoreColumn<'_>) -> bool {
    column.dataset.is_empty() || is_mean(column.dataset)
}

/// The numbers of a column that two data sets or more have too.
fn of_column<'a>(arranged: &Arranged<'a>, column: &ScoreColumn<'a>) -> Vec<Mean<'a>> {
    let beside = |c: &&ScoreColumn<'_>| {
        (c.table, c.scope, c.method, c.metric)
            == (column.table, column.scope, column.method, column.metric)
            && !of_no_data_set(c)
    };
    let beside: Vec<_> = arranged.columns.iter().filter(beside).collect();
    let cells = column.parts.iter().copied().chain(column.mean);
    let mean = |cell: &'a ParsedCell| Mean {
        seen: column.seen(cell),
        parts: beside.iter().filter_map(|c| at(c, cell)).collect(),
    };
    cells.map(mean).filter(|m| m.parts.len() > 1).collect()
}

/// The number of a data set that a mean is over: at its condition, or the only one beside a column `Avg.`.
fn at<'a>(column: &ScoreColumn<'a>, mean: &ParsedCell) -> Option<&'a ParsedCell> {
    let whole = || column.at(&ParsedCondition::Whole);
    let only = || mean.condition.is_mean().then(whole).flatten();
    column.at(&mean.condition).or_else(only)
}

fn judge(mut means: Vec<Mean<'_>>) -> Vec<Finding> {
    let most = means.iter().map(|m| m.parts.len()).max().unwrap_or(0);
    means.retain(|m| m.parts.len() == most);
    let (fitting, wrong): (Vec<_>, Vec<_>) =
        (means.iter()).partition(|m| agrees(m.seen.cell, &m.parts));
    if fitting.len() < FITTING || fitting.len() <= wrong.len() {
        return Vec::new();
    }
    wrong.into_iter().map(finding).collect()
}

fn finding(mean: &Mean<'_>) -> Finding {
    let cell = mean.seen.cell;
    let why = format!(
        "the mean of the {} data sets is {:.*}, printed {}: a number of them or the mean is wrong",
        mean.parts.len(),
        cell.number.decimals + 1,
        average(&mean.parts),
        cell.number.text()
    );
    let about = describe::about(&[&cell.method, cell.metric.title, "mean of data sets"]);
    Finding::new(Strength::Impossible, about, why, [mean.seen])
}

#[cfg(test)]
mod tests {
    use crate::published::audit::rules::testing;

    fn found(head: &str, mean: &str) -> Vec<String> {
        let text = format!(
            "{head}\nA,80.1,81.1,80.6\nB,79.1,82.1,80.6\nC,78.3,80.5,79.4\nD,77.2,79.9,78.55\nE,81.2,82.9,{mean}\n"
        );
        let all = testing::found("overall-mean", &text);
        all.into_iter().map(|f| f.why).collect()
    }

    #[test]
    fn a_mean_over_data_sets_that_is_not_theirs_is_found() {
        for head in [
            "method,MOSI Acc-2,MOSEI Acc-2,Average Acc-2",
            "method,mosi_acc2,mosei_acc2,acc2",
        ] {
            assert!(found(head, "82.05").is_empty(), "{head}");
            assert_eq!(
                found(head, "83.25"),
                [
                    "the mean of the 2 data sets is 82.050, printed 83.25: a number of them or the mean is wrong"
                ]
            );
        }
    }

    #[test]
    fn another_number_of_no_data_set_is_none() {
        let text = "method,mosi_acc2,mosei_acc2,acc2\nA,80.1,81.1,70.6\nB,79.1,82.1,71.6\nC,78.3,80.5,75.4\nD,77.2,79.9,78.55\n";
        assert!(testing::found("overall-mean", text).is_empty());
    }
}
