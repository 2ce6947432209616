//! Finds columns, and runs of cells in them, that are equal across data sets or methods.

use std::collections::BTreeMap;

use crate::published::audit::arranged::ScoreColumn;
use crate::published::audit::rules::{Rule, describe};
use crate::published::audit::{Arranged, Finding, Strength};
use crate::published::parse::{ParsedCell, names};

pub const RULE: Rule = Rule {
    name: "copied-column",
    definition: "a column, or a run of at least three different cells in it, that prints the same \
                 digits at the same conditions for another data set or method of the table; scores of \
                 constant predictors do not count, nor do accuracies and F1 with six and more digits, nor cells that \
                 agree by chance: by how far the methods are from each other, in units of the last place",
    strength: "very unlikely; odd for one or two equal cells of one method across data sets, and where the \
               methods of the table are so close that chance makes such a run in one of a thousand to one of twenty \
               tables",
    check,
};

/// Cells in a row, and different numbers among them, that make a copy.
const RUN: usize = 3;

/// Chance of such a run in the whole table that is believed to be one.
const CHANCE: f64 = 1e-3;

/// Chance of equal cells above which they mean nothing.
const COMMON: f64 = 0.05;

/// Two columns and their equal cells; the second one is the copy.
type Copy<'e, 'a> = (&'e ScoreColumn<'a>, &'e ScoreColumn<'a>, Vec<Match<'a>>);

/// Equal cells of two columns.
type Match<'a> = (&'a ParsedCell, &'a ParsedCell);

fn check(arranged: &Arranged<'_>, _: &[Finding]) -> Vec<Finding> {
    let mut copies: BTreeMap<[&str; 5], Vec<Copy<'_, '_>>> = BTreeMap::new();
    let mut out = Vec::new();
    // Windows in which chance could have made a run.
    let mut tried = 0usize;
    for (i, a) in arranged.columns.iter().enumerate() {
        for b in arranged.columns[i + 1..]
            .iter()
            .filter(|b| comparable(arranged, a, b))
        {
            tried += (a.parts.len() + 1).saturating_sub(RUN);
            let equal = equal(arranged, a, b);
            if run(a, &equal) {
                let key = [a.table, a.method, a.dataset, b.method, b.dataset];
                copies.entry(key).or_default().push((a, b, equal));
            } else if a.dataset != b.dataset
                && !equal.is_empty()
                && by_chance(arranged, a, b, &equal) <= COMMON
            {
                out.push(few(a, b, &equal));
            }
        }
    }
    for (key, columns) in copies {
        let mut finding = copy(key, &columns);
        let each = columns
            .iter()
            .flat_map(|(a, b, equal)| equal.iter().map(move |m| chance(arranged, a, b, m)));
        let expected = each.product::<f64>() * tried as f64;
        if expected > CHANCE {
            finding.strength = Strength::Odd;
        }
        if expected <= COMMON {
            out.push(finding);
        }
    }
    out
}

/// Chance that as many cells of two columns agree, wherever they are.
fn by_chance(
    arranged: &Arranged<'_>,
    a: &ScoreColumn<'_>,
    b: &ScoreColumn<'_>,
    equal: &[Match<'_>],
) -> f64 {
    let each = equal.iter().map(|m| chance(arranged, a, b, m));
    let ways = (0..equal.len()).map(|i| (a.parts.len() - i) as f64 / (i + 1) as f64);
    each.product::<f64>() * ways.product::<f64>()
}

/// Chance that a cell prints the digits of another column: by how far the other methods of the table are
/// from each other there, or where there are few, by a tenth of the column's range.
/// Where the two columns print other digits, by how far they are from each other at the nearest such
/// place, if that is less: models that are close meet often.
fn chance(
    arranged: &Arranged<'_>,
    origin: &ScoreColumn<'_>,
    column: &ScoreColumn<'_>,
    (x, y): &Match<'_>,
) -> f64 {
    let columns = arranged.columns.iter();
    let beside = columns.filter(|c| {
        (c.table, c.dataset, c.metric) == (column.table, column.dataset, column.metric)
            && c.method != column.method
    });
    let values: Vec<f64> = beside
        .filter_map(|c| c.at(&y.condition))
        .filter(|c| !std::ptr::eq(*c, *x))
        .map(|c| c.number.value)
        .collect();
    let spread = if values.len() >= RUN {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let square = |v: &f64| (v - mean) * (v - mean);
        (values.iter().map(square).sum::<f64>() / (n - 1.0)).sqrt()
    } else {
        let all = column.parts.iter().map(|c| c.number.value);
        let (low, high) = all.fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(v), h.max(v)));
        0.1 * (high - low)
    };
    // How far they are apart where they print other digits, nearest to this cell.
    let distances: Vec<f64> = origin
        .parts
        .iter()
        .filter_map(|x| Some(x.number.value - column.at(&x.condition)?.number.value))
        .map(f64::abs)
        .collect();
    let here = origin.parts.iter().position(|c| std::ptr::eq(*c, *x));
    let here = here.unwrap_or_default();
    let other = distances
        .iter()
        .enumerate()
        .filter(|(_, d)| **d >= 0.5 * y.number.ulp());
    let nearest = other.min_by_key(|(i, _)| i.abs_diff(here));
    // Columns that are a unit apart there are as likely equal here.
    let beside = nearest.map_or(0.0, |(_, distance)| 0.5 * y.number.ulp() / distance);
    // Two draws of a normal distribution are equal within a unit with about this chance.
    (0.28 * y.number.ulp() / spread.max(1e-12))
        .max(beside)
        .min(1.0)
}

