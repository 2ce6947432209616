//! Finds metrics that print the digits of another metric beside them.

use std::collections::BTreeMap;

use crate::published::audit::arranged::{ScoreRow, Seen};
use crate::published::audit::rules::{Rule, describe};
use crate::published::audit::{Arranged, Finding, Strength};
use crate::published::parse::{Metric, ParsedCell};

pub const RULE: Rule = Rule {
    name: "copied-metric",
    definition: "a metric that prints the digits of another one in all rows of a table and data set, or of a method: \
                 at least ten cells with eight different numbers",
    strength: "very unlikely; odd for Non0 and Has0 of one score, for numbers with less than two decimals, and for \
               accuracies of five and seven classes of fewer than three methods, which are the same where no \
               prediction is far from zero",
    check,
};

/// Equal cells, and different numbers among them, that make a copy.
pub const CELLS: usize = 10;
pub const DIFFERENT: usize = 8;

/// Methods that are not all so weak that no prediction is in an outer class.
const METHODS: usize = 3;

/// Decimals with which two metrics are seldom equal by chance.
const FINE: usize = 2;

/// A row's cells of two metrics.
pub type Pair<'r, 'a> = (&'r ScoreRow<'a>, &'a ParsedCell, &'a ParsedCell);

fn check(arranged: &Arranged<'_>, _: &[Finding]) -> Vec<Finding> {
    let same = |(_, a, b): &Pair<'_, '_>| {
        let units = a.number.same(&b.number);
        units.then(|| a.number.units())
    };
    let copies = copies(arranged, same, |_, _| (CELLS, DIFFERENT));
    copies.iter().map(|pairs| finding(pairs)).collect()
}

/// Pairs of metrics that agree in all rows of a table and data set, or else of a method. `agree` gives what the
/// two cells of a row both print, `least` how many cells and different numbers make a copy of two metrics.
pub fn copies<'r, 'a>(
    arranged: &'r Arranged<'a>,
    agree: impl Fn(&Pair<'r, 'a>) -> Option<i64>,
    least: impl Fn(&Metric, &Metric) -> (usize, usize),
) -> Vec<Vec<Pair<'r, 'a>>> {
    let mut tables: BTreeMap<_, Vec<&ScoreRow<'a>>> = BTreeMap::new();
    for row in &arranged.rows {
        tables
            .entry((row.table, row.dataset))
            .or_default()
            .push(row);
    }
    let copied = |pairs: &[Pair<'r, 'a>]| {
        let values: Option<Vec<i64>> = pairs.iter().map(&agree).collect();
        let mut values = values.unwrap_or_default();
        let cells = values.len();
        values.sort_unstable();
        values.dedup();
        let (fewest, different) = pairs
            .first()
            .map_or((CELLS, DIFFERENT), |(_, a, b)| least(a.metric, b.metric));
        cells >= fewest && values.len() >= different
    };
    let mut out = Vec::new();
    for rows in tables.values() {
        for (a, b) in metrics(rows) {
            let pair = |row: &&'r ScoreRow<'a>| Some((*row, row.get(a.name)?, row.get(b.name)?));
            let all: Vec<Pair<'r, 'a>> = rows.iter().filter_map(pair).collect();
            if copied(&all) {
                out.push(all);
                continue;
            }
            let mut methods: BTreeMap<&str, Vec<Pair<'r, 'a>>> = BTreeMap::new();
            for pair in all {
                methods.entry(pair.0.method).or_default().push(pair);
            }
            out.extend(methods.into_values().filter(|pairs| copied(pairs)));
        }
    }
    out
}

/// Every two metrics of the rows, in the order of the file.
fn metrics(rows: &[&ScoreRow<'_>]) -> Vec<(&'static Metric, &'static Metric)> {
    let mut metrics: Vec<&'static Metric> = Vec::new();
    for cell in rows.iter().flat_map(|r| &r.cells) {
        if !metrics.contains(&cell.metric) {
            metrics.push(cell.metric);
        }
    }
    let after = |i: usize| metrics[i + 1..].iter().map(move |b| (i, *b));
    let pairs = (0..metrics.len()).flat_map(after);
    pairs.map(|(i, b)| (metrics[i], b)).collect()
}

/// A finding about the cells of the second metric: method (where it is one of several), data set and metric.
pub fn of_second(pairs: &[Pair<'_, '_>], strength: Strength, why: String) -> Finding {
    let (row, _, cell) = pairs[0];
    let method = if methods(pairs) == 1 { row.method } else { "" };
    let about = describe::about(&[method, row.dataset, cell.metric.title]);
    let cells = pairs.iter().map(|(row, _, cell)| Seen {
        table: row.table,
        cell,
    });
    Finding::new(strength, about, why, cells)
}

fn methods(pairs: &[Pair<'_, '_>]) -> usize {
    let mut methods: Vec<&str> = pairs.iter().map(|p| p.0.method).collect();
    methods.sort_unstable();
    methods.dedup();
    methods.len()
}

/// A metric's name without its cut.
pub fn stem(metric: &Metric) -> &'static str {
    metric.name.split('_').next().unwrap_or_default()
}

