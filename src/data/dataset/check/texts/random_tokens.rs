//! Finds texts some of whose tokens are those of other words: frequent words have one token, and here and there another one.

use std::collections::HashMap;

use super::beside_tokens::{Pair, texts_of};
use super::same_words::{counts, equally_many};
use crate::data::dataset::read::plan::Plan;
use crate::data::dataset::synthetic::vocabulary::UNK;

/// How often words are said that are looked at, and how often all of these.
const USES: usize = 20;
const WORDS: usize = 300;

/// Part of them with a token that the word has once. CMU-MOSI and CH-SIMS have none, recognized speech whose tokens are
/// made of other words in places 0.004; a vocabulary with capitals gives a word several tokens, each of them often.
const PART: f64 = 0.03;

/// Masked and unknown words have warnings of their own.
const LOST: [i32; 2] = [UNK as i32, 103];

/// Splits with tokens that their words have once.
pub fn random_tokens(plan: &Plan<'_>) -> Option<String> {
    let texts = texts_of(plan)?;
    let pairs = with_their_marks(texts.pairs());
    let (once, all) = singles(equally_many(&pairs));
    (all >= WORDS && once as f64 > PART * all as f64).then(|| {
        format!(
            "{}: {:.1} % of {all} frequent words have a token that they have nowhere else (first: {}): were tokens replaced by \
             random ones, as a collator for masked language models and augmentation do? Make the tokens of the transcripts",
            plan.split(),
            100.0 * once as f64 / all as f64,
            plan.ids[0]
        )
    })
}

/// The texts whose marks (full stops and the like) have the token that most of these have: where marks were added to a transcript
/// alone, its words stand beside the tokens of others.
fn with_their_marks<'p>(pairs: Vec<Pair<'p>>) -> Vec<Pair<'p>> {
    let counted = counts(equally_many(&pairs)).into_iter();
    let usual = counted.filter_map(|(word, tokens)| {
        let all: usize = tokens.values().sum();
        let (token, _) = tokens.into_iter().find(|(_, count)| 2 * count > all)?;
        is_mark(word).then(|| (word.to_owned(), token))
    });
    let usual: HashMap<String, i32> = usual.collect();
    let has_usual = |pair: &Pair<'p>| {
        let mut words = pair.words.iter().zip(pair.tokens);
        words.all(|(word, token)| !is_mark(word) || usual.get(word) == Some(token))
    };
    pairs.into_iter().filter(has_usual).collect()
}

fn is_mark(word: &str) -> bool {
    !word.chars().any(char::is_alphanumeric)
}

/// Of frequent words: how often they have a token that they have once, and how often they are said.
fn singles<'p>(words: impl Iterator<Item = (&'p str, i32)>) -> (usize, usize) {
    let (mut once, mut all) = (0, 0);
    for tokens in counts(words).values() {
        let uses: usize = tokens.values().sum();
        if uses >= USES {
            all += uses;
            let singles = tokens
                .iter()
                .filter(|(token, count)| **count == 1 && !LOST.contains(token));
            once += singles.count();
        }
    }
    (once, all)
}

#[cfg(test)]
mod tests {
    use super::super::beside_tokens::Texts;
    use super::*;
    use crate::data::dataset::split::Block;

    const NAMES: [&str; 10] = [
        "the", "a", "was", "is", "it", "movie", "good", "bad", "i", "and",
    ];

    /// What is said, with the tokens of ten words, of which every so many are changed.
    fn said(every: usize, token: impl Fn(usize) -> i32) -> (usize, usize) {
        let words = (0..600).map(|at| {
            let own = 2000 + (at % 10) as i32;
            let changed = at % every == every / 2;
            (NAMES[at % 10], if changed { token(at) } else { own })
        });
        singles(words)
    }

    #[test]
    fn tokens_of_other_words_are_told_from_several_tokens_of_one() {
        assert_eq!(said(11, |at| 5000 + at as i32), (55, 600));
        // Words at the beginning of a sentence, and lost ones.
        assert_eq!(said(11, |at| 3000 + (at % 10) as i32), (0, 600));
        assert_eq!(said(107, |_| LOST[1]), (0, 600));
        assert_eq!(said(11, |_| LOST[0]), (0, 600));
    }

    #[test]
    fn texts_with_marks_that_the_tokens_lack_do_not_count() {
        // A word of two tokens in front, and one token for each other word and mark.
        let raw_text: Vec<String> = (0..60)
            .map(|i| {
                let end = if i % 2 == 0 { "." } else { "" };
                format!("wonderful {} {}{end}", NAMES[i % 10], NAMES[i % 9])
            })
            .collect();
        let ids: Vec<String> = (0..60).map(|i| i.to_string()).collect();
        let rows = (0..60).flat_map(|i| {
            let tokens = [101, 7, 8, 2000 + (i % 10), 2000 + (i % 9), 102];
            tokens.into_iter().chain([1; 6]).chain([0; 6])
        });
        let block = Block {
            rows: 60,
            steps: 3,
            width: 6,
            data: rows.collect(),
        };
        let texts = Texts {
            raw_text: &raw_text,
            ids: &ids,
            block: &block,
            lengths: &[6; 60],
            lost: None,
        };
        let pairs = texts.pairs();
        assert_eq!(equally_many(&pairs).count(), 30 * 4, "with marks");
        let kept = with_their_marks(pairs);
        assert_eq!(equally_many(&kept).count(), 0);
    }
}
