//! Compares the labels of splits with the words that go with them.
//!
//! Each word (token) has the mean label of its training samples, each sample the mean of its words. With the words of
//! CMU-MOSI and CH-SIMS this mean has a correlation of 0.33 to 0.51 with the labels of the other splits, 7 to 15
//! standard errors, and 0.3 and 1.2 of them apart.

use std::collections::BTreeMap;

use super::orders::reordered;
use super::parts::{Known, lags, parts};
use crate::data::dataset::check::basis::relation::Relation;
use crate::data::dataset::check::basis::spoken::Spoken;
use crate::data::dataset::read::plan::Plan;

/// Standard errors that correlations in two splits differ by, one of which is near zero; those by which labels of
/// the next sample fit better; those below zero of a correlation that is negative; and those of none.
const APART: f64 = 4.5;
const NEXT: f64 = 4.0;
const NEGATIVE: f64 = 4.0;
const UNRELATED: f64 = 2.0;

/// Standard errors by which labels fit better in another order within videos: up to seven orders are tried.
const SORTED: f64 = 4.5;

/// Samples of train, and of each other split, in which words of reviews tell labels by more standard errors than these.
const FAINT: f64 = 3.0;
const LARGE: [usize; 2] = [1000, 200];

/// Splits whose labels go against the words that go with them in train, or in which they do not go with words
/// as in the other split; and train, where the words of its labels tell nothing about those of the others.
pub fn words(train: &Plan<'_>, others: &[&Plan<'_>]) -> Vec<String> {
    let Some(train) = Spoken::of(train) else {
        return Vec::new();
    };
    let others: Vec<Spoken<'_>> = others.iter().filter_map(|plan| Spoken::of(plan)).collect();
    let mut by_next: BTreeMap<String, String> = BTreeMap::new();
    for (whose, text) in others.iter().filter_map(|other| shifted(&train, other)) {
        by_next.entry(whose).or_insert(text);
    }
    if !by_next.is_empty() {
        return by_next.into_values().collect();
    }
    let all: Vec<&Spoken<'_>> = std::iter::once(&train).chain(&others).collect();
    let known = Known::of(&all);
    let lagging = lags(&all, &known);
    if !lagging.is_empty() {
        return lagging;
    }
    let relations: Vec<(&Spoken<'_>, Relation)> = others
        .iter()
        .filter_map(|other| Some((other, train.tells(train.labels, other, other.labels)?)))
        .collect();
    if let Some(text) = in_train(&train, &others, &relations) {
        return vec![text];
    }
    let mut warnings = Vec::new();
    for (other, relation) in &relations {
        let best = relations.iter().map(|(_, other)| other.apart(relation));
        let is_lower = |other: &Relation| other.correlation > relation.correlation;
        let lower = relations.iter().any(|(_, other)| is_lower(other));
        let apart = best.fold(0.0, f64::max);
        let what = if is_negative(relation) {
            "negated"
        } else if lower && apart > APART && is_unrelated(relation) {
            "put into another order"
        } else {
            continue;
        };
        warnings.push(format!(
            "{}: words that go with high labels in {} have a correlation of {:.2} with the labels (first: {}): were \
             they {what}?",
            other.plan.split(),
            train.plan.split(),
            relation.correlation,
            other.plan.ids[0]
        ));
    }
    if warnings.is_empty() {
        warnings = parts(&all, &known);
    }
    warnings
}

fn is_negative(relation: &Relation) -> bool {
    relation.errors() < -NEGATIVE
}

fn is_unrelated(relation: &Relation) -> bool {
    relation.errors() < UNRELATED
}

fn is_faint(relation: &Relation) -> bool {
    relation.errors() < FAINT
}

/// What is wrong with the labels of train, where its words tell nothing, or the opposite, of those of all others.
fn in_train(
    train: &Spoken<'_>,
    others: &[Spoken<'_>],
    relations: &[(&Spoken<'_>, Relation)],
) -> Option<String> {
    let all = |is: fn(&Relation) -> bool| {
        relations.len() > 1 && relations.iter().all(|(_, relation)| is(relation))
    };
    let is_large =
        train.labels.len() >= LARGE[0] && others.iter().all(|o| o.labels.len() >= LARGE[1]);
    let (fault, what) = if all(is_negative) {
        ("go with low ones", "negated")
    } else if all(is_faint) && agree(others) {
        ("do not", "put into another order")
    } else if is_large && all(is_faint) {
        ("go with any", "or all labels put into another order")
    } else {
        return None;
    };
    Some(format!(
        "{}: words that go with high labels {fault} in the other splits (first: {}): were its labels {what}?",
        train.plan.split(),
        train.plan.ids[0]
    ))
}

/// Whether the words of the largest of several splits tell the labels of another one.
fn agree(splits: &[Spoken<'_>]) -> bool {
    let Some(largest) = splits.iter().max_by_key(|one| one.labels.len()) else {
        return false;
    };
    let name = largest.plan.split();
    let others = splits.iter().filter(|one| one.plan.split() != name);
    others
        .filter_map(|one| largest.tells(largest.labels, one, one.labels))
        .any(|relation| relation.errors() > APART)
}

/// Whose labels are those of the sample before or after, and a warning: those of train, of another split, or of both.
fn shifted(train: &Spoken<'_>, other: &Spoken<'_>) -> Option<(String, String)> {
    let (first, second) = (train.plan.split(), other.plan.split());
    let both = format!("{first} and {second}");
    let own = train.tells(train.labels, other, other.labels)?;
    let shifts = [1, -1].into_iter().flat_map(|by| {
        let (a, b) = (train.moved(by), other.moved(by));
        [
            (second, other, train.labels.to_vec(), b.clone()),
            (first, train, a.clone(), other.labels.to_vec()),
            (both.as_str(), train, a, b),
        ]
    });
    let shifts = shifts.filter_map(|(whose, split, a, b)| {
        let relation = train.tells(&a, other, &b)?;
        let is_better = relation.errors() > NEXT && relation.apart(&own) > NEXT;
        (is_better && relation.correlation > own.correlation).then_some((whose, split, relation))
    });
    let best = shifts.max_by(|a, b| a.2.correlation.total_cmp(&b.2.correlation));
    let Some((whose, split, best)) = best else {
        return sorted(train, other);
    };
    let text = format!(
        "{whose}: the labels go with the words of the next or the last sample, with a correlation of {:.2} in place of \
         {:.2} (first: {}): were they shifted by one?",
        best.correlation, own.correlation, split.plan.ids[0]
    );
    Some((whose.to_owned(), text))
}

/// What labels in another order go with.
const SORTED_CLIPS: &str =
    "that have their places where the clips of each video are sorted as text ($_$10 before $_$2)";
const REVERSED: &str = "in reverse";

/// Labels of another split that are in reverse, or in another order within each video: its ids were sorted as text, or by
/// number.
fn sorted(train: &Spoken<'_>, other: &Spoken<'_>) -> Option<(String, String)> {
    let orders = reordered(&other.plan.ids, other.labels).into_iter();
    let orders = orders.map(|labels| (labels, SORTED_CLIPS));
    let mut turned = other.labels.to_vec();
    turned.reverse();
    let orders = orders.chain([(turned, REVERSED)]);
    let found = orders.filter_map(|(labels, order)| {
        // The samples that have another label then.
        let known = other.labels.iter().zip(&labels);
        let same: Vec<f64> = known.map(|(own, label)| own + 0.0 * label).collect();
        let own = train.tells(train.labels, other, &same)?;
        let relation = train.tells(train.labels, other, &labels)?;
        let is_better = relation.errors() > SORTED && relation.apart(&own) > SORTED;
        (is_better && relation.correlation > own.correlation).then_some((own, relation, order))
    });
    let (own, best, order) = found.max_by(|a, b| a.1.correlation.total_cmp(&b.1.correlation))?;
    let whose = other.plan.split();
    let text = format!(
        "{whose}: the labels go with the words of the samples {order}, with a correlation of {:.2} in place of {:.2} \
         (first: {}): were labels and ids sorted differently? Join them by id",
        best.correlation, own.correlation, other.plan.ids[0]
    );
    Some((whose.to_owned(), text))
}
