//! Finds conditions at which most methods print the same digits: a column copied over another one.

use std::collections::{BTreeMap, BTreeSet};

use crate::published::audit::arranged::ScoreColumn;
use crate::published::audit::rules::{Rule, describe};
use crate::published::audit::{Arranged, Finding, Strength};
use crate::published::parse::{ParsedCell, ParsedCondition};

pub const RULE: Rule = Rule {
    name: "copied-condition",
    definition: "a metric of which at least four methods, and three quarters of those whose scores change at all, \
                 print the same digits at two conditions, other ones each, where chance makes that less than once in a \
                 thousand tables; scores of constant predictors do not count",
    strength: "very unlikely at two missing rates; odd at the two highest ones and at sets of missing modalities, which \
               models may not use",
    check,
};

/// Methods that make a copy, different numbers among them, and the share of all methods.
const METHODS: usize = 4;
const SHARE: f64 = 0.75;

/// Conditions with one number from which a method does not use its input.
const STILL: usize = 3;

/// Chance of such a copy in the whole table that is believed to be one.
const CHANCE: f64 = 1e-3;

/// Two conditions of a table and data set.
type Place<'a> = (&'a str, &'a str, ParsedCondition, ParsedCondition);

/// The equal cells of a metric at two conditions.
struct Copy<'a> {
    cells: Vec<(&'a ScoreColumn<'a>, &'a ParsedCell, &'a ParsedCell)>,
    methods: usize,
}

fn check(arranged: &Arranged<'_>, _: &[Finding]) -> Vec<Finding> {
    let blocks = arranged.blocks();
    let mut copies: BTreeMap<Place<'_>, Vec<Copy<'_>>> = BTreeMap::new();
    for block in &blocks {
        let conditions = conditions(block);
        let pairs =
            (0..conditions.len()).flat_map(|i| (i + 1..conditions.len()).map(move |j| (i, j)));
        let tried = (conditions.len() * conditions.len().saturating_sub(1) / 2) as f64;
        for (i, j) in pairs {
            let Some(copy) = copy(arranged, block, conditions[i], conditions[j]) else {
                continue;
            };
            if tried * chance(arranged, &copy, &conditions, block, [i, j]) < CHANCE {
                let (table, dataset) = (block[0].table, block[0].dataset);
                let place = (table, dataset, conditions[i].clone(), conditions[j].clone());
                copies.entry(place).or_default().push(copy);
            }
        }
    }
    let highest = highest(arranged);
    copies
        .iter()
        .filter_map(|(place, copies)| finding(place, copies, &highest))
        .collect()
}

/// Conditions in the order of rates, else of the file.
fn conditions<'a>(block: &[&ScoreColumn<'a>]) -> Vec<&'a ParsedCondition> {
    let mut all: Vec<&ParsedCondition> = Vec::new();
    for cell in block.iter().flat_map(|column| &column.parts) {
        if !all.contains(&&cell.condition) {
            all.push(&cell.condition);
        }
    }
    if all.iter().all(|c| matches!(c, ParsedCondition::Rate(_))) {
        all.sort();
    }
    all
}

/// The highest two rates of each table.
fn highest<'a>(arranged: &Arranged<'a>) -> BTreeMap<&'a str, Vec<ParsedCondition>> {
    let mut rates: BTreeMap<&str, BTreeSet<ParsedCondition>> = BTreeMap::new();
    for seen in arranged.cells() {
        if matches!(seen.cell.condition, ParsedCondition::Rate(_)) {
            let of_table = rates.entry(seen.table).or_default();
            of_table.insert(seen.cell.condition.clone());
        }
    }
    let last = |rates: BTreeSet<ParsedCondition>| rates.into_iter().rev().take(2).collect();
    let each = rates.into_iter();
    each.map(|(table, rates)| (table, last(rates))).collect()
}

/// The cells of a block that are equal at two conditions, if they are most of those of methods whose scores change.
fn copy<'a>(
    arranged: &Arranged<'a>,
    block: &[&'a ScoreColumn<'a>],
    a: &ParsedCondition,
    b: &ParsedCondition,
) -> Option<Copy<'a>> {
    let both = block.iter().filter_map(|column| {
        let cells = (column.at(a)?, column.at(b)?);
        changes(arranged, column, cells.0).then_some((*column, cells.0, cells.1))
    });
    let both: Vec<_> = both.collect();
    let equal = both.iter().filter(|(_, x, y)| x.number.same(&y.number));
    let cells: Vec<_> = equal.copied().collect();
    let values: BTreeSet<i64> = cells.iter().map(|(_, x, _)| x.number.units()).collect();
    let most = cells.len() as f64 >= SHARE * both.len() as f64;
    (most && values.len() >= METHODS).then_some(Copy {
        cells,
        methods: both.len(),
    })
}

/// Whether a method's cell is no constant's: it is not printed at most conditions.
fn changes(arranged: &Arranged<'_>, column: &ScoreColumn<'_>, cell: &ParsedCell) -> bool {
    let statistics = arranged.statistics;
    let two = ["acc2", "f1"]
        .iter()
        .any(|m| cell.metric.name.starts_with(m));
    let constant = statistics.is_baseline(&cell.dataset, cell.metric, &cell.number)
        || two && statistics.is_lost(&cell.dataset, cell.metric, &cell.number);
    let parts = column.parts.iter();
    let equal = parts
        .filter(|other| other.number.same(&cell.number))
        .count();
    !constant && equal < STILL
}

