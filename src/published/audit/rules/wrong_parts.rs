//! Finds overall numbers that are the mean of impossible cells.

use std::collections::BTreeMap;

use super::overall_mean::{agrees, parts};
use super::{Rule, describe};
use crate::published::audit::arranged::{ScoreColumn, Seen};
use crate::published::audit::{Arranged, Finding, Strength};
use crate::published::parse::{ParsedCell, ParsedCondition};

pub const RULE: Rule = Rule {
    name: "wrong-parts",
    definition: "an overall number that is the mean of its parts, of which another rule is sure \
                 that some are wrong",
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
        let (source, parts) = parts(arranged, column, mean)?;
        case(column, mean, source, &parts, &sure)
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
    source: &ScoreColumn<'_>,
    parts: &[&ParsedCell],
    sure: &[&Finding],
) -> Option<Case<'a>> {
    let judge = |table: &str, cell: &ParsedCell| {
        let names = |f: &&&Finding| f.names(table, cell.line, cell.column);
        sure.iter().find(names).map(|f| f.rule)
    };
    // What a rule is sure of by itself needs no parts.
    if judge(column.table, mean).is_some() {
        return None;
    }
    let all = parts.iter().enumerate();
    let wrong: Vec<_> = all
        .filter_map(|(i, part)| Some((i, judge(source.table, part)?)))
        .collect();
    let (first, rule) = *wrong.first()?;
    // What is not their mean at all is another rule's.
    if !agrees(mean, parts) {
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
        source.table,
    );
    let mean = column.seen(mean);
    Some(Case { mean, rule, why })
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
