//! Compares the words and tokens of splits with each other and with the language of the data set.

use std::collections::HashMap;

use super::beside_tokens::{Pair, SAMPLES, WORDS, texts_of};
use crate::data::dataset::check::Samples;
use crate::data::dataset::check::basis::letters::are_letters;
use crate::data::dataset::read::plan::Plan;
use crate::data::dataset::spec::Spec;
use crate::data::dataset::words::is_chinese;

/// Part of the words of a split that have the token of train, from which both are of one tokenizer.
const SAME: f64 = 0.5;

/// Tokens for a word: those of words without blanks between them are more.
const TOKENS_PER_WORD: f64 = 3.0;

/// Finds splits whose words have other tokens than in train.
pub fn tokens_of_train(plans: &[Plan<'_>]) -> Vec<String> {
    let mut official = plans.iter().filter(|plan| plan.official().is_some());
    let Some((train, known)) = official.next().and_then(|plan| {
        let texts = texts_of(plan)?;
        Some((plan, tokens_of_words(&texts.pairs())))
    }) else {
        return Vec::new();
    };
    let found = official.filter_map(|plan| {
        let texts = texts_of(plan)?;
        let pairs = texts.pairs();
        let (mut same, mut all) = (0, 0);
        for (word, token) in equally_many(&pairs) {
            if let Some(known) = known.get(word) {
                all += 1;
                same += usize::from(token == *known);
            }
        }
        (all >= WORDS && (same as f64) < SAME * all as f64).then(|| {
            format!(
                "{}: {} of {all} words have other tokens than in {} (first: {}): another tokenizer or vocabulary?",
                plan.split(),
                all - same,
                train.split(),
                plan.ids[0]
            )
        })
    });
    found.collect()
}

/// Words and tokens of texts that have as many of both.
pub(super) fn equally_many<'p>(pairs: &'p [Pair<'p>]) -> impl Iterator<Item = (&'p str, i32)> {
    let pairs = pairs.iter().filter(|p| p.words.len() == p.tokens.len());
    pairs.flat_map(|pair| {
        let tokens = pair.tokens.iter().copied();
        pair.words.iter().map(String::as_str).zip(tokens)
    })
}

/// How often each word has each token.
pub(super) fn counts<'p>(
    words: impl Iterator<Item = (&'p str, i32)>,
) -> HashMap<&'p str, HashMap<i32, usize>> {
    let mut counts: HashMap<&str, HashMap<i32, usize>> = HashMap::new();
    for (word, token) in words {
        *counts.entry(word).or_default().entry(token).or_default() += 1;
    }
    counts
}

/// The token that each word has most often.
fn tokens_of_words(pairs: &[Pair<'_>]) -> HashMap<String, i32> {
    let most = |tokens: HashMap<i32, usize>| {
        let most = tokens
            .into_iter()
            .max_by_key(|(token, count)| (*count, *token));
        most.map(|(token, _)| token)
    };
    let all = counts(equally_many(pairs)).into_iter();
    all.filter_map(|(word, tokens)| Some((word.to_owned(), most(tokens)?)))
        .collect()
}

/// Finds Chinese transcripts without Chinese characters, and others without blanks between words.
pub fn unlike_language(plan: &Plan<'_>, spec: &Spec) -> Option<String> {
    let texts: Vec<&String> = plan
        .raw_text
        .iter()
        .filter(|t| !t.trim().is_empty())
        .collect();
    if texts.len() < SAMPLES {
        return None;
    }
    if spec.language == "zh" {
        let mut lacking = Samples::default();
        for (text, id) in plan.raw_text.iter().zip(&plan.ids) {
            if !text.trim().is_empty() && !text.chars().any(is_chinese) {
                lacking.add(id);
            }
        }
        let fault = "whose transcript has no Chinese character: decoded with another encoding?";
        return (2 * lacking.count() > texts.len())
            .then(|| lacking.describe(plan.split(), fault))
            .flatten();
    }
    if are_letters(plan) {
        return Some(format!(
            "{}: the tokens are letters, not words (first: {}): was a list of characters given where one of words is expected \
             (is_split_into_words)? Tokenize the texts, or leave that to --tokenize",
            plan.split(),
            plan.ids[0]
        ));
    }
    let texts = texts_of(plan)?;
    let pairs = texts.pairs();
    let (mut words, mut tokens) = (0, 0);
    for pair in pairs.iter().filter(|pair| pair.bounds.0 > 0) {
        words += pair.bounds.0;
        tokens += pair.tokens.len();
    }
    let per_word = tokens as f64 / words.max(1) as f64;
    (words >= SAMPLES && per_word > TOKENS_PER_WORD).then(|| {
        format!(
            "{}: {per_word:.1} tokens for each word of the transcripts (first: {}): blanks between words lost?",
            plan.split(),
            plan.ids[0]
        )
    })
}