/// Chance that so many methods print equal digits: by how far scores at both conditions are from those at the
/// conditions beside them.
fn chance(
    arranged: &Arranged<'_>,
    copy: &Copy<'_>,
    conditions: &[&ParsedCondition],
    block: &[&ScoreColumn<'_>],
    [i, j]: [usize; 2],
) -> f64 {
    let beside = |at: usize, other: usize| {
        let near = [at.checked_sub(1), Some(at + 1)].into_iter().flatten();
        near.filter(move |near| *near != other)
            .map(move |near| (at, near))
    };
    let pairs = beside(i, j).chain(beside(j, i));
    let usual = pairs.filter_map(|(at, near)| {
        let (here, there) = (conditions[at], *conditions.get(near)?);
        let steps = block.iter().filter_map(|column| {
            Some((column.at(here)?.number.value - column.at(there)?.number.value).abs())
        });
        let mut steps: Vec<f64> = steps.collect();
        steps.sort_by(f64::total_cmp);
        steps.get(steps.len() / 2).copied()
    });
    let step = usual.fold(f64::MAX, f64::min);
    let each = copy.cells.iter().map(|(column, cell, _)| {
        // A single run's accuracy steps by one sample.
        let samples = arranged.statistics.samples(column.dataset, column.metric);
        let grain = samples.map_or(0.0, |samples| 100.0 / samples as f64);
        (cell.number.ulp().max(grain) / step.max(1e-12)).min(1.0)
    });
    let others = copy.methods - copy.cells.len();
    let ways = (0..others).map(|k| (copy.methods - k) as f64 / (k + 1) as f64);
    each.product::<f64>() * ways.product::<f64>()
}

fn finding(
    (table, dataset, a, b): &Place<'_>,
    copies: &[Copy<'_>],
    highest: &BTreeMap<&str, Vec<ParsedCondition>>,
) -> Option<Finding> {
    let first = copies.first()?;
    let (column, cell, _) = first.cells.first()?;
    let rates = [a, b].map(|c| matches!(c, ParsedCondition::Rate(_)));
    let last = highest.get(table);
    let last = last.is_some_and(|last| [a, b].iter().all(|c| last.contains(c)));
    let strength = if rates == [true; 2] && !last {
        Strength::VeryUnlikely
    } else {
        Strength::Odd
    };
    let metrics = describe::metrics(copies.iter().filter_map(|c| Some(c.cells.first()?.1)));
    let why = format!(
        "{} of {} methods print the same {} at {}, as {} with {}: is one column a copy of the other?",
        first.cells.len(),
        first.methods,
        column.metric.title,
        describe::conditions([a, b]),
        column.method,
        cell.number.text(),
    );
    let about = describe::about(&[dataset, &metrics, &describe::conditions([a, b])]);
    let cells = copies.iter().flat_map(|copy| &copy.cells);
    let cells = cells.flat_map(|(column, x, y)| [column.seen(x), column.seen(y)]);
    Some(Finding::new(strength, about, why, cells))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::published::audit::{AuditSettings, TestSetStatistics, audit};
    use crate::published::parse::{Options, parse};

    /// Findings of a table of one metric whose column at place i is printed as that of `order[i]`.
    fn found(metric: &str, methods: usize, conditions: &str, order: &[usize]) -> Vec<Finding> {
        let mut text = format!("method,{conditions}\n");
        for m in 0..methods {
            text += &format!("M{m}");
            for of in order {
                let noise = ((m * 7 + of * of * 3) % 11) as f64 / 20.0;
                let lost = *of as f64 + 0.37 * m as f64 + noise;
                text += &match metric {
                    "mae" => format!(",{:.3}", 0.75 + 0.061 * lost),
                    _ => format!(",{:.2}", 84.0 - 2.13 * lost),
                };
            }
            text += "\n";
        }
        let options = Options {
            dataset: Some("mosi".to_string()),
            metric: Some(metric.to_string()),
            ..Options::default()
        };
        let table = parse("t.csv", text.as_bytes(), &options).unwrap();
        let statistics = TestSetStatistics::published();
        let all = audit(&[table], &statistics, AuditSettings::default()).into_iter();
        all.filter(|f| f.rule == RULE.name).collect()
    }

    const RATES: &str = "0,0.1,0.2,0.3,0.4,0.5,0.6,0.7";
    const SETS: &str = "L missing,A missing,V missing,LA missing,LV missing,AV missing";

    #[test]
    fn a_column_that_was_copied_over_another_one_is_found() {
        for metric in ["mae", "acc2_non0"] {
            for methods in [5, 8] {
                assert!(found(metric, methods, RATES, &[0, 1, 2, 3, 4, 5, 6, 7]).is_empty());
                let all = found(metric, methods, RATES, &[0, 1, 2, 3, 3, 5, 6, 7]);
                assert_eq!(all.len(), 1, "{metric} {methods}");
                assert_eq!(all[0].strength, Strength::VeryUnlikely);
                assert!(
                    all[0].about.ends_with("rate 0.3 and 0.4"),
                    "{}",
                    all[0].about
                );
                assert_eq!(all[0].cells.len(), 2 * methods);
            }
            let sets = found(metric, 8, SETS, &[6, 1, 2, 6, 7, 3]);
            assert_eq!(sets.len(), 1, "{metric}");
            assert_eq!(sets[0].strength, Strength::Odd);
        }
    }

    #[test]
    fn scores_that_do_not_change_are_no_copies() {
        // Nothing is used at the last rates, or of vision.
        assert!(found("mae", 8, RATES, &[0, 1, 2, 3, 4, 5, 5, 5]).is_empty());
        let last = found("mae", 8, RATES, &[0, 1, 2, 3, 4, 5, 6, 6]);
        assert!(last.iter().all(|f| f.strength == Strength::Odd));
        // Three methods may meet.
        assert!(found("mae", 3, RATES, &[0, 1, 2, 3, 3, 5, 6, 7]).is_empty());
    }
}
