//! Finds tables whose scores rise with the missing rate.

use super::rising_letters;
use crate::published::audit::arranged::ScoreColumn;
use crate::published::audit::rules::curves::{RATES, better, tables};
use crate::published::audit::rules::ranks::follows;
use crate::published::audit::rules::{Rule, describe};
use crate::published::audit::{Arranged, Finding, Strength};
use crate::published::parse::ParsedCondition;

pub const RULE: Rule = Rule {
    name: "rising-scores",
    definition: "scores of every method and metric of a table that are better the more is missing, over at least \
                 five rates: the rates are those of what is kept, or their order is reversed; scores of nearly all that \
                 are better without language and with more missing modalities: the letters name those that are present",
    strength: "very unlikely for five columns and more, and for letters; odd for two to four",
    check,
};

/// Fewest columns of a table; those of a strong finding.
const COLUMNS: usize = 2;
const STRONG: usize = 5;

/// Least rank correlation of each column with the rate.
const FOLLOWS: f64 = 0.9;

fn check(arranged: &Arranged<'_>, _: &[Finding]) -> Vec<Finding> {
    let tables = tables(arranged, rises);
    let mut out: Vec<Finding> = tables
        .iter()
        .filter_map(|columns| finding(columns))
        .collect();
    out.extend(rising_letters::check(arranged));
    out
}

/// Rank correlation of what is better with the rate; `None` for few rates and columns of one number.
fn rises(column: &ScoreColumn<'_>) -> Option<f64> {
    let points = column.parts.iter().filter_map(|cell| match cell.condition {
        ParsedCondition::Rate(parts) => Some((f64::from(parts), better(cell))),
        _ => None,
    });
    let (rates, values): (Vec<f64>, Vec<f64>) = points.unzip();
    (rates.len() >= RATES)
        .then(|| follows(&rates, &values))
        .flatten()
}

fn finding(columns: &[(&ScoreColumn<'_>, f64)]) -> Option<Finding> {
    let (first, _) = columns.first()?;
    let all = columns.iter().all(|(_, rises)| *rises >= FOLLOWS);
    if columns.len() < COLUMNS || !all {
        return None;
    }
    let ends = [first.parts.first()?, first.parts.last()?];
    let why = format!(
        "all {} columns are better the more is missing, as {} of {} with {} at {} and {} at {}: are the rates those \
         of what is kept?",
        columns.len(),
        first.metric.title,
        first.method,
        ends[0].number.text(),
        ends[0].condition,
        ends[1].number.text(),
        ends[1].condition,
    );
    let part = describe::sub_table_of(first.method);
    let about = describe::about(&[first.dataset, &part]);
    let strength = if columns.len() >= STRONG {
        Strength::VeryUnlikely
    } else {
        Strength::Odd
    };
    let cells = columns.iter();
    let cells = cells.flat_map(|(column, _)| column.parts.iter().map(|cell| column.seen(cell)));
    Some(Finding::new(strength, about, why, cells))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::published::audit::rules::testing;

    /// Findings of a table of two methods at six rates.
    fn found(heading: &str, line: impl Fn(usize, usize) -> String) -> Vec<Finding> {
        let rows = (0..2).flat_map(|m| (0..6).map(move |i| (m, i)));
        let lines =
            rows.map(|(m, i)| format!("{},{},{}\n", i as f64 / 10.0, ["A", "B"][m], line(m, i)));
        let text = format!("rate,method,{heading}\n{}", lines.collect::<String>());
        testing::found(RULE.name, &text)
    }

    #[test]
    fn rates_of_what_is_kept_are_found() {
        let kept = |m: usize, i: usize| {
            let i = i as f64 + 0.3 * m as f64;
            format!(
                "{:.2},{:.3},{:.3}",
                60.0 + 3.1 * i,
                1.3 - 0.1 * i,
                0.2 + 0.1 * i
            )
        };
        let all = found("mosi_acc2_n,mosi_mae,mosi_corr", kept);
        assert_eq!(all.len(), 1);
        assert_eq!(all[0].strength, Strength::VeryUnlikely);
        assert!(all[0].why.contains("60.00 at rate 0 and"), "{}", all[0].why);
        // Of one method alone.
        let one =
            |m: usize, i: usize| format!("{:.2}", if m == 0 { 60 + i } else { 80 - i } as f64);
        assert!(found("mosi_acc2_n", one).is_empty());
        let two = |_: usize, i: usize| format!("{:.2}", 60.0 + i as f64);
        assert_eq!(found("mosi_acc2_n", two)[0].strength, Strength::Odd);
    }
}
