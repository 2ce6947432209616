//! Checks the tokens of every sample.

use std::collections::BTreeMap;

use crate::data::dataset::check::{Check, Samples};
use crate::data::dataset::read::plan::Plan;
use crate::data::dataset::split::Block;
use crate::data::dataset::synthetic::vocabulary::{CLS, SEP};

/// BERT's token for what its vocabulary lacks, and the one for a masked word; and parts of the tokens of a split from
/// which a warning is given.
const UNKNOWN: (i32, f64) = (100, 0.03);
const MASK: (i32, f64) = (103, 0.005);

/// Part of the words of a split that no single one is: the most frequent one of CMU-MOSI and CH-SIMS is 5 % of all.
const ONE_WORD: f64 = 0.25;

/// Samples of a split, and words, without which nothing is said of all.
const ENOUGH: usize = 6;
const WORDS: usize = 100;

/// Checks the tokens of every sample. That the attention mask is ones, then zeros, is checked when it
/// is read.
pub fn tokens(plans: &[Plan<'_>]) -> Check {
    if plans.iter().all(|plan| plan.text_bert.is_none()) {
        return Check::idle("tokens");
    }
    let mut warnings = Vec::new();
    for plan in plans {
        let Some(block) = &plan.text_bert else {
            continue;
        };
        let (mut first, mut last, mut beyond, mut padded) = Default::default();
        for (row, id) in plan.ids.iter().enumerate().take(block.rows) {
            let found = [&mut first, &mut last, &mut beyond, &mut padded];
            token_row(block, row, id, found);
        }
        // Texts of another tokenizer neither begin with CLS nor end with SEP: that is said once.
        if let Some(other) = other_tokenizer(plan, block) {
            warnings.push(format!("{}: {other}", plan.split()));
            (first, last) = Default::default();
        }
        warnings.extend(replaced(block, &plan.ids, plan.split()).map(|found| found.describe()));
        let all = [doubled(block), one_word(block)].into_iter().flatten();
        warnings
            .extend(all.map(|text| format!("{}: {text} (first: {})", plan.split(), plan.ids[0])));
        if has_mask_twice(block) {
            warnings.push(format!(
                "{}: the segment ids (row 2) equal the attention mask (first: {}); one text has segment 0",
                plan.split(),
                plan.ids[0]
            ));
        } else {
            let mut second = Samples::default();
            let ids = plan.ids.iter().enumerate().take(block.rows);
            ids.filter(|(row, _)| block.row(*row)[2 * block.width..].iter().any(|s| *s != 0))
                .for_each(|(_, id)| second.add(id));
            let fault = "with segment ids (row 2) other than 0, which one text has";
            warnings.extend(second.describe(plan.split(), fault));
        }
        for (samples, fault) in [
            (first, format!("whose text does not begin with CLS ({CLS})")),
            (last, format!("whose text does not end with SEP ({SEP})")),
            (beyond, "with tokens past the attention mask".to_owned()),
            (
                padded,
                "whose attention mask covers padding (token 0)".to_owned(),
            ),
        ] {
            warnings.extend(Samples::describe(&samples, plan.split(), &fault));
        }
    }
    Check::new("tokens", "CLS first, SEP last, padding 0", warnings)
}

/// Describes the samples of a split whose attention mask ends in padding.
pub fn padded(block: &Block<i32>, ids: &[String], split: &str) -> Option<String> {
    let mut samples = Samples::default();
    for (row, id) in ids.iter().enumerate().take(block.rows) {
        let (tokens, rest) = block.row(row).split_at(block.width);
        let valid = rest[..block.width].iter().filter(|m| **m == 1).count();
        if valid > 1 && tokens[valid - 1] == 0 {
            samples.add(id);
        }
    }
    samples.describe(
        split,
        "whose attention mask covers padding (token 0), read as words",
    )
}

fn token_row(block: &Block<i32>, row: usize, id: &str, found: [&mut Samples; 4]) {
    let [first, last, beyond, padded] = found;
    let (tokens, rest) = block.row(row).split_at(block.width);
    let valid = rest[..block.width].iter().filter(|m| **m == 1).count();
    let (text, padding) = tokens.split_at(valid);
    let is = |token: Option<&i32>, expected: i64| token.is_none_or(|t| i64::from(*t) == expected);
    if !is(text.first(), CLS) {
        first.add(id);
    }
    if !is(text.last(), SEP) {
        last.add(id);
    }
    if padding.iter().any(|token| *token != 0) {
        beyond.add(id);
    }
    if text.contains(&0) {
        padded.add(id);
    }
}

/// Words of a split that were replaced by one token.
pub struct Replaced {
    split: String,
    /// The token's name, and its part of the words.
    name: &'static str,
    part: f64,
    why: &'static str,
    /// The first sample that has it.
    first: String,
}

/// Finds words that were replaced by one token of BERT's: [UNK], of which real texts have few, or [MASK].
pub fn replaced(block: &Block<i32>, ids: &[String], split: &str) -> Option<Replaced> {
    let row = |row: usize| &block.row(row)[..block.width];
    let words = (0..block.rows).flat_map(row);
    let words = words.filter(|token| !is_special(**token));
    let all = words.clone().count().max(1) as f64;
    [
        (
            "[UNK]",
            UNKNOWN,
            "made with the vocabulary of another language, or of cased text, or masked before? Masks are drawn here",
        ),
        ("[MASK]", MASK, "masked before? Masks are drawn here"),
    ]
    .into_iter()
    .find_map(|(name, (token, most), why)| {
        let part = words.clone().filter(|own| **own == token).count() as f64 / all;
        let first = (0..block.rows).find(|at| row(*at).contains(&token))?;
        (part > most).then(|| Replaced {
            split: split.to_owned(),
            name,
            part,
            why,
            first: ids.get(first).cloned().unwrap_or_default(),
        })
    })
}

impl Replaced {
    /// For `prepare`.
    pub fn describe(&self) -> String {
        let Self {
            split,
            name,
            part,
            why,
            first,
        } = self;
        format!(
            "{split}: {:.1} % of the tokens are {name} (first: {first}): {why}",
            100.0 * part
        )
    }

    /// For a file whose samples are predicted.
    pub fn describe_new(&self) -> String {
        format!(
            "{}. Masks put [UNK] in place of a missing word, and a model reads it as one; it is not counted as missing",
            self.describe()
        )
    }
}

/// Whether a token is padding, CLS or SEP.
fn is_special(token: i32) -> bool {
    token == 0 || [CLS, SEP].contains(&i64::from(token))
}

/// Describes tokens that all begin and end like those of another tokenizer than BERT's.
fn other_tokenizer(plan: &Plan<'_>, block: &Block<i32>) -> Option<String> {
    let ends = |row: usize| {
        let tokens = &block.row(row)[..block.width];
        let valid = usize::try_from(*plan.lengths.text.get(row)?).ok()?;
        (valid > 1).then(|| (tokens[0], tokens[valid - 1]))
    };
    let first = ends(0)?;
    let same = (0..block.rows)
        .filter(|row| ends(*row) == Some(first))
        .count();
    if i64::from(first.0) == CLS || same < 4 || 10 * same < 9 * block.rows {
        return None;
    }
    let (begin, end) = first;
    let name = if first == (0, 2) {
        " (RoBERTa's <s> and </s>)"
    } else {
        ""
    };
    Some(format!(
        "texts begin with {begin} and end with {end}{name}: not made by a BERT tokenizer, whose ids the \
         encoders need"
    ))
}

/// Texts that begin with CLS twice, all of a split, or end with SEP twice, as far as steps have room: no sound one does.
fn doubled(block: &Block<i32>) -> Option<String> {
    let is_twice = |tokens: &[i32], expected: i64| {
        tokens.len() == 2 && tokens.iter().all(|token| i64::from(*token) == expected)
    };
    let text = |row: usize| {
        let (tokens, rest) = block.row(row).split_at(block.width);
        &tokens[..rest[..block.width].iter().filter(|m| **m == 1).count()]
    };
    let rows = || 0..block.rows;
    let begins = rows().all(|row| is_twice(&text(row)[..text(row).len().min(2)], CLS));
    let short = rows().filter(|row| text(*row).len() < block.width);
    let ends = short.map(|row| is_twice(&text(row)[text(row).len().saturating_sub(2)..], SEP));
    let ends: Vec<bool> = ends.collect();
    let found = if block.rows >= ENOUGH && begins {
        format!("every text begins with CLS ({CLS}) twice")
    } else if ends.len() >= ENOUGH && ends.iter().all(|twice| *twice) {
        format!("every text that does not fill all steps ends with SEP ({SEP}) twice")
    } else {
        return None;
    };
    Some(format!(
        "{found}: were CLS and SEP written into the text before it was tokenized, or added again after it?"
    ))
}

/// One token that is a large part of all words: what stands for silence between words, such as `sp`.
fn one_word(block: &Block<i32>) -> Option<String> {
    let tokens = (0..block.rows).flat_map(|row| {
        let (ids, rest) = block.row(row).split_at(block.width);
        let heard = ids.iter().zip(rest).filter(|(_, mask)| **mask > 0);
        heard.map(|(id, _)| id)
    });
    let others =
        tokens.filter(|token| !is_special(**token) && ![UNKNOWN.0, MASK.0].contains(token));
    let mut counts: BTreeMap<i32, usize> = BTreeMap::new();
    others.for_each(|token| *counts.entry(*token).or_default() += 1);
    let all: usize = counts.values().sum();
    let (token, count) = counts.into_iter().max_by_key(|(_, count)| *count)?;
    let part = count as f64 / all as f64;
    (block.rows >= ENOUGH && all >= WORDS && part > ONE_WORD).then(|| {
        format!(
            "{:.0} % of the tokens are {token}: a mark such as sp (silence) left between the words? Leave it out",
            100.0 * part
        )
    })
}

/// Whether segment ids equal the attention mask in every sample.
fn has_mask_twice(block: &Block<i32>) -> bool {
    let same = |row: usize| {
        let (_, rest) = block.row(row).split_at(block.width);
        let (mask, segments) = rest.split_at(block.width);
        mask == segments && mask.contains(&1)
    };
    block.rows > 0 && (0..block.rows).all(same)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Eight texts of five to eight tokens, some of which end with SEP twice.
    fn texts(is_twice: impl Fn(usize) -> bool) -> Block<i32> {
        let row = |row: usize| {
            let length = 5 + row % 4;
            let token = |at: usize| match at {
                0 => CLS as i32,
                _ if at >= length => 0,
                _ if at + 1 == length || at + 2 == length && is_twice(row) => SEP as i32,
                _ => 2000,
            };
            let mask = (0..8).map(move |at| i32::from(at < length));
            (0..8)
                .map(token)
                .chain(mask)
                .chain([0; 8])
                .collect::<Vec<_>>()
        };
        Block {
            rows: 8,
            steps: 3,
            width: 8,
            data: (0..8).flat_map(row).collect(),
        }
    }

    #[test]
    fn texts_that_end_with_sep_twice_are_found() {
        let found = doubled(&texts(|row| row % 4 != 3)).unwrap();
        assert!(found.contains("ends with SEP (102) twice"), "{found}");
        assert_eq!(doubled(&texts(|row| row > 0)), None, "not in all");
        assert_eq!(doubled(&texts(|_| false)), None);
    }
}
