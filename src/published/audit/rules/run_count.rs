//! Finds rows whose accuracies are those of fewer runs than the table's.

use super::count_rows::{CountRow, CountTable, Sets, Share, tables, ways};
use super::runs::Runs;
use super::{Rule, describe};
use crate::published::audit::{Arranged, Finding, Strength};

pub const RULE: Rule = Rule {
    name: "run-count",
    definition: "a row whose accuracies are numbers of fewer runs than --seeds states, or than the rows \
                 beside it: every number of k runs is one of more runs too, but few of those are of k; without --seeds, a row \
                 without spreads beside rows with them is one run by its own words",
    strength: "very unlikely where --seeds states the number of runs; odd where only the rows beside \
               show it, or rows of the table print different numbers of digits",
    check,
};

/// Chance of one finding in a table of rows that are all as stated.
const CHANCE: f64 = 1e-3;

/// How much better than chance a number of runs must explain a row; and than fewer runs, for it to be
/// evidence on the rows beside it.
const BESIDE: f64 = 1e4;

/// The most runs that are looked for in the rows beside.
const MOST: u32 = 5;

/// A row that is of fewer runs.
#[derive(Clone, Copy, Debug)]
pub struct Fewer {
    pub way: Runs,
    /// The runs it should be of.
    pub than: u32,
}

fn check(arranged: &Arranged<'_>, _: &[Finding]) -> Vec<Finding> {
    let mut sets = Sets::default();
    let mut out = Vec::new();
    for table in tables(arranged).iter().filter(|t| !t.whole) {
        for row in &table.rows {
            if arranged.settings.seeds.is_none() && is_open(table, row) {
                continue;
            }
            out.extend(
                fewer(arranged, &mut sets, table, row)
                    .map(|fewer| finding(arranged, &mut sets, table, row, fewer)),
            );
        }
    }
    out
}

/// Whether the table states the single run itself: the row has no spreads where rows beside it have.
fn is_open(table: &CountTable<'_>, row: &CountRow<'_>) -> bool {
    let spreads = |row: &CountRow<'_>| row.shares.iter().any(|s| s.number().sd.is_some());
    !spreads(row) && table.rows.iter().any(spreads)
}

/// The number of runs that explains a row, where it is less than it should be.
pub fn fewer(
    arranged: &Arranged<'_>,
    sets: &mut Sets,
    table: &CountTable<'_>,
    row: &CountRow<'_>,
) -> Option<Fewer> {
    let than = match arranged.settings.seeds {
        Some(stated) => stated,
        None => beside(arranged, sets, table, row)?,
    };
    let shares = row.independent(arranged);
    let all: Vec<Runs> = (1..than.min(MOST + 1))
        .flat_map(|n| ways(n, arranged.settings))
        .collect();
    let (likelihood, way) = sets.best(&shares, &all)?;
    let (stated, _) = sets.best(&shares, &ways(than, arranged.settings))?;
    let misfits = sets.misfits(&row.shares, &[way]).len();
    // A row that no number of runs explains is no row of fewer.
    if likelihood < BESIDE.ln() || 5 * misfits > row.shares.len() {
        return None;
    }
    // The likelihood ratio of a row that is as stated exceeds t with a chance of at most 1 / t.
    let tried = (all.len() * table.rows.len()) as f64;
    (likelihood - stated >= (tried / CHANCE).ln()).then_some(Fewer { way, than })
}

/// The number of runs that the rows beside one show: that of most of those that show one.
fn beside(
    arranged: &Arranged<'_>,
    sets: &mut Sets,
    table: &CountTable<'_>,
    row: &CountRow<'_>,
) -> Option<u32> {
    let others: Vec<_> = table
        .rows
        .iter()
        .filter(|r| r.method != row.method)
        .collect();
    let shown: Vec<u32> = others
        .iter()
        .filter_map(|r| shown(arranged, sets, &r.independent(arranged)))
        .collect();
    let count = |n: u32| shown.iter().filter(|s| **s == n).count();
    let most = (2..=MOST).max_by_key(|n| count(*n))?;
    (count(most) > 0 && 2 * count(most) >= others.len().min(4)).then_some(most)
}

/// The number of runs that a row shows by itself.
fn shown(arranged: &Arranged<'_>, sets: &mut Sets, shares: &[Share<'_>]) -> Option<u32> {
    let each: Vec<(f64, Runs)> = (1..=MOST)
        .filter_map(|n| sets.best(shares, &ways(n, arranged.settings)))
        .collect();
    let (best, way) = each.iter().copied().max_by(|a, b| a.0.total_cmp(&b.0))?;
    let less = each.iter().filter(|(_, w)| w.runs < way.runs);
    let clear = less.into_iter().all(|(l, _)| best - l >= BESIDE.ln());
    (best >= BESIDE.ln() && clear).then_some(way.runs)
}

fn finding<'a>(
    arranged: &Arranged<'a>,
    sets: &mut Sets,
    table: &CountTable<'a>,
    row: &CountRow<'a>,
    fewer: Fewer,
) -> Finding {
    let shares = &row.shares;
    let wrong = sets.misfits(shares, &[fewer.way]).len();
    let stated = ways(fewer.than, arranged.settings);
    let expected: f64 = shares
        .iter()
        .map(|s| {
            let most = stated.iter().map(|w| sets.density(s, *w));
            let most = most.fold(f64::MAX, f64::min);
            (sets.density(s, fewer.way) / most).min(1.0)
        })
        .sum();
    let runs = fewer.way.describe();
    let (strength, as_what) = match arranged.settings.seeds {
        Some(_) if table.mixes_digits() => (Strength::Odd, "as stated"),
        Some(_) => (Strength::VeryUnlikely, "as stated"),
        None => (Strength::Odd, "as in the rows beside it"),
    };
    let why = format!(
        "{} of {} are those of {runs}, where means of {} runs would have about {expected:.0}: these \
         are numbers of {runs}, not means of {} {as_what}",
        shares.len() - wrong,
        describe::count_as(shares.len(), "accuracy", "accuracies"),
        fewer.than,
        fewer.than,
    );
    let about = describe::about(&[row.method, table.dataset]);
    Finding::new(strength, about, why, shares.iter().map(|s| s.seen))
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;

    /// Accuracies of three runs in two rows, of one run in a third.
    fn found(spread: &str) -> usize {
        let mut text = "method,rate,mosi_acc7\n".to_string();
        for i in 0..11 {
            for (m, method) in ["A", "B", "C"].iter().enumerate() {
                // Counts that are no multiple of three, but in the last row.
                let right = 900 - 50 * i - 30 * m + usize::from(m < 2) * (1 + i % 2);
                let right = if m == 2 { right / 3 * 3 } else { right };
                let spread = if m < 2 { spread } else { "" };
                let rate = i as f64 / 10.0;
                text += &format!("{method},{rate},{:.2}{spread}\n", right as f64 / 20.58);
            }
        }
        testing::found(RULE.name, &text).len()
    }

    #[test]
    fn a_row_without_spreads_beside_rows_with_is_one_run_by_its_own_words() {
        assert_eq!((found(""), found(" \u{b1} 0.41")), (1, 0));
    }
}