/// Same table and metric, and one of method and data set differs.
fn comparable(arranged: &Arranged<'_>, a: &ScoreColumn<'_>, b: &ScoreColumn<'_>) -> bool {
    if a.table != b.table
        || a.metric != b.metric
        || (a.dataset == b.dataset) == (a.method == b.method)
    {
        return false;
    }
    // Shares that a program wrote are counts of a test set: few samples have few of them.
    let counts = a.metric.share && arranged.by_program(a.table);
    // One model on data of one origin reads the same where what differs is masked.
    let origin = a.dataset != b.dataset && names::of_one(a.dataset, b.dataset);
    let one_model = a.dataset == b.dataset && arranged.is_one_model(a.table, [a.method, b.method]);
    !counts && !origin && !one_model && !describe::is_constant(a.method)
}

/// The parts that print the same digits at the same condition and are no baseline.
fn equal<'a>(arranged: &Arranged<'a>, a: &ScoreColumn<'a>, b: &ScoreColumn<'a>) -> Vec<Match<'a>> {
    let baseline = |c: &ParsedCell| {
        let two = ["acc2", "f1"].iter().any(|m| c.metric.name.starts_with(m));
        let statistics = arranged.statistics;
        statistics.is_baseline(&c.dataset, c.metric, &c.number)
            || two && statistics.is_lost(&c.dataset, c.metric, &c.number)
    };
    let pairs = a
        .parts
        .iter()
        .filter_map(|x| Some((*x, b.at(&x.condition)?)));
    pairs
        .filter(|(x, y)| x.number.same(&y.number) && !baseline(x) && !baseline(y))
        .collect()
}

/// Whether the equal cells are consecutive and not one number repeated.
fn run(a: &ScoreColumn<'_>, equal: &[Match<'_>]) -> bool {
    let at = |m: &Match<'_>| a.parts.iter().position(|c| std::ptr::eq(*c, m.0));
    let places: Vec<_> = equal.iter().filter_map(at).collect();
    equal
        .windows(RUN)
        .zip(places.windows(RUN))
        .any(|(cells, places)| {
            let mut values: Vec<_> = cells.iter().map(|m| m.0.number.units()).collect();
            values.sort_unstable();
            values.dedup();
            places[RUN - 1] - places[0] == RUN - 1 && values.len() == RUN
        })
}

fn copy(key: [&str; 5], columns: &[Copy<'_, '_>]) -> Finding {
    let [_, method, dataset, other, other_dataset] = key;
    let titles: Vec<String> = columns
        .iter()
        .map(|(_, c, _)| c.metric.title.to_string())
        .collect();
    let cells: usize = columns.iter().map(|(.., equal)| equal.len()).sum();
    let why = format!(
        "{cells} cells of {} print the digits of {}",
        describe::list(&titles),
        if dataset == other_dataset {
            format!("{method} at the same conditions")
        } else {
            format!("{dataset} at the same conditions")
        }
    );
    let about = describe::about(&[other, other_dataset, &describe::list(&titles)]);
    let copied = columns
        .iter()
        .flat_map(|(_, b, equal)| equal.iter().map(|m| b.seen(m.1)));
    Finding::new(Strength::VeryUnlikely, about, why, copied)
}

fn few(a: &ScoreColumn<'_>, b: &ScoreColumn<'_>, equal: &[Match<'_>]) -> Finding {
    let conditions = describe::conditions(equal.iter().map(|m| &m.0.condition));
    let about = describe::about(&[a.method, a.metric.title, &conditions]);
    let texts: Vec<String> = equal.iter().map(|m| m.0.number.text()).collect();
    let why = format!(
        "{} and {} both print {}",
        a.dataset,
        b.dataset,
        describe::list(&texts)
    );
    let cells = equal.iter().flat_map(|m| [a.seen(m.0), b.seen(m.1)]);
    Finding::new(Strength::Odd, about, why, cells)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::published::audit::rules::testing::found;

    /// Five methods with curves of their own over ten rates; `copy` prints the accuracies of the first one.
    fn table(digits: usize, copy: bool) -> String {
        let noise = [0.3, -0.7, 0.9, -0.2, 0.6, -0.9, 0.1, 0.8, -0.4, -0.6];
        let mut text = "method,rate,mosi_acc7,mosi_acc2_n\n".to_string();
        for rate in 0..10 {
            for m in 0..5 {
                let value = |top: f64, fall: f64, m: usize| {
                    let fall = (fall + 0.13 * m as f64) * rate as f64;
                    top - 0.83 * m as f64 - fall + noise[(rate * (2 * m + 1) + 3 * m) % 10]
                };
                let m_acc2 = if copy && m == 4 { 0 } else { m };
                let (acc7, acc2) = (value(44.7, 1.9, m), value(81.3, 2.3, m_acc2));
                text += &format!("M{m},0.{rate},{acc7:.digits$},{acc2:.digits$}\n");
            }
        }
        text
    }

    #[test]
    fn whole_percents_that_meet_are_no_copies_and_copies_are() {
        for digits in 0..3 {
            let sound = found(RULE.name, &table(digits, false));
            assert!(sound.is_empty(), "{digits}: {sound:?}");
        }
        for digits in 1..3 {
            let all = found(RULE.name, &table(digits, true));
            assert_eq!(
                (all.len(), all[0].cells.len()),
                (1, 10),
                "{digits}: {all:?}"
            );
            assert_eq!(all[0].strength, Strength::VeryUnlikely);
        }
    }
}