fn finding(pairs: &[Pair<'_, '_>]) -> Finding {
    let (_, a, b) = pairs[0];
    let stems = [stem(a.metric), stem(b.metric)];
    let classes = stems.iter().all(|s| ["acc7", "acc5"].contains(s));
    let fine = pairs.iter().all(|p| p.1.number.decimals >= FINE);
    let odd = stems[0] == stems[1] || !fine || (classes && methods(pairs) < METHODS);
    let strength = if odd {
        Strength::Odd
    } else {
        Strength::VeryUnlikely
    };
    let micro = if stems.contains(&"f1") && stems.contains(&"acc2") {
        "; a micro-averaged F1 is the accuracy, a weighted one is not"
    } else {
        ""
    };
    let why = format!(
        "all {} cells print the digits of {} beside them{micro}",
        pairs.len(),
        a.metric.title
    );
    of_second(pairs, strength, why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::published::audit::rules::testing;

    /// Findings of a table of ten rates, with `(first, second)` of a method at a rate.
    fn found(
        heads: &str,
        methods: &[&str],
        cells: impl Fn(usize, usize) -> (String, String),
    ) -> Vec<Finding> {
        let mut text = format!("rate,method,{heads}\n");
        for (m, method) in methods.iter().enumerate() {
            for i in 0..10 {
                let (a, b) = cells(m, i);
                text += &format!("{},{method},{a},{b}\n", i as f64 / 10.0);
            }
        }
        testing::found(RULE.name, &text)
    }

    /// A score that falls with the rate.
    fn score(m: usize, i: usize) -> String {
        format!("{:.2}", 82.31 - 2.17 * i as f64 - 0.73 * m as f64)
    }

    #[test]
    fn a_column_pasted_over_another_is_found() {
        let heads = "mosi_acc2_n,mosi_f1_n";
        let all = found(heads, &["A", "B", "C"], |m, i| (score(m, i), score(m, i)));
        assert_eq!((all.len(), all[0].cells.len()), (1, 30));
        assert_eq!(all[0].strength, Strength::VeryUnlikely);
        assert_eq!(all[0].about, "mosi, F1 (Non0)");
        let one = found(heads, &["A", "B", "C"], |m, i| {
            (score(m, i), score(m + usize::from(m != 1), i))
        });
        assert_eq!((one.len(), &*one[0].about), (1, "B, mosi, F1 (Non0)"));
        let mae = found("mosi_mae,mosi_corr", &["A", "B"], |m, i| {
            let text = format!("{:.3}", 0.71 - 0.031 * i as f64 - 0.01 * m as f64);
            (text.clone(), text)
        });
        assert_eq!(mae[0].strength, Strength::VeryUnlikely);
    }

    #[test]
    fn classes_that_weak_methods_share_are_odd() {
        let heads = "mosei_acc7,mosei_acc5";
        let of = |methods: &[&str]| found(heads, methods, |m, i| (score(m, i), score(m, i)));
        assert_eq!(of(&["A", "B"])[0].strength, Strength::Odd);
        assert_eq!(of(&["A", "B", "C"])[0].strength, Strength::VeryUnlikely);
    }

    #[test]
    fn one_other_cell_and_few_numbers_are_no_copy() {
        let heads = "mosi_acc2_n,mosi_f1_n";
        let but_one = found(heads, &["A"], |m, i| {
            let other = if i == 4 { 3 } else { 0 };
            (score(m, i), score(m + other, i))
        });
        assert!(but_one.is_empty());
        let few = found(heads, &["A"], |m, i| (score(m, i / 2), score(m, i / 2)));
        assert!(few.is_empty());
        let coarse = found(heads, &["A"], |m, i| {
            let text = format!("{:.1}", 82.3 - 2.1 * (i + m) as f64);
            (text.clone(), text)
        });
        assert_eq!(coarse[0].strength, Strength::Odd);
    }
}
