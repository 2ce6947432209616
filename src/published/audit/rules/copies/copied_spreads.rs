//! Finds rows, and methods over their conditions, whose spreads are all those of another one: a line that was copied and
//! whose means were edited, or spreads that were filled down.

use std::collections::{BTreeMap, BTreeSet};

use crate::published::audit::arranged::{ScoreRow, Seen};
use crate::published::audit::rules::describe;
use crate::published::audit::{Arranged, Finding, Strength};
use crate::published::parse::{ParsedCell, ParsedCondition};

/// Equal spreads that make a copy, those among them with two digits, and different numbers among them. Where all have two
/// digits, one less is enough.
const EQUAL: usize = 5;
const FINE: usize = 3;
const ALL_FINE: usize = 4;
const DIFFERENT: usize = 3;

/// Smallest spread of two digits, in units of the last place.
const TWO_DIGITS: i64 = 10;

/// Decimals of a number whose spread tells anything.
const DECIMALS: usize = 2;

/// Copied spreads from which on chance is no reason.
const SURE: usize = 10;

/// Columns by table, data set and metric.
type Columns<'a> = BTreeSet<(&'a str, &'a str, &'a str)>;

/// The spreads of a row or a method, by metric and, of a method, by condition.
type Spreads<'a> = BTreeMap<(Option<&'a ParsedCondition>, &'a str), Spread>;

/// A spread in units of the last place, and its decimals.
#[derive(Clone, Copy)]
struct Spread {
    units: i64,
    decimals: usize,
}

impl Spread {
    /// Whether two are one number, as far as both are printed.
    fn is(self, other: Self) -> bool {
        let decimals = self.decimals.min(other.decimals);
        let coarse = |s: Self| {
            let step = 10_i64.pow((s.decimals - decimals) as u32);
            (s.units + step / 2) / step
        };
        coarse(self) == coarse(other)
    }
}

/// The rows of a method, or one row.
type Item<'r, 'a> = Vec<&'r ScoreRow<'a>>;

/// Finds copies, those of whole methods first.
pub fn check(arranged: &Arranged<'_>) -> Vec<Finding> {
    let constant = constant(arranged);
    let mut methods: BTreeMap<_, Item<'_, '_>> = BTreeMap::new();
    for row in &arranged.rows {
        let key = (row.table, row.dataset, row.method);
        methods.entry(key).or_default().push(row);
    }
    let methods = equal(methods.into_values(), true, &constant);
    let known = |rows: &[Item<'_, '_>]| {
        let has = |items: &Vec<Item<'_, '_>>, row: &ScoreRow<'_>| {
            let same = |r: &&ScoreRow<'_>| std::ptr::eq(*r, row);
            items.iter().flatten().any(same)
        };
        let of_rows = |items: &Vec<Item<'_, '_>>| rows.iter().flatten().all(|r| has(items, r));
        methods.iter().any(of_rows)
    };
    let single = arranged.rows.iter().map(|row| vec![row]);
    let mut rows = equal(single, false, &constant);
    rows.retain(|rows| !known(rows));
    let all = methods.into_iter().chain(joined(rows));
    all.filter_map(|items| finding(arranged, &items, &constant))
        .collect()
}

/// Columns whose spreads are all one number, which another finding is about.
fn constant<'a>(arranged: &Arranged<'a>) -> Columns<'a> {
    let mut columns: BTreeMap<_, BTreeSet<i64>> = BTreeMap::new();
    for row in &arranged.rows {
        for cell in &row.cells {
            if let Some(spread) = spread(cell) {
                let key = (row.table, row.dataset, cell.metric.name);
                columns.entry(key).or_default().insert(spread.units);
            }
        }
    }
    columns.retain(|_, values| values.len() < 2);
    columns.into_keys().collect()
}

/// A spread, where it tells anything.
fn spread(cell: &ParsedCell) -> Option<Spread> {
    let sd = cell.number.sd.filter(|sd| *sd > 0.0)?;
    let decimals = cell.number.decimals;
    // Spreads are small; the cast cannot overflow for one that was parsed.
    let units = (sd / cell.number.ulp()).round() as i64;
    (decimals >= DECIMALS).then_some(Spread { units, decimals })
}

fn spreads<'a>(item: &[&ScoreRow<'a>], named: bool, constant: &Columns<'_>) -> Spreads<'a> {
    let mut out = Spreads::new();
    for row in item {
        for cell in row.cells.iter().copied() {
            let key = (row.table, row.dataset, cell.metric.name);
            if let Some(spread) = spread(cell).filter(|_| !constant.contains(&key)) {
                out.insert((named.then_some(row.condition), cell.metric.name), spread);
            }
        }
    }
    out
}

/// The number of spreads that two have, if all of these are equal and enough.
fn common(a: &Spreads<'_>, b: &Spreads<'_>) -> Option<usize> {
    let both = a.iter().filter_map(|(key, a)| Some((a, b.get(key)?)));
    let (mut all, mut fine, mut different) = (0, 0, BTreeSet::new());
    for (a, b) in both {
        if !a.is(*b) {
            return None;
        }
        let coarse = if a.decimals < b.decimals { a } else { b };
        all += 1;
        fine += usize::from(coarse.units >= TWO_DIGITS);
        different.insert(coarse.units);
    }
    let is_enough = (all >= EQUAL && fine >= FINE) || fine >= ALL_FINE;
    // A line of which most numbers are no one else's is no copy.
    let most = 2 * all > a.len().max(b.len());
    (is_enough && most && different.len() >= DIFFERENT).then_some(all)
}

