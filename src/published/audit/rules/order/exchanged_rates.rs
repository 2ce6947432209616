//! Finds two missing rates whose rows are exchanged in a whole table, and rates that are exchanged with methods.

use std::collections::BTreeSet;

use super::{exchanged_letters, nested_rates, text_order};
use crate::published::audit::arranged::ScoreColumn;
use crate::published::audit::rules::Rule;
use crate::published::audit::rules::curves::{Curve, long_curve, tables};
use crate::published::audit::rules::describe::{self, list};
use crate::published::audit::rules::ranks::follows;
use crate::published::audit::{Arranged, Finding, Strength};

pub const RULE: Rule = Rule {
    name: "exchanged-rates",
    definition: "two missing rates at which nine of ten columns of a table, of at least three methods, are better at the \
                 higher one by half of what their distance usually costs, or costs around them, and fall with the rate once both are exchanged; or \
                 eight of ten by seven tenths, while nine of ten are better there; at least three methods whose scores at \
                 five and more rates have nothing to do with the rate: rates and methods nested the wrong way round, or, where all go up and down together, rates in another order; rates whose scores \
                 stand in the order of text (0, 10, 100, 20); and two sets of missing modalities without whose exchange seven of ten columns \
                 are far better at a set that lacks more",
    strength: "odd, since one draw of the masks is shared by all methods; very unlikely where the cells read in the other order \
               get worse with the rate, and for the order of text",
    check,
};

/// Columns and methods of a table.
const COLUMNS: usize = 6;
const METHODS: usize = 3;
/// Columns that agree, and the size of the step back against the usual one. Methods that have collapsed go up and down:
/// where the step is large, fewer must fall once both rates are exchanged.
const AGREE: f64 = 0.9;
const STEP: f64 = 0.5;
const AGREE_LARGE: f64 = 0.8;
const LARGE: f64 = 0.7;
/// What a step costs at least, against the usual one: a curve that is flat at the two rates is compared with the steps beside
/// them. In carried tables, and in those of single runs, at no two neighboring rates are more than half of the columns better
/// at the higher one.
const FLAT: f64 = 0.6;
/// What the usual column must follow the rate by once both are exchanged, as a rank correlation: else more is in another place.
const FALLS: f64 = 0.8;

fn check(arranged: &Arranged<'_>, _: &[Finding]) -> Vec<Finding> {
    let tables = tables(arranged, long_curve);
    let texts = tables.iter().filter_map(|table| text_order::finding(table));
    let mut out: Vec<Finding> = texts.collect();
    let exchanged = tables.iter().filter_map(|table| finding(table));
    let exchanged =
        exchanged.filter(|finding| !out.iter().any(|other| is_same_table(finding, other)));
    let exchanged: Vec<Finding> = exchanged.collect();
    out.extend(exchanged);
    // Exchanged rates explain what else is odd about the curves.
    let mut nested = nested_rates::findings(arranged);
    nested.retain(|finding| !out.iter().any(|other| is_same_table(finding, other)));
    out.append(&mut nested);
    out.extend(exchanged_letters::findings(arranged));
    out
}

fn is_same_table(a: &Finding, b: &Finding) -> bool {
    let [a, b] = [a, b].map(|f| f.cells.first().map(|cell| (&cell.table, &cell.dataset)));
    a == b
}

/// The step back from place `i` to place `j`, in units of what their distance costs once both are exchanged;
/// `None` where exchanging them leaves a rise.
fn step_back(curve: &Curve<'_>, i: usize, j: usize) -> Option<f64> {
    let mut values: Vec<f64> = curve.iter().map(|(_, value)| *value).collect();
    let back = values.get(j)? - values.get(i)?;
    values.swap(i, j);
    // Two places around both tell whether the exchanged curve falls there.
    let around = &values[i.saturating_sub(1)..values.len().min(j + 2)];
    let falls = around.windows(2).all(|pair| pair[0] >= pair[1]);
    let usual = (values.first()? - values.last()?) / (values.len() - 1) as f64;
    let beside = [(i.checked_sub(1), Some(i)), (Some(j), Some(j + 1))];
    let beside = beside.into_iter().filter_map(|(from, to)| {
        let [from, to] = [from, to].map(|at| values.get(at?));
        Some(from? - to?)
    });
    let beside: Vec<f64> = beside.collect();
    let local = beside.iter().sum::<f64>() / beside.len() as f64;
    let cost = local.clamp(FLAT * usual.max(0.0), usual.max(0.0)) * (j - i) as f64;
    (back > 0.0 && falls && cost > 0.0).then_some(back / cost)
}

/// Whether the usual column follows the rate once two places are exchanged.
fn is_mended(table: &[(&ScoreColumn<'_>, Curve<'_>)], i: usize, j: usize) -> bool {
    let along = table.iter().filter_map(|(_, curve)| {
        let mut values: Vec<f64> = curve.iter().map(|(_, value)| *value).collect();
        values.swap(i, j);
        let rates: Vec<f64> = (0..values.len()).map(|place| place as f64).collect();
        follows(&rates, &values)
    });
    let mut along: Vec<f64> = along.collect();
    along.sort_by(f64::total_cmp);
    along
        .get(along.len() / 2)
        .is_some_and(|usual| *usual <= -FALLS)
}

