//! Tells whether the tokens of a split are letters, of which there are few.

use std::collections::BTreeSet;

use crate::data::dataset::read::plan::Plan;
use crate::data::dataset::split::Block;
use crate::data::dataset::words::separate;

/// Different letters, digits and marks of a language at most, and how many times as many words a split has: sound ones have
/// about as many different tokens as words.
const LETTERS: usize = 64;
const TIMES: usize = 4;

/// Tokens for a letter, of texts that are not cut: words have about one for four, and marks may be left out of letters.
const PER_LETTER: f64 = 0.7;

/// Whether the transcripts of a split are words, and its tokens their letters.
pub fn are_letters(plan: &Plan<'_>) -> bool {
    let block = plan.text_bert.as_ref();
    block.is_some_and(|block| spelled(&plan.raw_text, block))
}

fn spelled(texts: &[String], block: &Block<i32>) -> bool {
    let heard = |row: usize| {
        let (ids, rest) = block.row(row).split_at(block.width);
        let heard = ids.iter().zip(rest).filter(|(_, mask)| **mask > 0);
        heard.map(|(id, _)| *id)
    };
    let kinds: BTreeSet<i32> = (0..block.rows).flat_map(heard).collect();
    if kinds.len() > LETTERS {
        return false;
    }
    let words = texts.iter().flat_map(|text| separate(&text.to_lowercase()));
    let different: BTreeSet<String> = words.collect();
    let whole = (0..block.rows.min(texts.len())).filter(|row| heard(*row).count() < block.width);
    let (mut letters, mut count) = (0, 0);
    for row in whole {
        letters += texts[row].chars().filter(|c| !c.is_whitespace()).count();
        count += heard(row).count();
    }
    different.len() >= TIMES * kinds.len()
        && letters > 0
        && count as f64 >= PER_LETTER * letters as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Forty texts of six words, and tokens made of them.
    fn found(tokens: impl Fn(&str) -> Vec<i32>) -> bool {
        let word = |at: usize| -> String {
            let letter = |by: usize| char::from(b'a' + (at / by % 26) as u8);
            [1, 26, 7, 3].into_iter().map(letter).collect()
        };
        let text = |row: usize| -> String {
            let words: Vec<String> = (0..6).map(|i| word(6 * row + i)).collect();
            words.join(" ")
        };
        let texts: Vec<String> = (0..40).map(text).collect();
        let row = |text: &String| {
            let mut row = tokens(text);
            let valid = row.len();
            row.resize(50, 0);
            row.extend((0..100).map(|at| i32::from(at < valid)));
            row
        };
        let block = Block {
            rows: 40,
            steps: 3,
            width: 50,
            data: texts.iter().flat_map(row).collect(),
        };
        spelled(&texts, &block)
    }

    fn letters(text: &str) -> Vec<i32> {
        let letters = text.bytes().filter(|byte| *byte != b' ');
        letters.map(|byte| 940 + i32::from(byte)).collect()
    }

    #[test]
    fn texts_that_were_tokenized_letter_by_letter_are_found() {
        assert!(found(letters));
        let words = |text: &str| {
            text.split(' ')
                .map(|word| letters(word).iter().sum())
                .collect()
        };
        assert!(!found(words), "words");
        let pieces = |text: &str| {
            let letters = letters(text);
            letters
                .windows(2)
                .map(|pair| 100 * pair[0] + pair[1])
                .collect()
        };
        assert!(!found(pieces), "pieces of words");
        assert!(!found(|text| vec![100; text.split(' ').count()]), "[UNK]");
        let few = |text: &str| {
            let firsts = text.split(' ').map(|word| letters(word)[0]);
            firsts.collect()
        };
        assert!(!found(few), "few words, whose blanks were lost");
    }
}
