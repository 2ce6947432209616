//! Finds single cells off the curve over missing rates.

use crate::published::audit::arranged::ScoreColumn;
use crate::published::audit::rules::{Rule, describe};
use crate::published::audit::{Arranged, Finding, Strength};
use crate::published::parse::{ParsedCell, ParsedCondition};

pub const RULE: Rule = Rule {
    name: "broken-trend",
    definition: "a cell off the line between its neighbors on the missing-rate axis (at the first and the last rate: \
                 the line through the next two, where the rest of the curve fits without that cell) by \
                 at least ten times the usual distance in that block of the table and a tenth of \
                 its column's range, after what all methods do at that rate was taken off; by more than twice the \
                 printed spreads, and not where the curve falls off at rate 1, nor in numbers with six and more digits",
    strength: "very unlikely at 25 times the usual distance and three tenths of the range, or where the \
               cell prints the digits of a neighbor or of another method; odd otherwise",
    check,
};

/// Multiples of the usual distance: reported, and reported as sure.
const ODD: f64 = 10.0;
const SURE: f64 = 25.0;
/// Share of the column's range: reported, and reported as sure.
const SHARE: f64 = 0.1;
const LARGE: f64 = 0.3;
/// Printed spreads within which a distance is noise.
const SPREADS: f64 = 2.0;

/// Rates a curve needs, and methods for "what all do" to mean something.
const RATES: usize = 5;
const METHODS: usize = 4;

/// A cell between two others.
#[derive(Clone, Copy)]
struct Bend<'a> {
    cell: &'a ParsedCell,
    before: &'a ParsedCell,
    after: &'a ParsedCell,
    /// Where between its neighbors it is, from 0 to 1.
    share: f64,
    /// Off the line between its neighbors.
    off: f64,
}

fn check(arranged: &Arranged<'_>, _: &[Finding]) -> Vec<Finding> {
    let blocks = arranged.blocks();
    let typed = blocks
        .iter()
        .filter(|block| !arranged.by_program(block[0].table));
    typed.flat_map(|block| check_block(block)).collect()
}

fn check_block(block: &[&ScoreColumn<'_>]) -> Vec<Finding> {
    let curves: Vec<_> = block
        .iter()
        // A row of means is smoother than what it is of.
        .filter(|c| c.parts.iter().all(|cell| !cell.averaged))
        .map(|c| (*c, bends(c)))
        .filter(|(_, b)| b.len() + 2 >= RATES)
        .collect();
    let common = |condition: &ParsedCondition| -> f64 {
        let all = curves
            .iter()
            .flat_map(|(_, b)| b)
            .filter(|b| b.cell.condition == *condition);
        let all: Vec<f64> = all.map(|b| b.off).collect();
        if all.len() >= METHODS {
            median(all)
        } else {
            0.0
        }
    };
    let own: Vec<(&ScoreColumn<'_>, Vec<Bend<'_>>)> = curves
        .iter()
        .map(|(column, bends)| {
            let mut own = bends.clone();
            own.iter_mut()
                .for_each(|b| b.off -= common(&b.cell.condition));
            (*column, own)
        })
        .collect();
    let all: Vec<f64> = own
        .iter()
        .flat_map(|(_, b)| b.iter().map(|b| b.off.abs()))
        .collect();
    let Some(ulp) = own
        .first()
        .and_then(|(_, b)| b.first())
        .map(|b| b.cell.number.ulp())
    else {
        return Vec::new();
    };
    // 1.4826 makes the median distance of normal noise its standard deviation.
    let usual = (1.4826 * median(all)).max(ulp);
    // Where little is left runs differ more: at a condition the usual distance is that of the other
    // methods there, if it is more.
    let local = |column: &ScoreColumn<'_>, condition: &ParsedCondition| {
        let others = own.iter().filter(|(c, _)| c.method != column.method);
        let bends = others.flat_map(|(_, b)| b.iter());
        let there = bends.filter(|b| b.cell.condition == *condition);
        usual.max(1.4826 * median(there.map(|b| b.off.abs()).collect()))
    };
    let found = own.iter().flat_map(|(column, bends)| {
        let usual = bends.iter().map(|b| local(column, &b.cell.condition));
        judge(block, column, bends, &usual.collect::<Vec<_>>())
    });
    found.collect()
}

