//! Finds rows of one table that another table of the paper prints under another missing rate.

use std::collections::BTreeMap;

use crate::published::audit::arranged::{ScoreRow, Seen, base_name, folder};
use crate::published::audit::rules::{Rule, describe};
use crate::published::audit::{Arranged, Finding, Strength};
use crate::published::parse::{ParsedCell, ParsedCondition};

pub const RULE: Rule = Rule {
    name: "other-rate",
    definition: "at least three methods, and three quarters of those that both tables have, whose numbers under one \
                 missing rate another table of the folder prints under another one; a table without rates counts as \
                 one of complete data beside a table whose lowest rate is above 0",
    strength: "very unlikely between two rates; odd beside a table without rates, whose rate the title may lack, and at \
               rates from 0.9 on",
    check,
};

/// Cells that two rows share at least, and methods that make a finding, with their share of all.
const CELLS: usize = 4;
const METHODS: usize = 3;
const SHARE: f64 = 0.75;

/// Rates from which on methods print the same by right, in ten-thousandths.
const LOST: u32 = 9_000;

/// Two tables, their conditions and a data set.
type Place<'a> = (&'a str, &'a str, &'a str, Option<u32>, Option<u32>);

/// Methods that both tables have there, and the equal rows.
type Pairs<'r, 'a> = (usize, Vec<(&'r ScoreRow<'a>, &'r ScoreRow<'a>)>);

fn check(arranged: &Arranged<'_>, _: &[Finding]) -> Vec<Finding> {
    let mut methods: BTreeMap<(&str, &str, String), Vec<&ScoreRow<'_>>> = BTreeMap::new();
    let mut lowest: BTreeMap<&str, u32> = BTreeMap::new();
    for row in &arranged.rows {
        let Some(rate) = rate(row) else {
            continue;
        };
        if let Some(rate) = rate {
            let low = lowest.entry(row.table).or_insert(rate);
            *low = rate.min(*low);
        }
        if row.cells.len() >= CELLS && !arranged.by_program(row.table) {
            let key = (folder(row.table), row.dataset, base_name(row.method));
            methods.entry(key).or_default().push(row);
        }
    }
    let mut places: BTreeMap<Place<'_>, Pairs<'_, '_>> = BTreeMap::new();
    for rows in methods.values() {
        for (i, a) in rows.iter().enumerate() {
            for b in &rows[i + 1..] {
                let (Some(here), Some(there)) = (rate(a), rate(b)) else {
                    continue;
                };
                if !is_comparable(a, b, &lowest) {
                    continue;
                }
                let place = (a.table, b.table, a.dataset, here, there);
                let entry = places.entry(place).or_default();
                entry.0 += 1;
                if equal(a, b).is_some() && !arranged.is_lost(a) {
                    entry.1.push((a, b));
                }
            }
        }
    }
    places
        .iter()
        .filter(|(_, (all, pairs))| {
            pairs.len() >= METHODS && pairs.len() as f64 >= SHARE * *all as f64
        })
        .map(|(place, (all, pairs))| finding(place, *all, pairs))
        .collect()
}

/// The missing rate of a row; `Some(None)` where its table names no condition.
fn rate(row: &ScoreRow<'_>) -> Option<Option<u32>> {
    match row.condition {
        ParsedCondition::Rate(rate) => Some(Some(*rate)),
        ParsedCondition::Whole => Some(None),
        _ => None,
    }
}

/// Whether equal rows would be wrong: of two tables of one kind, at two rates.
fn is_comparable(a: &ScoreRow<'_>, b: &ScoreRow<'_>, lowest: &BTreeMap<&str, u32>) -> bool {
    // A table with a complete row has said what its title means.
    let first = |rates: &ScoreRow<'_>, rate: u32, whole: &ScoreRow<'_>| {
        rate > 0 && lowest.get(rates.table) == Some(&rate) && !lowest.contains_key(whole.table)
    };
    let apart = match (rate(a).flatten(), rate(b).flatten()) {
        (Some(x), Some(y)) => x != y,
        (Some(x), None) => first(a, x, b),
        (None, Some(y)) => first(b, y, a),
        (None, None) => false,
    };
    apart && a.table != b.table && a.scope == b.scope
}

