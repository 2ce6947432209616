//! Finds rows that print every number of another method's row at another rate.

use std::collections::BTreeMap;

use crate::published::audit::arranged::{ScoreRow, Seen, sub_table};
use crate::published::audit::rules::describe;
use crate::published::audit::{Arranged, Finding, Strength};
use crate::published::parse::{ParsedCell, ParsedCondition};

/// Fewest metrics with digits enough that must be equal, with all others of both rows: no two such rows of a sound table are.
const METRICS: usize = 4;

/// Size of a correlation that is none of a constant predictor: two of them may print the same rows.
const CORR: f64 = 0.05;

/// Pairs of rows from which on a finding is sure.
const SURE: usize = 2;

type Pair<'r, 'a> = [&'r ScoreRow<'a>; 2];

/// A finding per table and data set.
pub fn findings(arranged: &Arranged<'_>) -> Vec<Finding> {
    let mut tables: BTreeMap<_, Vec<&ScoreRow<'_>>> = BTreeMap::new();
    for row in arranged.rows.iter().filter(|row| tells(arranged, row)) {
        let key = (row.table, sub_table(row.method), row.dataset);
        tables.entry(key).or_default().push(row);
    }
    let found = tables.values().map(|rows| pairs(rows));
    found.filter_map(|pairs| finding(&pairs)).collect()
}

/// Whether a row at a rate has numbers that no other row has by chance.
fn tells(arranged: &Arranged<'_>, row: &ScoreRow<'_>) -> bool {
    let fine = row.cells.iter().filter(|cell| !describe::is_coarse(cell));
    let corr = row.get("corr").filter(|cell| !describe::is_coarse(cell));
    matches!(row.condition, ParsedCondition::Rate(_))
        && fine.count() >= METRICS
        && corr.is_some_and(|cell| cell.number.value.abs() >= CORR)
        && !describe::is_constant(row.method)
        && !arranged.is_lost(row)
}

/// Each row with the first one before it that is equal.
fn pairs<'r, 'a>(rows: &[&'r ScoreRow<'a>]) -> Vec<Pair<'r, 'a>> {
    // Equal rows have an equal Corr, which few rows share.
    let mut before: BTreeMap<_, Vec<&'r ScoreRow<'a>>> = BTreeMap::new();
    let of = |row: &&'r ScoreRow<'a>| {
        let corr = row
            .get("corr")
            .map(|cell| (cell.number.decimals, cell.number.units()));
        let same = before.entry(corr).or_default();
        let equal = same.iter().find(|other| is_copy(other, row)).copied();
        same.push(row);
        Some([equal?, *row])
    };
    rows.iter().filter_map(of).collect()
}

/// Whether rows of two models at two rates are equal in every metric.
fn is_copy(a: &ScoreRow<'_>, b: &ScoreRow<'_>) -> bool {
    let [x, y] = [a, b].map(|row| row.method.split(" (").next());
    let equal = |cell: &&ParsedCell| {
        let other = b.get(cell.metric.name);
        other.is_some_and(|other| other.number.same(&cell.number))
    };
    x != y
        && a.condition != b.condition
        && a.cells.len() == b.cells.len()
        && a.cells.iter().all(equal)
}

fn finding(pairs: &[Pair<'_, '_>]) -> Option<Finding> {
    let [a, b] = *pairs.first()?;
    let names = [a, b].map(|row| describe::row(row.method, row.condition));
    let others = match pairs.len() {
        1 => String::new(),
        n => format!(" (and {})", describe::count(n - 1, "other pair")),
    };
    let part = describe::sub_table_of(a.method);
    // The method that is in all pairs is the one whose rows were written over others.
    let in_all = |method: &str| {
        let has = |pair: &Pair<'_, '_>| pair.iter().any(|row| row.method == method);
        pairs.len() > 1 && pairs.iter().all(has)
    };
    let source = [b.method, a.method].into_iter().find(|m| in_all(m));
    let source = source.map_or("copied rows".to_string(), |m| format!("rows of {m}"));
    let why = format!(
        "{} and {} print the same digits in all {} metrics{others}: were rows written over others by their place in the \
         table (pandas' `update`, or an assignment behind `reset_index` or a filter)? Join them by method and rate",
        names[0],
        names[1],
        a.cells.len(),
    );
    let about = describe::about(&[a.dataset, &part, &source]);
    let strength = if pairs.len() >= SURE {
        Strength::VeryUnlikely
    } else {
        Strength::Odd
    };
    let cells = pairs.iter().flatten().flat_map(|row| {
        let table = row.table;
        row.cells.iter().map(move |cell| Seen { table, cell })
    });
    Some(Finding::new(strength, about, why, cells))
}

#[cfg(test)]
mod tests {
    use crate::published::audit::rules::testing::found;
    use crate::published::audit::{Finding, Strength};

    const METHODS: [&str; 4] = ["TFN", "MISA", "MMIM", "ALMT"];

    /// Four methods over six rates; the row of a method at a rate is that of `of`.
    fn table(of: impl Fn(usize, usize) -> [usize; 2], corr: f64) -> Vec<Finding> {
        let mut text = "rate,method,mosi_acc7,mosi_acc2_n,mosi_mae,mosi_corr\n".to_string();
        for rate in 0..6 {
            for (method, name) in METHODS.iter().enumerate() {
                let [m, r] = of(method, rate);
                let noise = [0.31, -0.53, 0.17, 0.64, -0.22][(3 * m + 2 * r) % 5];
                let falls = 2.3 * r as f64 + noise + 1.1 * m as f64;
                text += &format!(
                    "0.{rate},{name},{:.2},{:.2},{:.3},{:.3}\n",
                    41.3 - falls,
                    79.8 - 1.3 * falls,
                    0.84 + 0.021 * falls,
                    corr * (0.71 - 0.027 * falls)
                );
            }
        }
        let all = found("duplicate-rows", &text).into_iter();
        all.filter(|f| f.why.contains("by their place")).collect()
    }

    #[test]
    fn rows_of_one_method_written_over_those_of_others_are_found() {
        // The rows of MISA, which begin again with the first line of the table.
        let updated = |m: usize, r: usize| if r == 0 { [1, m] } else { [m, r] };
        let all = table(updated, 1.0);
        assert_eq!((all.len(), all[0].strength), (1, Strength::VeryUnlikely));
        assert_eq!(all[0].about, "mosi, rows of MISA");
        assert!(all[0].why.starts_with(
            "MMIM, rate 0 and MISA, rate 0.2 print the same digits in all 4 metrics (and 1 other pair)"
        ));
        let one = table(|m, r| if (m, r) == (2, 1) { [3, 4] } else { [m, r] }, 1.0);
        assert_eq!((one.len(), one[0].strength), (1, Strength::Odd));
    }

    #[test]
    fn rows_that_differ_or_are_of_one_method_and_those_without_a_correlation_are_not() {
        assert!(table(|m, r| [m, r], 1.0).is_empty());
        let updated = |m: usize, r: usize| if r == 0 { [1, m] } else { [m, r] };
        assert!(table(updated, 0.0).is_empty());
        let own = |m: usize, r: usize| if r == 3 { [m, 2] } else { [m, r] };
        assert!(table(own, 1.0).is_empty());
        let beside = |m: usize, r: usize| if m == 3 { [2, r] } else { [m, r] };
        assert!(table(beside, 1.0).is_empty());
    }
}
