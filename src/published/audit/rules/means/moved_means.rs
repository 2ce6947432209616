//! Finds overall numbers that are the means of the rows beside them, as a relative reference of a spreadsheet makes them.

use super::overall_mean::Case;
use crate::published::audit::rules::describe;
use crate::published::audit::{Finding, Strength};
use crate::published::parse::Metric;

/// Numbers from which on they are no neighbor's mean by chance.
const SEVERAL: usize = 3;
/// Rows that a reference may be off.
const FARTHEST: isize = 3;

/// One finding for each metric whose numbers that do not fit are all means of the row as many lines below or above.
pub fn check<'a>(cases: &[Case<'_, 'a>]) -> Vec<(&'a Metric, Finding)> {
    let mut metrics: Vec<&'a Metric> = cases.iter().map(|case| case.column.metric).collect();
    metrics.sort_by_key(|metric| metric.name);
    metrics.dedup();
    let each = metrics.into_iter().filter_map(|metric| {
        let of = cases.iter().filter(|case| case.column.metric == metric);
        let mut rows: Vec<&Case<'_, '_>> = of.collect();
        rows.sort_by_key(|case| (case.mean.cell.line, case.mean.cell.column));
        let mut offsets: Vec<isize> = (1..=FARTHEST).flat_map(|off| [off, -off]).collect();
        offsets.retain(|off| is_moved(&rows, *off));
        Some((metric, finding(&rows, *offsets.first()?)))
    });
    each.collect()
}

/// Whether every number that does not fit, but those without a row there, is the mean of the row `off` lines below.
fn is_moved(rows: &[&Case<'_, '_>], off: isize) -> bool {
    let wrong = || (0..rows.len()).filter(|at| !rows[*at].fits);
    let other = |at: usize| at.checked_add_signed(off).and_then(|at| rows.get(at));
    let with_row = wrong().filter_map(|at| Some((rows[at], other(at)?)));
    let mut moved = with_row.clone().peekable();
    let differ = |pair: &(&Case<'_, '_>, &&Case<'_, '_>)| pair.1.parts.fit(pair.0.mean.cell);
    moved.peek().is_some() && moved.all(|pair| differ(&pair)) && with_row.count() >= SEVERAL
}

fn finding(rows: &[&Case<'_, '_>], off: isize) -> Finding {
    let wrong: Vec<&&Case<'_, '_>> = rows.iter().filter(|case| !case.fits).collect();
    let lines = match off.unsigned_abs() {
        1 => "one line".to_string(),
        lines => format!("{lines} lines"),
    };
    let side = if off > 0 { "below" } else { "above" };
    let why = format!(
        "{} of {} overall numbers are not the mean of their own row but of that {lines} {side}",
        wrong.len(),
        rows.len(),
    );
    let first = wrong[0];
    let title = first.column.metric.title;
    let about = describe::about(&[first.column.dataset, title, "mean"]);
    let cells = wrong.iter().map(|case| case.mean);
    Finding::new(Strength::VeryUnlikely, about, why, cells)
}

#[cfg(test)]
mod tests {
    use crate::published::audit::Strength;
    use crate::published::audit::rules::testing::found;

    /// Five methods at three rates, with the mean of the line so many below.
    fn table(off: usize) -> String {
        let row = |m: usize| [0.701, 0.803, 0.911].map(|mae| mae + 0.017 * (m * m) as f64);
        let line = |m: usize| {
            let cells = row(m).map(|mae| format!("{mae:.3}")).join(",");
            let mean = row((m + off) % 5).iter().sum::<f64>() / 3.0;
            format!("M{m},mosi,mae,{cells},{mean:.3}\n")
        };
        let lines: String = (0..5).map(line).collect();
        format!("method,dataset,metric,0,0.1,0.2,mean\n{lines}")
    }

    #[test]
    fn means_of_the_next_row_are_named() {
        assert!(found("overall-mean", &table(0)).is_empty());
        for (off, side) in [
            (1, "that one line below"),
            (2, "that 2 lines below"),
            (4, "that one line above"),
        ] {
            let all = found("overall-mean", &table(off));
            assert_eq!((all.len(), all[0].strength), (1, Strength::VeryUnlikely));
            assert!(all[0].why.ends_with(side), "{}", all[0].why);
        }
    }
}
