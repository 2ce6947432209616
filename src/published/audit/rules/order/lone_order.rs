//! Finds a metric whose column is sorted by itself: its methods are in order, those of the other columns are not.

use std::collections::BTreeMap;

use crate::published::audit::arranged::{ScoreRow, Seen, sub_table};
use crate::published::audit::rules::describe;
use crate::published::audit::rules::ranks::follows;
use crate::published::audit::{Arranged, Finding, Strength};
use crate::published::parse::{ParsedCell, ParsedCondition};

/// Fewest methods.
const METHODS: usize = 8;

/// Rank correlation of columns that agree, and the most that a column sorted by itself has with any other.
const AGREE: f64 = 0.8;
const UNRELATED: f64 = 0.3;

/// Metrics of the same predictions that say nearly the same: of a column and one of these, one is wrong where they are
/// unrelated.
const RELATIVES: [(&str, &str); 4] = [
    ("mae", "corr"),
    ("acc2", "f1"),
    ("acc2_non0", "f1_non0"),
    ("acc2_has0", "f1_has0"),
];

/// A column at one condition: its cells, and how good they are.
struct Column<'a> {
    cells: Vec<&'a ParsedCell>,
    good: Vec<f64>,
}

/// A finding per table, data set and metric.
pub fn findings(arranged: &Arranged<'_>) -> Vec<Finding> {
    let mut blocks: BTreeMap<_, Vec<&ScoreRow<'_>>> = BTreeMap::new();
    for row in &arranged.rows {
        let key = (row.table, sub_table(row.method), row.dataset, row.condition);
        blocks.entry(key).or_default().push(row);
    }
    let mut found: BTreeMap<_, Vec<(&ParsedCondition, Column<'_>)>> = BTreeMap::new();
    for ((table, part, dataset, condition), rows) in blocks {
        for column in sorted(&rows) {
            let key = (table, part, dataset, column.cells[0].metric.title);
            found.entry(key).or_default().push((condition, column));
        }
    }
    found
        .into_iter()
        .map(|((table, part, dataset, title), columns)| {
            finding(table, [part.unwrap_or(""), dataset, title], &columns)
        })
        .collect()
}

fn finding(
    table: &str,
    [part, dataset, title]: [&str; 3],
    columns: &[(&ParsedCondition, Column<'_>)],
) -> Finding {
    let methods = columns[0].1.cells.len();
    let relative = relative(columns[0].1.cells[0].metric.name).unwrap_or("");
    let titled = match relative {
        "mae" => "MAE",
        "corr" => "Corr",
        name if name.starts_with("f1") => "F1",
        _ => "Acc-2",
    };
    let why = format!(
        "the {methods} methods are sorted by {title}, which has nothing to do with {titled} and the other columns; \
         those agree with each other and are not sorted: was this column sorted by itself?"
    );
    let part = if part.is_empty() {
        String::new()
    } else {
        format!("table {part}")
    };
    let conditions = describe::conditions(columns.iter().map(|(condition, _)| *condition));
    let about = describe::about(&[dataset, &part, title, &conditions]);
    let cells = columns.iter().flat_map(|(_, c)| c.cells.iter());
    let cells = cells.map(|cell| Seen { table, cell });
    Finding::new(Strength::Odd, about, why, cells)
}

fn relative(metric: &str) -> Option<&'static str> {
    RELATIVES.into_iter().find_map(|(a, b)| match metric {
        m if m == a => Some(b),
        m if m == b => Some(a),
        _ => None,
    })
}

/// The columns that are sorted by themselves, of the rows of one condition.
fn sorted<'a>(rows: &[&ScoreRow<'a>]) -> Vec<Column<'a>> {
    let Some(first) = rows.first().filter(|_| rows.len() >= METHODS) else {
        return Vec::new();
    };
    let column = |cell: &&ParsedCell| {
        let cells = rows.iter().map(|row| row.get(cell.metric.name));
        let cells: Vec<&ParsedCell> = cells.collect::<Option<_>>()?;
        let sign = if cell.metric.higher_is_better {
            1.0
        } else {
            -1.0
        };
        let good = cells.iter().map(|c| sign * c.number.value).collect();
        Some(Column { cells, good })
    };
    let columns: Vec<Column<'a>> = first.cells.iter().filter_map(column).collect();
    let is_lone = |column: &Column<'_>| is_lone(column, &columns).unwrap_or(false);
    let lone: Vec<bool> = columns.iter().map(is_lone).collect();
    let both = columns.into_iter().zip(lone);
    both.filter(|(_, lone)| *lone).map(|(c, _)| c).collect()
}

