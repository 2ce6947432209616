//! Finds metrics in which no two methods ever change places, and tables that are sorted by every metric.

use std::collections::BTreeMap;

use super::moved_column::At;
use crate::published::audit::arranged::{ScoreColumn, ScoreRow, Seen, sub_table};
use crate::published::audit::rules::curves::better;
use crate::published::audit::rules::describe;
use crate::published::audit::{Arranged, Finding, Strength};
use crate::published::parse::{ParsedCell, ParsedCondition};

/// Fewest methods and rates where methods stand in the order of their scores, and where they stand in any other order:
/// sound tables that list methods by quality may be of few that are far apart.
const IN_LINE: (usize, usize) = (6, 5);
const IN_ANY: (usize, usize) = (8, 8);

/// Part of the neighbors in that order that must differ, and not print the same number.
const DIFFER: f64 = 0.75;

/// Fewest methods and metrics of a table that is sorted by all of them, and part of the methods that have a metric.
const METHODS: usize = 8;
const METRICS: usize = 5;
const PRESENT: f64 = 0.75;

/// Whether methods have one name but for its numbers: sizes or settings of one model have an order.
fn are_settings<'a>(methods: impl IntoIterator<Item = &'a str>) -> bool {
    let bare = |name: &str| name.replace(|c: char| c.is_ascii_digit() || c == '.', "");
    let mut names: Vec<String> = methods.into_iter().map(bare).collect();
    names.dedup();
    names.len() == 1
}

/// Whether values never rise and mostly fall.
fn is_sorted<'a>(lines: impl IntoIterator<Item = &'a Vec<f64>>) -> bool {
    let (mut pairs, mut falls) = (0, 0);
    for line in lines {
        for pair in line.windows(2) {
            pairs += 1;
            falls += usize::from(pair[0] > pair[1]);
            if pair[0] < pair[1] {
                return false;
            }
        }
    }
    falls as f64 >= DIFFER * pairs as f64
}

/// A finding of a metric, given its methods and the rates at which all of them have a number.
pub fn finding(methods: &[&ScoreColumn<'_>], rates: &[At<'_>]) -> Option<Finding> {
    let at_least = |(m, r): (usize, usize)| methods.len() >= m && rates.len() >= r;
    if !at_least(IN_LINE) || are_settings(methods.iter().map(|column| column.method)) {
        return None;
    }
    let mut lines: Vec<Vec<f64>> = (rates.iter())
        .map(|(_, cells)| cells.iter().map(|cell| better(cell)).collect())
        .collect();
    let mean = |method: usize| -> f64 { lines.iter().map(|line| line[method]).sum() };
    let mut order: Vec<usize> = (0..methods.len()).collect();
    order.sort_by(|a, b| mean(*b).total_cmp(&mean(*a)));
    let in_line = order.is_sorted() || order.iter().rev().is_sorted();
    for line in &mut lines {
        *line = order.iter().map(|method| line[*method]).collect();
    }
    if !is_sorted(&lines) || !(in_line || at_least(IN_ANY)) {
        return None;
    }
    let column = methods[0];
    let how = if in_line {
        ", which is that of the lines,"
    } else {
        ""
    };
    let why = format!(
        "{} methods have one order{how} at all {} rates, and no two ever change places, though methods of sound tables do: were \
         the scores of each rate sorted beside names that stayed?",
        methods.len(),
        rates.len(),
    );
    let part = describe::sub_table_of(column.method);
    let about = describe::about(&[column.dataset, &part, column.metric.title]);
    let cells = rates.iter().flat_map(|(_, cells)| cells.iter());
    let table = column.table;
    let cells = cells.map(|cell| Seen { table, cell });
    Some(Finding::new(Strength::Odd, about, why, cells))
}

