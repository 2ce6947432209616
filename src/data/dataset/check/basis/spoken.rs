//! Tells labels by words: each word has the mean label of its samples, each sample the mean of its words.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::letters::are_letters;
use super::main_labels::{ENOUGH, main};
use super::relation::Relation;
use crate::data::dataset::read::plan::Plan;

/// Samples without the word that a word's mean label is averaged with.
pub const PRIOR: f64 = 5.0;

/// A split with labels and words.
pub struct Spoken<'p> {
    pub plan: &'p Plan<'p>,
    /// What is said in each sample, each word once: token ids, unless they are letters, else words of transcripts.
    pub words: Vec<BTreeSet<String>>,
    pub labels: &'p [f64],
}

impl<'p> Spoken<'p> {
    /// None where a split has few labels or no words.
    pub fn of(plan: &'p Plan<'_>) -> Option<Self> {
        let words = |text: &String| text.split_whitespace().map(str::to_lowercase).collect();
        let words = match plan.text_bert.as_ref().filter(|_| !are_letters(plan)) {
            Some(block) => (0..block.rows)
                .map(|row| {
                    let (ids, rest) = block.row(row).split_at(block.width);
                    let heard = ids.iter().zip(rest).filter(|(_, mask)| **mask > 0);
                    heard.map(|(id, _)| id.to_string()).collect()
                })
                .collect(),
            None => plan.raw_text.iter().map(words).collect(),
        };
        let labels = main(plan)?;
        let one = Self {
            plan,
            words,
            labels,
        };
        (one.words.len() == labels.len()).then_some(one)
    }

    /// How labels of another split go with the words that go with labels here.
    pub fn tells(&self, own: &[f64], other: &Self, labels: &[f64]) -> Option<Relation> {
        let tones = self.tones(own);
        let words = other.words.iter();
        let scores: Vec<f64> = words.map(|words| tone(words, &tones)).collect();
        Relation::of(&scores, labels, ENOUGH)
    }

    /// The labels, each at the place of the one `shift` samples before it.
    pub fn moved(&self, shift: isize) -> Vec<f64> {
        let mut labels = self.labels.to_vec();
        let by = shift.rem_euclid(labels.len().max(1) as isize);
        labels.rotate_left(by as usize);
        labels
    }

    /// By word how far the mean label of the samples with it is from the mean of all, towards 0 for rare words.
    fn tones(&self, labels: &[f64]) -> HashMap<&str, f64> {
        let known = || labels.iter().filter(|label| label.is_finite());
        let mean = known().sum::<f64>() / known().count() as f64;
        let mut sums: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
        for (words, label) in self.words.iter().zip(labels) {
            for word in words.iter().filter(|_| label.is_finite()) {
                let (sum, count) = sums.entry(word).or_default();
                *sum += label - mean;
                *count += 1.0;
            }
        }
        let tones = sums.into_iter();
        tones
            .map(|(word, (sum, n))| (word, sum / (n + PRIOR)))
            .collect()
    }
}

fn tone(words: &BTreeSet<String>, tones: &HashMap<&str, f64>) -> f64 {
    let all: f64 = words
        .iter()
        .filter_map(|word| tones.get(word.as_str()))
        .sum();
    all / words.len().max(1) as f64
}