fn finding(table: &[(&ScoreColumn<'_>, Curve<'_>)]) -> Option<Finding> {
    let methods: BTreeSet<&str> = table.iter().map(|(column, _)| column.method).collect();
    if table.len() < COLUMNS || methods.len() < METHODS {
        return None;
    }
    let rates = table.iter().map(|(_, curve)| curve.len()).min()?;
    let pairs = (0..rates).flat_map(|i| (i + 1..rates).map(move |j| (i, j)));
    let judged = pairs.filter_map(|(i, j)| {
        let mut steps: Vec<f64> = (table.iter())
            .filter_map(|(_, curve)| step_back(curve, i, j))
            .collect();
        steps.sort_by(f64::total_cmp);
        let usual = *steps.get(steps.len() / 2)?;
        let is_better = |curve: &Curve<'_>| curve[j].1 > curve[i].1;
        let better = table.iter().filter(|(_, curve)| is_better(curve)).count();
        let part = |count: usize| count as f64 / table.len() as f64;
        let agree = part(steps.len()) >= AGREE && usual >= STEP;
        let large = part(steps.len()) >= AGREE_LARGE && part(better) >= AGREE && usual >= LARGE;
        ((agree || large) && is_mended(table, i, j)).then_some((i, j, steps.len()))
    });
    let (i, j, agreeing) = judged.max_by_key(|(_, _, agreeing)| *agreeing)?;
    let (first, curve) = &table[0];
    let names = [i, j].map(|place| curve[place].0.condition.to_string());
    let why = format!(
        "{agreeing} of {} columns are better at {} than at {}, as {} of {} with {} and {}, and fall with the rate once both are \
         exchanged",
        table.len(),
        names[1],
        names[0],
        first.metric.title,
        first.method,
        curve[j].0.number.text(),
        curve[i].0.number.text(),
    );
    let part = describe::sub_table_of(first.method);
    let about = describe::about(&[first.dataset, &part, &list(&names)]);
    let cells = table.iter().flat_map(|(column, curve)| {
        let cells = [i, j].into_iter().filter_map(|place| curve.get(place));
        cells.map(|(cell, _)| column.seen(cell))
    });
    Some(Finding::new(Strength::Odd, about, why, cells))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::published::audit::rules::testing;
    use crate::published::audit::{AuditSettings, TestSetStatistics, audit};
    use crate::published::parse::{Options, parse};

    /// Findings of a table of `methods` at six rates, whose line at place i is printed as that of `order[i]`.
    fn found(methods: usize, order: [usize; 6], noise: f64) -> Vec<Finding> {
        let mut text = "rate,method,mosi_acc2_n,mosi_mae,mosi_corr\n".to_owned();
        for m in 0..methods {
            for (i, of) in order.into_iter().enumerate() {
                // What is shared by all methods at a rate, as one draw of the masks is.
                let shared = noise * [0.0, 0.4, -1.0, 1.0, -0.3, 0.2][of];
                let lost = of as f64 + 0.2 * m as f64 - shared;
                text += &format!(
                    "{},M{m},{:.2},{:.3},{:.3}\n",
                    i as f64 / 10.0,
                    83.0 - 3.1 * lost,
                    0.8 + 0.1 * lost,
                    0.7 - 0.1 * lost
                );
            }
        }
        testing::found(RULE.name, &text)
    }

    #[test]
    fn rows_of_two_rates_that_are_exchanged_are_found() {
        for order in [[0, 1, 3, 2, 4, 5], [1, 0, 2, 3, 4, 5], [0, 4, 2, 3, 1, 5]] {
            let all = found(3, order, 0.0);
            assert_eq!(all.len(), 1, "{order:?}");
            let moved: Vec<usize> = (0..6).filter(|i| order[*i] != *i).collect();
            let names = format!("rate 0.{}", moved[1]);
            assert!(
                all[0].about.contains(&names.replace("0.0", "0")),
                "{}",
                all[0].about
            );
        }
    }

    #[test]
    fn methods_that_collapsed_hide_nothing() {
        let mut text = "rate,method,mosi_acc2_n,mosi_mae,mosi_corr\n".to_owned();
        for m in 0..6 {
            for (i, of) in [0.0, 1.0, 3.0, 2.0, 4.0, 5.0].into_iter().enumerate() {
                let lost: f64 = of + 0.2 * f64::from(m);
                let (acc, mae, corr) = if m == 5 {
                    // Hardly above a constant, without a clear order of the other rates.
                    let noise = [0.3, -0.4, 0.2, 0.7, 0.5, -0.3][i];
                    (57.0 + noise, 1.4 - 0.01 * noise, 0.1 + 0.02 * noise)
                } else {
                    (83.0 - 3.1 * lost, 0.8 + 0.1 * lost, 0.7 - 0.1 * lost)
                };
                text += &format!("{},M{m},{acc:.2},{mae:.3},{corr:.3}\n", i as f64 / 10.0);
            }
        }
        let table = parse("t.csv", text.as_bytes(), &Options::default()).unwrap();
        let statistics = TestSetStatistics::published();
        let all = audit(&[table], &statistics, AuditSettings::default());
        assert!(all.iter().any(|f| f.rule == RULE.name), "{all:?}");
    }

    #[test]
    fn a_lucky_draw_of_masks_and_few_methods_are_not() {
        let sound = [0, 1, 2, 3, 4, 5];
        assert!(found(3, sound, 0.0).is_empty());
        // The scores at place 3 are a little better than those at place 2.
        assert!(found(4, sound, 0.6).is_empty());
        assert!(found(2, [0, 1, 3, 2, 4, 5], 0.0).is_empty());
    }
}
