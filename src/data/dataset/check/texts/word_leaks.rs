//! Finds a word of the texts that tells the label: one that is in nearly every sample whose labels lie in one interval, as
//! those of a class or a sign do, and in hardly any other.
//!
//! In CMU-MOSI and CH-SIMS the best word for one sign is in 0.42 of its samples.

use std::collections::{BTreeMap, BTreeSet};

use crate::data::dataset::check::basis::main_labels::main;
use crate::data::dataset::check::basis::said::Said;
use crate::data::dataset::read::plan::Plan;

/// Samples with a label in the interval, and others, without which nothing is judged.
const ENOUGH: usize = 15;

/// Parts of the samples in the interval, and of the others, that have the word.
const IN: f64 = 0.9;
const OUT: f64 = 0.1;

/// Part of the samples with a word whose labels are left out at either end of the interval: they say it by themselves.
const LEFT_OUT: f64 = 0.02;

/// A word that tells labels.
struct Told {
    word: String,
    inside: f64,
    outside: f64,
    interval: [f64; 2],
    /// The first sample with the word.
    row: usize,
}

/// Words that tell the labels of a split.
pub fn word_leaks(plan: &Plan<'_>) -> Option<String> {
    let labels = main(plan)?;
    let all = Said::all(plan);
    let (said, told) = all
        .iter()
        .find_map(|said| Some((said, told(said, labels)?)))?;
    let [low, high] = told.interval.map(|label| label as f32);
    Some(format!(
        "{}: the {} {} is in {:.0} % of the texts with labels from {low} to {high} and in {:.0} % of the others (first: {}): \
         does the text hold the answer, such as an annotation or a line of the table of labels? Take the spoken text alone",
        plan.split(),
        said.kind,
        told.word,
        100.0 * told.inside,
        100.0 * told.outside,
        plan.ids[told.row]
    ))
}

fn told(said: &Said<'_>, labels: &[f64]) -> Option<Told> {
    let mut rows: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (row, words) in said.words.iter().enumerate().take(labels.len()) {
        let words: BTreeSet<&str> = words.iter().map(String::as_str).collect();
        for word in words.into_iter().filter(|_| labels[row].is_finite()) {
            rows.entry(word).or_default().push(row);
        }
    }
    let mut sorted: Vec<f64> = labels.iter().copied().filter(|y| y.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    let found = rows.into_iter().filter(|(_, rows)| rows.len() >= ENOUGH);
    let found = found.filter_map(|(word, rows)| {
        let mut own: Vec<f64> = rows.iter().map(|row| labels[*row]).collect();
        own.sort_by(f64::total_cmp);
        let out = (LEFT_OUT * own.len() as f64) as usize;
        let (low, high) = (own[out], own[own.len() - 1 - out]);
        let between = |labels: &[f64]| {
            labels.partition_point(|label| *label <= high)
                - labels.partition_point(|label| *label < low)
        };
        let (all, with) = (between(&sorted), between(&own));
        let others = sorted.len() - all;
        let inside = with as f64 / all as f64;
        let outside = (own.len() - with) as f64 / others.max(1) as f64;
        let tells = all >= ENOUGH && others >= ENOUGH && inside >= IN && outside <= OUT;
        tells.then(|| Told {
            word: word.to_owned(),
            inside,
            outside,
            interval: [low, high],
            row: rows[0],
        })
    });
    found.max_by(|a, b| (a.inside - a.outside).total_cmp(&(b.inside - b.outside)))
}
