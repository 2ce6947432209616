//! Finds numbers outside the range of their metric.

use crate::data::dataset;
use crate::published::audit::arranged::{ScoreColumn, Seen};
use crate::published::audit::rules::{Rule, describe};
use crate::published::audit::{Arranged, Finding, Strength};
use crate::published::parse::{ParsedCell, ParsedCondition};

pub const RULE: Rule = Rule {
    name: "out-of-range",
    definition: "an accuracy or F1 outside 0 to 100, a correlation outside -1 to 1 (-100 to 100 \
                 where all of a data set are above 1), a mean \
                 absolute error below 0 or over twice the width of the labels; a number relative to itself: an accuracy or F1 of \
                 100 at one condition for at least three methods, MAE or Corr of 1 for complete data, and others elsewhere",
    strength: "impossible; very unlikely for 100 and 1, odd for MAE with two decimals",
    check,
};

fn check(arranged: &Arranged<'_>, _: &[Finding]) -> Vec<Finding> {
    let wrong = arranged.cells().filter_map(|seen| {
        let (low, high) = range(seen.cell)?;
        if seen.cell.metric.name == "corr" && in_percent(arranged, &seen) {
            return None;
        }
        let value = seen.cell.number.value;
        (value < low || value > high).then(|| {
            let (c, text) = (seen.cell, seen.cell.number.text());
            let about = describe::about(&[
                &c.method,
                &c.dataset,
                c.metric.title,
                &c.condition.to_string(),
            ]);
            let mut why = format!("{text} is outside {low} to {high}");
            let (without, is_whole) = (value / 1000.0, value.fract() == 0.0);
            if !c.metric.share && is_whole && value.abs() >= 1000.0 && without <= high {
                why += &format!(
                    ": is it {without:.3}, whose point was read as one between thousands?"
                );
            }
            Finding::new(Strength::Impossible, about, why, [seen])
        })
    });
    wrong.chain(relative(arranged)).collect()
}

/// Whether the correlations of a table and data set are printed times 100: all of them are above 1.
fn in_percent(arranged: &Arranged<'_>, seen: &Seen<'_>) -> bool {
    let column = arranged.cells().filter(|o| {
        (o.table, &o.cell.dataset, o.cell.metric)
            == (seen.table, &seen.cell.dataset, seen.cell.metric)
    });
    column
        .map(|o| o.cell.number.value.abs())
        .all(|size| size > 1.0 && size <= 100.0)
}

fn range(cell: &ParsedCell) -> Option<(f64, f64)> {
    match (cell.metric.share, cell.metric.name) {
        (true, _) => Some((0.0, 100.0)),
        (_, "corr") => Some((-1.0, 1.0)),
        (_, "mae") => {
            let labels = dataset::find(&cell.dataset).map(|spec| spec.label_range);
            // Predictions may be outside the range of the labels, so the width itself bounds only known ones
            // loosely: twice it is what no trained model comes near.
            let width = labels.map_or(f64::INFINITY, |[a, b]| 2.0 * f64::from(b - a));
            Some((0.0, width))
        }
        _ => None,
    }
}

/// Fewest methods that print the same 100 or 1, and digits behind the point of an MAE of 1.
const METHODS: usize = 3;
const DECIMALS: usize = 2;
const FINE: usize = 3;

/// Metrics that are printed as a part of their value at one condition.
fn relative(arranged: &Arranged<'_>) -> Vec<Finding> {
    let blocks = arranged.blocks().into_iter();
    let found = blocks.filter_map(|mut block| {
        block.retain(|c| !describe::is_constant(c.method) && c.parts.len() > 1);
        let conditions = block.first()?.parts.iter().map(|c| &c.condition);
        let whole = conditions
            .into_iter()
            .find(|condition| is_unit(&block, condition))?;
        (block.len() >= METHODS).then(|| of_relative(&block, whole))
    });
    found.collect()
}

