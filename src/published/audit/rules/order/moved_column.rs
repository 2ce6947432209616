//! Finds a missing rate whose column is moved by a row, or sorted by itself.

use super::{fixed_order, lone_order, mixed_methods, typed_names};
use crate::published::audit::arranged::{ScoreColumn, sub_table};
use crate::published::audit::rules::ranks::follows;
use crate::published::audit::rules::{Rule, describe};
use crate::published::audit::{Arranged, Finding, Strength};
use crate::published::parse::{ParsedCell, ParsedCondition};

pub const RULE: Rule = Rule {
    name: "moved-column",
    definition: "a missing rate at which the order of at least eight methods has nothing to do with that at the rates \
                 beside it, which agree with each other, or fits them a row up, a row down or upside down; or whose \
                 methods are sorted by their scores, while they are not beside it; or a metric of one condition by which at least eight \
                 methods are sorted, while it has nothing to do with the other metrics, which agree with each other; a metric in \
                 which no two of six methods in the order of their lines, or of eight in any order, change places over five \
                 (eight) rates; or eight methods that are sorted by every one of five metrics; or metrics of eight methods that go with the other metrics \
                 in the alphabetical order of the methods alone; and at least six methods in another order at every rate",
    strength: "odd, since models of one quality change places",
    check,
};

/// Fewest methods and rates.
const METHODS: usize = 8;
const RATES: usize = 4;

/// Rank correlation of rates that agree, and the most that a column has with either of them.
const AGREE: f64 = 0.9;
const UNRELATED: f64 = 0.3;

/// The same for a column that fits once it is moved or sorted: how far scores are from the line between the rates
/// beside, against how far they are as printed.
const AGREE_MOVED: f64 = 0.8;
const NEARER: f64 = 1.0 / 3.0;

fn check(arranged: &Arranged<'_>, _: &[Finding]) -> Vec<Finding> {
    let blocks = arranged.blocks();
    let parts = blocks.iter().flat_map(|block| {
        let mut parts: Vec<Vec<&ScoreColumn<'_>>> = Vec::new();
        for column in block {
            let part = parts
                .iter_mut()
                .find(|part| sub_table(part[0].method) == sub_table(column.method));
            match part {
                Some(part) => part.push(column),
                None => parts.push(vec![column]),
            }
        }
        parts
    });
    let moved = parts.flat_map(|part| {
        let rates = rates(&part);
        let moved = finding(&part, &rates);
        moved.or_else(|| fixed_order::finding(&part, &rates))
    });
    moved
        .chain(mixed_methods::findings(arranged))
        .chain(lone_order::findings(arranged))
        .chain(fixed_order::by_every_metric(arranged))
        .chain(typed_names::findings(arranged))
        .collect()
}

/// A rate, and the cell of every method at it.
pub type At<'a> = (u32, Vec<&'a ParsedCell>);

/// The rates at which every method has a number.
fn rates<'a>(methods: &[&ScoreColumn<'a>]) -> Vec<At<'a>> {
    let mut rates: Vec<u32> = Vec::new();
    for cell in methods.iter().flat_map(|column| &column.parts) {
        match cell.condition {
            ParsedCondition::Rate(rate) if !rates.contains(&rate) => rates.push(rate),
            _ => {}
        }
    }
    rates.sort_unstable();
    let all = |rate: u32| {
        let cells = methods
            .iter()
            .map(|column| column.at(&ParsedCondition::Rate(rate)));
        Some((rate, cells.collect::<Option<Vec<_>>>()?))
    };
    rates.into_iter().filter_map(all).collect()
}

fn finding(methods: &[&ScoreColumn<'_>], rates: &[At<'_>]) -> Option<Finding> {
    if methods.len() < METHODS || rates.len() < RATES {
        return None;
    }
    let values: Vec<Vec<f64>> = rates
        .iter()
        .map(|(_, cells)| cells.iter().map(|cell| cell.number.value).collect())
        .collect();
    let found = (0..rates.len()).find_map(|at| {
        let beside = match at {
            0 => [1, 2],
            _ if at + 1 == rates.len() => [at - 2, at - 1],
            _ => [at - 1, at + 1],
        };
        let inner = beside[0] < at && at < beside[1];
        let text = odd(&values[at], beside.map(|i| &values[i][..]), inner)?;
        Some((at, beside, text))
    });
    let (at, beside, text) = found?;
    let column = methods[0];
    let name = |i: usize| &rates[i].1[0].condition;
    let why = format!(
        "scores of {} methods {text} at {}",
        methods.len(),
        describe::conditions(beside.map(name))
    );
    let part = describe::sub_table_of(column.method);
    let about = describe::about(&[
        column.dataset,
        &part,
        column.metric.title,
        &name(at).to_string(),
    ]);
    let cells = rates[at].1.iter().zip(methods);
    let cells = cells.map(|(cell, column)| column.seen(cell));
    Some(Finding::new(Strength::Odd, about, why, cells))
}

