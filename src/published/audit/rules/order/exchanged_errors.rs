//! Finds tables whose headings of MAE and Corr are exchanged.

use std::collections::BTreeMap;

use crate::published::audit::arranged::{ScoreRow, Seen, sub_table};
use crate::published::audit::rules::ranks::follows;
use crate::published::audit::rules::{Rule, describe};
use crate::published::audit::{Arranged, Finding, Strength};
use crate::published::parse::{ParsedCell, ParsedCondition};

pub const RULE: Rule = Rule {
    name: "exchanged-errors",
    definition: "a column MAE that rises and a column Corr that falls with the accuracies and F1 of its rows, \
                 or, where a table has none, that fall and rise with the missing rate: where predictions are \
                 better, errors are smaller and correlations larger",
    strength: "very unlikely in ten rows or more, odd in seven to nine",
    check,
};

/// Fewest rows, and those of a strong finding.
const ROWS: usize = 7;
const STRONG: usize = 10;

/// Least rank correlation of both columns with the other scores.
const FOLLOWS: f64 = 0.9;
const FOLLOWS_IN_STRONG: f64 = 0.8;

/// What tells how good the predictions of a row are.
#[derive(Clone, Copy)]
enum Beside {
    /// The mean of its accuracies and F1.
    Scores,
    /// Its missing rate: the lower, the better.
    Rate,
}

impl Beside {
    fn of(self, row: &ScoreRow<'_>) -> Option<f64> {
        match (self, row.condition) {
            (Self::Scores, _) => mean_score(row),
            (Self::Rate, ParsedCondition::Rate(parts)) => Some(-f64::from(*parts)),
            (Self::Rate, _) => None,
        }
    }

    /// Least range, in percent or ten-thousandths: close scores have no order.
    fn range(self) -> f64 {
        match self {
            Self::Scores => 2.0,
            Self::Rate => 2000.0,
        }
    }

    fn describe(self) -> &'static str {
        match self {
            Self::Scores => "MAE rises and Corr falls with the other scores of a row",
            Self::Rate => "MAE falls and Corr rises with the missing rate",
        }
    }
}

/// A row with both columns and how good its predictions are by what else the table tells.
struct Both<'a> {
    mae: Seen<'a>,
    corr: Seen<'a>,
    good: f64,
}

fn check(arranged: &Arranged<'_>, _: &[Finding]) -> Vec<Finding> {
    let mut parts: BTreeMap<_, Vec<&ScoreRow<'_>>> = BTreeMap::new();
    for row in &arranged.rows {
        let key = (row.table, sub_table(row.method), row.dataset);
        parts.entry(key).or_default().push(row);
    }
    parts.values().filter_map(|rows| finding(rows)).collect()
}

fn finding(rows: &[&ScoreRow<'_>]) -> Option<Finding> {
    let (beside, both) = [Beside::Scores, Beside::Rate]
        .into_iter()
        .map(|beside| (beside, all(rows, beside)))
        .find(|(_, both)| both.len() >= ROWS)?;
    // What would be a correlation must be one.
    if both.iter().any(|row| row.mae.cell.number.value > 1.0) {
        return None;
    }
    let of = |value: fn(&Both<'_>) -> f64| both.iter().map(value).collect::<Vec<f64>>();
    let (good, mae, corr) = (
        of(|b| b.good),
        of(|b| b.mae.cell.number.value),
        of(|b| b.corr.cell.number.value),
    );
    let range = good.iter().copied().fold(f64::MIN, f64::max)
        - good.iter().copied().fold(f64::MAX, f64::min);
    let (rises, falls) = (follows(&mae, &good)?, -follows(&corr, &good)?);
    let strong = both.len() >= STRONG;
    let enough = if strong { FOLLOWS_IN_STRONG } else { FOLLOWS };
    if range < beside.range() || rises.min(falls) < enough {
        return None;
    }
    let first = rows.first()?;
    let why = format!(
        "headings exchanged: over {} rows {} (rank correlations of {:.2} and {:.2}); the two columns read as each \
         other",
        both.len(),
        beside.describe(),
        rises.abs(),
        falls.abs(),
    );
    let part = describe::sub_table_of(first.method);
    let about = describe::about(&[first.dataset, &part, "MAE and Corr"]);
    let strength = if strong {
        Strength::VeryUnlikely
    } else {
        Strength::Odd
    };
    let cells = both.iter().flat_map(|row| [row.mae, row.corr]);
    Some(Finding::new(strength, about, why, cells))
}

/// Every row with both columns and what tells how good it is. A mean repeats its parts.
fn all<'a>(rows: &[&ScoreRow<'a>], beside: Beside) -> Vec<Both<'a>> {
    let both = rows.iter().filter(|row| !row.condition.is_mean());
    let both = both.filter_map(|row| {
        let table = row.table;
        let seen = |cell: &'a ParsedCell| Seen { table, cell };
        Some(Both {
            mae: seen(row.get("mae")?),
            corr: seen(row.get("corr")?),
            good: beside.of(row)?,
        })
    });
    both.collect()
}

/// The mean of a row's accuracies and F1.
fn mean_score(row: &ScoreRow<'_>) -> Option<f64> {
    let scores = row.cells.iter().filter(|cell| cell.metric.share);
    let scores: Vec<f64> = scores.map(|cell| cell.number.value).collect();
    (!scores.is_empty()).then(|| scores.iter().sum::<f64>() / scores.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::published::audit::rules::testing;

    /// Findings of a table over rates 0, 0.1, ... with `rows` rows.
    fn found(heading: &str, rows: usize, line: impl Fn(usize) -> String) -> Vec<Finding> {
        let lines = (0..rows).map(|i| format!("{},A,{}\n", i as f64 / 10.0, line(i)));
        let text = format!("rate,method,{heading}\n{}", lines.collect::<String>());
        testing::found(RULE.name, &text)
    }

    #[test]
    fn exchanged_headings_are_found_and_true_ones_are_not() {
        let (error, correlation) = (|i| 0.42 + 0.018 * i as f64, |i| 0.59 - 0.05 * i as f64);
        let accuracy = |i: usize| 78.2 - 1.3 * i as f64;
        let (exchanged, sound) = (
            |i: usize| format!("{:.1},{:.3},{:.3}", accuracy(i), correlation(i), error(i)),
            |i: usize| format!("{:.1},{:.3},{:.3}", accuracy(i), error(i), correlation(i)),
        );
        let heading = "sims_acc2,sims_mae,sims_corr";
        assert!(found(heading, 11, sound).is_empty());
        let strong = found(heading, 11, exchanged);
        assert_eq!(strong.len(), 1);
        assert_eq!(strong[0].strength, Strength::VeryUnlikely);
        assert!(strong[0].why.contains("MAE rises and Corr falls"));
        let odd = found(heading, 8, exchanged);
        assert_eq!((odd.len(), odd[0].strength), (1, Strength::Odd));
        assert!(found(heading, 6, exchanged).is_empty(), "too few rows");
        // Without other scores the missing rate tells.
        let alone = |i: usize| format!("{:.3},{:.3}", correlation(i), error(i));
        let alone = found("sims_mae,sims_corr", 11, alone);
        assert!(alone[0].why.contains("with the missing rate"));
        // Scores of no order.
        let flat = |i: usize| format!("78.{},{:.3},{:.3}", i, correlation(10 - i), error(10 - i));
        assert!(found(heading, 10, flat).is_empty());
    }
}