/// Whether all methods print 100, or 1, at a condition, and at another one something else.
fn is_unit(block: &[&ScoreColumn<'_>], condition: &ParsedCondition) -> bool {
    let complete = match condition {
        ParsedCondition::Rate(rate) => *rate == 0,
        ParsedCondition::Missing(missing) => missing == "none",
        _ => false,
    };
    let unit = |cell: &ParsedCell| {
        let number = &cell.number;
        match cell.metric.name {
            _ if cell.metric.share => number.value == 100.0,
            "mae" => complete && number.value == 1.0 && number.decimals >= DECIMALS,
            "corr" => complete && number.value == 1.0,
            _ => false,
        }
    };
    block.iter().all(|column| {
        column.at(condition).is_some_and(unit) && column.parts.iter().any(|cell| !unit(cell))
    })
}

fn of_relative(block: &[&ScoreColumn<'_>], condition: &ParsedCondition) -> Finding {
    let seen = |column: &&ScoreColumn<'_>| column.at(condition).is_some();
    let cells: Vec<Seen<'_>> = (block.iter().filter(|c| seen(c)))
        .filter_map(|column| Some(column.seen(column.at(condition)?)))
        .collect();
    let first = cells[0].cell;
    let coarse = first.metric.name == "mae" && first.number.decimals < FINE;
    let strength = if coarse {
        Strength::Odd
    } else {
        Strength::VeryUnlikely
    };
    let (title, printed) = (first.metric.title, first.number.text());
    let why = format!(
        "all {} methods have {title} {printed} at {condition}, and others elsewhere: are these numbers relative to those at \
         {condition}, and no {title}?",
        cells.len()
    );
    let about = describe::about(&[&first.dataset, title, &condition.to_string()]);
    Finding::new(strength, about, why, cells)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::published::audit::rules::testing::found;

    /// Findings of a heading and the numbers of three methods at the rates 0, 0.3 and 0.6.
    fn of(head: &str, lines: [&str; 3]) -> Vec<Finding> {
        let mut text = format!("rate,method,{head}\n");
        for (name, line) in ["A", "B", "C"].into_iter().zip(lines) {
            for (rate, number) in ["0", "0.3", "0.6"].into_iter().zip(line.split(' ')) {
                text += &format!("{rate},{name},{number}\n");
            }
        }
        found(RULE.name, &text)
    }

    #[test]
    fn numbers_relative_to_those_of_complete_data_are_found() {
        let kept = [
            "100.00 96.31 81.20",
            "100.00 97.11 85.02",
            "100.00 93.40 77.03",
        ];
        let all = of("mosi_acc2_n", kept);
        assert_eq!((all.len(), all[0].strength), (1, Strength::VeryUnlikely));
        assert_eq!(all[0].about, "mosi, Acc-2 (Non0), rate 0");
        assert_eq!(all[0].cells.len(), 3);
        for (head, strength, lines) in [
            (
                "mosi_corr",
                Strength::VeryUnlikely,
                [
                    "1.000 0.932 0.712",
                    "1.000 0.951 0.801",
                    "1.000 0.900 0.693",
                ],
            ),
            (
                "mosi_mae",
                Strength::VeryUnlikely,
                [
                    "1.000 1.132 1.412",
                    "1.000 1.051 1.201",
                    "1.000 1.200 1.393",
                ],
            ),
            (
                "mosi_mae",
                Strength::Odd,
                ["1.00 1.13 1.41", "1.00 1.05 1.20", "1.00 1.20 1.39"],
            ),
        ] {
            let all = of(head, lines);
            assert_eq!((all.len(), all[0].strength), (1, strength), "{head}");
        }
    }

    #[test]
    fn a_point_that_was_read_as_one_between_thousands_is_named() {
        let all = of(
            "mosi_mae",
            ["0.937 1317 0.99", "0.951 1.022 1.2", "0.938 1.04 1.3"],
        );
        let why =
            "1317 is outside 0 to 12: is it 1.317, whose point was read as one between thousands?";
        assert_eq!((all.len(), &*all[0].why), (1, why), "{all:?}");
    }

    #[test]
    fn numbers_of_their_own_are_not() {
        let one = [
            "100.00 96.31 81.20",
            "98.31 97.11 85.02",
            "100.00 93.40 77.03",
        ];
        assert!(of("mosi_acc2_n", one).is_empty());
        let whole = [
            "100.00 100.00 100.00",
            "100.00 97.11 85.02",
            "100.00 93.40 77.03",
        ];
        assert!(of("mosi_acc2_n", whole).is_empty());
        let later = [
            "0.810 1.000 1.412",
            "0.833 1.000 1.201",
            "0.792 1.000 1.393",
        ];
        assert!(of("mosi_mae", later).is_empty());
    }
}