/// What is odd about a column, given those beside it; `inner` where it is between them.
fn odd(column: &[f64], [low, high]: [&[f64]; 2], inner: bool) -> Option<&'static str> {
    let agree = follows(low, high)?;
    let own = follows(column, low)?.max(follows(column, high)?);
    if agree < AGREE_MOVED || own > AGREE_MOVED {
        return None;
    }
    let line = line_of(low, high);
    let n = column.len();
    let backwards: Vec<f64> = column.iter().rev().copied().collect();
    let moves = [
        (
            &column[1..],
            &line[..n - 1],
            "fit a row further up better, once they are compared with those",
        ),
        (
            &column[..n - 1],
            &line[1..],
            "fit a row further down better, once they are compared with those",
        ),
        (
            &backwards,
            &line[..],
            "fit upside down better, once they are compared with those",
        ),
    ];
    let as_printed = spread(column, &line);
    let nearer = |moved: &[f64], line: &[f64]| spread(moved, line) < NEARER * as_printed;
    let moved = moves
        .into_iter()
        .find(|(moved, line, _)| nearer(moved, line));
    let sorted = |values: &[f64]| {
        let pairs = || values.windows(2);
        pairs().all(|p| p[0] < p[1]) || pairs().all(|p| p[0] > p[1])
    };
    let order: Vec<f64> = (0..n).map(|i| i as f64).collect();
    let unsorted = |values: &[f64]| follows(values, &order).is_some_and(|r| r.abs() < AGREE_MOVED);
    if let Some((.., text)) = moved {
        Some(text)
    } else if sorted(column) && unsorted(low) && unsorted(high) {
        Some("are sorted, but not")
    } else {
        let unrelated = inner && agree >= AGREE && own <= UNRELATED;
        unrelated.then_some("have another order than those, which agree with each other,")
    }
}

fn line_of(low: &[f64], high: &[f64]) -> Vec<f64> {
    low.iter()
        .zip(high)
        .map(|(a, b)| f64::midpoint(*a, *b))
        .collect()
}

/// Mean distance from a line moved to the middle of a column.
fn spread(column: &[f64], line: &[f64]) -> f64 {
    let mut off: Vec<f64> = column
        .iter()
        .zip(line)
        .map(|(value, line)| value - line)
        .collect();
    off.sort_by(f64::total_cmp);
    let middle = off[off.len() / 2];
    off.iter().map(|off| (off - middle).abs()).sum::<f64>() / off.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::published::audit::{AuditSettings, TestSetStatistics, audit};
    use crate::published::parse::{Options, parse};

    /// What is found in a table of nine methods and seven rates whose column at rate 0.3 was changed.
    fn found(noise: f64, change: impl Fn(&mut Vec<f64>)) -> Vec<Finding> {
        const QUALITY: [f64; 9] = [3.1, 0.2, 5.2, 1.4, 4.4, 2.3, 0.9, 5.9, 3.8];
        let column = |rate: usize| {
            let each = QUALITY.iter().enumerate().map(|(m, quality)| {
                let own = ((m * 5 + rate * 7) % 13) as f64 / 6.0 - 1.0;
                80.0 - 3.0 * rate as f64 + quality + noise * own
            });
            let mut column: Vec<f64> = each.collect();
            if rate == 3 {
                change(&mut column);
            }
            column
        };
        let columns: Vec<Vec<f64>> = (0..7).map(column).collect();
        let mut text = "method,0,0.1,0.2,0.3,0.4,0.5,0.6\n".to_owned();
        for m in 0..QUALITY.len() {
            text += &format!("M{m}");
            for column in &columns {
                text += &format!(",{:.2}", column[m]);
            }
            text += "\n";
        }
        let options = Options {
            dataset: Some("mosi".to_string()),
            metric: Some("acc2_non0".to_string()),
            ..Options::default()
        };
        let table = parse("t.csv", text.as_bytes(), &options).unwrap();
        let statistics = TestSetStatistics::published();
        let all = audit(&[table], &statistics, AuditSettings::default()).into_iter();
        all.filter(|f| f.rule == RULE.name).collect()
    }

    #[test]
    fn a_column_in_another_order_is_found() {
        type Change = fn(&mut Vec<f64>);
        let changes: [(&str, Change); 5] = [
            ("fit a row further up", |c| c.rotate_right(1)),
            ("fit a row further down", |c| c.rotate_left(1)),
            ("fit upside down", |c| c.reverse()),
            ("are sorted", |c| c.sort_by(f64::total_cmp)),
            ("have another order", |c| {
                *c = [4, 2, 1, 6, 3, 8, 7, 0, 5].map(|i: usize| c[i]).to_vec();
            }),
        ];
        for (text, change) in changes {
            let all = found(0.2, change);
            assert_eq!(all.len(), 1, "{text}");
            assert_eq!(all[0].strength, Strength::Odd);
            assert!(all[0].why.contains(text), "{text}: {}", all[0].why);
            assert!(all[0].about.ends_with("rate 0.3"), "{}", all[0].about);
        }
    }

    #[test]
    fn models_that_change_places_are_not() {
        for noise in [0.0, 0.2, 1.0, 3.0] {
            assert!(found(noise, |_| {}).is_empty(), "{noise}");
        }
        // Two methods exchanged.
        assert!(found(0.2, |c| c.swap(2, 3)).is_empty());
    }
}
