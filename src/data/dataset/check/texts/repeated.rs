//! Finds texts that were joined with themselves or with the end of the one before, as rolling captions are, and those in
//! which a recognizer of speech repeated its last words.

use crate::data::dataset::check::basis::said::Said;
use crate::data::dataset::read::plan::Plan;
use crate::data::dataset::video::video_of;

/// Words that are said twice in a row, and that two texts share; fewer are said twice by chance.
const TWICE: usize = 3;
const SHARED: usize = 3;

/// Samples with so many words, or pairs of neighbors, without which nothing is judged; and the part of them that is no
/// chance. In CMU-MOSI and CH-SIMS it is below 0.03.
const ENOUGH: usize = 10;
const PART: f64 = 0.5;

/// Times that a text has its last words in a row where it was caught in a loop; samples, and their part of a split, that are
/// no chance. Of CMU-MOSI and CH-SIMS no text has, of a recognizer's 2199 one.
const LOOPS: usize = 3;
const LOOPING: usize = 5;
const LOOPING_PART: f64 = 0.005;

/// Finds texts that end with the same words again and again.
pub fn loops(plan: &Plan<'_>) -> Option<String> {
    Said::all(plan).iter().find_map(|said| {
        let rows = 0..said.words.len();
        let found: Vec<usize> = rows.filter(|row| has_loop(&said.words[*row])).collect();
        let part = found.len() as f64 / said.words.len() as f64;
        let first = found.first()?;
        (found.len() >= LOOPING && part >= LOOPING_PART).then(|| {
            format!(
                "{}: {} texts end with the same {TWICE} {}s or more {LOOPS} times in a row and more (first: {}): did a \
                 recognizer of speech repeat itself, as Whisper does in silence? Transcribe these clips again",
                plan.split(),
                found.len(),
                said.kind,
                plan.ids[*first]
            )
        })
    })
}

/// What is repeated in the texts of a split.
pub fn repeated(plan: &Plan<'_>) -> Option<String> {
    let said = Said::of(plan)?;
    let words = |row: usize| &said.words[row][..];
    let long: Vec<usize> = (0..said.words.len())
        .filter(|row| words(*row).len() >= 2 * TWICE)
        .collect();
    let twice: Vec<usize> = long
        .iter()
        .copied()
        .filter(|row| has_twice(words(*row)))
        .collect();
    if let Some(text) = describe(plan, &twice, long.len()) {
        return Some(format!(
            "{}: {text} have {TWICE} {}s or more twice in a row: were texts joined with themselves, or each line of \
             captions written twice? Write each once",
            plan.split(),
            said.kind
        ));
    }
    let video = |row: usize| video_of(&plan.ids[row]);
    let pairs: Vec<usize> = (1..said.words.len())
        .filter(|row| !said.is_cut(row - 1) && video(*row) == video(row - 1))
        .filter(|row| words(*row).len() > SHARED && words(row - 1).len() > SHARED)
        .collect();
    let goes_on: Vec<usize> = pairs
        .iter()
        .copied()
        .filter(|row| overlap(words(row - 1), words(*row)))
        .collect();
    describe(plan, &goes_on, pairs.len()).map(|text| {
        format!(
            "{}: {text} begin with the end of the one before: rolling captions? Write each line once; fine if the text \
             before is there as context: --accept transcripts",
            plan.split()
        )
    })
}

/// `78 of 80 texts (first: video$_$2)`, if they are many.
fn describe(plan: &Plan<'_>, found: &[usize], of: usize) -> Option<String> {
    let first = found.first()?;
    (of >= ENOUGH && found.len() as f64 >= PART * of as f64).then(|| {
        format!(
            "{} of {of} texts (first: {})",
            found.len(),
            plan.ids[*first]
        )
    })
}

/// Whether several words are there twice in a row.
fn has_twice(words: &[String]) -> bool {
    (TWICE..=words.len() / 2).any(|by| {
        let same = words.iter().zip(&words[by..]).map(|(a, b)| a == b);
        let mut run = 0;
        // One word that is repeated is a stutter.
        same.enumerate().any(|(at, same)| {
            run = if same { run + 1 } else { 0 };
            run >= by
                && words[at + 1 - by..=at]
                    .iter()
                    .any(|word| *word != words[at])
        })
    })
}

/// Whether the last words, not all alike, are there several times in a row.
fn has_loop(words: &[String]) -> bool {
    (TWICE..=words.len() / LOOPS).any(|by| {
        let end = &words[words.len() - LOOPS * by..];
        let last = &end[(LOOPS - 1) * by..];
        end.chunks(by).all(|part| part == last) && last.iter().any(|word| *word != last[0])
    })
}

/// Whether a text begins with the end of another.
fn overlap(before: &[String], words: &[String]) -> bool {
    (SHARED..=before.len().min(words.len())).any(|by| before[before.len() - by..] == words[..by])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn words_that_are_repeated_are_found() {
        for text in ["a b c a b c", "a b c d a b c d", "x a b c a b c y"] {
            assert!(has_twice(&words(text)), "{text}");
        }
        for text in [
            "a b a b a c",
            "a b c d e f",
            "a a a a a a a",
            "a b c d a b c",
        ] {
            assert!(!has_twice(&words(text)), "{text}");
        }
    }

    #[test]
    fn loops_at_the_end_are_told_from_repeated_words() {
        for text in [
            "x y a b c a b c a b c",
            "a b c d a b c d a b c d a b c d",
            "x a a b a a b a a b a",
        ] {
            assert!(has_loop(&words(text)), "{text}");
        }
        for text in [
            "x a b c a b c",
            "a b c a b c a b c x",
            "x a a a a a a a a a a",
            "x y z a b a b a b",
        ] {
            assert!(!has_loop(&words(text)), "{text}");
        }
    }

    #[test]
    fn ends_of_other_texts_are_found() {
        assert!(overlap(&words("a b c d e"), &words("c d e f")));
        assert!(!overlap(&words("a b c d e"), &words("d e f g")));
    }
}
