//! Finds rows, and methods over their conditions, whose spreads are all those of another one: a line that was copied and
//! whose means were edited, or spreads that were filled down.

use std::collections::{BTreeMap, BTreeSet};

use super::describe;
use crate::published::audit::arranged::{ScoreRow, Seen};
use crate::published::audit::{Arranged, Finding, Strength};
use crate::published::parse::{ParsedCell, ParsedCondition};

/// Equal spreads that make a copy, those among them with two digits, and different numbers among them.
const EQUAL: usize = 5;
const FINE: usize = 3;
const DIFFERENT: usize = 3;

/// Smallest spread of two digits, in units of the last place.
const TWO_DIGITS: i64 = 10;

/// Decimals of a number whose spread tells anything.
const DECIMALS: usize = 2;

/// Copied spreads from which on chance is no reason.
const SURE: usize = 10;

/// Columns by table, data set and metric.
type Columns<'a> = BTreeSet<(&'a str, &'a str, &'a str)>;

/// The spreads of a row or a method, in units of the last place.
type Spreads<'a> = Vec<(Option<&'a ParsedCondition>, &'a str, i64)>;

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
            if let Some(units) = units(cell) {
                let key = (row.table, row.dataset, cell.metric.name);
                columns.entry(key).or_default().insert(units);
            }
        }
    }
    columns.retain(|_, values| values.len() < 2);
    columns.into_keys().collect()
}

/// A spread in units of the last place, where it tells anything.
fn units(cell: &ParsedCell) -> Option<i64> {
    let sd = cell.number.sd.filter(|sd| *sd > 0.0)?;
    // Spreads are small; the cast cannot overflow for one that was parsed.
    (cell.number.decimals >= DECIMALS).then(|| (sd / cell.number.ulp()).round() as i64)
}

fn spreads<'a>(item: &[&ScoreRow<'a>], named: bool, constant: &Columns<'_>) -> Spreads<'a> {
    let mut out = Spreads::new();
    for row in item {
        for cell in row.cells.iter().copied() {
            let key = (row.table, row.dataset, cell.metric.name);
            if let Some(units) = units(cell).filter(|_| !constant.contains(&key)) {
                out.push((named.then_some(row.condition), cell.metric.name, units));
            }
        }
    }
    out.sort_unstable();
    out
}

fn is_enough(spreads: &Spreads<'_>) -> bool {
    let fine = spreads.iter().filter(|s| s.2 >= TWO_DIGITS).count();
    let different: BTreeSet<i64> = spreads.iter().map(|s| s.2).collect();
    spreads.len() >= EQUAL && fine >= FINE && different.len() >= DIFFERENT
}

/// Items of one table and data set that have the same spreads; with `named` at the same conditions.
fn equal<'r, 'a>(
    items: impl Iterator<Item = Item<'r, 'a>>,
    named: bool,
    constant: &Columns<'_>,
) -> Vec<Vec<Item<'r, 'a>>> {
    let mut classes: BTreeMap<_, Vec<Item<'r, 'a>>> = BTreeMap::new();
    for item in items {
        let spreads = spreads(&item, named, constant);
        if let Some(first) = item.first().filter(|_| is_enough(&spreads)) {
            let key = (first.table, first.dataset, spreads);
            classes.entry(key).or_default().push(item);
        }
    }
    let classes = classes.into_values();
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
    let count = spreads(first, false, constant).len();
    let why = match copies {
        [copy] => format!(
            "all {count} spreads of {} are those of {}, beside other scores: was the line copied and the means typed over it?",
            name(copy),
            name(first)
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
        let spread = row.cells.iter().copied().filter(|c| units(c).is_some());
        let table = row.table;
        spread.map(move |cell| Seen { table, cell })
    });
    Some(Finding::new(strength, about, why, cells))
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
    use super::super::testing::found;
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
        // One spread of its own.
        assert!(table(|row, m| own(if row == 4 && m > 0 { 3 } else { row }, m)).is_empty());
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