/// The equal cells of two rows, where all they share are, and differ from each other.
fn equal<'a>(a: &ScoreRow<'a>, b: &ScoreRow<'a>) -> Option<Vec<(&'a ParsedCell, &'a ParsedCell)>> {
    let common: Vec<_> = a
        .cells
        .iter()
        .filter_map(|x| Some((*x, b.get(x.metric.name)?)))
        .collect();
    let mut values: Vec<String> = common.iter().map(|(x, _)| x.number.text()).collect();
    values.sort_unstable();
    values.dedup();
    let all = common
        .iter()
        .all(|(x, y)| x.number.same(&y.number) && !describe::is_coarse(x));
    (all && values.len() >= CELLS).then_some(common)
}

fn finding(place: &Place<'_>, all: usize, pairs: &[(&ScoreRow<'_>, &ScoreRow<'_>)]) -> Finding {
    let (here, there, dataset, rate_here, rate_there) = *place;
    let name = |rate: Option<u32>| match rate {
        Some(rate) => ParsedCondition::Rate(rate).to_string(),
        None => "without a rate".to_string(),
    };
    let lost = [rate_here, rate_there]
        .iter()
        .all(|r| r.is_some_and(|r| r >= LOST));
    let strength = if rate_here.is_some() && rate_there.is_some() && !lost {
        Strength::VeryUnlikely
    } else {
        Strength::Odd
    };
    let why = format!(
        "{} of {} print in {here}, {}, the numbers of {there}, {}: is one of the rates wrong?",
        pairs.len(),
        describe::count(all, "method"),
        name(rate_here),
        name(rate_there),
    );
    let about = describe::about(&[dataset, &name(rate_here), &name(rate_there)]);
    let cells = pairs.iter().flat_map(|(a, b)| {
        let common = equal(a, b).unwrap_or_default().into_iter();
        let seen = |table, cell| Seen { table, cell };
        common
            .flat_map(|(x, y)| [seen(a.table, x), seen(b.table, y)])
            .collect::<Vec<_>>()
    });
    Finding::new(strength, about, why, cells)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::published::audit::AuditSettings;
    use crate::published::audit::rules::testing;

    /// A table of five methods at rates of whose numbers each is that of another rate.
    fn table(rates: &[(Option<usize>, usize)]) -> String {
        let mut text = "rate,method,mosi_acc7,mosi_acc5,mosi_mae,mosi_corr\n".to_string();
        if rates[0].0.is_none() {
            text = text.replace("rate,", "");
        }
        for (rate, of) in rates {
            for m in 0..5 {
                if let Some(rate) = rate {
                    text += &format!("0.{rate},");
                }
                text += &format!(
                    "Net{m},{}.{m}1,{}.{m}7,1.0{of}{m},0.6{m}{of}\n",
                    34 - of,
                    38 - of
                );
            }
        }
        text
    }

    fn found(first: &[(Option<usize>, usize)], second: &[(Option<usize>, usize)]) -> Vec<Finding> {
        let (a, b) = (table(first), table(second));
        let tables = [("p/a.csv", &*a), ("p/b.csv", &*b)];
        testing::found_in(RULE.name, &tables, AuditSettings::default())
    }

    #[test]
    fn numbers_under_another_rate_are_found() {
        let rates = [(Some(1), 1), (Some(5), 5)];
        let all = found(&rates, &[(Some(5), 5), (Some(6), 5)]);
        assert_eq!(all.len(), 1, "{all:?}");
        assert_eq!(all[0].strength, Strength::VeryUnlikely);
        assert_eq!(
            (all[0].cells.len(), &*all[0].about),
            (40, "mosi, rate 0.5, rate 0.6")
        );
        assert!(found(&rates, &[(Some(5), 5), (Some(6), 6)]).is_empty());
    }

    #[test]
    fn a_table_without_rates_is_of_complete_data() {
        let all = found(&[(None, 0)], &[(Some(1), 0), (Some(2), 1)]);
        assert_eq!((all.len(), all[0].strength), (1, Strength::Odd));
        // Of complete data, and perhaps of a rate that its title does not have.
        assert!(found(&[(None, 0)], &[(Some(0), 0), (Some(1), 1)]).is_empty());
        assert!(found(&[(None, 5)], &[(Some(1), 1), (Some(5), 5)]).is_empty());
    }
}
