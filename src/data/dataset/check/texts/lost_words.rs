//! Finds frequent words of one split that another never has: stop words or punctuation removed, or marks added, in one
//! split alone.
//!
//! In CMU-MOSI and CH-SIMS such words are in less than 4 % of the samples of a split. One or two alone, such as a hesitation
//! or the apostrophes that a recognizer wrote, were in up to 44 %.

use std::collections::{BTreeMap, BTreeSet};

use crate::data::dataset::check::basis::said::Said;
use crate::data::dataset::read::plan::Plan;

/// Samples of a split without which nothing is judged.
const ENOUGH: usize = 60;

/// Part of the samples that have a frequent word, and one that is so frequent that it is enough alone.
const FREQUENT: f64 = 0.08;
const ALONE: f64 = 0.6;
const SEVERAL: usize = 3;

/// Samples of the other split that would have these words.
const EXPECTED: f64 = 40.0;

/// Words that a warning names.
const NAMED: usize = 3;

/// Frequent words of a split that another one of the three lacks.
pub fn lost_words(plans: &[Plan<'_>]) -> Vec<String> {
    let official = plans.iter().filter(|plan| plan.official().is_some());
    let all: Vec<(Said<'_>, BTreeMap<String, f64>)> = official
        .filter_map(Said::of)
        .filter(|said| said.words.len() >= ENOUGH)
        .map(|said| {
            let parts = parts(&said.words);
            (said, parts)
        })
        .collect();
    let mut warnings = Vec::new();
    for (said, own) in &all {
        let lacking = all.iter().filter(|(other, _)| other.kind == said.kind);
        let lacking = lacking.filter_map(|(other, theirs)| {
            let lost = lost(own, theirs, other.words.len())?;
            Some((other.plan.split(), other.plan.ids.first()?, lost))
        });
        let lacking: Vec<_> = lacking.collect();
        let Some((_, first, lost)) = lacking.first() else {
            continue;
        };
        let splits: Vec<&str> = lacking.iter().map(|(split, ..)| *split).collect();
        let named: Vec<&str> = lost.iter().take(NAMED).map(|(word, _)| *word).collect();
        let what = if lost.len() == 1 {
            "a frequent"
        } else {
            "frequent"
        };
        warnings.push(format!(
            "{} {what} {}{} of {}, such as {}, which is in {:.0} % of the texts there (first: {first}): were stop words or \
             punctuation removed, or marks added, in one split alone? Treat all texts alike",
            match &splits[..] {
                [one] => format!("{one} lacks"),
                several => format!("{} lack", several.join(" and ")),
            },
            said.kind,
            if lost.len() == 1 { "" } else { "s" },
            said.plan.split(),
            named.join(", "),
            100.0 * lost[0].1,
        ));
    }
    warnings
}

/// By word the part of the samples that have it.
fn parts(words: &[Vec<String>]) -> BTreeMap<String, f64> {
    let mut parts: BTreeMap<String, f64> = BTreeMap::new();
    for own in words {
        let own: BTreeSet<&String> = own.iter().collect();
        for word in own {
            *parts.entry(word.clone()).or_default() += 1.0 / words.len() as f64;
        }
    }
    parts
}

/// The frequent words that the other split lacks, the most frequent first, where chance does not tell why.
fn lost<'p>(
    own: &'p BTreeMap<String, f64>,
    other: &BTreeMap<String, f64>,
    samples: usize,
) -> Option<Vec<(&'p str, f64)>> {
    let lost = own
        .iter()
        .filter(|(word, part)| **part >= FREQUENT && !other.contains_key(*word));
    let mut lost: Vec<(&str, f64)> = lost.map(|(word, part)| (word.as_str(), *part)).collect();
    lost.sort_by(|a, b| b.1.total_cmp(&a.1));
    let expected: f64 = lost.iter().map(|(_, part)| part * samples as f64).sum();
    let is_enough = lost.len() >= SEVERAL || lost.first().is_some_and(|(_, part)| *part >= ALONE);
    (is_enough && expected >= EXPECTED).then_some(lost)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Texts of 100 samples: `the` in each, two more in a fifth, one in a few.
    fn texts(without: &[&str]) -> BTreeMap<String, f64> {
        let text = |row: usize| {
            let all = [
                ("the", true),
                ("of", row.is_multiple_of(5)),
                ("and", row % 5 == 1),
                ("um", row % 5 == 2),
                ("spider", row < 4),
            ];
            let all = all
                .iter()
                .filter(|(word, is)| *is && !without.contains(word));
            all.map(|(word, _)| (*word).to_owned()).collect()
        };
        parts(&(0..100).map(text).collect::<Vec<Vec<String>>>())
    }

    #[test]
    fn words_that_one_split_lacks_are_found() {
        let own = texts(&[]);
        let found = |without: &[&str]| lost(&own, &texts(without), 100).map(|lost| lost.len());
        assert_eq!(found(&[]), None);
        assert_eq!(found(&["the"]), Some(1));
        assert_eq!(found(&["of", "and", "um"]), Some(3));
        assert_eq!(found(&["um"]), None, "a hesitation");
        assert_eq!(found(&["spider"]), None, "a film");
    }
}
