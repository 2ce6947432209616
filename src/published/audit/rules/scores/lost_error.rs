//! Finds tables in which the MAE of every method at a missing rate of 1 is above that of one number for all samples.

use std::collections::BTreeMap;

use super::narrow_error::{MOST, part_of};
use crate::published::audit::arranged::{ScoreRow, Seen, sub_table};
use crate::published::audit::rules::describe;
use crate::published::audit::{Arranged, Finding, Strength};
use crate::published::parse::ParsedCondition;

/// Methods that tell.
const METHODS: usize = 4;

/// Part of the labels' deviation that the mean label has as its MAE at most. The best of the methods of sound tables has
/// 0.91 and less of it at rate 1, and 0.85 and less at rate 0.9.
const PART: f64 = 1.0;

/// A finding per table and data set.
pub fn findings(arranged: &Arranged<'_>) -> Vec<Finding> {
    let last = ParsedCondition::rate(1.0);
    let rows = arranged.rows.iter().filter(|row| {
        Some(row.condition) == last.as_ref()
            && row.get("mae").is_some()
            && !describe::is_constant(row.method)
    });
    let mut groups: BTreeMap<_, Vec<&ScoreRow<'_>>> = BTreeMap::new();
    for row in rows {
        let key = (row.table, sub_table(row.method), row.dataset);
        groups.entry(key).or_default().push(row);
    }
    let found = groups.iter();
    found
        .filter_map(|((_, part, dataset), rows)| {
            finding(*part, arranged.statistics.deviation(dataset)?, rows)
        })
        .collect()
}

fn finding(part: Option<&str>, deviation: f64, rows: &[&ScoreRow<'_>]) -> Option<Finding> {
    let value = |row: &ScoreRow<'_>, name: &str| row.get(name).map(|cell| cell.number.value);
    // What is larger still is found row by row.
    let is_between = |row: &&ScoreRow<'_>| {
        let corr = value(row, "corr").unwrap_or_default();
        let mae = value(row, "mae").unwrap_or_default();
        mae > PART * deviation && part_of(mae, corr, deviation) <= MOST
    };
    if rows.len() < METHODS || !rows.iter().all(is_between) {
        return None;
    }
    let mut cells: Vec<Seen<'_>> = Vec::new();
    for row in rows {
        let table = row.table;
        cells.extend(row.get("mae").map(|cell| Seen { table, cell }));
    }
    let order = |a: &&Seen<'_>, b: &&Seen<'_>| {
        let [a, b] = [a, b].map(|seen| seen.cell.number.value);
        a.total_cmp(&b)
    };
    let (least, most) = cells.iter().min_by(order).zip(cells.iter().max_by(order))?;
    let why = format!(
        "MAE {} to {} in all {} methods at rate 1, where nothing is left to read and the mean label has at most {deviation:.3} (the \
         deviation of labels): is it another error (torchmetrics' symmetric one, a squared one), or of another data set?",
        least.cell.number.text(),
        most.cell.number.text(),
        rows.len(),
    );
    let part = part.map_or(String::new(), |t| format!("table {t}"));
    let about = describe::about(&[rows[0].dataset, &part, "MAE", "rate 1"]);
    Some(Finding::new(Strength::Odd, about, why, cells))
}

#[cfg(test)]
mod tests {
    use crate::published::audit::rules::testing;

    /// Findings of four methods at rate 1 with these MAE.
    fn found(dataset: &str, maes: [f64; 4], methods: usize) -> Vec<String> {
        let mut text = format!("rate,method,{dataset}_mae,{dataset}_corr\n");
        for (method, mae) in maes.into_iter().enumerate().take(methods) {
            text += &format!("0,M{method},{:.3},0.71\n", 0.6 * mae);
            text += &format!("1,M{method},{mae:.3},0.031\n");
        }
        let all = testing::found("narrow-error", &text).into_iter();
        all.map(|f| f.why).collect()
    }

    #[test]
    fn errors_above_that_of_one_number_in_all_methods_are_found() {
        let all = found("mosi", [1.622, 1.673, 1.694, 1.758], 4);
        assert_eq!(all.len(), 1);
        assert!(
            all[0].starts_with(
                "MAE 1.622 to 1.758 in all 4 methods at rate 1, where nothing is left to read and the mean label has at most 1.588"
            ),
            "{all:?}"
        );
    }

    #[test]
    fn errors_of_constants_and_few_methods_are_not() {
        assert!(found("mosi", [1.431, 1.458, 1.467, 1.534], 4).is_empty());
        assert!(found("mosi", [1.572, 1.673, 1.694, 1.758], 4).is_empty());
        assert!(found("mosi", [1.622, 1.673, 1.694, 1.758], 3).is_empty());
        assert!(found("sims", [0.586, 0.624, 0.658, 0.721], 4).is_empty());
    }
}
