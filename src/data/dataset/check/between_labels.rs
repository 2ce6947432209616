//! Compares the labels of splits with each other: their spread, their classes, the labels of single modalities
//! and the words that go with them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::classes;
use crate::data::dataset::labels;
use crate::data::dataset::plan::Plan;

/// Fewer samples show nothing about a split.
const ENOUGH: usize = 30;

/// Ratio of the deviations of labels that no two splits of one data set have.
const SPREAD: f64 = 0.6;

/// Standard errors that correlations with labels of modalities in two splits differ by; those of words, whose
/// correlation must be near zero besides; and those below zero of one that is negative. With the words of CMU-MOSI
/// and CH-SIMS correlations are 0.33 to 0.51, 7 to 15 standard errors, and 0.3 and 1.2 of them apart.
const APART: f64 = 6.0;
const APART_IN_WORDS: f64 = 4.5;
const NEGATIVE: f64 = 4.0;

/// Samples without the word that a word's mean label is averaged with.
const PRIOR: f64 = 5.0;

/// Finds splits whose labels differ from those of train in a way that negated, scaled or shuffled labels do.
pub fn between(plans: &[Plan<'_>]) -> Vec<String> {
    let official: Vec<&Plan<'_>> = plans.iter().filter(|p| p.official().is_some()).collect();
    let Some((train, others)) = official.split_first() else {
        return Vec::new();
    };
    let mut warnings = Vec::new();
    for other in others {
        warnings.extend(spread(train, other));
        warnings.extend(classes::exchanged(train, other));
        warnings.extend(modalities(train, other));
    }
    warnings.extend(words(train, others));
    warnings
}

/// The labels that are predicted.
fn main<'p>(plan: &'p Plan<'_>) -> Option<&'p [f64]> {
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

fn deviation(values: &[f64]) -> Option<f64> {
    let known = || values.iter().filter(|value| value.is_finite());
    let n = known().count() as f64;
    let mean = known().sum::<f64>() / n;
    let variance = known().map(|value| (value - mean).powi(2)).sum::<f64>() / n;
    (variance > 0.0).then(|| variance.sqrt())
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
        let (Some(a), Some(b)) = (Relation::of(values, own), Relation::of(there, others)) else {
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

/// Splits whose labels go against the words that go with them in train, or in which they do not go with words
/// as in the other split.
fn words(train: &Plan<'_>, others: &[&Plan<'_>]) -> Vec<String> {
    let Some(tones) = main(train).and_then(|labels| tones(train, labels)) else {
        return Vec::new();
    };
    let relations = others.iter().filter_map(|plan| {
        let heard = heard(plan)?;
        let scores: Vec<f64> = heard.iter().map(|words| tone(words, &tones)).collect();
        Some((*plan, Relation::of(&scores, main(plan)?)?))
    });
    let relations: Vec<(&Plan<'_>, Relation)> = relations.collect();
    let is_negative = |relation: &Relation| relation.errors() < -NEGATIVE;
    if relations.len() > 1 && relations.iter().all(|(_, relation)| is_negative(relation)) {
        return vec![format!(
            "{}: words that go with high labels go with low ones in the other splits (first: {}): were its labels \
             negated?",
            train.split(),
            train.ids[0]
        )];
    }
    let mut warnings = Vec::new();
    for (plan, relation) in &relations {
        let best = relations.iter().map(|(_, other)| other.apart(relation));
        let is_lower = |other: &Relation| other.correlation > relation.correlation;
        let lower = relations.iter().any(|(_, other)| is_lower(other));
        let apart = best.fold(0.0, f64::max);
        let what = if is_negative(relation) {
            "negated"
        } else if lower && apart > APART_IN_WORDS && relation.errors() < 2.0 {
            "put into another order"
        } else {
            continue;
        };
        warnings.push(format!(
            "{}: words that go with high labels in {} have a correlation of {:.2} with the labels (first: {}): were \
             they {what}?",
            plan.split(),
            train.split(),
            relation.correlation,
            plan.ids[0]
        ));
    }
    warnings
}

/// What is said in each sample, each word once: token ids, else words of transcripts.
fn heard(plan: &Plan<'_>) -> Option<Vec<BTreeSet<String>>> {
    if let Some(block) = &plan.text_bert {
        let of = |row: usize| {
            let (ids, rest) = block.row(row).split_at(block.width);
            let heard = ids.iter().zip(rest).filter(|(_, mask)| **mask > 0);
            heard.map(|(id, _)| id.to_string()).collect()
        };
        return Some((0..block.rows).map(of).collect());
    }
    let words = |text: &String| text.split_whitespace().map(str::to_lowercase).collect();
    (!plan.raw_text.is_empty()).then(|| plan.raw_text.iter().map(words).collect())
}

/// By word how far the mean label of the samples with it is from the mean of all, towards 0 for rare words.
fn tones(plan: &Plan<'_>, labels: &[f64]) -> Option<HashMap<String, f64>> {
    let heard = heard(plan)?;
    let known = labels.iter().filter(|label| label.is_finite());
    let mean = known.clone().sum::<f64>() / known.count() as f64;
    let mut sums: BTreeMap<String, (f64, f64)> = BTreeMap::new();
    for (words, label) in heard.into_iter().zip(labels) {
        for word in words.into_iter().filter(|_| label.is_finite()) {
            let (sum, count) = sums.entry(word).or_default();
            *sum += label - mean;
            *count += 1.0;
        }
    }
    let tones = sums.into_iter();
    Some(
        tones
            .map(|(word, (sum, n))| (word, sum / (n + PRIOR)))
            .collect(),
    )
}

fn tone(words: &BTreeSet<String>, tones: &HashMap<String, f64>) -> f64 {
    let all: f64 = words.iter().filter_map(|word| tones.get(word)).sum();
    all / words.len().max(1) as f64
}

/// A correlation with the labels of a split.
struct Relation {
    correlation: f64,
    /// Fisher's transform, and its standard error.
    z: f64,
    error: f64,
}

impl Relation {
    fn of(a: &[f64], b: &[f64]) -> Option<Self> {
        let pairs = a
            .iter()
            .zip(b)
            .filter(|(a, b)| a.is_finite() && b.is_finite());
        let (a, b): (Vec<f64>, Vec<f64>) = pairs.map(|(a, b)| (*a, *b)).unzip();
        let (da, db) = (deviation(&a)?, deviation(&b)?);
        let n = a.len() as f64;
        let mean = |values: &[f64]| values.iter().sum::<f64>() / n;
        let (ma, mb) = (mean(&a), mean(&b));
        let both: f64 = a.iter().zip(&b).map(|(a, b)| (a - ma) * (b - mb)).sum();
        let correlation = both / n / (da * db);
        (a.len() >= ENOUGH).then(|| Self {
            correlation,
            z: correlation.clamp(-0.99, 0.99).atanh(),
            error: (1.0 / (n - 3.0)).sqrt(),
        })
    }

    /// The correlation in standard errors.
    fn errors(&self) -> f64 {
        self.z / self.error
    }

    /// The difference of two in standard errors.
    fn apart(&self, other: &Self) -> f64 {
        (self.z - other.z).abs() / self.error.hypot(other.error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relations_are_correlations_with_errors() {
        let a: Vec<f64> = (0..103).map(f64::from).collect();
        let b: Vec<f64> = a.iter().map(|value| (value * 7.0) % 11.0).collect();
        let (same, other) = (Relation::of(&a, &a).unwrap(), Relation::of(&a, &b).unwrap());
        assert!((same.correlation - 1.0).abs() < 1e-12);
        assert!((same.error - 0.1).abs() < 1e-12);
        assert!(other.errors().abs() < 2.0 && same.apart(&other) > 10.0);
        assert!(Relation::of(&a[..20], &b).is_none(), "too few");
        assert!(Relation::of(&[1.0; 40], &a).is_none(), "a constant");
    }
}
