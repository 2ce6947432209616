//! Finds tables whose rates and methods were nested the other way round when the numbers were laid out, or whose rates
//! are in another order.

use std::collections::{BTreeMap, BTreeSet};

use crate::published::audit::arranged::{ScoreColumn, sub_table};
use crate::published::audit::rules::curves::curve;
use crate::published::audit::rules::describe;
use crate::published::audit::rules::ranks::follows;
use crate::published::audit::{Arranged, Finding, Strength};
use crate::published::parse::{ParsedCell, ParsedCondition};

/// Fewest methods of a table, and rates of a method.
const METHODS: usize = 3;
const RATES: usize = 5;

/// The most that the usual method follows the rate, as a rank correlation: sound tables have 0.88 and more.
const UNRELATED: f64 = 0.5;

/// The same where all methods go up and down together: noise does not do that.
const UNRELATED_TOGETHER: f64 = 0.75;

/// What a method must follow the rate by once the numbers are read in the other order.
const FALLS: f64 = 0.9;

/// Rank correlation of curves that go up and down together.
const ALIKE: f64 = 0.8;

/// How far a method's scores must be apart, in percent and in units of other metrics: those of a model that learned
/// nothing do not follow the rate either.
const APART: [f64; 2] = [5.0, 0.1];

/// One metric of a table.
struct Nested<'c, 'a> {
    columns: Vec<&'c ScoreColumn<'a>>,
    /// Rank correlation with the rate of the usual method.
    usual: f64,
    /// Whether every method falls with the rate in the other order; `None` where cells are missing.
    mended: Option<bool>,
    /// Whether all methods go up and down together: the rates in the order in which they get worse.
    together: Option<Vec<&'a ParsedCondition>>,
}

/// Cells of constant predictors.
type Lost<'a> = BTreeSet<(&'a str, &'a str, &'a str, &'a ParsedCondition)>;

/// A finding per table and data set.
pub fn findings(arranged: &Arranged<'_>) -> Vec<Finding> {
    let lost = arranged.rows.iter().filter(|row| arranged.is_lost(row));
    let lost: Lost<'_> = lost
        .map(|row| (row.table, row.dataset, row.method, row.condition))
        .collect();
    let mut blocks: BTreeMap<_, Vec<&ScoreColumn<'_>>> = BTreeMap::new();
    for column in &arranged.columns {
        if !describe::is_constant(column.method) {
            let key = (column.table, sub_table(column.method), column.dataset);
            let key = (key, column.metric.name);
            blocks.entry(key).or_default().push(column);
        }
    }
    let mut found: BTreeMap<_, Vec<Nested<'_, '_>>> = BTreeMap::new();
    for ((key, _), columns) in blocks {
        if let Some(nested) = nested(columns, &lost) {
            found.entry(key).or_default().push(nested);
        }
    }
    found.values().map(|metrics| finding(metrics)).collect()
}

/// How a curve follows the rate: -1 where it gets worse with every step. `None` for few or nearly equal scores.
fn along(metric: &ParsedCell, values: &[f64]) -> Option<f64> {
    let [shares, others] = APART;
    let apart = if metric.metric.share { shares } else { others };
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let rates: Vec<f64> = (0..values.len()).map(|i| i as f64).collect();
    let judged = values.len() >= RATES && high - low >= apart;
    judged.then(|| follows(&rates, values)).flatten()
}

fn nested<'c, 'a>(columns: Vec<&'c ScoreColumn<'a>>, lost: &Lost<'_>) -> Option<Nested<'c, 'a>> {
    let first = *columns.first()?.parts.first()?;
    let curves: Vec<_> = columns.iter().map(|column| curve(column)).collect();
    let judged = columns.iter().zip(&curves).filter_map(|(column, curve)| {
        let left = curve.iter().filter(|(cell, _)| {
            let key = (column.table, column.dataset, column.method, &cell.condition);
            !lost.contains(&key)
        });
        let left: Vec<f64> = left.map(|(_, value)| *value).collect();
        along(first, &left)
    });
    let mut sizes: Vec<f64> = judged.map(f64::abs).collect();
    sizes.sort_by(f64::total_cmp);
    let usual = *sizes.get(sizes.len() / 2)?;
    if sizes.len() < METHODS || 2 * sizes.len() < columns.len() || usual > UNRELATED_TOGETHER {
        return None;
    }
    let conditions = |curve: &[(&ParsedCell, f64)]| -> Vec<ParsedCondition> {
        curve.iter().map(|(c, _)| c.condition.clone()).collect()
    };
    let whole = curves
        .iter()
        .all(|c| conditions(c) == conditions(&curves[0]));
    let values = curves.iter().map(|c| c.iter().map(|(_, value)| *value));
    let values: Vec<Vec<f64>> = values.map(Iterator::collect).collect();
    let mended = whole.then(|| others(&values).iter().any(|read| fall(first, read)));
    let together = (whole && mended != Some(true) && alike(&values)).then(|| {
        let mean = |at: usize| -> f64 { values.iter().map(|curve| curve[at]).sum() };
        let mut order: Vec<usize> = (0..values[0].len()).collect();
        order.sort_by(|a, b| mean(*b).total_cmp(&mean(*a)));
        let condition = |at: usize| &curves[0][at].0.condition;
        order.into_iter().map(condition).collect()
    });
    (together.is_some() || usual <= UNRELATED).then_some(Nested {
        columns,
        usual,
        mended,
        together,
    })
}

