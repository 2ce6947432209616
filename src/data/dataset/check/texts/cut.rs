//! Finds transcripts that were cut to a number of characters or bytes, as arrays of `<U100` or `S50` cut them.

use std::collections::{BTreeSet, HashSet};

use crate::data::dataset::read::plan::Plan;
use crate::data::dataset::words::is_chinese;

/// Different texts of the greatest length, and how many times as many as have each length just below. In CMU-MOSI and
/// CH-SIMS one text has the greatest length, or two.
const TEXTS: usize = 5;
const HEAP: f64 = 4.0;
const BELOW: usize = 10;

/// Shortest length at which texts are cut: many short texts have one length by nature.
const SHORTEST: usize = 8;

/// Part of the texts of the greatest length that end in letters which are no word of other texts.
const INSIDE: f64 = 0.2;

/// Marks at the end of sentences.
const ENDS: [char; 9] = ['.', '!', '?', '…', '"', '。', '！', '？', '”'];

/// What is said of a split whose texts were cut.
pub fn cut_texts(plan: &Plan<'_>) -> Option<String> {
    let (unit, cut) = cut(&plan.raw_text)?;
    let first = plan.raw_text.iter().position(|text| *text == cut[0])?;
    let length = if unit == "characters" {
        cut[0].chars().count()
    } else {
        cut[0].len()
    };
    let end: String = cut[0].chars().rev().take(20).collect();
    let end: String = end.chars().rev().collect();
    Some(format!(
        "{}: {} transcripts have exactly {length} {unit}, none has more, and they end inside a sentence or word (such as \
         {end:?}, first: {}): were they cut by an array of fixed width (numpy's <U{length} or S{length})? Use dtype=object, \
         or lists",
        plan.split(),
        cut.len(),
        plan.ids[first]
    ))
}

/// The different texts that have the greatest length, in characters or bytes, where they are too many and not whole.
fn cut(texts: &[String]) -> Option<(&'static str, Vec<&str>)> {
    let mut seen = HashSet::new();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let different = texts.iter().copied().filter(|text| seen.insert(*text));
    let different: Vec<&str> = different.collect();
    let characters = heap(&different, |text| text.chars().count()).map(|cut| ("characters", cut));
    let bytes = heap(&different, str::len).map(|cut| ("bytes", cut));
    // Where texts were cut by bytes, those without other letters have one number of characters too.
    let found = [bytes, characters].into_iter().flatten();
    let found = found.max_by_key(|(_, cut)| cut.len());
    found.filter(|(_, cut)| end_inside(cut, &different))
}

/// Texts of the greatest length that do not end as sentences do, where they are far more than those of lengths below.
fn heap<'t>(texts: &[&'t str], length: impl Fn(&str) -> usize) -> Option<Vec<&'t str>> {
    let most = texts.iter().map(|text| length(text)).max()?;
    let is_cut =
        |text: &&&str| length(text) == most && !text.ends_with(ENDS) && !text.ends_with("  ");
    let cut: Vec<&str> = texts.iter().filter(is_cut).copied().collect();
    let is_below = |text: &&&str| (most.saturating_sub(BELOW)..most).contains(&length(text));
    let below = texts.iter().filter(is_below).count() as f64 / BELOW as f64;
    let is_heap = cut.len() >= TEXTS && cut.len() as f64 >= HEAP * (below + 1.0);
    (is_heap && most >= SHORTEST).then_some(cut)
}

/// Whether enough of the texts end in the beginning of a word. Words of Chinese have no ends that could be seen.
fn end_inside(cut: &[&str], all: &[&str]) -> bool {
    let lower = |word: &str| word.to_lowercase();
    let inner = |text: &&str| -> Vec<String> {
        let mut words: Vec<String> = text.split_whitespace().map(lower).collect();
        words.pop();
        words
    };
    let known: BTreeSet<String> = all.iter().flat_map(inner).collect();
    let unknown = cut.iter().filter(|text| {
        let last = text.split_whitespace().next_back().map(lower);
        last.is_some_and(|last| last.chars().any(is_chinese) || !known.contains(&last))
    });
    unknown.count() as f64 >= INSIDE * cut.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: [&str; 12] = [
        "the",
        "movie",
        "was",
        "really",
        "surprising",
        "and",
        "acting",
        "wonderful",
        "character",
        "story",
        "boring",
        "music",
    ];

    /// Sixty texts of 3 to 32 words.
    fn texts() -> Vec<String> {
        let words = |row: usize| {
            (0..3 + row * 37 % 30).map(move |at| WORDS[(row * 7 + at * (row % 5 + 1)) % 12])
        };
        (0..60)
            .map(|row| words(row).collect::<Vec<&str>>().join(" ") + &format!(" {row}"))
            .collect()
    }

    fn cut_to(length: usize) -> Vec<String> {
        let cut = |text: &String| text.chars().take(length).collect();
        texts().iter().map(cut).collect()
    }

    #[test]
    fn texts_of_a_fixed_width_are_found() {
        assert_eq!(cut(&texts()), None);
        for length in [50, 100, 150] {
            let texts = cut_to(length);
            let (unit, cut) = cut(&texts).unwrap();
            assert!(unit == "characters" && cut[0].len() == length, "{cut:?}");
        }
    }

    #[test]
    fn texts_cut_by_bytes_are_found() {
        // Each second text has letters of two bytes.
        let wide = |(row, text): (usize, &String)| match row % 2 {
            0 => text.replace('a', "ä"),
            _ => text.clone(),
        };
        let texts: Vec<String> = texts().iter().enumerate().map(wide).collect();
        let bytes = |text: &String| {
            let end = (0..=80.min(text.len()))
                .rev()
                .find(|at| text.is_char_boundary(*at));
            text[..end.unwrap()].to_owned()
        };
        let cut_texts: Vec<String> = texts.iter().map(bytes).collect();
        assert_eq!(cut(&texts), None);
        assert_eq!(cut(&cut_texts).unwrap().0, "bytes");
    }

    #[test]
    fn whole_texts_of_one_length_are_none() {
        let same = vec![cut_to(60)[1].clone(); 60];
        assert_eq!(cut(&same), None, "one text");
        let lines: Vec<String> = cut_to(60).iter().map(|text| text.clone() + ".").collect();
        assert_eq!(cut(&lines), None, "sentences");
        let short: Vec<String> = (0..60).map(|row| format!("w{row:02}")).collect();
        assert_eq!(cut(&short), None, "words of one length");
        // Lines that end with a word are no longer than a limit, and have many lengths.
        let at_words: Vec<String> = cut_to(80)
            .iter()
            .map(|text| {
                text.rsplit_once(' ')
                    .map_or(text.clone(), |both| both.0.to_owned())
            })
            .collect();
        assert_eq!(cut(&at_words), None, "captions");
    }
}
