//! Finds rows `Average` below methods that are not the mean of the rows beside them.

use super::parts::{agrees, average};
use crate::published::audit::arranged::{ScoreRow, Seen};
use crate::published::audit::rules::describe;
use crate::published::audit::{Arranged, Finding, Strength};
use crate::published::parse::{ParsedCell, is_mean};

/// Rows that a mean is taken of.
const FEWEST: usize = 3;

/// Every row that is a mean by its name. Odd, since the paper may have left a row out of it, or out of the table.
pub fn check(arranged: &Arranged<'_>) -> Vec<Finding> {
    let is_mean = |row: &&ScoreRow<'_>| {
        let name = row.method.split(" (").next().unwrap_or_default();
        !row.condition.is_mean()
            && row.cells.iter().all(|c| c.averaged)
            && (is_mean(name) || name == "All")
    };
    let means = arranged.rows.iter().filter(is_mean);
    means.filter_map(|mean| judge(arranged, mean)).collect()
}

fn line(row: &ScoreRow<'_>) -> u64 {
    row.cells.first().map_or(0, |c| c.line)
}

/// The rows that a mean may be of: those right above it or right below it, two at least.
fn candidates<'r, 'a>(
    arranged: &'r Arranged<'a>,
    mean: &ScoreRow<'_>,
) -> Vec<Vec<&'r ScoreRow<'a>>> {
    let beside = |row: &&ScoreRow<'_>| {
        (row.table, row.dataset, row.condition) == (mean.table, mean.dataset, mean.condition)
            && row.cells.iter().all(|c| !c.averaged)
    };
    let mut rows: Vec<&ScoreRow<'_>> = arranged.rows.iter().filter(beside).collect();
    rows.sort_by_key(|row| line(row));
    if rows.len() < FEWEST {
        return Vec::new();
    }
    let middle = rows.partition_point(|row| line(row) < line(mean));
    let above = (0..middle).map(|start| rows[start..middle].to_vec());
    let below = (middle..rows.len()).map(|end| rows[middle..=end].to_vec());
    let mut all: Vec<_> = above.chain(below).collect();
    all.push(rows.clone());
    all.retain(|set| set.len() > 1);
    all
}

/// The cells of a metric in rows, where all have one.
fn parts<'a>(rows: &[&ScoreRow<'a>], metric: &str) -> Option<Vec<&'a ParsedCell>> {
    rows.iter().map(|row| row.get(metric)).collect()
}

fn judge(arranged: &Arranged<'_>, mean: &ScoreRow<'_>) -> Option<Finding> {
    let judged = candidates(arranged, mean).into_iter().map(|rows| {
        let of = mean.cells.iter().filter_map(|cell| {
            let parts = parts(&rows, cell.metric.name)?;
            Some((*cell, agrees(cell, &parts), average(&parts)))
        });
        let cells: Vec<_> = of.collect();
        let fits = cells.iter().filter(|(_, fits, _)| *fits).count();
        (fits, rows.len(), cells)
    });
    // Of several the one that fits best, of those the longest.
    let (fits, rows, cells) = judged.max_by_key(|(fits, rows, _)| (*fits, *rows))?;
    let wrong: Vec<_> = cells.iter().filter(|(_, fits, _)| !fits).collect();
    let (first, _, average) = wrong.first()?;
    let example = format!(
        "the mean of the {rows} rows is {average:.*}, printed {}",
        first.number.decimals + 1,
        first.number.text()
    );
    let why = if fits > wrong.len() {
        format!("{example}: a number of them or the mean is wrong")
    } else {
        format!(
            "{} of {} are no mean of the rows beside them ({}: {example}): the mean is of other rows, or wrong",
            wrong.len(),
            describe::count(cells.len(), "number"),
            first.metric.title
        )
    };
    let metrics = describe::metrics(wrong.iter().map(|(cell, ..)| *cell));
    let condition = mean.condition.to_string();
    let about = describe::about(&[mean.method, mean.dataset, &metrics, &condition]);
    let table = mean.table;
    let seen = wrong.iter().map(|(cell, ..)| Seen { table, cell });
    Some(Finding::new(Strength::Odd, about, why, seen))
}

#[cfg(test)]
mod tests {
    use crate::published::audit::rules::testing;

    fn found(name: &str, mean: &str) -> Vec<String> {
        let text = format!(
            "method,mosi_acc7,mosi_mae,mosi_corr\nA,33.53,0.939,0.697\nB,32.94,1.016,0.616\nC,32.65,1.030,0.614\n\
             {name},{mean}\nOurs,35.10,0.901,0.711\n"
        );
        let all = testing::found("overall-mean", &text);
        all.into_iter().map(|f| f.why).collect()
    }

    #[test]
    fn a_mean_of_methods_that_is_not_theirs_is_found() {
        for name in ["Average", "Avg.", "Mean"] {
            assert!(found(name, "33.04,0.995,0.642").is_empty());
            let one = found(name, "33.04,0.995,0.742");
            assert_eq!(
                one,
                [
                    "the mean of the 3 rows is 0.6423, printed 0.742: a number of them or the mean is wrong"
                ]
            );
            let all = found(name, "35.04,1.095,0.742");
            assert!(all[0].starts_with("3 of 3 numbers are no mean"), "{all:?}");
        }
        // Of the two rows above it, and a method of another name.
        assert!(found("Average", "32.80,1.023,0.615").is_empty());
        assert!(found("D", "35.04,1.095,0.742").is_empty());
    }
}