/// Whether methods go up and down at the same rates.
fn alike(curves: &[Vec<f64>]) -> bool {
    let pairs = curves
        .windows(2)
        .filter(|pair| pair[0].len() == pair[1].len());
    let mut all: Vec<f64> = pairs
        .filter_map(|pair| follows(&pair[0], &pair[1]))
        .collect();
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).is_some_and(|usual| *usual >= ALIKE)
}

/// The curves of a whole table in both other orders of its cells: those that stand method by method read rate by rate,
/// and the reverse.
fn others(curves: &[Vec<f64>]) -> [Vec<Vec<f64>>; 2] {
    let (methods, rates) = (curves.len(), curves[0].len());
    let by_method: Vec<f64> = curves.concat();
    let by_rate: Vec<f64> = (0..rates)
        .flat_map(|rate| curves.iter().map(move |curve| curve[rate]))
        .collect();
    let of = |at: &dyn Fn(usize, usize) -> f64| -> Vec<Vec<f64>> {
        (0..methods)
            .map(|method| (0..rates).map(|rate| at(method, rate)).collect())
            .collect()
    };
    [
        of(&|method, rate| by_method[rate * methods + method]),
        of(&|method, rate| by_rate[method * rates + rate]),
    ]
}

/// Whether the curves get worse with the rate.
fn fall(metric: &ParsedCell, curves: &[Vec<f64>]) -> bool {
    let mut all: Vec<f64> = curves.iter().filter_map(|c| along(metric, c)).collect();
    all.sort_by(f64::total_cmp);
    let usual = all.get(all.len() / 2);
    all.len() >= METHODS
        && usual.is_some_and(|usual| *usual <= -FALLS)
        && all.iter().all(|follows| *follows < 0.0)
}

/// Whether rates in the order in which methods get worse are the ascending ones, but for the lowest at or next to the end.
fn is_late(order: &[&ParsedCondition]) -> bool {
    let lowest = order.iter().copied().min();
    let rest: Vec<_> = order.iter().filter(|c| Some(**c) != lowest).collect();
    let behind = order.iter().rev().position(|c| Some(*c) == lowest);
    rest.is_sorted() && behind.is_some_and(|behind| behind < 2)
}

fn finding(metrics: &[Nested<'_, '_>]) -> Finding {
    let first = &metrics[0];
    let column = first.columns[0];
    let [methods, rates] = [first.columns.len(), column.parts.len()];
    let mended = metrics.iter().any(|m| m.mended == Some(true))
        && metrics.iter().all(|m| m.mended != Some(false));
    let together = metrics.iter().find_map(|m| m.together.as_ref());
    let end = if together.is_some_and(|order| is_late(order)) {
        "but go up and down together, as if each were that of the rate before, and the first one that of the last: is each \
         number that of the line above, across methods (pandas' `shift` without `groupby`, NumPy's `roll`)?"
            .to_string()
    } else if let Some(order) = together {
        format!(
            "but go up and down together, and fall in the order of {}: are the numbers in the order in which a folder lists its \
             files or runs end, beside rates in that of numbers? Take each rate from the run's own file",
            describe::conditions(order.iter().copied()),
        )
    } else if mended {
        format!(
            "but get worse with it once the cells, in the order in which they stand, are read with the other of the two as \
             the outer one: were the numbers of {methods} methods and {rates} rates reshaped the wrong way round?"
        )
    } else {
        "as in no sound table: were the numbers laid out with methods and rates nested the wrong way round?"
            .to_string()
    };
    let most = metrics.iter().map(|m| m.usual).fold(0.0, f64::max);
    let why = format!(
        "scores of {methods} methods have nothing to do with the missing rate (the usual rank correlation is {most:.2} at most), \
         {end}"
    );
    let strength = if mended {
        Strength::VeryUnlikely
    } else {
        Strength::Odd
    };
    let titles: Vec<String> = metrics
        .iter()
        .map(|m| m.columns[0].metric.title.to_string())
        .collect();
    let part = describe::sub_table_of(column.method);
    let about = describe::about(&[column.dataset, &part, &describe::list(&titles)]);
    let columns = metrics.iter().flat_map(|m| &m.columns);
    let cells = columns.flat_map(|c| c.parts.iter().map(|cell| c.seen(cell)));
    let finding = Finding::new(strength, about, why, cells);
    // Rates in another place also move every column of methods.
    let explains: &'static [&'static str] = match together {
        Some(_) => &["moved-column"],
        None => &[],
    };
    Finding {
        explains,
        ..finding
    }
}

