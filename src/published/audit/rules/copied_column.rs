//! Finds columns, and runs of cells in them, that are equal across data sets or methods.

use std::collections::BTreeMap;

use super::{Rule, describe};
use crate::published::audit::arranged::ScoreColumn;
use crate::published::audit::{Arranged, Finding, Strength};
use crate::published::parse::{ParsedCell, names};

pub const RULE: Rule = Rule {
    name: "copied-column",
    definition: "a column, or a run of at least three different cells in it, that prints the same \
                 digits at the same conditions for another data set or method of the table; scores of \
                 constant predictors do not count, nor do accuracies and F1 with six and more digits",
    strength: "very unlikely; odd for one or two equal cells of one method across data sets, and where the \
               methods of the table are so close that chance makes such a run",
    check,
};

/// Cells in a row, and different numbers among them, that make a copy.
const RUN: usize = 3;

/// Chance of such a run in the whole table that is believed to be one.
const CHANCE: f64 = 1e-3;

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
            } else if a.dataset != b.dataset && !equal.is_empty() {
                out.push(few(a, b, &equal));
            }
        }
    }
    for (key, columns) in copies {
        let mut finding = copy(key, &columns);
        let each = columns
            .iter()
            .flat_map(|(a, b, equal)| equal.iter().map(move |m| chance(arranged, a, b, m)));
        if each.product::<f64>() * tried as f64 > CHANCE {
            finding.strength = Strength::Odd;
        }
        out.push(finding);
    }
    out
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
    let spread = nearest.map_or(spread, |(_, distance)| spread.min(*distance));
    // Two draws of a normal distribution are equal within a unit with about this chance.
    (0.28 * y.number.ulp() / spread.max(1e-12)).min(1.0)
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
