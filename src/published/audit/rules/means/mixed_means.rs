//! Finds a method whose means are over other conditions than those of the methods beside it.

use std::collections::BTreeMap;

use super::overall_mean::Case;
use super::parts::{agrees, average};
use crate::published::audit::rules::describe;
use crate::published::audit::{Finding, Strength};
use crate::published::parse::{ParsedCell, ParsedCondition};

/// Methods whose means are over one set of conditions, for it to be the usual one.
const USUAL: usize = 2;

/// Rates that may be absent at the ends where a method has one mean only: more ranges fit one number by chance.
const ENDS: usize = 1;

/// Means that fit the conditions of a table one way where those of the other methods fit another way alone.
pub fn check(cases: &[Case<'_, '_>]) -> Vec<Finding> {
    let methods = methods(cases);
    let ways = ways(cases);
    if ways.len() < 2 {
        return Vec::new();
    }
    let shown = shown(&methods, &ways);
    let found = methods.iter().filter_map(|(method, own)| {
        let usual = usual(&shown, method)?;
        let others = own
            .iter()
            .filter(|case| case.fits)
            .copied()
            .collect::<Vec<_>>();
        let other = only(&others, &ways).filter(|way| *way != usual)?;
        let cells = others.iter().map(|case| case.mean);
        let why = format!(
            "the mean is over {}, where those of the other methods are over {}",
            name(&ways[other]),
            name(&ways[usual])
        );
        let titles = describe::metrics(others.iter().map(|case| case.mean.cell));
        let about = describe::about(&[method, own[0].column.dataset, &titles, "mean"]);
        Some(Finding::new(Strength::Odd, about, why, cells))
    });
    found.collect()
}

/// What a mean that fits no usual set of conditions should be, and what it is.
pub fn explain(case: &Case<'_, '_>, row: &[&Case<'_, '_>], cases: &[Case<'_, '_>]) -> String {
    let (mean, methods, ways) = (&case.mean.cell.number, methods(cases), ways(cases));
    let usual = usual(&shown(&methods, &ways), case.column.method).filter(|_| ways.len() > 1);
    let (parts, as_others) = match usual {
        Some(way) => (of(case, &ways[way]), " as for the other methods"),
        None => (case.parts.cells.clone(), ""),
    };
    let over = match usual {
        Some(way) => format!("over {}", name(&ways[way])),
        None => format!("of {} parts", parts.len()),
    };
    let printed = format!(
        "the mean {over}{as_others} is {:.*}, printed {}",
        mean.decimals + 1,
        average(&parts),
        mean.text()
    );
    match part(row) {
        Some(part) => format!("{printed}, the mean over {}", name(&part)),
        None => printed,
    }
}

type Conditions = Vec<ParsedCondition>;

/// The sets of conditions that a table's means may be over.
fn ways(cases: &[Case<'_, '_>]) -> Vec<Conditions> {
    let mut ways: Vec<Conditions> = Vec::new();
    for set in cases.iter().flat_map(|case| case.parts.sets()) {
        let mut conditions: Conditions = set.iter().map(|c| c.condition.clone()).collect();
        conditions.sort();
        if !ways.contains(&conditions) {
            ways.push(conditions);
        }
    }
    ways
}

type Methods<'c, 'e, 'a> = BTreeMap<&'a str, Vec<&'c Case<'e, 'a>>>;

fn methods<'c, 'e, 'a>(cases: &'c [Case<'e, 'a>]) -> Methods<'c, 'e, 'a> {
    let mut methods: Methods<'c, 'e, 'a> = BTreeMap::new();
    for case in cases {
        methods.entry(case.column.method).or_default().push(case);
    }
    methods
}

/// The cells of a mean at these conditions.
fn of<'a>(case: &Case<'_, 'a>, conditions: &[ParsedCondition]) -> Vec<&'a ParsedCell> {
    let all = case.parts.with_complete();
    all.into_iter()
        .filter(|c| conditions.contains(&c.condition))
        .collect()
}

fn fits(case: &Case<'_, '_>, conditions: &[ParsedCondition]) -> bool {
    let cells = of(case, conditions);
    cells.len() == conditions.len() && agrees(case.mean.cell, &cells)
}

/// The only way that fits all means of a method.
fn only(cases: &[&Case<'_, '_>], ways: &[Conditions]) -> Option<usize> {
    let all = |way: &Conditions| cases.iter().all(|case| fits(case, way));
    let mut fitting = (0..ways.len()).filter(|i| all(&ways[*i]));
    let first = fitting.next().filter(|_| !cases.is_empty())?;
    fitting.next().is_none().then_some(first)
}

/// The only way that fits the means of each method, where there is one.
fn shown<'a>(methods: &Methods<'_, '_, 'a>, ways: &[Conditions]) -> Vec<(&'a str, usize)> {
    let each = methods.iter();
    each.filter_map(|(method, cases)| Some((*method, only(cases, ways)?)))
        .collect()
}