/// Whether a column is sorted, and unrelated to all others, while its relative agrees with another one and is not
/// sorted. `None` where the table does not tell.
fn is_lone(column: &Column<'_>, all: &[Column<'_>]) -> Option<bool> {
    let name = |c: &Column<'_>| c.cells[0].metric.name;
    let pairs = || column.good.windows(2);
    let is_sorted = pairs().all(|p| p[0] < p[1]) || pairs().all(|p| p[0] > p[1]);
    if !is_sorted {
        return Some(false);
    }
    let relative = relative(name(column))?;
    let relative = all.iter().find(|c| name(c) == relative)?;
    let others = || all.iter().filter(|c| name(c) != name(column));
    let order: Vec<f64> = (0..column.good.len()).map(|i| i as f64).collect();
    let agrees = others().any(|c| {
        name(c) != name(relative) && follows(&c.good, &relative.good).is_some_and(|r| r >= AGREE)
    });
    let unrelated =
        others().all(|c| follows(&c.good, &column.good).is_some_and(|r| r <= UNRELATED));
    let unsorted = others().all(|c| follows(&c.good, &order).is_some_and(|r| r.abs() < AGREE));
    Some(agrees && unrelated && unsorted)
}

#[cfg(test)]
mod tests {
    use crate::published::audit::rules::testing::found;
    use crate::published::audit::{Finding, Strength};

    /// Nine methods at two rates whose column of MAE was changed.
    fn of(change: impl Fn(&mut Vec<f64>)) -> Vec<Finding> {
        const QUALITY: [f64; 9] = [3.1, 0.2, 5.2, 1.4, 4.4, 2.3, 0.9, 5.9, 3.8];
        let mut text = "rate,method,mosi_acc2_n,mosi_f1_n,mosi_mae,mosi_corr\n".to_string();
        for rate in 0..2 {
            let fall = 2.0 * f64::from(rate);
            let mut mae: Vec<f64> = QUALITY.iter().map(|q| 0.95 - 0.03 * (q - fall)).collect();
            change(&mut mae);
            for (m, quality) in QUALITY.iter().enumerate() {
                let (acc, own) = (78.0 + quality - fall, [0.11, -0.17, 0.05][m % 3]);
                text += &format!(
                    "0.{rate},M{m},{acc:.2},{:.2},{:.3},{:.3}\n",
                    acc + own,
                    mae[m],
                    0.65 + 0.02 * (quality - fall + own)
                );
            }
        }
        let all = found("moved-column", &text);
        all.into_iter()
            .filter(|f| f.why.contains("by itself"))
            .collect()
    }

    #[test]
    fn a_column_sorted_by_itself_is_found() {
        for upwards in [true, false] {
            let all = of(|mae| {
                mae.sort_by(f64::total_cmp);
                if !upwards {
                    mae.reverse();
                }
            });
            assert_eq!(
                (all.len(), all[0].strength),
                (1, Strength::Odd),
                "{upwards}"
            );
            assert_eq!(all[0].about, "mosi, MAE, rate 0 and 0.1");
            assert_eq!(all[0].cells.len(), 18);
        }
    }

    #[test]
    fn columns_in_the_order_of_the_others_are_not() {
        assert!(of(|_| {}).is_empty());
        // Two methods exchanged, and a column of another order that is not sorted.
        assert!(of(|mae| mae.swap(2, 3)).is_empty());
        assert!(of(|mae| mae.rotate_left(2)).is_empty());
    }
}
