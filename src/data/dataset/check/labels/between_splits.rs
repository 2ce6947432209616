//! Compares the labels of splits with each other: their spread, their classes, the labels of single modalities.

use std::collections::BTreeSet;

use super::frequent::frequent;
use super::written_over::written_over;
use super::{blocks, classes, equal_neighbors, filled, rows, runs, stretches, videos, words};
use crate::data::dataset::check::basis::main_labels::{ENOUGH, main};
use crate::data::dataset::check::basis::relation::{Relation, deviation};
use crate::data::dataset::read::labels;
use crate::data::dataset::read::plan::Plan;

/// Ratio of the deviations of labels that no two splits of one data set have.
const SPREAD: f64 = 0.6;

/// Values of train's labels, as a part of their number, that are few; the part of labels of another split without such a
/// value that is no chance: in CMU-MOSI and ICT-MMMO it is 4 % at most. And the steps in which values are equal.
const FEW: f64 = 0.2;
const UNKNOWN: f64 = 0.3;
const STEPS: f64 = 1e4;

/// Standard errors that correlations with labels of modalities in two splits differ by.
const APART: f64 = 6.0;

/// Finds splits whose labels differ from those of train in a way that negated, scaled or shuffled labels do.
pub fn between(plans: &[Plan<'_>]) -> Vec<String> {
    let official: Vec<&Plan<'_>> = plans.iter().filter(|p| p.official().is_some()).collect();
    let Some((train, others)) = official.split_first() else {
        return Vec::new();
    };
    let mut warnings = same(plans);
    warnings.extend(official.iter().filter_map(|plan| rows::sorted(plan)));
    warnings.extend(official.iter().filter_map(|plan| in_rows(plan)));
    warnings.extend(official.iter().filter_map(|plan| written_over(plan)));
    warnings.extend(blocks::blocks(&official));
    warnings.extend(filled::filled(&official));
    for other in others {
        warnings.extend(spread(train, other));
        warnings.extend(other_values(train, other));
        warnings.extend(frequent(train, other));
        warnings.extend(classes::exchanged(train, other));
        warnings.extend(modalities(train, other));
    }
    let mut orders = words::words(train, others);
    if orders.is_empty() {
        orders = videos::unlike(&official);
    }
    warnings.extend(orders);
    warnings
}

/// Rows of labels that are equal, in pairs, or of another kind than the rest: of what is wrong in this order, the first.
fn in_rows(plan: &Plan<'_>) -> Option<String> {
    let found = runs::long_run(plan);
    let found = found.or_else(|| equal_neighbors::filled_forward(plan));
    found.or_else(|| stretches::stretch(plan))
}

/// Labels most of which have values that train has not, where those of train are few: scores of people, in steps.
fn other_values(train: &Plan<'_>, other: &Plan<'_>) -> Option<String> {
    // Negated labels are found by their words.
    let key = |label: &f64| (label.abs() * STEPS).round() as i64;
    let (own, others) = (main(train)?, main(other)?);
    let known: BTreeSet<i64> = own.iter().map(key).collect();
    if known.len() as f64 > FEW * own.len() as f64 {
        return None;
    }
    let mut unknown = others.iter().filter(|label| !known.contains(&key(label)));
    let first = *unknown.next()?;
    let count = 1 + unknown.count();
    (count as f64 > UNKNOWN * others.len() as f64).then(|| {
        format!(
            "{}: {count} of {} labels, such as {first}, have values that no label of {} has, which has {} different ones \
             (first: {}): were they scaled, or written over by predictions?",
            other.split(),
            others.len(),
            train.split(),
            known.len(),
            other.ids[0]
        )
    })
}

fn spread(train: &Plan<'_>, other: &Plan<'_>) -> Option<String> {
    let (own, others) = (deviation(main(train)?)?, deviation(main(other)?)?);
    let ratio = others / own;
    (ratio.min(1.0 / ratio) < SPREAD).then(|| {
        format!(
            "{}: the deviation of the labels is {ratio:.2} times that in {} (first: {}): another scale?",
            other.split(),
            train.split(),
            other.ids[0]
        )
    })
}

/// Labels of single modalities that are the main ones, or those of another modality, in every sample.
fn same(plans: &[Plan<'_>]) -> Vec<String> {
    let official = plans.iter().filter(|plan| plan.official().is_some());
    let found = official.filter_map(|plan| {
        main(plan)?;
        let all = &plan.labels;
        let pairs = (1..all.len()).flat_map(|at| all[..at].iter().map(move |a| (a, &all[at])));
        let equal: Vec<String> = pairs
            .filter(|(a, b)| a.1 == b.1)
            .map(|(a, b)| format!("{} and {}", a.0, b.0))
            .collect();
        (!equal.is_empty()).then(|| {
            format!(
                "{}: {} are equal in every sample (first: {}): were the labels of one written for another? Models that \
                 learn from labels of single modalities would not learn what they are for; leave columns out that you \
                 do not have",
                plan.split(),
                equal.join(", "),
                plan.ids[0]
            )
        })
    });
    found.collect()
}

/// Labels of single modalities that go with the main ones in train and not, or inversely, in another split.
fn modalities(train: &Plan<'_>, other: &Plan<'_>) -> Vec<String> {
    let mut warnings = Vec::new();
    let (Some(own), Some(others)) = (main(train), main(other)) else {
        return warnings;
    };
    for (name, values) in train.labels.iter().filter(|(name, _)| name != labels::MAIN) {
        let Some((_, there)) = other.labels.iter().find(|(n, _)| n == name) else {
            continue;
        };
        let (Some(a), Some(b)) = (
            Relation::of(values, own, ENOUGH),
            Relation::of(there, others, ENOUGH),
        ) else {
            continue;
        };
        if a.apart(&b) > APART {
            warnings.push(format!(
                "{}: {name} and {} have a correlation of {:.2}, in {} of {:.2} (first: {}): was one of them negated \
                 or put into another order?",
                other.split(),
                labels::MAIN,
                b.correlation,
                train.split(),
                a.correlation,
                other.ids[0]
            ));
        }
    }
    warnings
}