/// Items of one table and data set that have the same spreads; with `named` at the same conditions.
fn equal<'r, 'a>(
    items: impl Iterator<Item = Item<'r, 'a>>,
    named: bool,
    constant: &Columns<'_>,
) -> Vec<Vec<Item<'r, 'a>>> {
    type Class<'r, 'a> = (Spreads<'a>, Vec<Item<'r, 'a>>);
    let mut tables: BTreeMap<_, Vec<Class<'r, 'a>>> = BTreeMap::new();
    for item in items {
        let Some(first) = item.first() else {
            continue;
        };
        let spreads = spreads(&item, named, constant);
        let classes = tables.entry((first.table, first.dataset)).or_default();
        let known = classes
            .iter_mut()
            .find(|c| common(&c.0, &spreads).is_some());
        match known {
            Some((_, items)) => items.push(item),
            None => classes.push((spreads, vec![item])),
        }
    }
    let classes = tables.into_values().flatten().map(|(_, items)| items);
    classes.filter(|items| items.len() > 1).collect()
}

/// Copies between the same methods at several conditions as one.
fn joined<'r, 'a>(classes: Vec<Vec<Item<'r, 'a>>>) -> Vec<Vec<Item<'r, 'a>>> {
    let mut by_methods: BTreeMap<_, Vec<Item<'r, 'a>>> = BTreeMap::new();
    for items in classes {
        let methods: Vec<&str> = items.iter().map(|item| item[0].method).collect();
        let key = (items[0][0].table, items[0][0].dataset, methods);
        let joined = by_methods.entry(key).or_default();
        joined.resize(items.len(), Vec::new());
        for (all, item) in joined.iter_mut().zip(items) {
            all.extend(item);
        }
    }
    by_methods.into_values().collect()
}

fn finding(
    arranged: &Arranged<'_>,
    items: &[Item<'_, '_>],
    constant: &Columns<'_>,
) -> Option<Finding> {
    let [first, copies @ ..] = items else {
        return None;
    };
    let one_model = |item: &Item<'_, '_>| {
        arranged.is_one_model(first[0].table, [first[0].method, item[0].method])
    };
    if copies.iter().all(one_model) || !copies.iter().any(|copy| has_other_means(first, copy)) {
        return None;
    }
    let name = |item: &Item<'_, '_>| match item.as_slice() {
        [row] => describe::row(row.method, row.condition),
        _ => item[0].method.to_string(),
    };
    let count = shared(first, &copies[0], constant);
    let why = match copies {
        [copy] => format!(
            "all {count} spreads of {} are those of {}{}, beside other scores: was the line copied and the means typed over it?",
            name(copy),
            name(first),
            if count < printed(first, constant).max(printed(copy, constant)) {
                " where both have one"
            } else {
                ""
            }
        ),
        _ => format!(
            "all {count} spreads of {} are those of the {} others, beside other scores: were they filled down or copied?",
            name(first),
            copies.len()
        ),
    };
    let names: Vec<String> = items.iter().map(name).collect();
    let about = describe::about(&[&describe::list(&names), first[0].dataset]);
    let strength = if count * copies.len() >= SURE {
        Strength::VeryUnlikely
    } else {
        Strength::Odd
    };
    let cells = copies.iter().flatten().flat_map(|row| {
        let spreads = row.cells.iter().copied().filter(|c| spread(c).is_some());
        let table = row.table;
        spreads.map(move |cell| Seen { table, cell })
    });
    Some(Finding::new(strength, about, why, cells))
}

/// The spreads of an item.
fn printed(item: &[&ScoreRow<'_>], constant: &Columns<'_>) -> usize {
    let rows = item.iter();
    rows.map(|row| spreads(&[*row], false, constant).len())
        .sum()
}

/// The spreads that a copy has of the first item, row by row.
fn shared(first: &[&ScoreRow<'_>], copy: &[&ScoreRow<'_>], constant: &Columns<'_>) -> usize {
    let rows = copy.iter().zip(first);
    rows.map(|(row, at_the_same_place)| {
        let mut all = first.iter();
        let of = all.find(|r| r.condition == row.condition);
        let of = spreads(&[*of.unwrap_or(at_the_same_place)], false, constant);
        let row = spreads(&[*row], false, constant);
        row.iter()
            .filter(|(key, spread)| of.get(key).is_some_and(|s| s.is(**spread)))
            .count()
    })
    .sum()
}

/// Whether at least half of the numbers differ: rows of the same numbers are the matter of other rules.
fn has_other_means(a: &[&ScoreRow<'_>], b: &[&ScoreRow<'_>]) -> bool {
    let rows = a.iter().zip(b);
    let pairs = rows.flat_map(|(a, b)| {
        let both = a.cells.iter();
        both.filter_map(|x| Some(x.number.same(&b.get(x.metric.name)?.number)))
    });
    let same: Vec<bool> = pairs.collect();
    2 * same.iter().filter(|same| !**same).count() >= same.len()
}

#[cfg(test)]
mod tests {
    use crate::published::audit::rules::testing::found;
    use crate::published::audit::{Finding, Strength};

    const METRICS: [(&str, usize); 5] = [
        ("mosi_acc7", 2),
        ("mosi_acc2_n", 2),
        ("mosi_f1_n", 2),
        ("mosi_mae", 3),
        ("mosi_corr", 3),
    ];

    /// Spread `metric` of row `row`, all different.
    fn own(row: usize, metric: usize) -> usize {
        11 + (row * (5 + metric) * 7 + metric * 13) % 67
    }

    /// Findings of seven rows whose spreads are those that `of` says.
    fn table(of: impl Fn(usize, usize) -> usize) -> Vec<Finding> {
        let heads: Vec<&str> = METRICS.iter().map(|m| m.0).collect();
        let mut text = format!("method,{}\n", heads.join(","));
        for row in 0..7 {
            text += &format!("M{row}");
            for (m, (_, decimals)) in METRICS.iter().enumerate() {
                let mean = [43.11, 81.37, 81.21, 0.731, 0.762][m];
                let step = [-1.3, -0.9, -0.91, 0.013, -0.011][m] * row as f64;
                let spread = of(row, m) as f64 / 10f64.powi(*decimals as i32);
                text += &format!(",{:.decimals$} \u{b1} {spread:.decimals$}", mean + step);
            }
            text += "\n";
        }
        found("wrong-spread", &text)
    }

    #[test]
    fn spreads_of_another_row_are_found() {
        assert!(table(own).is_empty(), "{:?}", table(own));
        let all = table(|row, m| own(if row == 4 { 3 } else { row }, m));
        assert_eq!((all.len(), all[0].strength), (1, Strength::Odd), "{all:?}");
        assert_eq!(&*all[0].about, "M3 and M4, mosi");
        assert!(
            all[0].why.contains("spreads of M4 are those of M3"),
            "{}",
            all[0].why
        );
        let lacks = table(|row, m| match (row, m) {
            (4, 0) => 0,
            (4, _) => own(3, m),
            _ => own(row, m),
        });
        assert_eq!(lacks.len(), 1, "{lacks:?}");
        let why = "all 4 spreads of M4 are those of M3 where both have one,";
        assert!(lacks[0].why.starts_with(why), "{}", lacks[0].why);
        // One spread of its own.
        assert!(table(|row, m| own(if row == 4 && m > 0 { 3 } else { row }, m)).is_empty());
    }

    #[test]
    fn numbers_of_other_decimals_are_compared_as_far_as_both_are_printed() {
        let spread = |units, decimals| super::Spread { units, decimals };
        assert!(spread(31, 2).is(spread(310, 3)));
        assert!(spread(31, 2).is(spread(306, 3)));
        assert!(!spread(31, 2).is(spread(304, 3)));
    }

    #[test]
    fn spreads_that_were_filled_down_are_found_once() {
        let all = table(|row, m| own(row.min(3), m));
        assert_eq!(
            (all.len(), all[0].strength),
            (1, Strength::VeryUnlikely),
            "{all:?}"
        );
        assert_eq!(all[0].cells.len(), 15);
        let column = table(|row, m| own(if m == 1 { row.min(1) } else { row }, m));
        assert_eq!(column.len(), 1, "{column:?}");
        assert!(column[0].why.contains("6 spreads one below the other"));
    }

    #[test]
    fn a_metric_with_the_spreads_of_another_is_found_in_seven_rows() {
        let all = table(|row, m| own(row, if m == 1 { 0 } else { m }));
        assert_eq!(all.len(), 1, "{all:?}");
        assert_eq!(all[0].why, "all 7 spreads are those of Acc-7");
        // An accuracy and its F1 have such spreads by right.
        assert!(table(|row, m| own(row, if m == 2 { 1 } else { m })).is_empty());
    }

    #[test]
    fn a_method_with_the_spreads_of_another_is_found_in_one_finding() {
        let mut text = "method,rate,mosi_acc7,mosi_mae\n".to_string();
        for (i, method) in ["A", "B", "C"].iter().enumerate() {
            for rate in 0..5 {
                let row = if i == 1 { rate } else { 7 * i + rate };
                text += &format!(
                    "{method},0.{rate},{:.2} \u{b1} 0.{},{:.3} \u{b1} 0.0{}\n",
                    44.31 - 2.13 * rate as f64 - i as f64,
                    own(row, 0),
                    0.742 + 0.031 * rate as f64 + 0.01 * i as f64,
                    own(row, 1)
                );
            }
        }
        let all = found("wrong-spread", &text);
        assert_eq!(
            (all.len(), all[0].strength),
            (1, Strength::VeryUnlikely),
            "{all:?}"
        );
        assert!(
            all[0].why.starts_with("all 10 spreads of B are those of A"),
            "{}",
            all[0].why
        );
    }
}
