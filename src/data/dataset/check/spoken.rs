//! Tells labels by words: each word has the mean label of its samples, each sample the mean of its words.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::main_labels::{ENOUGH, main};
use super::relation::Relation;
use crate::data::dataset::plan::Plan;

/// Samples without the word that a word's mean label is averaged with.
pub const PRIOR: f64 = 5.0;

/// A split with labels and words.
pub struct Spoken<'p> {
    pub plan: &'p Plan<'p>,
    /// What is said in each sample, each word once: token ids, else words of transcripts.
    pub words: Vec<BTreeSet<String>>,
    pub labels: &'p [f64],
}

impl<'p> Spoken<'p> {
    /// None where a split has few labels or no words.
    pub fn of(plan: &'p Plan<'_>) -> Option<Self> {
        let words = |text: &String| text.split_whitespace().map(str::to_lowercase).collect();
        let words = match &plan.text_bert {
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

    /// How the labels of another split go with the words that go with them here, each of both with its labels moved
    /// by so many samples.
    pub fn tells(&self, other: &Self, own_shift: isize, shift: isize) -> Option<Relation> {
        let tones = self.tones(own_shift);
        let scores: Vec<f64> = other
            .words
            .iter()
            .map(|words| tone(words, &tones))
            .collect();
        let labels: Vec<f64> = other.moved(shift).collect();
        Relation::of(&scores, &labels, ENOUGH)
    }

    /// The labels, each at the place of the one `shift` samples before it.
    fn moved(&self, shift: isize) -> impl Iterator<Item = f64> + Clone {
        let n = self.labels.len();
        let start = shift.rem_euclid(n as isize) as usize;
        self.labels.iter().copied().cycle().skip(start).take(n)
    }

    /// By word how far the mean label of the samples with it is from the mean of all, towards 0 for rare words.
    fn tones(&self, shift: isize) -> HashMap<&str, f64> {
        let known = self.moved(shift).filter(|label| label.is_finite());
        let mean = known.clone().sum::<f64>() / known.count() as f64;
        let mut sums: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
        for (words, label) in self.words.iter().zip(self.moved(shift)) {
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
