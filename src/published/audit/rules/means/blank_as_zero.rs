//! Finds means that count cells without a number as zero, as `fillna(0).mean()` does.

use std::collections::{BTreeMap, BTreeSet};

use super::parts::{agrees, average, of_kind, slack};
use crate::published::audit::arranged::{ScoreColumn, Seen};
use crate::published::audit::rules::describe;
use crate::published::audit::{Arranged, Finding, Strength};
use crate::published::parse::{ParsedCell, ParsedCondition};

/// Means of a row that are so, from which on it is no chance: in published tables no mean of a row with a blank is.
const SEVERAL: usize = 2;

/// A mean with the parts that are printed and the number of conditions.
struct Case<'a> {
    mean: Seen<'a>,
    parts: Vec<&'a ParsedCell>,
    of: usize,
}

/// A finding per row with blanks whose means are too near zero, where other rows of the table have means over all
/// conditions.
pub fn check(arranged: &Arranged<'_>) -> Vec<Finding> {
    let mut rows: BTreeMap<_, Vec<Case<'_>>> = BTreeMap::new();
    for block in arranged.blocks() {
        for column in &block {
            if let Some(case) = case(&block, column) {
                let key = (column.table, column.dataset, column.method);
                rows.entry(key).or_default().push(case);
            }
        }
    }
    rows.values().filter_map(|cases| finding(cases)).collect()
}

/// The mean of a column, if it is that of its parts with zeros in the place of blanks.
fn case<'a>(block: &[&ScoreColumn<'a>], column: &ScoreColumn<'a>) -> Option<Case<'a>> {
    let mean = column.mean?;
    let conditions: BTreeSet<&ParsedCondition> = block
        .iter()
        .flat_map(|c| of_kind(c, mean))
        .map(|cell| &cell.condition)
        .collect();
    let all_missing = ParsedCondition::rate(1.0);
    let below: BTreeSet<_> = (conditions.iter().copied())
        .filter(|c| Some(*c) != all_missing.as_ref())
        .collect();
    // Means are often over 0 to 0.9 where the table continues to 1.
    [conditions, below].iter().find_map(|wanted| {
        let parts = parts(column, mean, wanted);
        let blank = !parts.is_empty() && parts.len() < wanted.len();
        let share = parts.len() as f64 / wanted.len() as f64;
        let zeros = share * average(&parts);
        let is_zeros = (zeros - mean.number.value).abs() <= slack(mean, &parts);
        let beside = || block.iter().any(|other| is_whole(other, wanted));
        (blank && is_zeros && !agrees(mean, &parts) && beside()).then(|| Case {
            mean: column.seen(mean),
            parts,
            of: wanted.len(),
        })
    })
}

/// The cells of a column at some conditions.
fn parts<'a>(
    column: &ScoreColumn<'a>,
    mean: &ParsedCell,
    wanted: &BTreeSet<&ParsedCondition>,
) -> Vec<&'a ParsedCell> {
    let cells = of_kind(column, mean).into_iter();
    cells.filter(|c| wanted.contains(&c.condition)).collect()
}

/// Whether a column has all parts, and their mean.
fn is_whole(column: &ScoreColumn<'_>, wanted: &BTreeSet<&ParsedCondition>) -> bool {
    column.mean.is_some_and(|mean| {
        let parts = parts(column, mean, wanted);
        parts.len() == wanted.len() && agrees(mean, &parts)
    })
}

fn finding(cases: &[Case<'_>]) -> Option<Finding> {
    let first = cases.first()?;
    let cell = first.mean.cell;
    let others = match cases.len() {
        1 => String::new(),
        n => format!("; so {}", describe::count(n - 1, "other")),
    };
    let why = format!(
        "{} {} is {} of {} of the mean of its {}, {:.*}, where other rows have their means over all {}{others}: was a \
         blank counted as zero (fillna(0).mean())?",
        cell.metric.title,
        cell.number.text(),
        first.parts.len(),
        first.of,
        describe::count(first.parts.len(), "printed part"),
        cell.number.decimals,
        average(&first.parts),
        first.of,
    );
    let strength = if cases.len() >= SEVERAL {
        Strength::VeryUnlikely
    } else {
        Strength::Odd
    };
    let titles = describe::metrics(cases.iter().map(|c| c.mean.cell));
    let about = describe::about(&[&cell.method, &cell.dataset, &titles, "mean"]);
    let cells = cases.iter().map(|c| c.mean);
    Some(Finding::new(strength, about, why, cells))
}

#[cfg(test)]
mod tests {
    use crate::published::audit::Strength;
    use crate::published::audit::rules::testing;

    /// Two methods over four rates, of which the second lacks one; its means.
    fn found(acc: &str, mae: &str) -> Vec<(Strength, String)> {
        let text = format!(
            "rate,method,mosi_acc7,mosi_mae\n0,A,40.00,0.900\n0.1,A,38.00,0.950\n0.2,A,35.00,1.000\n0.3,A,33.00,1.080\n\
             mean,A,36.50,0.9825\n0,B,42.20,0.880\n0.1,B,-,-\n0.2,B,36.00,0.990\n0.3,B,34.00,1.070\nmean,B,{acc},{mae}\n"
        );
        let all = testing::found("overall-mean", &text).into_iter();
        all.map(|f| (f.strength, f.why)).collect()
    }

    #[test]
    fn a_blank_that_was_counted_as_zero_is_found() {
        let both = found("28.05", "0.735");
        assert_eq!((both.len(), both[0].0), (1, Strength::VeryUnlikely));
        assert!(
            both[0].1.starts_with(
                "Acc-7 28.05 is 3 of 4 of the mean of its 3 printed parts, 37.40, where other rows have their means \
                 over all 4; so 1 other"
            ),
            "{both:?}"
        );
        assert_eq!(found("28.05", "0.980")[0].0, Strength::Odd);
    }

    #[test]
    fn means_of_what_is_printed_and_of_other_numbers_pass() {
        assert!(found("37.40", "0.980").is_empty());
        assert!(found("36.90", "0.991").is_empty());
    }
}
