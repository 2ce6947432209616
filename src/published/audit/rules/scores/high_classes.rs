//! Finds accuracies above those of the best constant beside a correlation that says that the model has read nothing.

use std::collections::BTreeMap;

use crate::published::audit::arranged::{ScoreRow, Seen, sub_table};
use crate::published::audit::rules::describe;
use crate::published::audit::{Arranged, Finding, Strength};
use crate::published::parse::ParsedCell;

/// Size of a correlation of a model that has read nothing.
const CORR: f64 = 0.1;

/// Points by which its accuracy is above that of the best constant: sound rows with such a correlation have 0.58 below it on
/// CMU-MOSI and 0.01 above it on CMU-MOSEI at most.
const ABOVE: f64 = 2.0;

/// Rows that are no chance.
const ROWS: usize = 3;

/// Accuracies of more than two classes.
const METRICS: [&str; 3] = ["acc7", "acc5", "acc3"];

/// A finding per table, data set and metric.
pub fn findings(arranged: &Arranged<'_>) -> Vec<Finding> {
    let mut groups: BTreeMap<_, Vec<(f64, [Seen<'_>; 2])>> = BTreeMap::new();
    for row in &arranged.rows {
        for name in METRICS {
            if let Some(found) = high(arranged, row, name) {
                let key = (row.table, sub_table(row.method), row.dataset, name);
                groups.entry(key).or_default().push(found);
            }
        }
    }
    let several = groups.values().filter(|rows| rows.len() >= ROWS);
    several.filter_map(|rows| finding(rows)).collect()
}

/// The accuracy of a row that is too high, and its correlation, with that of the best constant.
fn high<'a>(
    arranged: &Arranged<'_>,
    row: &ScoreRow<'a>,
    name: &str,
) -> Option<(f64, [Seen<'a>; 2])> {
    let table = row.table;
    let seen = |cell: &'a ParsedCell| Seen { table, cell };
    let (cell, corr) = (row.get(name)?, row.get("corr")?);
    let constants = arranged.statistics.baselines(row.dataset, cell.metric);
    let best = constants
        .into_iter()
        .map(|(_, value)| value)
        .max_by(f64::total_cmp)?;
    let is_high = corr.number.value.abs() < CORR && cell.number.value > best + ABOVE;
    is_high.then(|| (best, [seen(cell), seen(corr)]))
}

fn finding(rows: &[(f64, [Seen<'_>; 2])]) -> Option<Finding> {
    let value = |seen: &Seen<'_>| seen.cell.number.value;
    let highest = rows
        .iter()
        .max_by(|a, b| value(&a.1[0]).total_cmp(&value(&b.1[0])))?;
    let (best, [accuracy, corr]) = highest;
    let (accuracy, corr) = (accuracy.cell, corr.cell);
    let title = accuracy.metric.title;
    let why = format!(
        "{title} {} beside Corr {} (and so in {}), where the best constant has {best:.2}: were classes formed in another way, such \
         as by cutting off decimals (astype(int), long()) in place of rounding?",
        accuracy.number.text(),
        corr.number.text(),
        describe::count(rows.len() - 1, "other row"),
    );
    let about = describe::about(&[&accuracy.dataset, &format!("{title} and Corr")]);
    let cells = rows.iter().flat_map(|(_, cells)| *cells);
    Some(Finding::new(Strength::Odd, about, why, cells))
}

#[cfg(test)]
mod tests {
    use crate::published::audit::rules::testing;

    fn found(lines: &str) -> Vec<String> {
        let text = format!("rate,method,mosi_acc7,mosi_corr\n{lines}");
        let all = testing::found("narrow-error", &text).into_iter();
        all.map(|f| f.why)
            .filter(|why| why.contains("best constant"))
            .collect()
    }

    #[test]
    fn classes_of_decimals_that_are_cut_off_are_found() {
        let all = found("0,A,40.1,0.68\n1,A,29.7,0.03\n1,B,28.4,-0.02\n1,C,29.1,0.05\n");
        assert_eq!(all.len(), 1);
        assert!(
            all[0].starts_with("Acc-7 29.7 beside Corr 0.03 (and so in 2 other rows), where the best constant has 22.74"),
            "{all:?}"
        );
    }

    #[test]
    fn models_that_have_read_nothing_or_something_pass() {
        assert!(found("1,A,16.2,0.03\n1,B,22.74,-0.02\n1,C,23.9,0.05\n").is_empty());
        assert!(found("1,A,29.7,0.23\n1,B,28.4,0.22\n1,C,29.1,0.25\n").is_empty());
        assert!(found("1,A,29.7,0.03\n1,B,28.4,-0.02\n").is_empty());
    }
}
