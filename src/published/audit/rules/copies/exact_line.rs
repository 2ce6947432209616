//! Finds runs of cells on an exact line over the rates, as a spreadsheet fills them.

use super::{filled, interpolated};
use crate::published::audit::arranged::ScoreColumn;
use crate::published::audit::rules::{Rule, describe};
use crate::published::audit::{Arranged, Finding, Strength};
use crate::published::parse::{ParsedCell, ParsedCondition};

pub const RULE: Rule = Rule {
    name: "exact-line",
    definition: "five and more cells of a method at evenly spaced rates that are on a line to the last digit, as a \
                 spreadsheet fills them, where the other curves of the table bend; or one MAE or Corr in five and more rows one \
                 below the other that differ in other metrics, or one accuracy in all rows; or rates at which nine of ten \
                 columns have the mean of the cells beside",
    strength: "very unlikely where chance makes such a run less than once in a million tables whose curves bend like \
               the others; odd where less than once in a thousand",
    check,
};

/// Cells that make a run.
pub const RUN: usize = 5;

/// Expected runs in a table below which one is named, and named as sure. Noise is judged by few curves, hence the
/// distance between both.
pub const ODD: f64 = 1e-3;
pub const SURE: f64 = 1e-6;

/// Bends that tell how much the curves of a table bend.
const BENDS: usize = 8;

/// What a curve is taken to bend by where no others are printed, and at most: a tenth of a point, and a thousandth.
const USUAL: f64 = 0.1;
const USUAL_ERROR: f64 = 0.001;

/// A cell with its rate in ten-thousandths.
type At<'a> = (u32, &'a ParsedCell);

fn check(arranged: &Arranged<'_>, _: &[Finding]) -> Vec<Finding> {
    let mut out = filled::check(arranged);
    out.extend(interpolated::findings(arranged));
    for block in arranged.blocks() {
        if arranged.by_program(block[0].table) {
            continue;
        }
        let in_table = |c: &&ScoreColumn<'_>| c.table == block[0].table;
        let columns = arranged.columns.iter().filter(in_table);
        // Places at which chance could have made a run.
        let tried: usize = columns
            .map(|c| (c.parts.len() + 1).saturating_sub(RUN))
            .sum();
        for column in &block {
            if describe::is_constant(column.method) {
                continue;
            }
            let others = block.iter().filter(|c| c.method != column.method);
            let bends: Vec<i64> = others.flat_map(|c| bends(&by_rate(c))).collect();
            out.extend(run(column).and_then(|cells| judge(column, &cells, &bends, tried)));
        }
    }
    out
}

fn by_rate<'a>(column: &ScoreColumn<'a>) -> Vec<At<'a>> {
    let at = |c: &&'a ParsedCell| match c.condition {
        ParsedCondition::Rate(parts) => Some((parts, *c)),
        _ => None,
    };
    let mut cells: Vec<At<'a>> = column.parts.iter().filter_map(at).collect();
    cells.sort_by_key(|(rate, _)| *rate);
    cells
}

/// How far the middle of three cells at evenly spaced rates is off the line, in units of the last place, twice.
fn bend(three: &[At<'_>]) -> Option<i64> {
    let [(r, a), (s, b), (t, c)] = three else {
        return None;
    };
    let even = s - r == t - s;
    let alike = a.number.decimals == b.number.decimals && b.number.decimals == c.number.decimals;
    (even && alike).then(|| a.number.units() + c.number.units() - 2 * b.number.units())
}

fn bends(cells: &[At<'_>]) -> Vec<i64> {
    cells.windows(3).filter_map(bend).collect()
}

/// The longest run of cells on a line that is not level.
fn run<'a>(column: &ScoreColumn<'a>) -> Option<Vec<&'a ParsedCell>> {
    let cells = by_rate(column);
    let (mut best, mut start) = (0..0, 0);
    for end in 2..cells.len() {
        if bend(&cells[end - 2..=end]) != Some(0) {
            start = end - 1;
        } else if end + 1 - start > best.len() {
            best = start..end + 1;
        }
    }
    let run = cells.get(best).filter(|run| run.len() >= RUN)?;
    (step(run[0].1, run[1].1) != 0).then(|| run.iter().map(|(_, c)| *c).collect())
}

