//! Finds one method's numbers along the missing rates typed the wrong way round.

use crate::published::audit::arranged::ScoreColumn;
use crate::published::audit::rules::curves::{Curve, curve};
use crate::published::audit::rules::{Rule, describe};
use crate::published::audit::{Arranged, Finding, Strength};

pub const RULE: Rule = Rule {
    name: "reversed-row",
    definition: "a method's scores in one metric that are better the more is missing, over at least five rates, beside \
                 at least three other methods that get worse: at the lowest rate it is below all of them, and below \
                 their median by half of what that loses, at the highest rate above them by as much, and read the other way \
                 round it is among them",
    strength: "very unlikely",
    check,
};

/// Fewest rates of a method, and other methods.
const RATES: usize = 5;
const OTHERS: usize = 3;

/// Distance from the others at either end, as a part of what they lose in the middle of them.
const APART: f64 = 0.5;

fn check(arranged: &Arranged<'_>, _: &[Finding]) -> Vec<Finding> {
    let blocks = arranged.blocks();
    blocks.iter().flat_map(|block| check_block(block)).collect()
}

fn check_block(block: &[&ScoreColumn<'_>]) -> Vec<Finding> {
    let curves = block.iter().map(|column| (*column, curve(column)));
    let curves: Vec<_> = curves.filter(|(_, c)| c.len() >= RATES).collect();
    let judged = curves.iter().map(|(column, own)| {
        let others = curves.iter().filter(|(other, c)| {
            let same = |(a, b): (&Point<'_>, &Point<'_>)| a.0.condition == b.0.condition;
            other.method != column.method && c.len() == own.len() && c.iter().zip(own).all(same)
        });
        let others: Vec<&Curve<'_>> = others.map(|(_, c)| c).collect();
        finding(column, own, &others)
    });
    judged.flatten().collect()
}

type Point<'a> = (&'a crate::published::parse::ParsedCell, f64);

fn finding(column: &ScoreColumn<'_>, own: &Curve<'_>, others: &[&Curve<'_>]) -> Option<Finding> {
    let (first, last) = (own.first()?, own.last()?);
    let rises = own.windows(2).filter(|pair| pair[0].1 <= pair[1].1).count();
    if others.len() < OTHERS || rises + 2 < own.len() {
        return None;
    }
    let ends = |at: usize| {
        let mut all: Vec<f64> = others.iter().filter_map(|c| Some(c.get(at)?.1)).collect();
        all.sort_by(f64::total_cmp);
        Some((*all.first()?, *all.get(all.len() / 2)?, *all.last()?))
    };
    let (low, middle, high) = ends(0)?;
    let (low_last, middle_last, high_last) = ends(own.len() - 1)?;
    let lost = middle - middle_last;
    let beyond = first.1 < low && last.1 > high_last;
    let apart = first.1 <= middle - APART * lost && last.1 >= middle_last + APART * lost;
    let within = |value: f64, low: f64, high: f64| {
        value >= low - APART * lost && value <= high + APART * lost
    };
    let fits = within(last.1, low, high) && within(first.1, low_last, high_last);
    (lost > 0.0 && beyond && apart && fits).then(|| {
        let why = format!(
            "{} at {} to {} at {} is better the more is missing, while {} other methods get worse there and this one fits \
             among them from right to left: was it typed in reverse order?",
            first.0.number.text(),
            first.0.condition,
            last.0.number.text(),
            last.0.condition,
            others.len(),
        );
        let about = describe::about(&[column.method, column.dataset, column.metric.title]);
        let cells = own.iter().map(|(cell, _)| column.seen(cell));
        Finding::new(Strength::VeryUnlikely, about, why, cells)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::published::audit::rules::testing;

    /// Findings of four methods at six rates, with the MAE of one as given.
    fn found(mae: impl Fn(usize) -> f64) -> Vec<Finding> {
        let mut text = "rate,method,mosi_acc2_n,mosi_mae\n".to_owned();
        for method in 0..4 {
            for i in 0..6 {
                let acc = 80.0 - 3.7 * i as f64 - method as f64;
                let usual = 0.9 + 0.07 * i as f64 + 0.02 * method as f64;
                let mae = if method == 1 { mae(i) } else { usual };
                text += &format!("{},M{method},{acc:.2},{mae:.3}\n", i as f64 / 10.0);
            }
        }
        testing::found(RULE.name, &text)
    }

    #[test]
    fn a_line_typed_from_right_to_left_is_found() {
        let found = found(|i| 0.93 + 0.07 * (5 - i) as f64);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].about.contains("M1, mosi, MAE"),
            "{}",
            found[0].about
        );
        assert!(
            found[0].why.contains("1.28 at rate 0 to 0.93 at rate 0.5"),
            "{}",
            found[0].why
        );
    }

    #[test]
    fn weak_and_collapsed_methods_are_not() {
        assert!(found(|i| 0.93 + 0.07 * i as f64).is_empty());
        // Nothing was learned; worse than a constant at first, and toward it where nothing is left.
        assert!(found(|i| 1.29 - 0.001 * i as f64).is_empty());
        assert!(found(|i| 1.6 - 0.06 * i as f64).is_empty());
    }
}
