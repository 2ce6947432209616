//! Compares the labels of splits with each other: their spread, their classes, the labels of single modalities.

use std::collections::BTreeMap;

use super::relation::{Relation, deviation};
use super::{classes, label_words};
use crate::data::dataset::labels;
use crate::data::dataset::plan::Plan;

/// Fewer samples show nothing about a split.
pub const ENOUGH: usize = 30;

/// Ratio of the deviations of labels that no two splits of one data set have.
const SPREAD: f64 = 0.6;

/// Part of the labels of a split that one value has.
const FREQUENT: f64 = 0.15;

/// Standard errors that correlations with labels of modalities, and parts of labels, in two splits differ by.
const APART: f64 = 6.0;

/// Finds splits whose labels differ from those of train in a way that negated, scaled or shuffled labels do.
pub fn between(plans: &[Plan<'_>]) -> Vec<String> {
    let official: Vec<&Plan<'_>> = plans.iter().filter(|p| p.official().is_some()).collect();
    let Some((train, others)) = official.split_first() else {
        return Vec::new();
    };
    let mut warnings = Vec::new();
    for other in others {
        warnings.extend(spread(train, other));
        warnings.extend(frequent(train, other));
        warnings.extend(classes::exchanged(train, other));
        warnings.extend(modalities(train, other));
    }
    warnings.extend(label_words::words(train, others));
    warnings
}

/// The labels that are predicted.
pub fn main<'p>(plan: &'p Plan<'_>) -> Option<&'p [f64]> {
    let main = plan.labels.iter().find(|(name, _)| name == labels::MAIN)?;
    (main.1.len() >= ENOUGH).then_some(&main.1[..])
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

/// A label that many samples of one split have and few of the other: one that was written where there was none.
fn frequent(train: &Plan<'_>, other: &Plan<'_>) -> Option<String> {
    let (own, others) = (main(train)?, main(other)?);
    let mut counts: BTreeMap<i64, [f64; 2]> = BTreeMap::new();
    for (which, labels) in [own, others].into_iter().enumerate() {
        for label in labels.iter().filter(|label| label.is_finite()) {
            let key = (label * 1e4).round() as i64;
            counts.entry(key).or_default()[which] += 1.0 / labels.len() as f64;
        }
    }
    let n = own.len().min(others.len()) as f64;
    let apart = |[a, b]: [f64; 2]| {
        let (more, both) = (a.max(b), f64::midpoint(a, b));
        let errors = (a - b).abs() / (2.0 * both * (1.0 - both) / n).sqrt();
        more >= FREQUENT && more > 2.0 * a.min(b) && errors > APART
    };
    let (label, [in_train, there]) = counts.into_iter().find(|(_, parts)| apart(*parts))?;
    Some(format!(
        "{}: {:.0} % of the labels are {}, in {} {:.0} % (first: {}): written where there was none?",
        other.split(),
        100.0 * there,
        label as f64 / 1e4,
        train.split(),
        100.0 * in_train,
        other.ids[0]
    ))
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
