//! Finds metrics whose scores stand in the alphabetical order of the methods beside names in another order, as a program sorts
//! its groups.

use std::collections::BTreeMap;

use crate::published::audit::arranged::{ScoreRow, Seen, sub_table};
use crate::published::audit::rules::curves::better;
use crate::published::audit::rules::describe;
use crate::published::audit::rules::ranks::follows;
use crate::published::audit::{Arranged, Finding, Strength};
use crate::published::parse::{ParsedCell, ParsedCondition};

/// Fewest methods, and other metrics that must agree.
const METHODS: usize = 8;
const OTHERS: usize = 2;

/// Rank correlation with another metric once the order is undone, at least, and how much less it is as printed: the mean over
/// conditions, or that of a single one.
const AGREE: f64 = 0.65;
const LESS: f64 = 0.3;
const CONDITIONS: usize = 3;
const AGREE_IN_ONE: f64 = 0.85;
const LESS_IN_ONE: f64 = 0.5;

/// Rate from which on models have lost what sets them apart.
const LATE: u32 = 8_000;

/// The rows of one table and data set by condition, each with the same methods in the same order.
type Block<'r, 'a> = Vec<Vec<&'r ScoreRow<'a>>>;

/// A finding per table and data set.
pub fn findings(arranged: &Arranged<'_>) -> Vec<Finding> {
    let mut tables: BTreeMap<_, BTreeMap<&ParsedCondition, Vec<&ScoreRow<'_>>>> = BTreeMap::new();
    for row in &arranged.rows {
        let late = matches!(row.condition, ParsedCondition::Rate(rate) if *rate >= LATE);
        if !late && !row.condition.is_mean() && !describe::is_constant(row.method) {
            let key = (row.table, sub_table(row.method), row.dataset);
            let rows = tables.entry(key).or_default();
            rows.entry(row.condition).or_default().push(row);
        }
    }
    let found = tables.into_values().filter_map(|conditions| {
        let methods = |rows: &[&ScoreRow<'_>]| -> Vec<String> {
            rows.iter().map(|row| row.method.to_string()).collect()
        };
        let first = methods(conditions.values().next()?);
        let mut block: Block<'_, '_> = conditions.into_values().collect();
        block.retain(|rows| methods(rows) == first);
        (first.len() >= METHODS)
            .then(|| finding(&block, &first))
            .flatten()
    });
    found.collect()
}

fn finding(block: &Block<'_, '_>, methods: &[String]) -> Option<Finding> {
    let mut sorted: Vec<usize> = (0..methods.len()).collect();
    sorted.sort_by_key(|at| methods[*at].to_lowercase());
    if sorted.is_sorted() {
        return None;
    }
    // The place of each method among the sorted ones.
    let mut place = vec![0; methods.len()];
    (0..sorted.len()).for_each(|at| place[sorted[at]] = at);
    let metrics: Vec<&ParsedCell> = block[0][0].cells.clone();
    let metrics = metrics.into_iter().filter(|cell| {
        let name = cell.metric.name;
        let has = |row: &&ScoreRow<'_>| row.get(name).is_some();
        block.iter().flatten().all(has)
    });
    let metrics: Vec<&ParsedCell> = metrics.collect();
    let is_sorted = |cell: &&&ParsedCell| {
        let own = cell.metric.name;
        let others = metrics.iter().map(|other| other.metric.name);
        let others = others.filter(|other| *other != own);
        others
            .filter(|other| fits(block, [own, other], &place))
            .count()
            >= OTHERS
    };
    let found: Vec<&ParsedCell> = metrics.iter().filter(is_sorted).copied().collect();
    let row = block[0][0];
    let titles = describe::metrics(found.iter().copied());
    let why = format!(
        "{titles} of {} methods go with the other metrics once they are taken in the alphabetical order of the methods ({}, {}, ...), and \
         not as printed: were they sorted by a program, and names typed in another order?",
        methods.len(),
        methods[sorted[0]],
        methods[sorted[1]],
    );
    let part = describe::sub_table_of(row.method);
    let about = describe::about(&[row.dataset, &part, &titles]);
    let cells = block.iter().flatten().flat_map(|row| {
        let table = row.table;
        let cells = found.iter().filter_map(|cell| row.get(cell.metric.name));
        cells.map(move |cell| Seen { table, cell })
    });
    (!found.is_empty()).then(|| Finding::new(Strength::Odd, about, why, cells))
}

