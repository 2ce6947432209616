//! Finds rates at which the cells of all columns are the means of those beside them, as a program fills rates that were not run.

use crate::published::audit::rules::curves::{Curve, Table, long_curve, tables};
use crate::published::audit::rules::describe;
use crate::published::audit::{Arranged, Finding, Strength};
use crate::published::parse::ParsedCondition;

/// Columns of a table.
const COLUMNS: usize = 8;

/// Distance from the mean of both neighbors, in units of the last place, that rounding makes.
const UNITS: f64 = 1.01;

/// Part of the columns that are on the line at a rate that was filled, and at most at the others: sound tables of three seeds
/// have 0.06, and a table of two rates is no curve.
const FILLED: f64 = 0.9;
const OTHERS: f64 = 0.35;

/// A finding per table and data set.
pub fn findings(arranged: &Arranged<'_>) -> Vec<Finding> {
    let tables = tables(arranged, |column| {
        long_curve(column).filter(|_| !describe::is_constant(column.method))
    });
    tables.iter().filter_map(|table| finding(table)).collect()
}

/// Whether the cell at a place is the mean of those beside it, which differ. `None` where they do not, or lie at other distances.
fn is_mean(curve: &Curve<'_>, at: usize) -> Option<bool> {
    let rate = |i: usize| match curve.get(i)?.0.condition {
        ParsedCondition::Rate(rate) => Some(rate),
        _ => None,
    };
    let (low, own, high) = (rate(at.checked_sub(1)?)?, rate(at)?, rate(at + 1)?);
    let [before, value, after] = [at - 1, at, at + 1].map(|i| curve[i].1);
    let unit = curve[at].0.number.ulp();
    let differ = (before - after).abs() > 4.0 * unit;
    let even = own - low == high - own;
    (even && differ && !describe::is_coarse(curve[at].0))
        .then(|| (value - f64::midpoint(before, after)).abs() <= UNITS * unit)
}

fn finding(table: &Table<'_, '_, Curve<'_>>) -> Option<Finding> {
    let rates = table.iter().map(|(_, curve)| curve.len()).min()?;
    let mut filled = Vec::new();
    let (mut others, mut of_others) = (0, 0);
    for at in 1..rates - 1 {
        let judged = table.iter().filter_map(|(_, curve)| is_mean(curve, at));
        let judged: Vec<bool> = judged.collect();
        let means = judged.iter().filter(|mean| **mean).count();
        if judged.len() >= COLUMNS && means as f64 >= FILLED * judged.len() as f64 {
            filled.push((at, means, judged.len()));
        } else {
            others += means;
            of_others += judged.len();
        }
    }
    let (_, means, all) = *filled.first()?;
    let is_usual = of_others < COLUMNS || others as f64 > OTHERS * of_others as f64;
    // Neighbors of a filled rate are none: a line over all of them has another name.
    let neighbors = filled.windows(2).any(|pair| pair[1].0 == pair[0].0 + 1);
    if is_usual || neighbors {
        return None;
    }
    let (first, curve) = &table[0];
    let conditions = describe::conditions(filled.iter().map(|(at, ..)| &curve[*at].0.condition));
    let why = format!(
        "{means} of {all} columns have the mean of the cells beside, of the other rates {others} of {of_others}: were rates that were \
         not run filled by interpolation?"
    );
    let part = describe::sub_table_of(first.method);
    let about = describe::about(&[first.dataset, &part, &conditions]);
    let cells = table.iter().flat_map(|(column, curve)| {
        let cells = filled.iter().filter_map(|(at, ..)| curve.get(*at));
        cells.map(|(cell, _)| column.seen(cell))
    });
    Some(Finding::new(Strength::VeryUnlikely, about, why, cells))
}

#[cfg(test)]
mod tests {
    use crate::published::audit::rules::testing::found;
    use crate::published::audit::{Finding, Strength};

    /// Findings of methods whose scores bend, at eleven rates of which some are filled.
    fn table(methods: usize, filled: impl Fn(usize) -> bool) -> Vec<Finding> {
        let mut text = "rate,method,mosi_acc2_n,mosi_mae\n".to_string();
        for method in 0..methods {
            let score = |rate: usize| -> f64 {
                let noise = ((method * 5 + rate * 7) % 13) as f64 / 10.0;
                20.0 - 0.17 * (rate * rate) as f64 + noise
            };
            let round = |value: f64| (value * 100.0).round() / 100.0;
            for rate in 0..11 {
                let own = if filled(rate) {
                    f64::midpoint(round(score(rate - 1)), round(score(rate + 1)))
                } else {
                    score(rate)
                };
                let (acc, mae) = (60.0 + own, 1.5 - round(own) / 30.0);
                text += &format!("0.{rate:02},M{method},{acc:.2},{mae:.4}\n");
            }
        }
        let all = found("exact-line", &text).into_iter();
        all.filter(|f| f.why.contains("interpolation")).collect()
    }

    #[test]
    fn rates_that_were_filled_are_found() {
        let all = table(10, |rate| rate % 2 == 1);
        assert_eq!(
            (all.len(), all[0].strength),
            (1, Strength::VeryUnlikely),
            "{all:?}"
        );
        assert_eq!(table(9, |rate| rate == 5).len(), 1);
    }

    #[test]
    fn rates_that_were_run_are_not() {
        assert!(table(10, |_| false).is_empty());
        assert!(table(3, |rate| rate == 5).is_empty(), "few columns");
    }
}