/// The way that the means of the other methods are formed, where several show one and none another.
fn usual(shown: &[(&str, usize)], except: &str) -> Option<usize> {
    let mut others = shown.iter().filter(|(method, _)| *method != except);
    let first = others.clone().next()?.1;
    (others.clone().count() >= USUAL && others.all(|(_, way)| *way == first)).then_some(first)
}

/// The part of the conditions that all wrong means of a method are over: neighboring rates, or all sets of
/// modalities but one.
fn part(row: &[&Case<'_, '_>]) -> Option<Conditions> {
    let first = row.first()?;
    let mut all: Conditions = first
        .parts
        .cells
        .iter()
        .map(|c| c.condition.clone())
        .collect();
    all.sort();
    let n = all.len();
    let rates = matches!(all.first(), Some(ParsedCondition::Rate(_)));
    let mut parts: Vec<Conditions> = if rates {
        let least = if row.len() > 1 {
            0
        } else {
            n.saturating_sub(ENDS + 1)
        };
        let ranges = (0..n).flat_map(|from| (from + 1..n).map(move |to| (from, to)));
        let long = ranges.filter(|(from, to)| to - from + 1 > least.max(1) && to - from + 1 < n);
        long.map(|(from, to)| all[from..=to].to_vec()).collect()
    } else {
        let without = |i: usize| {
            all.iter()
                .enumerate()
                .filter(move |(j, _)| *j != i)
                .map(|(_, c)| c.clone())
        };
        (0..n).map(|i| without(i).collect()).collect()
    };
    parts.sort_by_key(|p| std::cmp::Reverse(p.len()));
    parts
        .into_iter()
        .find(|part| part.len() > 1 && row.iter().all(|case| fits(case, part)))
}

/// `rates 0 to 0.9`, or the sets of modalities by name.
fn name(conditions: &[ParsedCondition]) -> String {
    match conditions {
        [
            ParsedCondition::Rate(_),
            ..,
            last @ ParsedCondition::Rate(_),
        ] => {
            let last = last.to_string();
            format!(
                "{} to {}",
                conditions[0].to_string().replace("rate", "rates"),
                last.trim_start_matches("rate ")
            )
        }
        _ => describe::conditions(conditions),
    }
}

#[cfg(test)]
mod tests {
    use crate::published::audit::{AuditSettings, Finding, Strength, TestSetStatistics, audit};
    use crate::published::parse::{Options, parse};

    /// Four methods over the rates 0 to 1, whose means are over the rates from and to.
    fn found(means: [(usize, usize); 4]) -> Vec<Finding> {
        let mut text = "method,rate,mosi_acc7,mosi_mae\n".to_string();
        for (m, (from, to)) in means.into_iter().enumerate() {
            let acc = |i: usize| 45.0 - (i * i) as f64 * 0.21 - 1.3 * m as f64;
            let mae = |i: usize| 0.7 + (i * i) as f64 * 0.006 + 0.01 * m as f64;
            for i in 0..=10 {
                text += &format!("M{m},{},{:.2},{:.3}\n", i as f64 / 10.0, acc(i), mae(i));
            }
            let n = (to - from + 1) as f64;
            let mean = |f: &dyn Fn(usize) -> f64| (from..=to).map(f).sum::<f64>() / n;
            text += &format!("M{m},mean,{:.2},{:.3}\n", mean(&acc), mean(&mae));
        }
        let table = parse("t.csv", text.as_bytes(), &Options::default()).unwrap();
        let statistics = TestSetStatistics::published();
        let all = audit(&[table], &statistics, AuditSettings::default()).into_iter();
        all.filter(|f| f.rule == "overall-mean").collect()
    }

    #[test]
    fn a_mean_over_other_rates_than_the_others_is_named_with_its_rates() {
        assert!(found([(0, 9); 4]).is_empty());
        assert!(found([(0, 10); 4]).is_empty());
        let all = found([(0, 9), (0, 9), (0, 10), (0, 9)]);
        assert_eq!((all.len(), all[0].strength), (1, Strength::Odd));
        assert_eq!(all[0].about, "M2, mosi, Acc-7 and MAE, mean");
        assert_eq!(
            all[0].why,
            "the mean is over rates 0 to 1, where those of the other methods are over rates 0 to 0.9"
        );
        let all = found([(0, 9), (0, 9), (1, 9), (0, 9)]);
        assert_eq!((all.len(), all[0].strength), (2, Strength::Impossible));
        assert!(
            all[0]
                .why
                .starts_with("the mean over rates 0 to 0.9 as for the other methods is "),
            "{}",
            all[0].why
        );
        assert!(
            all[0].why.ends_with(", the mean over rates 0.1 to 0.9"),
            "{}",
            all[0].why
        );
    }
}