fn step(a: &ParsedCell, b: &ParsedCell) -> i64 {
    b.number.units() - a.number.units()
}

/// Whether chance makes a run seldom enough to name it.
fn judge(
    column: &ScoreColumn<'_>,
    cells: &[&ParsedCell],
    bends: &[i64],
    tried: usize,
) -> Option<Finding> {
    // A sound curve of few digits is often on a line.
    if describe::is_coarse(cells[0]) {
        return None;
    }
    let step = step(cells[0], cells[1]);
    let ulp = cells[0].number.ulp();
    let usual = if column.metric.share {
        USUAL
    } else {
        USUAL_ERROR
    };
    let mut sizes: Vec<f64> = bends.iter().map(|b| b.abs() as f64).collect();
    sizes.sort_by(f64::total_cmp);
    // The median distance of normal noise is 0.67 of its deviation.
    let measured = (sizes.len() >= BENDS).then(|| sizes[sizes.len() / 2] / 0.67);
    let deviation = measured.unwrap_or(usual / ulp);
    // A curve that falls by little bends by little.
    let deviation = deviation.min(step.abs() as f64);
    let each = (0.4 / deviation.max(0.4)).min(1.0);
    let chance = each.powi(cells.len() as i32 - 2) * tried as f64;
    let strength = match () {
        () if chance < SURE => Strength::VeryUnlikely,
        () if chance < ODD => Strength::Odd,
        () => return None,
    };
    let digits = cells[0].number.decimals;
    let why = format!(
        "{} cells from {} to {} on a line, {:+.digits$} a step to the last digit; chance makes such a run in one of \
         {:.0e} tables whose curves bend like the others",
        cells.len(),
        cells[0].number.text(),
        cells[cells.len() - 1].number.text(),
        step as f64 * ulp,
        1.0 / chance,
    );
    let conditions = describe::conditions(cells.iter().map(|c| &c.condition));
    let parts = [
        column.method,
        column.dataset,
        column.metric.title,
        &conditions,
    ];
    let seen = cells.iter().map(|c| column.seen(c));
    Some(Finding::new(strength, describe::about(&parts), why, seen))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::published::audit::rules::testing::found;

    /// Three curves that bend by noise, and one of the given numbers.
    fn of(digits: usize, own: impl Fn(usize) -> f64) -> Vec<Finding> {
        let noise = [
            0.31, -0.42, 0.17, 0.55, -0.61, 0.08, -0.27, 0.44, -0.13, 0.36,
        ];
        let mut text = "method,rate,mosi_acc2_n\n".to_string();
        for i in 0..10 {
            for (m, method) in ["A", "B", "C"].iter().enumerate() {
                let value = 80.0 - m as f64 - 2.3 * i as f64 + noise[(i * (m + 1) + m) % 10];
                text += &format!("{method},0.{i},{value:.digits$}\n");
            }
            text += &format!("D,0.{i},{:.digits$}\n", own(i));
        }
        found(RULE.name, &text)
    }

    #[test]
    fn cells_that_a_spreadsheet_filled_are_found() {
        let all = of(1, |i| 70.1 - 0.5 * i as f64);
        assert_eq!((all.len(), all[0].cells.len()), (1, 10), "{all:?}");
        let all = of(2, |i| 79.31 - 2.17 * i as f64);
        assert_eq!(all[0].strength, Strength::VeryUnlikely);
        assert!(all[0].why.contains("-2.17 a step"), "{}", all[0].why);
        let part = of(2, |i| {
            79.31 - 2.17 * i as f64 + if i < 4 { 0.3 * (i * i) as f64 } else { 0.0 }
        });
        assert_eq!((part.len(), part[0].cells.len()), (1, 6), "{part:?}");
    }

    #[test]
    fn coarse_and_level_numbers_pass() {
        assert!(of(0, |i| 80.0 - 2.0 * i as f64).is_empty());
        assert!(of(2, |_| 57.77).is_empty());
        assert!(of(2, |i| 60.0 - 0.01 * i as f64).is_empty());
        assert!(of(2, |i| 80.0 - 2.17 * i as f64 - 0.11 * (i * i) as f64).is_empty());
    }
}