#[cfg(test)]
mod tests {
    use crate::published::audit::rules::testing::found;
    use crate::published::audit::{Finding, Strength};

    /// Findings of methods over rates, where the number printed for a method and a rate is that of `of`.
    fn table(
        methods: usize,
        rates: usize,
        lost: f64,
        of: impl Fn(usize, usize) -> [usize; 2],
    ) -> Vec<Finding> {
        let mut text = "rate,method,mosi_acc2_n,mosi_mae\n".to_string();
        for rate in 0..rates {
            for method in 0..methods {
                let [m, r] = of(method, rate);
                let noise = [0.3, -0.5, 0.1, 0.6, -0.2][(3 * m + 2 * r) % 5];
                let falls = lost * (r as f64 + noise) + 1.7 * ((4 * m) % 5) as f64;
                let (acc, mae) = (79.8 - falls, 0.84 + 0.021 * falls);
                text += &format!("0.{rate},M{method},{acc:.2},{mae:.3}\n");
            }
        }
        let all = found("exchanged-rates", &text).into_iter();
        all.filter(|f| f.why.contains("nothing to do with"))
            .collect()
    }

    #[test]
    fn methods_and_rates_that_are_nested_the_wrong_way_are_found() {
        for (methods, rates) in [(9, 10), (5, 5)] {
            // The loops ran over the rates outside; the array was reshaped to (methods, rates).
            let reshaped = |method: usize, rate: usize| {
                let i = method * rates + rate;
                [i % methods, i / methods]
            };
            let inverse = |method: usize, rate: usize| {
                let i = rate * methods + method;
                [i / rates, i % rates]
            };
            for all in [
                table(methods, rates, 2.3, reshaped),
                table(methods, rates, 2.3, inverse),
            ] {
                assert_eq!(all.len(), 1, "{methods} {rates}");
                assert_eq!(all[0].strength, Strength::VeryUnlikely);
                assert_eq!(all[0].about, "mosi, Acc-2 (Non0) and MAE");
                assert_eq!(all[0].cells.len(), 2 * methods * rates);
            }
        }
    }

    #[test]
    fn curves_that_are_mixed_otherwise_are_odd() {
        let all = table(5, 10, 2.3, |m, r| [(m + 2 * r) % 5, (7 * r + 3 * m) % 10]);
        assert_eq!((all.len(), all[0].strength), (1, Strength::Odd));
    }

    #[test]
    fn rates_in_another_order_for_all_methods_are_found() {
        let orders = [[4, 0, 5, 2, 1, 3], [1, 3, 5, 0, 4, 2], [2, 0, 3, 5, 1, 4]];
        for order in orders {
            for methods in [3, 9] {
                let all = table(methods, 6, 2.3, |m, r| [m, order[r]]);
                assert_eq!((all.len(), all[0].strength), (1, Strength::Odd));
                let first = order.iter().position(|of| *of == 0).unwrap_or_default();
                let text = format!("fall in the order of rate 0.{first}");
                let text = text.replace("0.0", "0");
                assert!(all[0].why.contains(&text), "{}", all[0].why);
            }
        }
    }

    #[test]
    fn numbers_that_are_one_line_late_are_told_from_rates_in_another_order() {
        let late = "is each number that of the line above";
        let whys = |order: [usize; 6]| {
            let all = table(5, 6, 2.3, |m, r| [m, order[r]]);
            all.into_iter().map(|f| f.why).collect::<Vec<_>>()
        };
        let shifted = whys([5, 0, 1, 2, 3, 4]);
        assert!(shifted[0].contains(late), "{shifted:?}");
        let other = whys([2, 0, 3, 5, 1, 4]);
        assert!(other[0].contains("a folder lists"), "{other:?}");
    }

    #[test]
    fn sound_curves_and_those_of_models_that_learned_nothing_are_not() {
        assert!(table(5, 10, 2.3, |m, r| [m, r]).is_empty());
        assert!(table(5, 10, 0.2, |m, r| [m, (7 * r + 3 * m) % 10]).is_empty());
        assert!(table(2, 10, 2.3, |m, r| [m, (7 * r + 3 * m) % 10]).is_empty());
    }
}