/// Whether a metric goes with another one in the order of sorted methods and not as printed.
fn fits(block: &Block<'_, '_>, [own, other]: [&str; 2], place: &[usize]) -> bool {
    let good = |rows: &[&ScoreRow<'_>], name: &str| -> Vec<f64> {
        let cells = rows.iter().filter_map(|row| row.get(name));
        cells.map(better).collect()
    };
    let each = block.iter().filter_map(|rows| {
        let (a, b) = (good(rows, own), good(rows, other));
        let undone: Vec<f64> = place.iter().map(|at| a[*at]).collect();
        Some([follows(&a, &b)?, follows(&undone, &b)?])
    });
    let each: Vec<[f64; 2]> = each.collect();
    let mean = |i: usize| each.iter().map(|pair| pair[i]).sum::<f64>() / each.len().max(1) as f64;
    let [printed, undone] = [0, 1].map(mean);
    let (agree, less) = if each.len() >= CONDITIONS {
        (AGREE, LESS)
    } else {
        (AGREE_IN_ONE, LESS_IN_ONE)
    };
    undone >= agree && undone - printed >= less
}

#[cfg(test)]
mod tests {
    use crate::published::audit::rules::testing::found;
    use crate::published::audit::{Finding, Strength};

    const NAMES: [&str; 9] = [
        "TFN", "MulT", "LMF", "Self-MM", "ALMT", "MISA", "Ours", "CENET", "MMIM",
    ];

    /// Findings of methods whose column of `sorted` metrics stands in the alphabetical order of the names.
    fn table(rates: usize, sorted: &[usize]) -> Vec<Finding> {
        const QUALITY: [f64; 9] = [0.2, 1.4, 0.9, 3.1, 4.9, 2.3, 5.6, 3.9, 2.8];
        let mut order: Vec<usize> = (0..9).collect();
        order.sort_by_key(|at| NAMES[*at].to_lowercase());
        let mut text = "rate,method,mosi_acc2_n,mosi_f1_n,mosi_mae,mosi_corr\n".to_string();
        for rate in 0..rates {
            for at in 0..9 {
                let score = |metric: usize| {
                    let at = if sorted.contains(&metric) {
                        order[at]
                    } else {
                        at
                    };
                    let noise = ((at * 5 + rate * 7 + metric * 3) % 13) as f64 / 20.0;
                    QUALITY[at] + noise - 2.1 * rate as f64
                };
                let (mae, corr) = (0.9 - 0.02 * score(2), 0.65 + 0.02 * score(3));
                let (acc, f1) = (78.0 + score(0), 77.9 + score(1));
                text += &format!(
                    "0.{rate},{},{acc:.2},{f1:.2},{mae:.3},{corr:.3}\n",
                    NAMES[at]
                );
            }
        }
        let all = found("moved-column", &text).into_iter();
        all.filter(|f| f.why.contains("alphabetical")).collect()
    }

    #[test]
    fn columns_in_the_order_of_sorted_names_are_found() {
        for (rates, sorted, about) in [
            (5, &[2][..], "mosi, MAE"),
            (5, &[2, 3], "mosi, MAE and Corr"),
            (1, &[3], "mosi, Corr"),
        ] {
            let all = table(rates, sorted);
            assert_eq!((all.len(), all[0].strength), (1, Strength::Odd), "{about}");
            assert_eq!(&*all[0].about, about);
            assert_eq!(all[0].cells.len(), 9 * rates * sorted.len());
        }
    }

    #[test]
    fn columns_in_the_order_of_the_names_are_not() {
        assert!(table(5, &[]).is_empty());
        assert!(table(1, &[]).is_empty());
        // Sorted with their names, as a whole.
        assert!(table(5, &[0, 1, 2, 3]).is_empty());
    }
}
