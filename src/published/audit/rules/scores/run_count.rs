//! Finds rows whose accuracies are those of fewer runs than the table's.

use super::count_rows::{CountRow, CountTable, Sets, Share, tables, ways};
use super::runs::Runs;
use crate::published::audit::rules::{Rule, describe};
use crate::published::audit::{Arranged, Finding, Strength};

pub const RULE: Rule = Rule {
    name: "run-count",
    definition: "a row, or all rows together, whose accuracies are numbers of fewer runs than --seeds states, or a row of \
                 fewer than the rows beside it: every number of k runs is one of more runs too, but few of those are of k; without --seeds, a row \
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
    for table in &tables(arranged) {
        let found = rows(arranged, &mut sets, table);
        if found.is_empty() {
            out.extend(together(arranged, &mut sets, table));
        }
        out.extend(found);
    }
    out
}

/// Rows that are of fewer runs by themselves.
fn rows(arranged: &Arranged<'_>, sets: &mut Sets, table: &CountTable<'_>) -> Vec<Finding> {
    let mut out = Vec::new();
    for row in table.rows.iter().filter(|_| !table.whole) {
        if arranged.settings.seeds.is_none() && is_open(table, row) {
            continue;
        }
        if let Some(fewer) = fewer(arranged, sets, table, row) {
            let about = [row.method, table.dataset];
            out.push(finding(arranged, sets, table, &about, &row.shares, fewer));
        }
    }
    out
}

/// All rows of a table, each with too few accuracies to show it, if all are of one smaller number of runs than stated. In
/// a table without rates too: means over rates are numbers of more runs, not of fewer.
fn together(arranged: &Arranged<'_>, sets: &mut Sets, table: &CountTable<'_>) -> Option<Finding> {
    let than = arranged.settings.seeds?;
    let independent = table.rows.iter().flat_map(|row| row.independent(arranged));
    let shares: Vec<Share<'_>> = independent.collect();
    let fewer = fewer_of(arranged, sets, &shares, than, 1)?;
    let about = [table.dataset];
    Some(finding(arranged, sets, table, &about, &shares, fewer))
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
    let fewer = fewer_of(arranged, sets, &shares, than, table.rows.len())?;
    let misfits = sets.misfits(&row.shares, &[fewer.way]).len();
    (5 * misfits <= row.shares.len()).then_some(fewer)
}

/// The number of runs that explains shares, where it is less than `than`, for one of so many rows.
fn fewer_of(
    arranged: &Arranged<'_>,
    sets: &mut Sets,
    shares: &[Share<'_>],
    than: u32,
    rows: usize,
) -> Option<Fewer> {
    let all: Vec<Runs> = (1..than.min(MOST + 1))
        .flat_map(|n| ways(n, arranged.settings))
        .collect();
    let (likelihood, way) = sets.best(shares, &all)?;
    let (stated, _) = sets.best(shares, &ways(than, arranged.settings))?;
    // What no number of runs explains is not of fewer.
    if likelihood < BESIDE.ln() || 5 * sets.misfits(shares, &[way]).len() > shares.len() {
        return None;
    }
    // The likelihood ratio of what is as stated exceeds t with a chance of at most 1 / t.
    let tried = (all.len() * rows) as f64;
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
    about: &[&str],
    shares: &[Share<'a>],
    fewer: Fewer,
) -> Finding {
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
    Finding::new(
        strength,
        describe::about(about),
        why,
        shares.iter().map(|s| s.seen),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::published::audit::AuditSettings;
    use crate::published::audit::rules::testing;

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

    /// Two accuracies, the means of so many runs, in each of nine rows of complete data.
    fn together(runs: usize) -> usize {
        let mut text = "method,mosi_acc7,mosi_acc5\n".to_string();
        for row in 0..9 {
            let right = |at: usize| {
                let each = (0..runs).map(|run| 310 + (row * 37 + at * 53 + run * 29) % 61);
                each.sum::<usize>() as f64 / (6.86 * runs as f64)
            };
            text += &format!("M{row},{:.2},{:.2}\n", right(0), right(1));
        }
        let settings = AuditSettings {
            seeds: Some(3),
            ..AuditSettings::default()
        };
        testing::found_in(RULE.name, &[("t.csv", &text)], settings).len()
    }

    #[test]
    fn rows_that_show_nothing_alone_show_one_run_together() {
        assert_eq!((together(1), together(3)), (1, 0));
    }

    #[test]
    fn a_row_without_spreads_beside_rows_with_is_one_run_by_its_own_words() {
        assert_eq!((found(""), found(" \u{b1} 0.41")), (1, 0));
    }
}
