//! Judges transcripts: beside their tokens, beside those of `train`, and as text.

use std::collections::{HashMap, HashSet};

use super::beside_tokens::{SAMPLES, texts_of};
use super::mojibake::mojibake;
use super::{cut, lost_words, random_tokens, repeated, same_words, word_leaks};
use crate::data::dataset::check::{Check, Samples};
use crate::data::dataset::error::{Error, Result};
use crate::data::dataset::read::plan::Plan;
use crate::data::dataset::spec::Spec;
use crate::data::dataset::video_of;

/// Tokens of a text that is not said twice by chance.
const LONG: usize = 8;

/// Samples with one text, or none, and their part of a split, that are no chance.
const SAME: usize = 5;
const SAME_PART: f64 = 0.04;

/// Finds transcripts that cannot be the text of the tokens, unless these were made of them just now.
///
/// # Errors
/// [`Error::Contradiction`] where the numbers of words and tokens are unrelated, or equal words have
/// different tokens: one of the two is in another order.
pub fn transcripts(plans: &[Plan<'_>], spec: &Spec, tokenized: bool) -> Result<Check> {
    let mut warnings: Vec<String> = plans.iter().filter_map(literals).collect();
    warnings.extend(plans.iter().filter_map(with_ids));
    warnings.extend(plans.iter().flat_map(absent));
    warnings.extend(plans.iter().flat_map(mojibake));
    warnings.extend(plans.iter().filter_map(cut::cut_texts));
    warnings.extend(known_texts(plans));
    let official = || plans.iter().filter(|plan| plan.official().is_some());
    warnings.extend(official().filter_map(word_leaks::word_leaks));
    warnings.extend(official().filter_map(repeated::repeated));
    warnings.extend(official().filter_map(repeated::loops));
    warnings.extend(lost_words::lost_words(plans));
    let unlike = |plan| same_words::unlike_language(plan, spec);
    warnings.extend(plans.iter().filter_map(unlike));
    let has = |plan: &Plan<'_>| plan.text_bert.is_some() && !plan.raw_text.is_empty();
    if !plans.iter().any(has) && warnings.is_empty() {
        return Ok(Check::idle("transcripts"));
    }
    for plan in plans.iter().filter(|_| !tokenized) {
        let Some(texts) = texts_of(plan) else {
            continue;
        };
        let (impossible, contradiction) = texts.compare(plan.split());
        if let Some(contradiction) = contradiction {
            return Err(Error::Contradiction {
                place: plan.columns.place("raw_text"),
                problem: format!(
                    "{contradiction}. If the tokens were made of another text on purpose, leave raw_text out"
                ),
            });
        }
        let fault = "whose transcript cannot be the text of its tokens (more words than tokens, or more \
                     tokens than letters)";
        warnings.extend(impossible.describe(plan.split(), fault));
        warnings.extend(random_tokens::random_tokens(plan));
    }
    warnings.extend(same_words::tokens_of_train(plans));
    Ok(Check::new(
        "transcripts",
        "as many words as their tokens allow",
        warnings,
    ))
}

/// How Python writes a value before its quotation mark and behind the closing one, by which every transcript begins
/// and ends.
const LITERALS: [([&str; 2], &str); 3] = [
    (
        ["b", ""],
        "bytes of Python: text.decode('utf-8') gives the words",
    ),
    (
        ["[", "]"],
        "a list of Python: ast.literal_eval(text) gives its words",
    ),
    (
        ["", ""],
        "a text in quotation marks: read the file with a CSV reader",
    ),
];

/// Transcripts that are Python's spelling of bytes or lists, or in quotation marks, every one.
fn literals(plan: &Plan<'_>) -> Option<String> {
    let texts = &plan.raw_text;
    let found = LITERALS.iter().find(|([start, end], _)| {
        let is_quoted = |text: &str, mark: char| {
            let inner = text.strip_prefix(mark);
            inner.is_some_and(|inner| inner.ends_with(mark))
        };
        let is_literal = |mark: char| {
            texts.iter().all(|text| {
                let inner = text.strip_prefix(start);
                let inner = inner.and_then(|inner| inner.strip_suffix(end));
                inner.is_some_and(|inner| is_quoted(inner, mark))
            })
        };
        texts.len() >= SAMPLES && ['\'', '"'].into_iter().any(is_literal)
    });
    found.map(|(_, what)| {
        format!(
            "{}: every transcript is written as {what} (such as {}, first: {})",
            plan.split(),
            texts[0],
            plan.ids[0]
        )
    })
}

/// Part of the transcripts that have the id of their video in them, and letters without which an id is a word.
const WITH_IDS: f64 = 0.9;
const LONG_ID: usize = 4;

/// Transcripts with the id of their sample, as the segment files of CMU-MOSEI have them: id, clip, times, text.
fn with_ids(plan: &Plan<'_>) -> Option<String> {
    let named = plan.raw_text.iter().zip(&plan.ids).filter(|(text, id)| {
        let video = video_of(id).unwrap_or_else(|| id.to_lowercase());
        video.len() >= LONG_ID && text.to_lowercase().contains(&video)
    });
    let count = named.count();
    let is_most = count as f64 >= WITH_IDS * plan.raw_text.len() as f64;
    (count >= SAMPLES && is_most).then(|| {
        format!(
            "{}: {count} transcripts have the id of their sample in them (such as {:?}, first: {}): of CMU-MOSEI's segment \
             files text.split(\"___\")[-1] is what is said",
            plan.split(),
            plan.raw_text[0],
            plan.ids[0]
        )
    })
}

/// Transcripts that are empty, and one text that many samples have, where most have texts of their own.
fn absent(plan: &Plan<'_>) -> Vec<String> {
    let texts = || plan.raw_text.iter().map(|text| text.trim());
    let mut counts: HashMap<&str, usize> = HashMap::new();
    texts().for_each(|text| *counts.entry(text).or_default() += 1);
    let all = plan.raw_text.len();
    let many =
        |count: usize| count >= SAME && count as f64 >= SAME_PART * all as f64 && 2 * count < all;
    let same = counts
        .iter()
        .filter(|(text, count)| !text.is_empty() && many(**count));
    let most = same.max_by_key(|(text, count)| (**count, **text));
    let fault = |text: &str| match text {
        "" => {
            "without a transcript: a recognizer that failed? Models read them as silence".to_owned()
        }
        text => format!(
            "with the transcript \"{text}\": a value for a missing one, or a recognizer's invention?"
        ),
    };
    let empty = counts.get_key_value("").filter(|(_, count)| many(**count));
    let found = empty.into_iter().chain(most).filter_map(|(found, _)| {
        let mut samples = Samples::default();
        let ids = texts().zip(&plan.ids).filter(|(text, _)| text == found);
        ids.for_each(|(_, id)| samples.add(id));
        samples.describe(plan.split(), &fault(found))
    });
    found.collect()
}

/// Splits of which many token sequences occur in train.
fn known_texts(plans: &[Plan<'_>]) -> Vec<String> {
    let official = || plans.iter().filter(|plan| plan.official().is_some());
    let texts = |plan: &Plan<'_>| -> Vec<Option<Vec<i32>>> {
        let Some(block) = &plan.text_bert else {
            return Vec::new();
        };
        let text = |row: usize| {
            let valid = usize::try_from(*plan.lengths.text.get(row)?).ok()?;
            (valid >= LONG).then(|| block.row(row)[..valid.min(block.width)].to_vec())
        };
        (0..block.rows).map(text).collect()
    };
    let Some(train) = official().next() else {
        return Vec::new();
    };
    let known: HashSet<Vec<i32>> = texts(train).into_iter().flatten().collect();
    let found = official().skip(1).filter_map(|plan| {
        let all = texts(plan);
        let mut samples = Samples::default();
        for (text, id) in all.iter().zip(&plan.ids) {
            if text.as_ref().is_some_and(|text| known.contains(text)) {
                samples.add(id);
            }
        }
        let many = samples.count() >= SAMPLES && 5 * samples.count() >= all.len();
        let fault = format!("whose tokens are those of a sample of {}", train.split());
        many.then(|| samples.describe(plan.split(), &fault))
            .flatten()
    });
    found.collect()
}
