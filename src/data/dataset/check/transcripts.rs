//! Judges transcripts: beside their tokens, beside those of `train`, and as text.

use std::collections::HashSet;

use super::mojibake::mojibake;
use super::texts::{SAMPLES, texts_of};
use super::{Check, Samples, same_words};
use crate::data::dataset::error::{Error, Result};
use crate::data::dataset::plan::Plan;
use crate::data::dataset::spec::Spec;

/// Tokens of a text that is not said twice by chance.
const LONG: usize = 8;

/// Finds transcripts that cannot be the text of the tokens.
///
/// # Errors
/// [`Error::Contradiction`] where the numbers of words and tokens are unrelated, or equal words have
/// different tokens: one of the two is in another order.
pub fn transcripts(plans: &[Plan<'_>], spec: &Spec) -> Result<Check> {
    let mut warnings: Vec<String> = plans.iter().filter_map(literals).collect();
    warnings.extend(plans.iter().flat_map(mojibake));
    warnings.extend(known_texts(plans));
    let unlike = |plan| same_words::unlike_language(plan, spec);
    warnings.extend(plans.iter().filter_map(unlike));
    let has = |plan: &Plan<'_>| plan.text_bert.is_some() && !plan.raw_text.is_empty();
    if !plans.iter().any(has) && warnings.is_empty() {
        return Ok(Check::idle("transcripts"));
    }
    for plan in plans {
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
    }
    warnings.extend(same_words::tokens_of_train(plans));
    Ok(Check::new(
        "transcripts",
        "as many words as their tokens allow",
        warnings,
    ))
}

/// Transcripts that are Python's spelling of bytes, `b'...'`, which were never decoded.
fn literals(plan: &Plan<'_>) -> Option<String> {
    let is_literal = |text: &String| {
        ["'", "\""].iter().any(|quote| {
            let inner = text
                .strip_prefix('b')
                .and_then(|text| text.strip_prefix(quote));
            inner.is_some_and(|inner| inner.ends_with(quote))
        })
    };
    let all = plan.raw_text.len() >= SAMPLES && plan.raw_text.iter().all(is_literal);
    all.then(|| {
        format!(
            "{}: every transcript is written as bytes of Python, {} (first: {}): decode them with \
             text.decode('utf-8')",
            plan.split(),
            plan.raw_text[0],
            plan.ids[0]
        )
    })
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