/// A finding per table and data set whose methods are in one order by every metric, down the lines.
pub fn by_every_metric(arranged: &Arranged<'_>) -> Vec<Finding> {
    let mut blocks: BTreeMap<_, Vec<&ScoreRow<'_>>> = BTreeMap::new();
    for row in &arranged.rows {
        let key = (row.table, sub_table(row.method), row.dataset, row.condition);
        blocks.entry(key).or_default().push(row);
    }
    type Sorted<'r, 'a> = (&'a ParsedCondition, Vec<&'r ScoreRow<'a>>);
    let mut found: BTreeMap<_, Vec<Sorted<'_, '_>>> = BTreeMap::new();
    for ((table, part, dataset, condition), rows) in blocks {
        if all_sorted(&rows) {
            let of_table = found.entry((table, part, dataset)).or_default();
            of_table.push((condition, rows));
        }
    }
    let found = found.into_iter().map(|((table, part, dataset), sorted)| {
        let rows = &sorted[0].1;
        let why = format!(
            "the lines of {} methods are in the order of their scores by each of {} metrics: was every column sorted by itself?",
            rows.len(),
            rows[0].cells.len(),
        );
        let conditions = describe::conditions(sorted.iter().map(|(condition, _)| *condition));
        let part = part.map_or(String::new(), |t| format!("table {t}"));
        let about = describe::about(&[dataset, &part, &conditions]);
        let cells = sorted.iter().flat_map(|(_, rows)| rows);
        let cells = cells.flat_map(|row| row.cells.iter());
        let cells = cells.map(|cell| Seen { table, cell });
        Finding::new(Strength::Odd, about, why, cells)
    });
    found.collect()
}

/// Whether rows are sorted by every metric, in one direction.
fn all_sorted(rows: &[&ScoreRow<'_>]) -> bool {
    if rows.len() < METHODS || are_settings(rows.iter().map(|row| row.method)) {
        return false;
    }
    let names: Vec<&str> = rows[0].cells.iter().map(|c| c.metric.name).collect();
    let has = |start: &str| names.iter().any(|name| name.starts_with(start));
    let classes = has("acc7") || has("acc5");
    if names.len() < METRICS || !["mae", "corr", "acc2"].into_iter().all(has) || !classes {
        return false;
    }
    let column = |name: &&str| -> Vec<f64> {
        let cells = rows.iter().filter_map(|row| row.get(name));
        cells.map(|cell: &ParsedCell| better(cell)).collect()
    };
    let down: Vec<Vec<f64>> = names.iter().map(column).collect();
    let reverse = |column: &Vec<f64>| column.iter().rev().copied().collect();
    let up: Vec<Vec<f64>> = down.iter().map(reverse).collect();
    let present = |column: &Vec<f64>| column.len() as f64 >= PRESENT * rows.len() as f64;
    let sorted = |columns: &[Vec<f64>]| columns.iter().all(|column| is_sorted([column]));
    down.iter().all(present) && (sorted(&down) || sorted(&up))
}

#[cfg(test)]
mod tests {
    use crate::published::audit::rules::testing::found;
    use crate::published::audit::{Finding, Strength};

    const NAMES: [&str; 9] = [
        "TFN", "LMF", "MulT", "MISA", "MMIM", "Ours", "CENET", "ALMT", "TETFN",
    ];

    /// Findings of methods of near quality over rates. `sort` makes each column at each rate of the three its own.
    fn table(
        rates: usize,
        names: &[&str],
        sort: impl Fn(usize, &mut Vec<f64>),
        text: &str,
    ) -> Vec<Finding> {
        const QUALITY: [f64; 9] = [3.1, 0.2, 4.2, 1.4, 3.4, 2.3, 0.9, 4.9, 2.8];
        let heads = "rate,method,mosi_acc7,mosi_acc5,mosi_acc2_n,mosi_mae,mosi_corr\n";
        let mut lines = heads.to_string();
        for rate in 0..rates {
            let column = |metric: usize| {
                let each = (0..names.len()).map(|m| {
                    let noise = ((m * 5 + rate * 7 + metric * 3) % 13) as f64 / 6.0 - 1.0;
                    QUALITY[m] + noise - 2.1 * rate as f64
                });
                let mut all: Vec<f64> = each.collect();
                sort(metric, &mut all);
                all
            };
            let columns: Vec<Vec<f64>> = (0..5).map(column).collect();
            for (m, name) in names.iter().enumerate() {
                let good: Vec<f64> = columns.iter().map(|c| c[m]).collect();
                let (mae, corr) = (0.9 - 0.02 * good[3], 0.65 + 0.02 * good[4]);
                lines += &format!(
                    "0.{rate},{name},{:.2},{:.2},{:.2},{mae:.3},{corr:.3}\n",
                    34.0 + good[0],
                    38.0 + good[1],
                    78.0 + good[2]
                );
            }
        }
        let all = found("moved-column", &lines).into_iter();
        all.filter(|f| f.why.contains(text)).collect()
    }

    fn sorted(values: &mut [f64]) {
        values.sort_by(|a, b| b.total_cmp(a));
    }

    const STAYED: &str = "names that stayed";
    const EVERY: &str = "every column sorted";

    #[test]
    fn one_order_at_all_rates_is_found() {
        let mae = |metric: usize, values: &mut Vec<f64>| {
            if metric == 3 {
                sorted(values);
            }
        };
        for (rates, names) in [(10, &NAMES[..]), (5, &NAMES[..6])] {
            let all = table(rates, names, mae, STAYED);
            assert_eq!((all.len(), all[0].strength), (1, Strength::Odd), "{rates}");
            assert_eq!(all[0].about, "mosi, MAE");
            assert_eq!(all[0].cells.len(), rates * names.len());
        }
        let other = |metric: usize, values: &mut Vec<f64>| {
            mae(metric, values);
            values.swap(0, 3);
        };
        assert_eq!(table(10, &NAMES, other, STAYED).len(), 1);
        assert!(table(5, &NAMES[..6], other, STAYED).is_empty(), "too few");
    }

    #[test]
    fn methods_that_change_places_and_settings_are_not() {
        assert!(table(10, &NAMES, |_, _| {}, STAYED).is_empty());
        let all = |_: usize, values: &mut Vec<f64>| sorted(values);
        assert!(table(4, &NAMES, all, STAYED).is_empty(), "few rates");
        let sizes = [
            "8 layers", "7 layers", "6 layers", "5 layers", "4 layers", "3 layers",
        ];
        assert!(table(6, &sizes, all, STAYED).is_empty());
    }

    #[test]
    fn a_table_that_is_sorted_by_every_metric_is_found() {
        let every = |_: usize, values: &mut Vec<f64>| sorted(values);
        let all = table(1, &NAMES, every, EVERY);
        assert_eq!((all.len(), all[0].strength), (1, Strength::Odd));
        assert_eq!(all[0].cells.len(), 45);
        let most = |metric: usize, values: &mut Vec<f64>| {
            if metric != 1 {
                sorted(values);
            }
        };
        assert!(table(1, &NAMES, most, EVERY).is_empty());
        assert!(table(1, &NAMES[..7], every, EVERY).is_empty());
    }
}
