//! Finds correlations that are too low for the two-class accuracy beside them: one minus a loss, or a sign lost.

use std::collections::BTreeMap;

use crate::published::audit::arranged::{ScoreRow, Seen};
use crate::published::audit::rules::describe;
use crate::published::audit::{Arranged, Finding, Strength};
use crate::published::parse::ParsedCell;

/// Least part of the way from the larger class to all samples that an accuracy is, from which on it states a
/// correlation: below, a model may tell the classes apart by little more than a constant.
const ABOVE: f64 = 0.2;

/// Corr as a multiple of that part below which it is named: sound carried rows have 1.1 and more.
const LEAST: f64 = 0.7;

/// An accuracy, the correlation beside it and the part of the way.
type Row<'a> = (&'a ParsedCell, &'a ParsedCell, f64);

/// A finding per table, data set and cut into classes.
pub fn findings(arranged: &Arranged<'_>) -> Vec<Finding> {
    let mut groups: BTreeMap<_, Vec<(&str, Row<'_>)>> = BTreeMap::new();
    for row in &arranged.rows {
        if let Some(found) = low(arranged, row) {
            let key = (row.table, row.dataset);
            groups.entry(key).or_default().push((row.table, found));
        }
    }
    groups.values().filter_map(|rows| finding(rows)).collect()
}

/// The accuracy that a row's Corr is too low for.
fn low<'a>(arranged: &Arranged<'_>, row: &ScoreRow<'a>) -> Option<Row<'a>> {
    let corr = row.get("corr")?;
    let value = corr.number.value;
    let accuracies = row
        .cells
        .iter()
        .copied()
        .filter(|c| c.metric.name.starts_with("acc2"));
    let each = accuracies.filter_map(|acc| Some((acc, corr, above(arranged, acc)?)));
    let least = each.min_by(|a, b| a.2.total_cmp(&b.2));
    least.filter(|(_, _, above)| *above >= ABOVE && value >= -1.0 && value < LEAST * above)
}

/// How far an accuracy is on the way from the larger class to all samples.
fn above(arranged: &Arranged<'_>, acc: &ParsedCell) -> Option<f64> {
    let larger = arranged.statistics.larger_classes(&acc.dataset, acc.metric);
    let larger = larger.into_iter().max_by(f64::total_cmp)?;
    Some((acc.number.value - larger) / (100.0 - larger))
}

fn finding(rows: &[(&str, Row<'_>)]) -> Option<Finding> {
    let short = |(_, (_, corr, above)): &&(&str, Row<'_>)| corr.number.value - above;
    let lowest = rows.iter().min_by(|a, b| short(a).total_cmp(&short(b)))?;
    let (acc, corr, above) = &lowest.1;
    let others = match rows.len() {
        1 => String::new(),
        n => format!(" (and {})", describe::count(n - 1, "other row")),
    };
    let why = format!(
        "Corr {} beside {} {}{others}, where sound carried rows have {above:.2} and more: is it one minus a loss, of \
         other predictions, or is its sign wrong?",
        corr.number.text(),
        acc.metric.title,
        acc.number.text(),
    );
    let about = describe::about(&[&corr.dataset, "Corr and Acc-2"]);
    let cells = rows
        .iter()
        .flat_map(|(table, (acc, corr, _))| [*acc, *corr].map(|cell| Seen { table, cell }));
    Some(Finding::new(Strength::Odd, about, why, cells))
}

#[cfg(test)]
mod tests {
    use crate::published::audit::rules::testing::found;

    fn of(line: &str) -> Vec<String> {
        let text = format!("method,mosi_acc2_n,mosi_mae,mosi_corr\n{line}\n");
        let all = found("narrow-error", &text).into_iter();
        all.map(|f| f.why).filter(|w| w.contains("Acc-2")).collect()
    }

    #[test]
    fn one_minus_a_loss_is_no_correlation() {
        for line in [
            "A,81.20,0.951,-0.712",
            "A,81.20,1.420,0.221",
            "A,75.3,1.4,0.02",
        ] {
            assert_eq!(of(line).len(), 1, "{line}");
        }
        assert!(of("A,81.20,0.951,-0.712\nB,79.1,0.98,-0.68")[0].contains("and 1 other row"));
    }

    #[test]
    fn sound_and_weak_rows_pass() {
        // A constant, a model that has lost what it read, and one at work.
        for line in ["A,57.77,1.46,-0.02", "A,62.1,1.41,0.08", "A,81.2,0.95,0.66"] {
            assert!(of(line).is_empty(), "{line}");
        }
    }
}
