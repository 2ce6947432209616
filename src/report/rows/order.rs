//! Chooses the rows that are shown, and their order.

use std::cmp::Ordering;

use super::aggregate::{Aggregate, SeedSummary};
use super::row::ModelRow;
use super::section::Section;
use crate::report::options::{Options, ReferenceRow};
use crate::report::test_plan::primary_metric;

/// Positions of the rows to show, in the order to show them: models as `--models` names them, else by the
/// mean of the primary metric, best first; baselines last.
pub fn shown(section: &Section, options: &Options) -> Vec<usize> {
    let named = |row: &ModelRow| options.models.iter().position(|name| row.is_named(name));
    let all = options.models.is_empty();
    let rows = || section.rows.iter().enumerate();
    let models = rows().filter(|(_, row)| !row.baseline && (all || named(row).is_some()));
    let mut models: Vec<(usize, &ModelRow)> = models.collect();
    let goodness = |row: &ModelRow| goodness(section, row, options);
    models.sort_by(|(_, a), (_, b)| {
        let order = named(a).cmp(&named(b));
        order.then_with(|| compare(goodness(a), goodness(b)))
    });
    let mut order: Vec<usize> = models.into_iter().map(|(index, _)| index).collect();
    if let (Some(reference), Some(place)) = (&section.reference, options.reference_row)
        && let Some(from) = order.iter().position(|index| *index == reference.row)
    {
        let row = order.remove(from);
        let to = match place {
            ReferenceRow::First => 0,
            ReferenceRow::Last => order.len(),
        };
        order.insert(to, row);
    }
    if !options.no_baseline {
        let baselines = rows().filter(|(_, row)| row.baseline);
        order.extend(baselines.map(|(index, _)| index));
    }
    order
}

/// The number that rows are ordered by, larger for better.
fn goodness(section: &Section, row: &ModelRow, options: &Options) -> Option<f64> {
    let metric = primary_metric(section, options);
    let aggregate = Aggregate::overall(&section.conditions);
    match aggregate.over_seeds(&row.runs, metric.name) {
        SeedSummary::Known(summary) if metric.is_better(1.0, 0.0) => Some(summary.mean),
        SeedSummary::Known(summary) => Some(-summary.mean),
        _ => None,
    }
}

/// The better first; what has no number last.
fn compare(a: Option<f64>, b: Option<f64>) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => b.total_cmp(&a),
        (a, b) => b.is_some().cmp(&a.is_some()),
    }
}