/// How far every inner cell is off the line between its neighbors.
fn bends<'a>(column: &ScoreColumn<'a>) -> Vec<Bend<'a>> {
    let mut points: Vec<(f64, &'a ParsedCell)> = column
        .parts
        .iter()
        .filter_map(|c| match c.condition {
            ParsedCondition::Rate(parts) => Some((f64::from(parts), *c)),
            _ => None,
        })
        .collect();
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    let bend = |w: &[(f64, &'a ParsedCell)]| {
        let value = |i: usize| w[i].1.number.value;
        let share = (w[1].0 - w[0].0) / (w[2].0 - w[0].0);
        let line = value(0) + share * (value(2) - value(0));
        Bend {
            cell: w[1].1,
            before: w[0].1,
            after: w[2].1,
            share,
            off: value(1) - line,
        }
    };
    points.windows(3).map(bend).collect()
}

fn judge<'a>(
    block: &[&ScoreColumn<'a>],
    column: &ScoreColumn<'a>,
    bends: &[Bend<'a>],
    usual: &[f64],
) -> Vec<Finding> {
    let mut out = Vec::new();
    for (i, bend) in bends.iter().enumerate() {
        let beside = [i.checked_sub(1), Some(i + 1)].into_iter().flatten();
        let peak = beside
            .filter_map(|j| bends.get(j))
            .all(|b| b.off.abs() < bend.off.abs());
        let times = bend.off.abs() / usual[i];
        let share = bend.off.abs() / range_without(column, bend.cell);
        if !peak || times < ODD || share < SHARE {
            continue;
        }
        if is_noise(bend) || loses_all(bends, i, column.metric.higher_is_better, usual) {
            continue;
        }
        let inner = duplicate(block, column, bend.cell);
        let end = end(bends, i).filter(|_| inner.is_none());
        let (cell, off, line) = end.unwrap_or((bend.cell, bend.off, "between its neighbors"));
        let duplicate = end.map_or(inner, |_| duplicate(block, column, cell));
        let strength = if (times >= SURE && share >= LARGE) || duplicate.is_some() {
            Strength::VeryUnlikely
        } else {
            Strength::Odd
        };
        let same = duplicate.map_or(String::new(), |t| format!(", and prints the digits of {t}"));
        let why = format!(
            "{} is {:.*} off the line {line}, {times:.0} times the usual distance{same}",
            cell.number.text(),
            cell.number.decimals,
            off,
        );
        let about = describe::about(&[
            column.method,
            column.dataset,
            column.metric.title,
            &cell.condition.to_string(),
        ]);
        out.push(Finding::new(strength, about, why, [column.seen(cell)]));
    }
    out
}

/// Whether the printed spreads explain the distance: runs that differ so much have means off any line.
fn is_noise(bend: &Bend<'_>) -> bool {
    let sd = |cell: &ParsedCell| cell.number.sd.unwrap_or(0.0);
    let beside = (1.0 - bend.share) * sd(bend.before) + bend.share * sd(bend.after);
    bend.off.abs() <= SPREADS * sd(bend.cell).max(beside)
}

/// Whether the curve falls off at rate 1, where nothing is left that a model could read; a cell before it that is
/// too good would bend the curve at the rate before it, too.
fn loses_all(bends: &[Bend<'_>], i: usize, higher: bool, usual: &[f64]) -> bool {
    let (Some(bend), Some(before)) = (bends.get(i), i.checked_sub(1).and_then(|j| bends.get(j)))
    else {
        return false;
    };
    let at_one = ParsedCondition::rate(1.0).as_ref() == Some(&bend.after.condition);
    let worse = (bend.off > 0.0) == higher;
    at_one && worse && before.off.abs() < ODD * usual[i - 1]
}

/// The first or last cell, how far it is off, and the line, where a bend beside it is its fault: an inner cell that
/// is wrong bends the curve at the next rate, too, the other way; a wrong end leaves the next rate where it is.
fn end<'a>(bends: &[Bend<'a>], i: usize) -> Option<(&'a ParsedCell, f64, &'static str)> {
    let bend = bends.get(i)?;
    // Of an error of one in the end, and of one in the inner cell, what is seen here and at the next rate.
    let (cell, weight, next, carried) = if i == 0 {
        let next = bends.get(1)?;
        (bend.before, 1.0 - bend.share, next, 1.0 - next.share)
    } else if i + 1 == bends.len() {
        let next = bends.get(i.checked_sub(1)?)?;
        (bend.after, bend.share, next, next.share)
    } else {
        return None;
    };
    let inner = (next.off + carried * bend.off).abs();
    (next.off.abs() < inner).then_some((
        cell,
        -bend.off / weight,
        "through the two rates next to it",
    ))
}

/// Another method's cell at this condition, or the column's own neighbor, with the same digits.
fn duplicate(
    block: &[&ScoreColumn<'_>],
    column: &ScoreColumn<'_>,
    cell: &ParsedCell,
) -> Option<String> {
    let others = block.iter().filter(|c| c.method != column.method);
    let other = others
        .filter(|c| {
            c.at(&cell.condition)
                .is_some_and(|o| o.number.same(&cell.number))
        })
        .map(|c| c.method.to_string())
        .next();
    let place = column.parts.iter().position(|c| std::ptr::eq(*c, cell))?;
    let beside = [place.checked_sub(1), Some(place + 1)]
        .into_iter()
        .flatten();
    let mut beside = beside.filter_map(|i| column.parts.get(i));
    let own = beside
        .find(|c| c.number.same(&cell.number))
        .map(|c| c.condition.to_string());
    other.or(own)
}

fn range_without(column: &ScoreColumn<'_>, cell: &ParsedCell) -> f64 {
    let rest = column.parts.iter().filter(|c| !std::ptr::eq(**c, cell));
    let values = rest.map(|c| c.number.value);
    let (low, high) = values.fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(v), h.max(v)));
    (high - low).max(0.0)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => 0.0,
        n if n % 2 == 1 => values[n / 2],
        n => f64::midpoint(values[n / 2 - 1], values[n / 2]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::published::audit::rules::testing;

    /// What is found in five curves of which one has another number at a rate.
    fn found(rate: usize, number: &str) -> Vec<Finding> {
        let mut text = "rate,method,mosi_corr\n".to_string();
        for i in 0..11 {
            for (m, method) in ["A", "B", "C", "D", "E"].iter().enumerate() {
                let wave = 0.003 * ((i * 7 + m * 5) % 4) as f64;
                let own = 0.7 - 0.04 * i as f64 + 0.01 * m as f64 + wave;
                let printed = if (i, m) == (rate, 2) {
                    number.to_string()
                } else {
                    format!("{own:.3}")
                };
                text += &format!("{},{method},{printed}\n", i as f64 / 10.0);
            }
        }
        testing::found(RULE.name, &text)
    }

    #[test]
    fn a_curve_that_falls_off_at_rate_1_is_sound_and_one_that_jumps_up_is_not() {
        assert!(found(10, "0.010").is_empty());
        assert_eq!(found(10, "0.930").len(), 1);
    }

    #[test]
    fn a_distance_within_the_spreads_of_the_runs_is_noise() {
        assert_eq!(found(5, "0.620").len(), 1);
        assert!(found(5, "0.620 \u{b1} 0.080").is_empty());
    }

    #[test]
    fn a_wrong_end_is_named_and_not_its_neighbor() {
        for (rate, number, condition) in [
            (0, "-0.723", "rate 0"),
            (10, "0.930", "rate 1"),
            (1, "-0.680", "rate 0.1"),
            (9, "0.930", "rate 0.9"),
            (5, "0.120", "rate 0.5"),
        ] {
            let all = found(rate, number);
            assert_eq!(all.len(), 1, "{rate}");
            assert_eq!(all[0].cells[0].condition, condition, "{}", all[0].why);
            assert!(all[0].strength.strong(), "{}", all[0].why);
        }
        assert!(found(11, "").is_empty());
    }
}
