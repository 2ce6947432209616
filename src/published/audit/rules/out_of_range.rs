//! Finds numbers outside the range of their metric.

use super::{Rule, describe};
use crate::data::dataset;
use crate::published::audit::arranged::Seen;
use crate::published::audit::{Arranged, Finding, Strength};
use crate::published::parse::ParsedCell;

pub const RULE: Rule = Rule {
    name: "out-of-range",
    definition: "an accuracy or F1 outside 0 to 100, a correlation outside -1 to 1 (-100 to 100 \
                 where all of a data set are above 1), a mean \
                 absolute error below 0 or over twice the width of the labels",
    strength: "impossible",
    check,
};

fn check(arranged: &Arranged<'_>, _: &[Finding]) -> Vec<Finding> {
    let wrong = arranged.cells().filter_map(|seen| {
        let (low, high) = range(seen.cell)?;
        if seen.cell.metric.name == "corr" && in_percent(arranged, &seen) {
            return None;
        }
        let value = seen.cell.number.value;
        (value < low || value > high).then(|| {
            let (c, text) = (seen.cell, seen.cell.number.text());
            let about = describe::about(&[
                &c.method,
                &c.dataset,
                c.metric.title,
                &c.condition.to_string(),
            ]);
            let why = format!("{text} is outside {low} to {high}");
            Finding::new(Strength::Impossible, about, why, [seen])
        })
    });
    wrong.collect()
}

/// Whether the correlations of a table and data set are printed times 100: all of them are above 1.
fn in_percent(arranged: &Arranged<'_>, seen: &Seen<'_>) -> bool {
    let column = arranged.cells().filter(|o| {
        (o.table, &o.cell.dataset, o.cell.metric)
            == (seen.table, &seen.cell.dataset, seen.cell.metric)
    });
    column
        .map(|o| o.cell.number.value.abs())
        .all(|size| size > 1.0 && size <= 100.0)
}

fn range(cell: &ParsedCell) -> Option<(f64, f64)> {
    match (cell.metric.share, cell.metric.name) {
        (true, _) => Some((0.0, 100.0)),
        (_, "corr") => Some((-1.0, 1.0)),
        (_, "mae") => {
            let labels = dataset::find(&cell.dataset).map(|spec| spec.label_range);
            // Predictions may be outside the range of the labels, so the width itself bounds only known ones
            // loosely: twice it is what no trained model comes near.
            let width = labels.map_or(f64::INFINITY, |[a, b]| 2.0 * f64::from(b - a));
            Some((0.0, width))
        }
        _ => None,
    }
}
