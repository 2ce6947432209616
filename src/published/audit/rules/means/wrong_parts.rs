//! Finds overall numbers that are the mean of impossible cells.

use std::collections::BTreeMap;

use super::parts::{Parts, agrees, average, parts, slack};
use crate::published::audit::arranged::{ScoreColumn, Seen};
use crate::published::audit::rules::{Rule, describe};
use crate::published::audit::{Arranged, Finding, Strength};
use crate::published::parse::{ParsedCell, ParsedCondition};

pub const RULE: Rule = Rule {
    name: "wrong-parts",
    definition: "an overall number that is the mean of its parts, of which another rule is sure \
                 that some are wrong, by more than a slip that cannot change the mean",
    strength: "very unlikely to be what was measured, as the parts are",
    check,
};

/// Rules whose strong findings are about single cells of their own.
const SURE: [&str; 6] = [
    "out-of-range",
    "impossible-count",
    "swapped-f1",
    "copied-column",
    "moved-run",
    "broken-trend",
];

fn check(arranged: &Arranged<'_>, before: &[Finding]) -> Vec<Finding> {
    let sure: Vec<&Finding> = before
        .iter()
        .filter(|f| f.strength.strong() && SURE.contains(&f.rule))
        .collect();
    let means = arranged.columns.iter().filter_map(|c| Some((c, c.mean?)));
    let cases = means.filter_map(|(column, mean)| {
        let parts = parts(arranged, column, mean)?;
        case(column, mean, &parts, before, &sure)
    });
    let mut groups: BTreeMap<_, Vec<Case<'_>>> = BTreeMap::new();
    for case in cases {
        let key = (
            case.mean.table,
            &case.mean.cell.dataset,
            &case.mean.cell.method,
            case.rule,
        );
        groups.entry(key).or_default().push(case);
    }
    groups
        .into_values()
        .filter_map(|cases| finding(&cases))
        .collect()
}

/// A mean over wrong parts.
struct Case<'a> {
    mean: Seen<'a>,
    rule: &'static str,
    why: String,
}

fn case<'a>(
    column: &ScoreColumn<'a>,
    mean: &'a ParsedCell,
    parts: &Parts<'_, '_>,
    before: &[Finding],
    sure: &[&Finding],
) -> Option<Case<'a>> {
    let judge = |table: &str, cell: &ParsedCell| {
        let names = |f: &&&Finding| f.names(table, cell.line, cell.column);
        sure.iter().find(names).copied()
    };
    // What a rule is sure of by itself needs no parts.
    if judge(column.table, mean).is_some() {
        return None;
    }
    let (source, parts) = (parts.column.table, &parts.cells);
    let wrong: Vec<(usize, &Finding)> = parts
        .iter()
        .enumerate()
        .filter_map(|(i, part)| Some((i, judge(source, part)?)))
        .collect();
    let (first, rule) = wrong.first().map(|(i, f)| (*i, f.rule))?;
    // What is not their mean at all is another rule's.
    if !agrees(mean, parts) || is_slip(source, mean, parts, &wrong, before) {
        return None;
    }
    let which = match wrong.len() {
        1 => format!(
            "one ({} at {})",
            parts[first].number.text(),
            parts[first].condition
        ),
        n if n == parts.len() => "all".to_string(),
        n => n.to_string(),
    };
    let instead = match wrong.len() {
        1 => instead(mean, parts, first),
        _ => String::new(),
    };
    let why = format!(
        "{} {} is the mean of {} parts in {}, of which {rule} finds {which} wrong{instead}",
        column.metric.title,
        mean.number.text(),
        parts.len(),
        source,
    );
    let mean = column.seen(mean);
    Some(Case { mean, rule, why })
}

/// Whether all that is wrong are counts that a slip explains: with the nearest possible numbers in
/// their place the mean prints the same, or most of the row is wrong and the counts are the question.
fn is_slip(
    table: &str,
    mean: &ParsedCell,
    parts: &[&ParsedCell],
    wrong: &[(usize, &Finding)],
    before: &[Finding],
) -> bool {
    if wrong.iter().any(|(_, f)| f.rule != "impossible-count") {
        return false;
    }
    // A number that is also printed elsewhere, or off its curve, is no slip.
    let more = |part: &ParsedCell| {
        let rules = ["copied-column", "moved-run", "broken-trend"];
        let mut other = before.iter().filter(|f| rules.contains(&f.rule));
        other.any(|f| f.names(table, part.line, part.column))
    };
    if wrong.iter().any(|(i, _)| more(parts[*i])) {
        return false;
    }
    if 2 * wrong.len() > parts.len() || wrong.iter().any(|(_, f)| f.nearest.is_none()) {
        return true;
    }
    let moved: f64 = wrong
        .iter()
        .filter_map(|(i, f)| Some(f.nearest? - parts[*i].number.value))
        .sum();
    let mended = average(parts) + moved / parts.len() as f64;
    (mended - mean.number.value).abs() <= slack(mean, parts)
}

fn finding(cases: &[Case<'_>]) -> Option<Finding> {
    let first = cases.first()?;
    let cell = first.mean.cell;
    let titles = describe::metrics(cases.iter().map(|c| c.mean.cell));
    let about = describe::about(&[&cell.method, &cell.dataset, &titles, "mean"]);
    let more = match cases.len() {
        1 => String::new(),
        n => format!("; so {}", describe::count(n - 1, "other")),
    };
    let why = format!("{}{more}", first.why);
    let cells = cases.iter().map(|c| c.mean);
    Some(Finding::new(Strength::VeryUnlikely, about, why, cells))
}

/// The mean with the line between its neighbors in place of a wrong part.
fn instead(mean: &ParsedCell, parts: &[&ParsedCell], wrong: usize) -> String {
    let between = wrong > 0 && wrong + 1 < parts.len();
    if !between || !matches!(parts[wrong].condition, ParsedCondition::Rate(_)) {
        return String::new();
    }
    let value = |i: usize| parts[i].number.value;
    let line = f64::midpoint(value(wrong - 1), value(wrong + 1));
    let sum: f64 = (0..parts.len()).map(value).sum();
    let right = (sum - value(wrong) + line) / parts.len() as f64;
    let decimals = mean.number.decimals;
    format!("; with the line between its neighbors there the mean is {right:.decimals$}")
}
